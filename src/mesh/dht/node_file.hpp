// SPDX-License-Identifier: GPL-3.0-or-later
// Where nodes of the table were, kept over a restart: one endpoint a line, newest first. Blocking: on a worker.
#pragma once
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "soulfabric/base/error.hpp"
#include "soulfabric/base/ip.hpp"

namespace soulfabric::mesh {

constexpr std::size_t kSavedNodes = 64;

/// "1.2.3.4:5" or "[2001:db8::1]:5"; nothing where it is neither.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text);
/// Lines that are no endpoint are passed over; a file that cannot be read holds nothing.
[[nodiscard]] std::vector<Endpoint> load_nodes(const std::filesystem::path& file);
[[nodiscard]] Status save_nodes(const std::filesystem::path& file, const std::vector<Endpoint>& nodes);

/// Literals at once, names by the system's resolver. `named` is host:port.
[[nodiscard]] std::vector<Endpoint> resolve_nodes(const std::vector<std::string>& named);

}  // namespace soulfabric::mesh

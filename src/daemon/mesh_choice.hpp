// SPDX-License-Identifier: GPL-3.0-or-later
// The user's answer to the one question of the first run, remembered in a file. Blocking.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/error.hpp"

namespace soulfabric::daemon {

struct MeshAnswer {
  bool join = false;
  std::vector<std::string> shares;  // aliases of shares offered to the mesh too
  friend bool operator==(const MeshAnswer&, const MeshAnswer&) = default;
};

constexpr std::size_t kAnsweredShares = 1000;

/// Nothing: not asked yet, or the file makes no sense (then the page asks again).
[[nodiscard]] std::optional<MeshAnswer> read_mesh_answer(const std::filesystem::path& data);
[[nodiscard]] Status write_mesh_answer(const std::filesystem::path& data, const MeshAnswer& answer);

}  // namespace soulfabric::daemon

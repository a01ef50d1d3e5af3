// SPDX-License-Identifier: GPL-3.0-or-later
// Files of the demo that are no music: shared on the mesh only, by what they are. Pure, thread-safe.
#pragma once
#include <string>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/library/manifest.hpp"

namespace soulfabric::daemon::demo {

struct GenericFile {
  std::string name;
  std::uint64_t size = 0;
  std::uint64_t seed = 0;
  std::size_t copies = 1;  // nodes that have it, from the second one on
};

[[nodiscard]] const std::vector<GenericFile>& generic_files();
[[nodiscard]] Bytes content_of(const GenericFile& file);
[[nodiscard]] library::ContentId id_of(const GenericFile& file);
/// Whether node number `node` of `nodes` shares it: the first node has none of them, so that it can want all.
[[nodiscard]] bool has_generic(std::size_t node, std::size_t nodes, const GenericFile& file) noexcept;

}  // namespace soulfabric::daemon::demo

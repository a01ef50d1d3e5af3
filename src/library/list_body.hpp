// SPDX-License-Identifier: GPL-3.0-or-later
// The share list as peers ask for it, written to a nameless file in constant memory.
#pragma once
#include <filesystem>

#include "soulfabric/library/shares.hpp"

namespace soulfabric::library {

/// Blocking; seconds for a million files. `folder`: where the file may lie.
[[nodiscard]] Result<SharedListBody> write_list_body(const Snapshot& snapshot, NetworkMask networks, const std::filesystem::path& folder);

}  // namespace soulfabric::library

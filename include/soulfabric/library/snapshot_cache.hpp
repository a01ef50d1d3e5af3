// SPDX-License-Identifier: GPL-3.0-or-later
// The snapshot as a file beside library.db, mapped at the next start: searchable before any scan.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>

#include "soulfabric/base/error.hpp"
#include "soulfabric/library/snapshot.hpp"

namespace soulfabric::library {

/// Maps the file after checking all of it (blocking: some 50 ms for a million files, so on a worker). NotFound, Corrupt (damaged or cut),
/// Conflict (another stamp), Io: whatever the error, build the snapshot again. Nobody may change the file in place while it is mapped;
/// replacing it by store_snapshot is fine.
[[nodiscard]] Result<std::shared_ptr<const Snapshot>> open_snapshot_cache(const std::filesystem::path& path, std::uint64_t expected_stamp);

/// Writes the file whole and durably (temporary name, sync, rename, mode 0600) and returns the same snapshot mapped from it, which needs
/// less memory than the built one: the system may drop its pages. Blocking. Io, NoSpace: keep using the given one.
[[nodiscard]] Result<std::shared_ptr<const Snapshot>> store_snapshot(const std::filesystem::path& path, const Snapshot& snapshot);

}  // namespace soulfabric::library

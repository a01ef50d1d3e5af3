// SPDX-License-Identifier: GPL-3.0-or-later
// Ranges of a file brought into memory on a worker, so that the network thread can send them without waiting for a disk.
#pragma once
#include <cstdint>
#include <optional>

#include "soulfabric/base/error.hpp"
#include "soulfabric/base/files.hpp"

namespace soulfabric::soulseek {

/// What tells one version of a file from the next.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t modified = 0;  // nanoseconds, 0 where unknown
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
/// On a worker.
[[nodiscard]] Result<FileStamp> stamp_of(File& file);
/// On a worker: reads the range into the page cache without copying it. Conflict where the file is not `expected` any more.
[[nodiscard]] Status make_resident(File& file, std::uint64_t offset, std::uint64_t count, const FileStamp& expected);

}  // namespace soulfabric::soulseek

// SPDX-License-Identifier: GPL-3.0-or-later
// Whether a part of a file is in memory, and getting it there, so that sendfile on the loop never waits for a disk.
#pragma once
#include <cstdint>

namespace soulfabric::net {

/// True where the kernel says that every page of the range is there. Microseconds per MiB, so the loop may ask for a few MiB.
/// False for files that we neither own nor may write: of those the kernel says yes whatever is so.
[[nodiscard]] bool is_resident(int descriptor, std::uint64_t offset, std::uint64_t count) noexcept;
/// Reads what is missing and waits for it, without copying. Blocking: on a worker. False where the kernel (before Linux
/// 5.14) or the file system cannot; then the range has to be read.
[[nodiscard]] bool fill_pages(int descriptor, std::uint64_t offset, std::uint64_t count) noexcept;

}  // namespace soulfabric::net

// SPDX-License-Identifier: GPL-3.0-or-later
// Sending a part of a file without stalling the loop on a disk.
#pragma once
#include <cstdint>

namespace soulfabric::gateway {

inline constexpr std::uint64_t kResidentStep = 2 * 1024 * 1024;

/// Whether every page of the range is in memory already; a question of microseconds, for the loop. At most 4 MiB at a time.
[[nodiscard]] bool is_resident(int descriptor, std::uint64_t offset, std::uint64_t count) noexcept;
/// Waits until the range is in the page cache. Blocking: on a worker. A range that cannot be read is found out by sendfile.
void make_resident(int descriptor, std::uint64_t offset, std::uint64_t count) noexcept;

enum class SendResult { Done, Blocked, Failed };
/// Non-blocking sendfile; moves `offset` and `count` on.
[[nodiscard]] SendResult send_resident(int socket, int descriptor, std::uint64_t& offset, std::uint64_t& count) noexcept;

}  // namespace soulfabric::gateway

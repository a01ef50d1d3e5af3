// SPDX-License-Identifier: GPL-3.0-or-later
// Sending a part of a file without stalling the loop on a disk.
#pragma once
#include <cstdint>

namespace soulfabric::gateway {

inline constexpr std::uint64_t kResidentStep = 2 * 1024 * 1024;

enum class SendResult { Done, Blocked, Failed };
/// Non-blocking sendfile; moves `offset` and `count` on.
[[nodiscard]] SendResult send_resident(int socket, int descriptor, std::uint64_t& offset, std::uint64_t& count) noexcept;

}  // namespace soulfabric::gateway

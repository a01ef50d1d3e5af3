// SPDX-License-Identifier: GPL-3.0-or-later
// What is said on a tunnel's stream before its bytes: one byte of answer, and inside a relayed one the name of the target. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::relay {

/// The one byte; the numbers are on the wire. Refused says nothing of the reason: disabled, no right and no such target are one.
enum class TunnelAnswer : std::uint8_t { Open = 0, Refused = 1, Busy = 2, Down = 3, Loop = 4 };
[[nodiscard]] std::optional<TunnelAnswer> tunnel_answer(std::uint8_t byte) noexcept;

constexpr std::size_t kTargetNameCap = 32;
/// [a-z][a-z0-9-]{0,31}
[[nodiscard]] bool is_target_name(std::string_view text) noexcept;
/// [a-z0-9-]{1,32}, no hyphen at either end: it is a label of a host name.
[[nodiscard]] bool is_forward_name(std::string_view text) noexcept;

/// One byte of length, then the name.
[[nodiscard]] Bytes encode_hello(std::string_view target);
/// Nothing while more is needed; Malformed: no target's name, or bytes behind it.
[[nodiscard]] Result<std::optional<std::string>> parse_hello(ByteView bytes);
constexpr std::size_t kHelloCap = 1 + kTargetNameCap;

}  // namespace soulfabric::relay

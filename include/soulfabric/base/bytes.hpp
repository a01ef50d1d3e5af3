// SPDX-License-Identifier: GPL-3.0-or-later
// Raw bytes and views of them, the common currency of every codec.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace soulfabric {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

/// The bytes of a text, without a copy; valid as long as the text is.
[[nodiscard]] ByteView bytes_of(std::string_view text) noexcept;
/// The bytes seen as text, without a copy and without any claim about encoding.
[[nodiscard]] std::string_view text_of(ByteView bytes) noexcept;
[[nodiscard]] std::string to_hex(ByteView bytes);
/// Empty result where the text is not an even number of hex digits (either case).
[[nodiscard]] bool from_hex(std::string_view hex, Bytes& out);
/// Standard alphabet with padding (RFC 4648 section 4).
[[nodiscard]] std::string to_base64(ByteView bytes);
/// Standard alphabet; white space is skipped, missing padding accepted; false on any other character.
[[nodiscard]] bool from_base64(std::string_view text, Bytes& out);
/// Without padding, URL alphabet (RFC 4648 section 5).
[[nodiscard]] std::string to_base64url(ByteView bytes);
[[nodiscard]] bool from_base64url(std::string_view text, Bytes& out);
/// Compares without an early exit; different lengths compare unequal at once.
[[nodiscard]] bool equal_constant_time(ByteView a, ByteView b) noexcept;

}  // namespace soulfabric

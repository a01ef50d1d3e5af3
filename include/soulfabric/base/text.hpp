// SPDX-License-Identifier: GPL-3.0-or-later
// Text from strangers: encodings, case, splitting; nothing here trusts its input.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace soulfabric {

/// Strict UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
[[nodiscard]] std::string latin1_to_utf8(std::string_view latin1);
/// Nothing where a code point is above U+00FF or the text is not UTF-8.
[[nodiscard]] std::optional<std::string> utf8_to_latin1(std::string_view utf8);
/// The text itself where it is UTF-8, else its bytes read as latin-1: what Soulseek peers mean (protocol note, section 15).
[[nodiscard]] std::string display_text(std::string_view raw);
/// Lower case of ASCII, Latin-1, Latin Extended-A, Greek and Cyrillic letters in UTF-8; bytes that are not UTF-8 stay.
[[nodiscard]] std::string to_lower(std::string_view utf8);
[[nodiscard]] std::string ascii_lower(std::string_view text);
[[nodiscard]] bool equal_ignoring_ascii_case(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
/// Whole text as an unsigned decimal number; nothing on a sign, a blank, overflow or trailing text.
[[nodiscard]] std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept;

}  // namespace soulfabric

// SPDX-License-Identifier: GPL-3.0-or-later
// The table behind words.hpp.
#include "core/words.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "soulfabric/base/text.hpp"

namespace soulfabric::library {
namespace {

enum Kind : std::uint8_t { kWord, kSeparator, kMaybe };

constexpr std::array<std::uint8_t, 256> make_kinds() {
  std::array<std::uint8_t, 256> kinds{};
  for (std::size_t c = 0; c < 128; ++c) {
    const bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    kinds[c] = word ? kWord : kSeparator;
  }
  for (const std::size_t lead : {0xC2U, 0xE2U, 0xE3U, 0xEFU}) kinds[lead] = kMaybe;
  return kinds;
}
constexpr auto kKinds = make_kinds();

bool between(unsigned value, unsigned low, unsigned high) { return value >= low && value <= high; }

/// Two or three bytes that start with a lead byte of kMaybe.
std::size_t wide_separator(std::string_view text, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U; };
  const unsigned b1 = byte(1);
  if (byte(0) == 0xC2) {  // no-break space, inverted marks, quotes, middle dot
    const bool is = b1 == 0xA0 || b1 == 0xA1 || b1 == 0xA7 || b1 == 0xAB || b1 == 0xB6 || b1 == 0xB7 || b1 == 0xBB || b1 == 0xBF;
    return is ? 2 : 0;
  }
  const unsigned b2 = byte(2);
  if (!between(b2, 0x80, 0xBF)) return 0;
  switch (byte(0)) {
    case 0xE2:  // U+2000..U+206F but for the two joiners, which stand inside words
      if (b1 == 0x80) return b2 == 0x8C || b2 == 0x8D ? 0 : 3;
      return b1 == 0x81 && b2 <= 0xAF ? 3 : 0;
    case 0xE3:  // ideographic space, marks and brackets
      return b1 == 0x80 && (b2 <= 0x83 || between(b2, 0x88, 0x91) || between(b2, 0x94, 0x9F) || b2 == 0xB0) ? 3 : 0;
    default:  // full-width punctuation
      if (b1 == 0xBC) return between(b2, 0x81, 0x8F) || between(b2, 0x9A, 0xA0) || b2 >= 0xBB ? 3 : 0;
      return b1 == 0xBD && (b2 == 0x80 || between(b2, 0x9B, 0xA5)) ? 3 : 0;
  }
}

}  // namespace

std::size_t separator_length(std::string_view lowered, std::size_t at) noexcept {
  const std::uint8_t kind = kKinds[static_cast<unsigned char>(lowered[at])];
  if (kind == kWord) return 0;
  return kind == kSeparator ? 1 : wide_separator(lowered, at);
}

void lower_into(std::string_view text, std::string& out) {
  out.resize(text.size());
  unsigned seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    seen |= c;
    out[i] = static_cast<char>(c + (static_cast<unsigned char>(c - 'A') < 26 ? 32 : 0));
  }
  if ((seen & 0x80U) != 0) out = to_lower(text);
}

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// Names and the first bytes of a tunnel.
#include "wire/tunnel_words.hpp"

#include <algorithm>

namespace soulfabric::relay {
namespace {

bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
bool is_label(char c) noexcept { return is_lower(c) || (c >= '0' && c <= '9') || c == '-'; }

}  // namespace

std::optional<TunnelAnswer> tunnel_answer(std::uint8_t byte) noexcept {
  if (byte > static_cast<std::uint8_t>(TunnelAnswer::Loop)) return std::nullopt;
  return static_cast<TunnelAnswer>(byte);
}

bool is_target_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kTargetNameCap && is_lower(text.front()) && std::ranges::all_of(text, is_label);
}

bool is_forward_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 32 && text.front() != '-' && text.back() != '-' && std::ranges::all_of(text, is_label);
}

Bytes encode_hello(std::string_view target) {
  Bytes out{static_cast<std::uint8_t>(target.size())};
  const ByteView name = bytes_of(target);
  out.insert(out.end(), name.begin(), name.end());
  return out;
}

Result<std::optional<std::string>> parse_hello(ByteView bytes) {
  if (bytes.empty()) return std::optional<std::string>();
  const std::size_t size = bytes[0];
  if (size == 0 || size > kTargetNameCap || bytes.size() > 1 + size)
    return fail(Errc::Malformed, "The first words of a tunnel make no sense.");
  if (bytes.size() < 1 + size) return std::optional<std::string>();
  const std::string_view name = text_of(bytes.subspan(1));
  if (!is_target_name(name)) return fail(Errc::Malformed, "The first words of a tunnel make no sense.");
  return std::optional<std::string>(name);
}

}  // namespace soulfabric::relay

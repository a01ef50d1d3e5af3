// SPDX-License-Identifier: GPL-3.0-or-later
// Header values and file signatures.
#include "core/headers.hpp"

#include <algorithm>

#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

bool has_at(std::string_view text, std::size_t at, std::string_view what) { return text.size() >= at + what.size() && text.substr(at, what.size()) == what; }

/// True where `q` is zero: "0", "0.0", "0.000".
bool is_refused(std::string_view parameters) {
  const auto at = parameters.find("q=");
  if (at == std::string_view::npos) return false;
  const auto value = trim(parameters.substr(at + 2));
  return value.starts_with('0') && value.find_first_of("123456789") == std::string_view::npos;
}

}  // namespace

std::string_view find_cookie(std::string_view header, std::string_view name) noexcept {
  while (!header.empty()) {
    const auto end = std::min(header.find(';'), header.size());
    const auto part = trim(header.substr(0, end));
    header.remove_prefix(std::min(end + 1, header.size()));
    if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=') {
      auto value = part.substr(name.size() + 1);
      if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) value = value.substr(1, value.size() - 2);
      return value;
    }
  }
  return {};
}

std::string_view bearer_of(std::string_view authorization) noexcept {
  if (authorization.size() < 7 || !equal_ignoring_ascii_case(authorization.substr(0, 7), "bearer ")) return {};
  return trim(authorization.substr(7));
}

Encoding choose_encoding(std::string_view accept, bool has_brotli, bool has_gzip) noexcept {
  Encoding best = Encoding::Identity;
  while (!accept.empty()) {
    const auto end = std::min(accept.find(','), accept.size());
    const auto part = trim(accept.substr(0, end));
    accept.remove_prefix(std::min(end + 1, accept.size()));
    const auto semicolon = std::min(part.find(';'), part.size());
    const auto name = trim(part.substr(0, semicolon));
    if (is_refused(part.substr(semicolon))) continue;
    if (has_brotli && equal_ignoring_ascii_case(name, "br")) return Encoding::Brotli;
    if (has_gzip && equal_ignoring_ascii_case(name, "gzip")) best = Encoding::Gzip;
  }
  return best;
}

bool matches_etag(std::string_view if_none_match, std::string_view etag) noexcept {
  while (!if_none_match.empty()) {
    const auto end = std::min(if_none_match.find(','), if_none_match.size());
    auto tag = trim(if_none_match.substr(0, end));
    if_none_match.remove_prefix(std::min(end + 1, if_none_match.size()));
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag == "*" || tag == etag) return true;
  }
  return false;
}

RangeAnswer parse_range(std::string_view header, std::uint64_t size, ByteRange& out) noexcept {
  out = {0, size};
  if (!header.starts_with("bytes=") || header.find(',') != std::string_view::npos) return RangeAnswer::Whole;
  const auto range = trim(header.substr(6));
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return RangeAnswer::Whole;
  const auto first = parse_u64(range.substr(0, dash));
  const auto last = parse_u64(range.substr(dash + 1));
  if (!first && dash != 0) return RangeAnswer::Whole;
  if (!last && dash + 1 != range.size()) return RangeAnswer::Whole;
  if (!first) {
    if (!last) return RangeAnswer::Whole;
    if (*last == 0 || size == 0) return RangeAnswer::Unsatisfiable;
    out.length = std::min(*last, size);
    out.offset = size - out.length;
    return RangeAnswer::Part;
  }
  if (last && *last < *first) return RangeAnswer::Whole;
  if (*first >= size) return RangeAnswer::Unsatisfiable;
  const auto end = std::min(last.value_or(size - 1), size - 1);
  out = {*first, end - *first + 1};
  return RangeAnswer::Part;
}

std::string_view sniff_media(ByteView start) noexcept {
  const auto text = text_of(start);
  if (has_at(text, 0, "\xFF\xD8\xFF")) return "image/jpeg";
  if (has_at(text, 0, "\x89PNG\r\n\x1A\n")) return "image/png";
  if (has_at(text, 0, "RIFF") && has_at(text, 8, "WEBP")) return "image/webp";
  if (has_at(text, 0, "RIFF") && has_at(text, 8, "WAVE")) return "audio/wav";
  if (has_at(text, 0, "fLaC")) return "audio/flac";
  if (has_at(text, 0, "OggS")) return "audio/ogg";
  if (has_at(text, 0, "ID3")) return "audio/mpeg";
  if (has_at(text, 4, "ftypM4A")) return "audio/mp4";
  if (start.size() >= 2 && start[0] == 0xFF) {
    if ((start[1] & 0xF6U) == 0xF0U) return "audio/aac";
    // Layer II or III with a bit rate and a sample rate that exist: a byte order mark of UTF-16 is neither.
    const bool layer = (start[1] & 0xE0U) == 0xE0U && (start[1] & 0x18U) != 0x08U && ((start[1] & 0x06U) == 0x02U || (start[1] & 0x06U) == 0x04U);
    if (layer && start.size() >= 3 && (start[2] & 0xF0U) != 0xF0U && (start[2] & 0x0CU) != 0x0CU) return "audio/mpeg";
  }
  return {};
}

std::string format_timespan(std::int64_t micros) {
  micros = std::max<std::int64_t>(micros, 0);
  const auto seconds = micros / 1'000'000;
  const auto padded = [](std::int64_t value, std::size_t width) {
    auto digits = std::to_string(value);
    return std::string(width - std::min(width, digits.size()), '0') + digits;
  };
  const auto days = seconds / 86'400;
  std::string text = days > 0 ? std::to_string(days) + "." : "";
  text += padded(seconds / 3600 % 24, 2) + ":" + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2);
  return text + "." + padded(micros % 1'000'000, 6) + "0";
}

}  // namespace soulfabric::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// Reading header values: cookies, bearer tokens, encodings, entity tags, byte ranges; and what a file's bytes really are.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "soulfabric/base/bytes.hpp"

namespace soulfabric::gateway {

/// The value of one cookie, empty where it is not there. The first one wins.
[[nodiscard]] std::string_view find_cookie(std::string_view header, std::string_view name) noexcept;
/// What follows "Bearer " (in any case), empty for other schemes.
[[nodiscard]] std::string_view bearer_of(std::string_view authorization) noexcept;

enum class Encoding : std::uint8_t { Identity, Gzip, Brotli };
/// The best of br, gzip and identity that an Accept-Encoding header allows (q=0 forbids).
[[nodiscard]] Encoding choose_encoding(std::string_view accept, bool has_brotli, bool has_gzip) noexcept;

/// Whether If-None-Match names this tag ("*" names all; weak tags compare by their text).
[[nodiscard]] bool matches_etag(std::string_view if_none_match, std::string_view etag) noexcept;

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};
enum class RangeAnswer : std::uint8_t { Whole, Part, Unsatisfiable };
/// A single "bytes=" range of a body of `size`; several ranges and bad syntax mean the whole body.
[[nodiscard]] RangeAnswer parse_range(std::string_view header, std::uint64_t size, ByteRange& out) noexcept;

/// What security rule S15 lets a page see: JPEG, PNG, WebP or audio by its first bytes. Empty for everything else.
[[nodiscard]] std::string_view sniff_media(ByteView start) noexcept;
/// "hh:mm:ss.fffffff", "d.hh:mm:ss.fffffff" past a day.
[[nodiscard]] std::string format_timespan(std::int64_t micros);

}  // namespace soulfabric::gateway

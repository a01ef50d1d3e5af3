// SPDX-License-Identifier: GPL-3.0-or-later
// Percent escapes, targets and query strings.
#include "core/url.hpp"

#include <algorithm>

#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view raw, bool plus_is_space) {
  std::string out;
  out.reserve(raw.size());
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '%') {
      if (i + 2 >= raw.size()) return std::nullopt;
      const int high = hex_value(raw[i + 1]);
      const int low = hex_value(raw[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      out.push_back(plus_is_space && raw[i] == '+' ? ' ' : raw[i]);
    }
  }
  return out;
}

std::optional<Target> split_target(std::string_view target) noexcept {
  if (!target.starts_with('/')) {
    const auto scheme = target.find("://");
    if (scheme == std::string_view::npos || scheme > 5) return std::nullopt;
    const auto slash = target.find('/', scheme + 3);
    if (slash == std::string_view::npos) return std::nullopt;
    target.remove_prefix(slash);
  }
  const bool printable = std::ranges::all_of(target, [](char c) { return c > ' ' && c != '\x7F'; });
  if (!printable) return std::nullopt;
  target = target.substr(0, target.find('#'));
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return Target{target, {}};
  return Target{target.substr(0, mark), target.substr(mark + 1)};
}

std::optional<bool> parse_bool(std::string_view text) noexcept {
  if (equal_ignoring_ascii_case(text, "true")) return true;
  if (equal_ignoring_ascii_case(text, "false")) return false;
  return std::nullopt;
}

std::optional<Query> Query::parse(std::string_view raw) {
  Query query;
  while (!raw.empty()) {
    const auto end = std::min(raw.find('&'), raw.size());
    const auto part = raw.substr(0, end);
    raw.remove_prefix(std::min(end + 1, raw.size()));
    if (part.empty()) continue;
    if (query.parameters_.size() == kMaxQueryParameters) return std::nullopt;
    const auto equals = std::min(part.find('='), part.size());
    auto name = percent_decode(part.substr(0, equals), true);
    auto value = percent_decode(part.substr(std::min(equals + 1, part.size())), true);
    if (!name || !value) return std::nullopt;
    query.parameters_.emplace_back(std::move(*name), std::move(*value));
  }
  return query;
}

std::optional<std::string_view> Query::find(std::string_view name) const noexcept {
  for (auto it = parameters_.rbegin(); it != parameters_.rend(); ++it) {
    if (equal_ignoring_ascii_case(it->first, name)) return it->second;
  }
  return std::nullopt;
}

std::optional<bool> Query::flag(std::string_view name, bool fallback) const noexcept {
  const auto text = find(name);
  if (!text || text->empty()) return fallback;
  return parse_bool(*text);
}

std::optional<std::uint64_t> Query::number(std::string_view name, std::uint64_t fallback, std::uint64_t most) const noexcept {
  const auto text = find(name);
  if (!text || text->empty()) return fallback;
  const auto value = parse_u64(*text);
  if (!value || *value > most) return std::nullopt;
  return value;
}

}  // namespace soulfabric::gateway

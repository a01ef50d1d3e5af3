// SPDX-License-Identifier: GPL-3.0-or-later
// Host and Origin headers.
#include "core/hosts.hpp"

#include <algorithm>

#include "soulfabric/base/ip.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

bool is_name_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

}  // namespace

std::optional<HostPort> parse_host(std::string_view header) {
  HostPort result;
  std::string_view rest;
  if (header.starts_with('[')) {
    const auto end = header.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const auto address = IpAddress::parse(header.substr(1, end - 1));
    if (!address) return std::nullopt;
    result.host = address->to_string();
    rest = header.substr(end + 1);
  } else {
    const auto end = std::min(header.find(':'), header.size());
    result.host = ascii_lower(header.substr(0, end));
    if (result.host.ends_with('.')) result.host.pop_back();
    if (result.host.empty() || result.host.size() > 253 || !std::ranges::all_of(result.host, is_name_character)) return std::nullopt;
    rest = header.substr(end);
  }
  if (rest.empty()) return result;
  const auto port = parse_u64(rest.substr(1));
  if (rest[0] != ':' || !port || *port == 0 || *port > 65535) return std::nullopt;
  result.port = static_cast<std::uint16_t>(*port);
  return result;
}

bool is_allowed_host(const HostPort& host, std::span<const std::string> names) {
  if (host.host == "localhost" || host.host.ends_with(".localhost")) return true;
  const auto literal = IpAddress::parse(host.host);
  if (literal && literal->is_loopback()) return true;
  return std::ranges::any_of(names, [&](const std::string& name) { return equal_ignoring_ascii_case(name, host.host); });
}

bool origin_matches(std::string_view origin, const HostPort& host) {
  const bool secure = origin.starts_with("https://");
  if (!secure && !origin.starts_with("http://")) return false;
  const auto from = parse_host(origin.substr(secure ? 8 : 7));
  if (!from || from->host != host.host) return false;
  const std::uint16_t usual = secure ? 443 : 80;
  if (host.port) return from->port.value_or(usual) == *host.port;
  return from->port.value_or(usual) == usual;
}

}  // namespace soulfabric::gateway

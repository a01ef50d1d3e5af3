// SPDX-License-Identifier: GPL-3.0-or-later
// Address and port out of one text.
#include "soulfabric/base/endpoint.hpp"

#include <charconv>

namespace soulfabric {

std::optional<Endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.size() > 2 && host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const auto address = IpAddress::parse(host);
  if (!address || code != std::errc() || end != digits.data() + digits.size() || port == 0) return std::nullopt;
  return Endpoint{*address, port};
}

}  // namespace soulfabric

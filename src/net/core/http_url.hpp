// SPDX-License-Identifier: GPL-3.0-or-later
// A URL as this program accepts it: one spelling for each host, so that what is judged is what is contacted.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/http_fault.hpp"
#include "soulfabric/base/ip.hpp"

namespace soulfabric::net {

struct HttpUrl {
  bool tls = false;
  std::string host;                  // a DNS name in lower case, or an address without brackets
  std::optional<IpAddress> literal;  // where the host is an address
  std::uint16_t port = 80;
  std::string target = "/";  // path and query, as they are sent

  /// As it stands in the Host line: brackets around IPv6, the port only where it is not the scheme's own.
  [[nodiscard]] std::string authority() const;
  friend bool operator==(const HttpUrl&, const HttpUrl&) = default;
};

inline constexpr std::size_t kHttpUrlCap = 4096;

/// Refused: other schemes, user names, fragments, blanks, control and non-ASCII characters, hosts that are neither a DNS name nor an
/// address in its one canonical spelling (so octal, hex, short, percent-encoded, mapped and zoned forms), a dot at the end.
[[nodiscard]] HttpResult<HttpUrl> parse_http_url(std::string_view text);
/// Where a `Location` leads that was sent from `from`: absolute, or beginning with "//", "/" or "?", or a name beside the last.
[[nodiscard]] HttpResult<HttpUrl> follow_location(const HttpUrl& from, std::string_view location);
/// A name that means this machine or the local network wherever it is looked up: one without a dot, localhost, *.local, *.internal ...
[[nodiscard]] bool is_local_name(std::string_view host);

}  // namespace soulfabric::net

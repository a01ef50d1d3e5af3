// SPDX-License-Identifier: GPL-3.0-or-later
// Splitting a URL and judging how its host is written.
#include "core/http_url.hpp"

#include <algorithm>
#include <array>

#include "soulfabric/base/text.hpp"

namespace soulfabric::net {
namespace {

constexpr std::size_t kNameCap = 253;  // RFC 1035
constexpr std::size_t kLabelCap = 63;

/// Special-use names (RFC 6761, 6762, 8375, ICANN's .internal) and those that home routers hand out.
constexpr std::array<std::string_view, 15> kLocalEndings = {"localhost", "localdomain", "local", "internal", "intranet",
                                                            "lan",       "home",        "corp",  "private",  "arpa",
                                                            "onion",     "invalid",     "test",  "example",  "alt"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_letter(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }
bool is_plain(char c) { return c > 0x20 && c < 0x7F && std::string_view("\"<>\\^`{|}#").find(c) == std::string_view::npos; }

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > kLabelCap || label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [](char c) { return is_name_letter(c) || c == '-'; });
}

/// Whether a resolver might take the whole name for an IPv4 address: "127.1", "0x7f.1", "2130706433".
bool ends_in_number(std::string_view label) {
  return is_digit(label.front()) && (label.starts_with("0x") || std::ranges::all_of(label, is_digit));
}

std::unexpected<HttpFault> bad_host() {
  return refuse(HttpRefusal::Host, Errc::InvalidArgument,
                "The host of this URL is neither a plain DNS name nor an address in its usual spelling.");
}
std::unexpected<HttpFault> bad_url(std::string what) { return refuse(HttpRefusal::Url, Errc::InvalidArgument, std::move(what)); }

HttpStatus read_host(std::string_view text, HttpUrl& url) {
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return bad_host();
    url.host = ascii_lower(text.substr(1, text.size() - 2));
    url.literal = IpAddress::parse(url.host);
    if (!url.literal || url.literal->is_v4() || url.literal->to_string() != url.host) return bad_host();
    return {};
  }
  url.host = ascii_lower(text);
  if (url.host.empty() || url.host.size() > kNameCap) return bad_host();
  const auto labels = split(url.host, '.');
  if (!std::ranges::all_of(labels, is_label)) return bad_host();
  if (!ends_in_number(labels.back())) return {};
  url.literal = IpAddress::parse(url.host);
  if (!url.literal || url.literal->to_string() != url.host) return bad_host();
  return {};
}

HttpStatus read_port(std::string_view text, HttpUrl& url) {
  const auto number = parse_u64(text);
  if (!number || *number == 0 || *number > 65535 || text.front() == '0')
    return refuse(HttpRefusal::Port, Errc::InvalidArgument, "The port of this URL is not a number from 1 to 65535.");
  url.port = static_cast<std::uint16_t>(*number);
  return {};
}

HttpStatus read_authority(std::string_view text, HttpUrl& url) {
  if (text.find('@') != std::string_view::npos)
    return refuse(HttpRefusal::UserInfo, Errc::InvalidArgument,
                  "A URL with a user name in it is not opened; remove what stands before the @.");
  url.port = url.tls ? 443 : 80;
  const auto bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return bad_host();
  const auto colon = text.find(':', bracket);
  if (auto host = read_host(text.substr(0, colon), url); !host) return host;
  if (colon == std::string_view::npos) return {};
  return read_port(text.substr(colon + 1), url);
}

/// What follows the scheme's "//".
HttpResult<HttpUrl> read_rest(std::string_view rest, bool tls) {
  HttpUrl url;
  url.tls = tls;
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  if (auto authority = read_authority(rest.substr(0, end), url); !authority) return std::unexpected(std::move(authority).error());
  const auto target = rest.substr(end);
  url.target = target.starts_with('/') ? std::string(target) : "/" + std::string(target);
  return url;
}

HttpStatus check_text(std::string_view text) {
  if (text.size() > kHttpUrlCap) return bad_url("The URL is longer than 4,096 characters.");
  if (!std::ranges::all_of(text, is_plain))
    return bad_url("The URL holds a fragment, a blank or another character that a URL cannot hold.");
  return {};
}

/// The scheme in lower case; empty where there is none.
std::string scheme_of(std::string_view text) {
  const auto colon = text.find(':');
  const auto slash = text.find_first_of("/?");
  if (colon == std::string_view::npos || (slash != std::string_view::npos && slash < colon)) return {};
  return ascii_lower(text.substr(0, colon));
}

}  // namespace

std::string HttpUrl::authority() const {
  const bool six = literal && !literal->is_v4();
  std::string out = six ? "[" + host + "]" : host;
  if (port != (tls ? 443 : 80)) out += ":" + std::to_string(port);
  return out;
}

HttpResult<HttpUrl> parse_http_url(std::string_view text) {
  if (auto fine = check_text(text); !fine) return std::unexpected(std::move(fine).error());
  const std::string scheme = scheme_of(text);
  if (scheme.empty()) return bad_url("The URL does not begin with http:// or https://.");
  if (scheme != "http" && scheme != "https")
    return refuse(HttpRefusal::Scheme, Errc::InvalidArgument, "Only http and https are opened, no other scheme.");
  const auto rest = text.substr(scheme.size() + 1);
  if (!rest.starts_with("//")) return bad_url("The URL does not begin with http:// or https://.");
  return read_rest(rest.substr(2), scheme == "https");
}

HttpResult<HttpUrl> follow_location(const HttpUrl& from, std::string_view location) {
  const auto fragment = location.find('#');  // meant for a reader of pages, never sent
  const auto text = location.substr(0, fragment);
  if (auto fine = check_text(text); !fine) return std::unexpected(std::move(fine).error());
  if (text.empty()) return bad_url("A redirect leads nowhere.");
  if (!scheme_of(text).empty()) return parse_http_url(text);
  if (text.starts_with("//")) return read_rest(text.substr(2), from.tls);
  HttpUrl url = from;
  const auto path = std::string_view(from.target).substr(0, from.target.find('?'));
  if (text.starts_with('/')) {
    url.target = text;
  } else if (text.starts_with('?')) {
    url.target = std::string(path) + std::string(text);
  } else {
    url.target = std::string(path.substr(0, path.rfind('/') + 1)) + std::string(text);
  }
  if (url.target.size() > kHttpUrlCap) return bad_url("A redirect leads to a URL longer than 4,096 characters.");
  return url;
}

bool is_local_name(std::string_view host) {
  const auto dot = host.rfind('.');
  if (dot == std::string_view::npos) return true;
  return std::ranges::find(kLocalEndings, host.substr(dot + 1)) != kLocalEndings.end();
}

}  // namespace soulfabric::net

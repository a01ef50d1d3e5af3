// SPDX-License-Identifier: GPL-3.0-or-later
// What is asked of the HTTP client, what comes back, and why not: values only, for sans-IO code too.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/guard/origin.hpp"

namespace soulfabric::net {

enum class HttpMethod : std::uint8_t { Get, Head };

/// A host, exactly as it stands in a URL, that the operator lets us reach although its address is not public, or over other ports.
struct HttpException {
  std::vector<std::uint16_t> ports;  // besides 80 and 443
  bool mesh = false;                 // also for requests that another node caused (security rule S16)
  friend bool operator==(const HttpException&, const HttpException&) = default;
};

struct HttpClientSettings {
  std::map<std::string, HttpException> exceptions;           // by host, lower case
  std::string user_agent;                                    // one line
  std::chrono::milliseconds per_host_spacing{0};             // between two requests to one host; `spacing` wins
  std::map<std::string, std::chrono::milliseconds> spacing;  // by domain, whose hosts share it: musicbrainz.org 1,000 ms
  std::string ca_file;                                       // more certificates to believe, PEM; empty: the system's only
};

struct HttpRequest {
  HttpMethod method = HttpMethod::Get;
  std::string url = {};                             // http or https, no user name, no fragment
  std::map<std::string, std::string> headers = {};  // only Accept, If-None-Match, If-Modified-Since, Range
  guard::Origin origin = guard::Origin::UserLocal;
  std::uint64_t body_cap = 256 * 1024;     // of the body after it was unpacked; more is an error, never cut
  std::chrono::milliseconds time{10'000};  // for all of it, redirects included
  /// At most so many are followed, each judged like a first URL; one more is an error. 0: a redirect is an answer like any other. Only
  /// a request whose own host is excepted is led to another excepted host.
  unsigned redirects = 3;
  /// Asked of the first host and of each redirect's; nothing: every public one.
  std::function<bool(const std::string& host)> allowed = {};
};

struct HttpResponse {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  Bytes body;                                  // unpacked
  std::string host;                            // that answered in the end; the only part of a URL that may be logged
  unsigned redirects = 0;
};

/// Why a request was not made or not finished, for the counters the operator sees.
enum class HttpRefusal : std::uint8_t {
  Url,
  Scheme,
  UserInfo,
  Port,
  Host,
  NotAllowed,
  Resolve,
  Address,
  Connect,
  Certificate,
  Redirect,
  Header,
  Body,
  Inflation,
  Time,
  Rate,
  Count_
};
[[nodiscard]] std::string_view name_of(HttpRefusal why) noexcept;

struct HttpClientMetrics {
  std::uint64_t requests = 0;
  std::uint64_t answers = 0;
  std::uint64_t bytes = 0;  // as they came
  std::vector<std::uint64_t> refused = std::vector<std::uint64_t>(static_cast<std::size_t>(HttpRefusal::Count_));
};

}  // namespace soulfabric::net

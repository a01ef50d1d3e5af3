// SPDX-License-Identifier: GPL-3.0-or-later
// The one HTTP client of the program: it reaches public addresses only, whatever a name, a resolver or a redirect says
// (architecture, section 11). Network thread only.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "soulfabric/base/io.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/net/http.hpp"
#include "soulfabric/net/tcp.hpp"

namespace soulfabric::net {

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  /// An answer with any status is an answer. Errors: InvalidArgument (URL), Forbidden (address, port, host), Offline, TimedOut,
  /// TooLarge, Malformed, Unauthorized (certificate), RateLimited (the wait for the host's turn would pass `time`),
  /// Cancelled (the caller's scope was closed; not counted as refused). Each is one
  /// sentence that names at most the host.
  [[nodiscard]] virtual Task<Result<HttpResponse>> fetch(HttpRequest request) = 0;
  virtual void configure(HttpClientSettings settings) = 0;
  [[nodiscard]] virtual HttpClientMetrics metrics() const = 0;
};

/// What turns a host name into addresses: all of them, both families; each is checked. Tests and the demo give their own.
using HttpResolver = std::function<Task<Result<std::vector<IpAddress>>>(std::string host, MonoTime deadline)>;

struct HttpClientDependencies {
  IoContext& context;
  IoClock& clock;
  Dialer& dialer;
  HttpResolver resolver = {};  // nothing: the system's
};
[[nodiscard]] Result<std::unique_ptr<HttpClient>> make_http_client(HttpClientDependencies dependencies, HttpClientSettings settings);

}  // namespace soulfabric::net

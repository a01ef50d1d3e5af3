// SPDX-License-Identifier: GPL-3.0-or-later
// A web server on loopback for tests: answers as its script says, rudely where it says so, and counts what was asked.
#pragma once
#include <openssl/types.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/net/tcp.hpp"

namespace soulfabric::testing {

struct OriginRequest {
  std::string method;
  std::string target;                          // path and query
  std::map<std::string, std::string> headers;  // names in lower case
};

/// One connection, for answers that no rule foresees.
class OriginConnection {
 public:
  virtual ~OriginConnection() = default;
  /// False once the client is gone.
  [[nodiscard]] virtual Task<bool> send(std::string bytes) = 0;
  /// Until the client ends the connection.
  [[nodiscard]] virtual Task<void> wait_for_end() = 0;
  /// The connection ends without a goodbye of TLS.
  virtual void abandon() = 0;
};

struct OriginAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers = {};  // besides Content-Length and Connection: close
  std::string body = {};
  std::optional<std::string> raw = {};                        // these bytes and nothing else, then the end
  std::function<Task<void>(OriginConnection&)> perform = {};  // instead of all above, then the end
};

class HttpOrigin {
 public:
  using Script = std::function<OriginAnswer(const OriginRequest&)>;
  /// Listens from here on. `tls`: a server's context (test_certificates.hpp); nothing: plain.
  HttpOrigin(IoContext& context, IoClock& clock, Script script, std::shared_ptr<SSL_CTX> tls = {},
             IpAddress at = IpAddress::v4(0x7F000001));
  ~HttpOrigin();
  HttpOrigin(const HttpOrigin&) = delete;
  HttpOrigin& operator=(const HttpOrigin&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  /// "http://<host>:<port><target>", https where it speaks TLS.
  [[nodiscard]] std::string url(const std::string& target, const std::string& host = "127.0.0.1") const;
  /// Requests with exactly this path and query, and all of them.
  [[nodiscard]] std::size_t count(const std::string& target) const;
  [[nodiscard]] std::size_t requests() const noexcept { return requests_; }
  [[nodiscard]] std::size_t connections() const noexcept { return connections_; }
  [[nodiscard]] const std::map<std::string, std::size_t>& counts() const noexcept { return counts_; }
  [[nodiscard]] const OriginRequest& last() const noexcept { return last_; }
  /// While set, connections are ended without a byte.
  void set_down(bool down) noexcept { down_ = down; }
  /// To be awaited before it dies.
  [[nodiscard]] Task<void> close();

 private:
  Task<void> serve();
  Task<void> attend(std::unique_ptr<net::ByteStream> stream);
  IoClock& clock_;
  Script script_;
  std::shared_ptr<SSL_CTX> tls_;
  std::unique_ptr<net::Listener> listener_;
  std::map<std::string, std::size_t> counts_;
  OriginRequest last_;
  std::uint16_t port_ = 0;
  std::size_t requests_ = 0;
  std::size_t connections_ = 0;
  bool down_ = false;
  TaskScope scope_;
};

}  // namespace soulfabric::testing

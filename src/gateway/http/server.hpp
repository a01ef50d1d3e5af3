// SPDX-License-Identifier: GPL-3.0-or-later
// Accepts connections and keeps their deadlines with one timer for all. Network thread only.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/gateway/settings.hpp"

namespace soulfabric::gateway {

class HttpConnection;

struct HttpCounters {
  std::uint64_t connections = 0;  // accepted
  std::uint64_t refused = 0;      // over the cap
  std::uint64_t requests = 0;
  std::uint64_t timeouts = 0;
  std::uint64_t malformed = 0;
  std::array<std::uint64_t, 6> statuses{};  // by hundreds
  std::uint64_t open = 0;                   // now
  std::uint64_t sockets = 0;                // WebSockets, now
};

class HttpServer {
 public:
  HttpServer(IoContext& context, IoClock& clock, WorkerPool& workers, RequestHandler& handler, const HttpLimits& limits);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Binds all or none.
  [[nodiscard]] Status listen(const std::vector<ListenAt>& at);
  [[nodiscard]] std::vector<Endpoint> endpoints() const;
  /// Serves one connected stream socket of this machine, which it owns from here on, as a connection without an address. Unavailable:
  /// stopping; Busy: over the cap; InvalidArgument: it is no such socket.
  [[nodiscard]] Status join(int descriptor, guard::Origin origin);
  /// Stops accepting; answers under way may end within `grace`.
  [[nodiscard]] Task<void> stop(Duration grace);

  // For connections.
  void enter(HttpConnection& connection);
  void leave(HttpConnection& connection) noexcept;
  [[nodiscard]] bool stopping() const noexcept { return stopping_; }
  [[nodiscard]] std::string_view date();
  IoContext& context() noexcept { return context_; }
  IoClock& clock() noexcept { return clock_; }
  WorkerPool& workers() noexcept { return workers_; }
  RequestHandler& handler() noexcept { return handler_; }
  TaskScope& scope() noexcept { return scope_; }
  [[nodiscard]] const HttpLimits& limits() const noexcept { return limits_; }
  HttpCounters& counters() noexcept { return counters_; }

 private:
  struct Door;
  [[nodiscard]] Task<void> accept(Door& door);
  [[nodiscard]] Task<void> sweep();
  IoContext& context_;
  IoClock& clock_;
  WorkerPool& workers_;
  RequestHandler& handler_;
  HttpLimits limits_;
  HttpCounters counters_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::vector<HttpConnection*> connections_;
  std::string date_;
  MonoTime date_made_{};
  bool stopping_ = false;
  TaskScope scope_;
};

}  // namespace soulfabric::gateway

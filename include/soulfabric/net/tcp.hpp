// SPDX-License-Identifier: GPL-3.0-or-later
// TCP: listening, dialling, streams over sockets. Network thread only.
#pragma once
#include <memory>

#include "soulfabric/net/stream.hpp"

namespace soulfabric::net {

class Dialer {
 public:
  virtual ~Dialer() = default;
  /// Errors: TimedOut, Offline (refused or unreachable), Io.
  [[nodiscard]] virtual Task<Result<std::unique_ptr<ByteStream>>> connect(Endpoint to, MonoTime deadline) = 0;
  /// The IPv4 addresses of a host name (or literal), resolved by the system.
  [[nodiscard]] virtual Task<Result<IpAddress>> resolve(std::string host, MonoTime deadline) = 0;
};

class Listener {
 public:
  virtual ~Listener() = default;
  /// The next connection, without a deadline; Errc::Cancelled after `close`.
  [[nodiscard]] virtual Task<Result<std::unique_ptr<ByteStream>>> accept() = 0;
  [[nodiscard]] virtual Endpoint local() const = 0;
  virtual void close() = 0;
};

[[nodiscard]] std::unique_ptr<Dialer> make_tcp_dialer(IoContext& context, IoClock& clock);
/// Port 0 picks a free one. A port in use gives Errc::Conflict with a sentence that names it.
[[nodiscard]] Result<std::unique_ptr<Listener>> listen_tcp(IoContext& context, IoClock& clock, Endpoint at);

}  // namespace soulfabric::net

// SPDX-License-Identifier: GPL-3.0-or-later
// Forwards: doors on this machine that lead to targets of other nodes (security rule S19). Network thread only.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/net/tcp.hpp"
#include "soulfabric/relay/tunnels.hpp"

namespace soulfabric::relay {

class TunnelsImpl;
class TunnelPool;

/// One door with the connections that came in through it.
struct Forward {
  Forward(IoContext& context, ForwardSettings settings_in, bool configured_in);
  ForwardSettings settings;
  bool configured = false;  // else from the page, for this run
  std::unique_ptr<net::Listener> listener;
  std::uint16_t port = 0;
  std::string trouble;
  std::size_t connections = 0;
  TaskScope scope;
  /// "<name>.localhost:<port>", or without a port on a Unix socket.
  [[nodiscard]] std::string host() const;
};

class Forwards {
 public:
  explicit Forwards(TunnelsImpl& tunnels);
  ~Forwards();
  Forwards(const Forwards&) = delete;
  Forwards& operator=(const Forwards&) = delete;

  /// Those of the configuration: what is new is opened, what is gone is closed, what did not change stays.
  void apply(const std::vector<ForwardSettings>& wanted);
  [[nodiscard]] Result<ForwardInfo> open(ForwardSettings settings);
  [[nodiscard]] Status close(const std::string& name);
  [[nodiscard]] Task<void> stop();
  [[nodiscard]] std::vector<ForwardInfo> infos() const;
  [[nodiscard]] bool has_port(std::uint16_t port) const;

 private:
  [[nodiscard]] std::shared_ptr<Forward> make(const ForwardSettings& settings, bool configured);
  void retire(std::shared_ptr<Forward> forward);
  [[nodiscard]] ForwardInfo info(const Forward& forward) const;
  [[nodiscard]] Task<void> accept(std::shared_ptr<Forward> forward);
  [[nodiscard]] Task<void> serve(std::shared_ptr<Forward> forward, std::unique_ptr<net::ByteStream> client);
  [[nodiscard]] Task<void> serve_raw(const Forward& forward, net::ByteStream& client);

  TunnelsImpl& tunnels_;
  std::map<std::string, std::shared_ptr<Forward>> forwards_;
  std::unique_ptr<TunnelPool> pool_;
  TaskScope retired_;
};

}  // namespace soulfabric::relay

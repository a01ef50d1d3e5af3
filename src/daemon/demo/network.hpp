// SPDX-License-Identifier: GPL-3.0-or-later
// The running network of a demo: the server in this process, one child process per node. Network thread only.
#pragma once
#include <boost/asio/signal_set.hpp>

#include "demo/child_process.hpp"
#include "demo/demo_folder.hpp"
#include "demo/network_plan.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/net/tcp.hpp"
#include "soulfabric/soulseek/server.hpp"

namespace soulfabric::daemon::demo {

class Network {
 public:
  /// All outlive the network.
  Network(IoContext& context, IoClock& clock, DemoFolder& folder, const NetworkPlan& plan);
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  /// Every port of the plan is free, or Conflict names the first that is not.
  [[nodiscard]] Status check_ports();
  /// The server and all nodes; returns when every node is ready. Cancelled when `stop` was called meanwhile.
  [[nodiscard]] Task<Status> start();
  /// Waits until `stop` is called or a node ends by itself, which is an error with its name.
  [[nodiscard]] Task<Status> run_until_stopped();
  void stop();
  /// Every node asked, waited for, and killed where it does not listen.
  [[nodiscard]] Task<void> end();

 private:
  struct Node {
    const NodePlan* plan;
    ChildProcess process;
    bool ready = false;
  };

  [[nodiscard]] Status start_node(const NodePlan& node);
  [[nodiscard]] Task<void> watch_children();
  [[nodiscard]] Task<Status> wait_for_nodes();
  [[nodiscard]] Status check_children() const;
  [[nodiscard]] bool any_running() const;

  IoContext& context_;
  IoClock& clock_;
  DemoFolder& folder_;
  const NetworkPlan& plan_;
  boost::asio::signal_set child_signals_;
  std::unique_ptr<net::Dialer> dialer_;
  soulseek::SoulseekServer server_;
  std::vector<Node> nodes_;
  Notifier changed_;
  bool stopping_ = false;
  TaskScope scope_;
};

}  // namespace soulfabric::daemon::demo

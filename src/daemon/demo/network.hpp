// SPDX-License-Identifier: GPL-3.0-or-later
// The running network of a demo: the server in this process, one child process per node. Network thread only.
#pragma once
#include <boost/asio/signal_set.hpp>
#include <functional>

#include "demo/catalogue_origin.hpp"
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
  /// Waits until `stop` is called. A node that ends meanwhile is told once and may be started again by hand; when the last one has
  /// ended, that is an error.
  [[nodiscard]] Task<Status> run_until_stopped();
  /// Told of a node that ended by itself.
  void on_lost(std::function<void(const NodePlan&)> callback) { lost_ = std::move(callback); }
  void stop();
  /// Every node asked, waited for, and killed where it does not listen.
  [[nodiscard]] Task<void> end();

 private:
  struct Node {
    const NodePlan* plan;
    ChildProcess process;
    bool ready = false;
    bool lost = false;
  };

  [[nodiscard]] Status start_node(const NodePlan& node);
  [[nodiscard]] Task<void> watch_children();
  [[nodiscard]] Task<Status> wait_for_nodes();
  [[nodiscard]] Status check_children() const;
  void tell_lost();
  [[nodiscard]] bool any_running() const;

  IoContext& context_;
  IoClock& clock_;
  DemoFolder& folder_;
  const NetworkPlan& plan_;
  boost::asio::signal_set child_signals_;
  std::unique_ptr<net::Dialer> dialer_;
  soulseek::SoulseekServer server_;
  CatalogueOrigin catalogue_;
  std::vector<Node> nodes_;
  Notifier changed_;
  std::function<void(const NodePlan&)> lost_;
  bool stopping_ = false;
  TaskScope scope_;
};

}  // namespace soulfabric::daemon::demo

// SPDX-License-Identifier: GPL-3.0-or-later
// Starting, watching and ending the processes of a demo.
#include "demo/network.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "demo/readiness.hpp"
#include "soulfabric/mesh/identity.hpp"

namespace soulfabric::daemon::demo {
namespace {

constexpr auto kStartLimit = std::chrono::seconds(90);
constexpr auto kAskAgain = std::chrono::milliseconds(50);
constexpr auto kAnswerLimit = std::chrono::seconds(5);
constexpr auto kEndLimit = std::chrono::seconds(8);

IpAddress loopback() { return IpAddress::v4(0x7F00'0001U); }

soulseek::ServerOptions server_options(const NetworkPlan& plan) {
  soulseek::ServerOptions options;
  options.listen = {loopback(), plan.server_port};
  options.data_dir = plan.folder / "server";
  options.greeting = "This is a demo network: it lives on this machine and ends with the demo.";
  // A handful of nodes, all at home: each may be a parent at once, and learns of parents without a minute's wait.
  options.possible_parents_interval = std::chrono::seconds(5);
  options.initial_speed = 1'000'000;
  return options;
}

}  // namespace

Network::Network(IoContext& context, IoClock& clock, DemoFolder& folder, const NetworkPlan& plan)
    : context_(context),
      clock_(clock),
      folder_(folder),
      plan_(plan),
      child_signals_(context, SIGCHLD),
      dialer_(net::make_tcp_dialer(context, clock)),
      server_(context, clock, server_options(plan)),
      catalogue_(context, clock, {loopback(), plan.catalogue_port}),
      scope_(context, "demo network") {
  nodes_.reserve(plan.nodes.size());
}

Status Network::check_ports() {
  std::vector<std::uint16_t> ports{plan_.server_port, plan_.catalogue_port};
  for (const auto& node : plan_.nodes) ports.insert(ports.end(), {node.web_port, node.listen_port, node.mesh_port});
  for (const auto port : ports) {
    const auto listener = net::listen_tcp(context_, clock_, {loopback(), port});
    if (!listener) return fail(Errc::Conflict, "port " + std::to_string(port) + " is in use: end what uses it, or choose another --base-port");
    (*listener)->close();
  }
  return {};
}

Status Network::start_node(const NodePlan& node) {
  const std::filesystem::path home(node.name);
  const auto config = node_yaml(plan_, node);
  SF_TRY(folder_.write(home / "soulfabric.yml", bytes_of(config)));
  SF_TRY(folder_.make_folder(home / "secrets"));
  SF_TRY(mesh::store_identity(plan_.folder / home / "secrets", SigningKey(node.identity), false));
  SF_TRY_ASSIGN(const int output, folder_.create(home / "output.log"));
  auto process = ChildProcess::start(node_command(plan_, node), output);
  ::close(output);
  if (!process) return std::unexpected(process.error());
  nodes_.push_back({&node, std::move(*process)});
  return {};
}

Task<Status> Network::start() {
  const auto server = server_.start();
  if (!server) co_return server;
  const auto catalogue = catalogue_.start();
  if (!catalogue) co_return catalogue;
  scope_.spawn("children", watch_children());
  for (const auto& node : plan_.nodes) {
    const auto started = start_node(node);
    if (!started) co_return started;
  }
  co_return co_await wait_for_nodes();
}

Task<void> Network::watch_children() {
  for (;;) {
    const auto [code, number] = co_await child_signals_.async_wait(kAwait);
    if (code) co_return;
    for (auto& node : nodes_) static_cast<void>(node.process.reap());
    changed_.notify_all();
  }
}

Status Network::check_children() const {
  for (const auto& node : nodes_) {
    if (!node.process.is_running()) return fail(Errc::Unavailable, "node " + node.plan->name + " ended by itself: its last words are in " + (plan_.folder / node.plan->name / "output.log").string());
  }
  return {};
}

Task<Status> Network::wait_for_nodes() {
  const auto limit = clock_.now() + kStartLimit;
  for (auto& node : nodes_) {
    while (!node.ready) {
      if (stopping_) co_return fail(Errc::Cancelled, "the demo was ended");
      const auto alive = check_children();
      if (!alive) co_return alive;
      const auto missing = co_await what_is_missing(*dialer_, *node.plan, clock_.now() + kAnswerLimit);
      node.ready = missing.empty();
      if (node.ready) break;
      if (clock_.now() > limit) co_return fail(Errc::TimedOut, "node " + node.plan->name + " " + missing + ": see " + (plan_.folder / node.plan->name / "output.log").string());
      co_await changed_.wait(clock_, clock_.now() + kAskAgain);
    }
  }
  co_return Status{};
}

Task<Status> Network::run_until_stopped() {
  while (!stopping_) {
    tell_lost();
    if (!any_running()) co_return fail(Errc::Unavailable, "every node has ended: their last words are in the output.log of each folder in " + plan_.folder.string());
    co_await changed_.wait(clock_, kNever);
  }
  co_return Status{};
}

void Network::stop() {
  stopping_ = true;
  changed_.notify_all();
}

void Network::tell_lost() {
  for (auto& node : nodes_) {
    if (node.lost || node.process.is_running()) continue;
    node.lost = true;
    if (lost_) lost_(*node.plan);
  }
}

bool Network::any_running() const {
  return std::ranges::any_of(nodes_, [](const Node& node) { return node.process.is_running(); });
}

Task<void> Network::end() {
  for (const auto& node : nodes_) node.process.ask_to_end();
  const auto limit = clock_.now() + kEndLimit;
  while (any_running() && clock_.now() < limit) co_await changed_.wait(clock_, limit);
  nodes_.clear();
  co_await catalogue_.stop();
  co_await server_.stop();
  child_signals_.cancel();
  co_await scope_.close();
}

}  // namespace soulfabric::daemon::demo

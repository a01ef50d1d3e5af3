// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes with a fabric and a trusted relay each, on real links over loopback, and programs behind them that tunnels lead to.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "soulfabric/net/local.hpp"
#include "soulfabric/relay/tunnels.hpp"
#include "support/fake_mesh.hpp"
#include "support/mesh_network.hpp"
#include "support/run_task.hpp"

namespace soulfabric::relay::testing {

using namespace std::chrono_literals;
using soulfabric::testing::FakePeerBook;
using soulfabric::testing::MeshNetwork;
using soulfabric::testing::MeshNode;

class NoDht final : public mesh::Dht {
 public:
  Status start() override { return {}; }
  Task<void> stop() override { co_return; }
  Task<Status> put(guard::Permit<guard::DhtQuery>&, mesh::SignedRecord, MonoTime) override { co_return Status{}; }
  Task<Result<std::vector<mesh::SignedRecord>>> get(guard::Permit<guard::DhtQuery>&, mesh::DhtKey, mesh::RecordKind, std::size_t,
                                                    MonoTime) override {
    co_return std::vector<mesh::SignedRecord>{};
  }
  mesh::DhtHealth health() const override { return {}; }
  std::optional<Endpoint> bound() const override { return std::nullopt; }
  void set_bootstrap(std::vector<std::string>) override {}
};

using Serve = std::function<Task<void>(std::unique_ptr<net::ByteStream>)>;

/// Says back what it hears, to the end.
inline Task<void> echo(std::unique_ptr<net::ByteStream> stream) {
  std::array<std::uint8_t, 16 * 1024> buffer;
  for (;;) {
    const auto got = co_await stream->read_some(buffer, kNever);
    if (!got) break;
    const auto written = co_await stream->write(ByteView(buffer).first(*got), kNever);
    if (!written) co_return;
  }
  stream->shutdown_write();
}

/// A program that listens on loopback.
class Program {
 public:
  Program(IoContext& context, IoClock& clock, Serve serve) : scope_(context, "program"), serve_(std::move(serve)) {
    auto made = net::listen_tcp(context, clock, {IpAddress::v4(0x7F000001), 0});
    EXPECT_TRUE(made);
    listener_ = std::move(*made);
    port = listener_->local().port;
    scope_.spawn("accept", accept());
  }
  Task<void> stop() {
    listener_->close();
    co_await scope_.close();
  }
  std::uint16_t port = 0;
  std::size_t accepted = 0;

 private:
  Task<void> accept() {
    for (;;) {
      auto got = co_await listener_->accept();
      if (!got) co_return;
      ++accepted;
      scope_.spawn("serve", serve_(std::move(*got)));
    }
  }
  TaskScope scope_;
  Serve serve_;
  std::unique_ptr<net::Listener> listener_;
};

class FakeDoor final : public GatewayDoor {
 public:
  FakeDoor(IoContext& context, IoClock& clock) : context_(context), clock_(clock), scope(context, "door") {}
  Status join(int descriptor) override {
    ++joined;
    scope.spawn("serve", serve(net::make_local_stream(context_, clock_, descriptor)));
    return {};
  }

 private:
  IoContext& context_;
  IoClock& clock_;

 public:
  TaskScope scope;
  Serve serve = echo;
  std::size_t joined = 0;
};

struct TunnelNode {
  TunnelNode(IoContext& context, IoClock& clock, MeshNode& mesh_node, const TunnelSettings& settings)
      : node(mesh_node), dialer(net::make_tcp_dialer(context, clock)), door(context, clock) {
    fabric::RouterSettings router;
    router.exposed = {std::string(kTunnelService)};
    fabric = fabric::make_fabric({context, clock, node.random, node.guard, *node.links, book, dht, node.key}, router, {});
    auto identity = net::TlsIdentity::make(node.key, kInnerAlpn);
    EXPECT_TRUE(identity);
    tunnels = make_tunnels(
        {context, clock, node.random, node.guard, *dialer, *fabric, *node.links, book, identity.value_or(nullptr), &door}, settings);
    EXPECT_TRUE(fabric->add(tunnels->service()));
  }
  [[nodiscard]] PeerId id() const { return node.id; }
  mesh::PeerRights& rights(const TunnelNode& other) { return book.know(other.id(), std::nullopt, WallTime{}).rights; }
  [[nodiscard]] std::uint64_t refused(TunnelRefusal why) const { return tunnels->metrics().refused[static_cast<std::size_t>(why)]; }

  MeshNode& node;
  FakePeerBook book;
  NoDht dht;
  std::unique_ptr<net::Dialer> dialer;
  FakeDoor door;
  std::unique_ptr<fabric::Fabric> fabric;
  std::unique_ptr<Tunnels> tunnels;
};

/// Near, middle and far. Near and far have links to the middle only, unless the test says `direct`.
class TunnelWorld : public ::testing::Test {
 public:
  TunnelWorld() {
    TunnelSettings far_settings;
    far_settings.enabled = true;
    TunnelSettings middle_settings;
    middle_settings.relay = true;
    soulfabric::testing::MeshNodeOptions dials_only;
    dials_only.guard.budget = {10'000, 100'000, 100'000, 30'000, 30'000};
    dials_only.links.listen.reset();  // as behind a NAT
    soulfabric::testing::MeshNodeOptions open;
    open.guard = dials_only.guard;
    near = std::make_unique<TunnelNode>(context, clock, network.add(dials_only), TunnelSettings{});
    middle = std::make_unique<TunnelNode>(context, clock, network.add(open), middle_settings);
    far = std::make_unique<TunnelNode>(context, clock, network.add(open), far_settings);
    network.start();
  }
  void run(Task<void> test) { soulfabric::testing::run_task(context, play(std::move(test))); }
  Task<void> play(Task<void> test) {
    for (TunnelNode* node : all()) {
      const auto fabric_started = co_await node->fabric->start();
      const auto started = co_await node->tunnels->start();
      EXPECT_TRUE(fabric_started && started);
    }
    const bool one = co_await network.link(near->node, middle->node);
    const bool two = co_await network.link(far->node, middle->node);
    EXPECT_TRUE(one && two);
    if (direct) {
      const bool three = co_await network.link(near->node, far->node);
      EXPECT_TRUE(three);
    }
    co_await std::move(test);
    for (TunnelNode* node : all()) {
      co_await node->tunnels->stop();
      co_await node->door.scope.close();
      co_await node->fabric->stop();
    }
    for (const auto& program : programs) co_await program->stop();
    co_await network.stop();
  }
  std::vector<TunnelNode*> all() { return {near.get(), middle.get(), far.get()}; }
  Program& program(Serve serve = echo) { return *programs.emplace_back(std::make_unique<Program>(context, clock, std::move(serve))); }
  Task<Result<std::unique_ptr<net::ByteStream>>> open(std::string target, bool through_middle = false) {
    std::optional<PeerId> via;
    if (through_middle) via = middle->id();
    co_return co_await near->tunnels->open(far->id(), std::move(target), via, clock.now() + 10s);
  }
  /// The rights that a tunnel through the middle needs.
  void let_through() {
    far->rights(*near).tunnel_targets = true;
    middle->rights(*near).relay_for = {far->id()};
  }

  IoContext context{1};
  SystemIoClock clock;
  MeshNetwork network{context, clock};
  std::vector<std::unique_ptr<Program>> programs;
  std::unique_ptr<TunnelNode> near;
  std::unique_ptr<TunnelNode> middle;
  std::unique_ptr<TunnelNode> far;
  bool direct = true;
};

inline Task<std::string> say_and_hear(net::ByteStream& stream, std::string words) {
  const MonoTime deadline = std::chrono::steady_clock::now() + 10s;
  const auto said = co_await stream.write(bytes_of(words), deadline);
  EXPECT_TRUE(said) << (said ? "" : said.error().message);
  std::string heard(words.size(), '\0');
  const auto got = co_await net::read_exactly(stream, {reinterpret_cast<std::uint8_t*>(heard.data()), heard.size()}, deadline);
  EXPECT_TRUE(got) << (got ? "" : got.error().message);
  co_return heard;
}

}  // namespace soulfabric::relay::testing

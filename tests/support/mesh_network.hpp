// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes of the mesh in one process, each with links of its own, on loopback or in the network in memory, found as the test says.
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "soulfabric/mesh/links.hpp"
#include "support/fixed_peers.hpp"
#include "support/sim_network.hpp"

namespace soulfabric::testing {

/// Everything quick, nothing rationed: all nodes share one address.
[[nodiscard]] inline mesh::LinkSettings quick_links() {
  mesh::LinkSettings settings;
  settings.listen = Endpoint{IpAddress::v4(0x7F000001), 0};
  settings.half_open = 4096;
  settings.handshakes_per_second = 100'000;
  settings.handshakes_per_prefix = 100'000;
  settings.reconnect_first = std::chrono::milliseconds(20);
  settings.reconnect_longest = std::chrono::milliseconds(200);
  return settings;
}

/// The n-th of the test's keys; every number gives another peer.
[[nodiscard]] inline SigningKey numbered_key(std::uint32_t number) {
  SeededRandom random(0x736f756c + number);
  return SigningKey::generate(random);
}

struct MeshNodeOptions {
  mesh::LinkSettings links = quick_links();
  guard::GuardOptions guard;
};

/// Where a node stands: how it reaches others and how they reach it.
struct MeshPlace {
  std::unique_ptr<net::Dialer> dialer;
  std::function<Result<std::unique_ptr<net::Listener>>(Endpoint)> listen;
};

class MeshNode {
 public:
  MeshNode(IoContext& context, IoClock& clock, SigningKey signing_key, const MeshNodeOptions& options, MeshPlace place)
      : key(std::move(signing_key)),
        id(PeerId::of(key.public_key())),
        random(std::uint64_t{key.public_key()[0]} * 977 + 1),
        guard(options.guard, clock),
        dialer(std::move(place.dialer)) {
    auto identity = net::TlsIdentity::make(key, mesh::kAlpn);
    EXPECT_TRUE(identity);
    links = mesh::make_links({context, clock, random, guard, *dialer, peers, identity.value_or(nullptr), std::move(place.listen)}, options.links);
  }

  [[nodiscard]] Endpoint endpoint() const { return links->listening().value_or(Endpoint{}); }
  /// This node finds the other one at its present endpoint.
  void knows(const MeshNode& other) { peers.endpoints[other.id] = {other.endpoint()}; }

  SigningKey key;
  PeerId id;
  SeededRandom random;
  guard::Guard guard;
  FixedPeers peers;
  std::unique_ptr<net::Dialer> dialer;
  std::unique_ptr<mesh::Links> links;
};

class MeshNetwork {
 public:
  /// On loopback.
  MeshNetwork(IoContext& context, IoClock& clock) : context_(context), clock_(clock) {}
  /// In memory, on virtual time: node n at `sim_host(n)`, each host in a /24 of its own.
  explicit MeshNetwork(SimNetwork& network) : context_(network.context()), clock_(network.clock()), sim_(&network) {}
  [[nodiscard]] static IpAddress sim_host(std::size_t number) {
    return IpAddress::v4(0x08000001U + (static_cast<std::uint32_t>(number) << 8U));
  }

  /// Made, not started: handlers are set first.
  MeshNode& add(const MeshNodeOptions& options = {}) { return add(options, numbered_key(static_cast<std::uint32_t>(nodes_.size()))); }
  MeshNode& add(MeshNodeOptions options, SigningKey key) {
    MeshPlace place;
    if (sim_ != nullptr) {
      const IpAddress host = sim_host(nodes_.size());
      if (options.links.listen) options.links.listen = Endpoint{host, 50305};
      place = {sim_->dialer_of(host), [this](Endpoint at) { return sim_->listen(at); }};
    } else {
      place = {net::make_tcp_dialer(context_, clock_), [this](Endpoint at) { return net::listen_tcp(context_, clock_, at); }};
    }
    nodes_.push_back(std::make_unique<MeshNode>(context_, clock_, std::move(key), options, std::move(place)));
    return *nodes_.back();
  }
  void start() {
    for (const auto& node : nodes_) {
      const Status started = node->links->start();
      EXPECT_TRUE(started) << started.error().message;
    }
  }
  /// Everyone finds everyone.
  void introduce() {
    for (const auto& one : nodes_) {
      for (const auto& other : nodes_) {
        if (one != other && other->links->listening()) one->knows(*other);
      }
    }
  }
  /// `from` dials `to`; true when both hold the link.
  [[nodiscard]] Task<bool> link(MeshNode& from, MeshNode& to) {
    from.knows(to);
    const auto linked = co_await from.links->connect(to.id, guard::Origin::UserLocal, clock_.now() + kPatience);
    EXPECT_TRUE(linked) << linked.error().message;
    if (!linked) co_return false;
    const PeerId id = from.id;
    const bool both = co_await until([&to, id] { return to.links->is_linked(id); });
    co_return both;
  }
  /// Looks after every turn of the loop; false after twenty seconds.
  [[nodiscard]] Task<bool> until(std::function<bool()> condition) {
    const MonoTime limit = clock_.now() + kPatience;
    while (!condition()) {
      if (clock_.now() > limit) co_return false;
      co_await clock_.sleep_for(std::chrono::milliseconds(1));
    }
    co_return true;
  }
  [[nodiscard]] Task<void> stop() {
    for (const auto& node : nodes_) co_await node->links->stop();
  }
  [[nodiscard]] MeshNode& operator[](std::size_t index) { return *nodes_[index]; }
  [[nodiscard]] std::size_t size() const noexcept { return nodes_.size(); }

 private:
  static constexpr std::chrono::seconds kPatience{20};
  IoContext& context_;
  IoClock& clock_;
  SimNetwork* sim_ = nullptr;
  std::vector<std::unique_ptr<MeshNode>> nodes_;
};

}  // namespace soulfabric::testing

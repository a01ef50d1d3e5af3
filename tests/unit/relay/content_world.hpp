// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes with a content relay each: real links and calls over a network in memory, on virtual time; copies that the test makes up.
#pragma once
#include <gtest/gtest.h>

#include "content_room.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "support/fake_copies.hpp"
#include "support/fake_mesh.hpp"
#include "support/lying_provider.hpp"
#include "support/memory_dht.hpp"
#include "support/mesh_network.hpp"
#include "wire/content_frames.hpp"

namespace soulfabric::relay::testing {

using namespace std::chrono_literals;
using soulfabric::testing::FakeCopies;
using soulfabric::testing::MeshNode;

inline Bytes some_bytes(std::size_t size, std::uint64_t seed = 1) {
  Bytes out(size);
  SeededRandom(seed).fill(out);
  return out;
}

struct ContentNode {
  ContentNode(IoContext& context, IoClock& clock, MeshNode& mesh_node, soulfabric::testing::MemoryTable& table, const ContentSettings& settings,
              MakeDownload make, bool lies)
      : node(mesh_node), dht(table, clock) {
    fabric::RouterSettings router;
    router.exposed = {std::string(kContentService)};
    fabric = fabric::make_fabric({context, clock, node.random, node.guard, *node.links, book, dht, node.key}, router, {});
    const Bytes secret(32, static_cast<std::uint8_t>(node.key.public_key()[0]));
    if (!make) {
      make = [this, &context, &clock](swarm::DownloadRequest request, const swarm::SwarmSettings& swarm_settings) {
        return swarm::make_download({context, clock, node.random, workers, files}, std::move(request), swarm_settings);
      };
    }
    relay = std::make_unique<ContentRoom>(ContentDependencies{context, clock, node.random, workers, files, node.guard, copies, *fabric, *node.links,
                                                              book, dht, node.key, secret},
                                          settings, std::move(make));
    if (!lies) EXPECT_TRUE(fabric->add(relay->service()));
  }
  /// This node serves by what the test gives it instead.
  void lie(Bytes data, soulfabric::testing::Lie how, IoClock& clock) {
    liar = std::make_unique<soulfabric::testing::LyingProvider>(clock, node.key, std::move(data), how);
    EXPECT_TRUE(fabric->add(*liar));
  }
  [[nodiscard]] const PeerId& id() const { return node.id; }
  [[nodiscard]] std::uint64_t refused(ContentRefusal why) const { return relay->metrics().refused[static_cast<std::size_t>(why)]; }

  MeshNode& node;
  soulfabric::testing::FakePeerBook book;
  soulfabric::testing::MemoryDht dht;
  WorkerPool workers{0};
  SystemFiles files;
  FakeCopies copies;
  std::unique_ptr<fabric::Fabric> fabric;
  std::unique_ptr<ContentRoom> relay;
  std::unique_ptr<soulfabric::testing::LyingProvider> liar;
};

class ContentWorld : public ::testing::Test {
 public:
  ContentWorld() {
    limits_.budget.per_peer_minute = 5'000;
    limits_.budget.node_minute = 50'000;
    limits_.budget.user_reserve = 5'000;
    limits_.budget.automation_reserve = 5'000;
    limits_.held = {.per_peer = 16ULL * 1024 * 1024, .strangers = {100, 100}};  // what strangers may hold is the guard's own test
  }
  ContentNode& add(const ContentSettings& settings = {}, bool lies = false) {
    soulfabric::testing::MeshNodeOptions options;
    options.guard = limits_;
    nodes_.push_back(std::make_unique<ContentNode>(context_, clock_, mesh_.add(options), table_, settings, make_, lies));
    return *nodes_.back();
  }
  ContentNode& add_liar(Bytes data, soulfabric::testing::Lie how) {
    auto& node = add({}, true);
    node.lie(std::move(data), how, clock_);
    return node;
  }
  void run(Task<void> test) {
    const auto ended = soulfabric::testing::run_virtual(context_, clock_, soulfabric::testing::as_status(with_nodes(std::move(test))), 12h);
    EXPECT_TRUE(ended);
  }
  Task<void> with_nodes(Task<void> test) {
    mesh_.start();
    for (const auto& node : nodes_) {
      const auto up = co_await node->fabric->start();
      const auto going = co_await node->relay->start();
      EXPECT_TRUE(up && going);
    }
    for (std::size_t from = 0; linked_ && from < nodes_.size(); ++from) {
      for (std::size_t to = from + 1; to < nodes_.size(); ++to) {
        const bool both = co_await mesh_.link(nodes_[from]->node, nodes_[to]->node);
        EXPECT_TRUE(both);
      }
    }
    co_await std::move(test);
    for (const auto& node : nodes_) co_await node->relay->stop();
    for (const auto& node : nodes_) co_await node->fabric->stop();
    co_await mesh_.stop();
  }
  /// A conversation, without the source.
  Task<Result<mesh::StreamPtr>> open(ContentNode& from, ContentNode& to, library::ContentId id) {
    auto permit = from.node.guard.try_permit<guard::MeshCall>({guard::Origin::UserLocal, guard::Subject::node()});
    co_return co_await from.fabric->open(std::move(*permit), std::string(kContentService), "Fetch", fabric::encode(ContentQuestion{id.sha256}),
                                         {.to = to.id()});
  }
  /// All that comes until the stream ends.
  Task<Bytes> read_all(mesh::Stream& stream, Duration patience = 10s) {
    Bytes all;
    Bytes buffer(64 * 1024);
    for (;;) {
      const auto got = co_await stream.read_some(buffer, clock_.now() + patience);
      if (!got) break;
      all.insert(all.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*got));
    }
    co_return all;
  }
  /// What the server says first.
  Task<std::optional<OpeningHead>> opening(mesh::Stream& stream) {
    Bytes head(kOpeningHead);
    const auto got = co_await net::read_exactly(stream, head, clock_.now() + 10s);
    if (!got) co_return std::nullopt;
    const auto parsed = parse_opening(head);
    co_return parsed ? *parsed : std::nullopt;
  }
  Task<bool> until(std::function<bool()> condition) { return mesh_.until(std::move(condition)); }
  [[nodiscard]] MonoTime in(Duration time) const { return clock_.now() + time; }

  IoContext context_{1};
  soulfabric::testing::SimClock clock_{context_};
  soulfabric::testing::SimNetwork net_{context_, clock_, 7, {.least_latency = 1ms, .most_latency = 2ms}};
  soulfabric::testing::MeshNetwork mesh_{net_};
  soulfabric::testing::MemoryTable table_;
  guard::GuardOptions limits_;
  MakeDownload make_;
  bool linked_ = true;
  std::vector<std::unique_ptr<ContentNode>> nodes_;
};

}  // namespace soulfabric::relay::testing

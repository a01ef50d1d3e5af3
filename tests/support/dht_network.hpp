// SPDX-License-Identifier: GPL-3.0-or-later
// Several nodes of the DHT in one process, each on an address of its own in 127.0.0.0/8.
#pragma once
#include <deque>

#include "mesh/dht/dht_impl.hpp"
#include "soulfabric/guard/guard.hpp"
#include "support/dht_datagrams.hpp"
#include "support/run_task.hpp"

namespace soulfabric::testing {

class DhtNetwork {
 public:
  explicit DhtNetwork(mesh::DhtSettings common = {}) : common_(std::move(common)) {
    common_.network = kTestNetwork;
    guard::GuardOptions options;
    options.budget.node_minute = 1'000'000;
    options.budget.user_reserve = 900'000;
    guard_ = std::make_unique<guard::Guard>(options, clock);
  }
  ~DhtNetwork() {
    if (!nodes.empty()) run_task(context, stop_all());
  }
  DhtNetwork(const DhtNetwork&) = delete;
  DhtNetwork& operator=(const DhtNetwork&) = delete;

  [[nodiscard]] mesh::DhtDependencies dependencies() { return {context, clock, random, workers}; }

  /// Starts one more, which knows the first of them; `address` as "127.0.3.1".
  mesh::DhtImpl& add(const std::string& address, mesh::Wire::Line line = {}, mesh::DhtSettings* own = nullptr) {
    auto settings = own != nullptr ? *own : common_;
    settings.network = kTestNetwork;
    settings.bind = Endpoint{*IpAddress::parse(address), settings.bind.port};
    if (!nodes.empty() && own == nullptr) settings.bootstrap = {nodes.front()->bound()->to_string()};
    auto made = mesh::make_dht_over(dependencies(), settings, std::move(line));
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    const auto started = (*made)->start();
    EXPECT_TRUE(started) << (started ? "" : started.error().message);
    nodes.push_back(*std::move(made));
    return *nodes.back();
  }
  void add_many(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) add("127.0." + std::to_string(1 + i) + ".1");
  }

  [[nodiscard]] guard::Permit<guard::DhtQuery> permit() {
    auto permit = guard_->try_permit<guard::DhtQuery>(guard::ActRequest{});
    EXPECT_TRUE(permit);
    return *std::move(permit);
  }

  /// Until every node has heard `others` nodes.
  Task<void> settle(std::size_t others) {
    const auto deadline = clock.now() + std::chrono::seconds(20);
    for (;;) {
      bool all = true;
      for (const auto& node : nodes) all = all && node->health().nodes_good >= others;
      if (all || clock.now() > deadline) break;
      co_await clock.sleep_for(std::chrono::milliseconds(20));
    }
    for (const auto& node : nodes) EXPECT_GE(node->health().nodes_good, others);
  }
  Task<Status> put(mesh::DhtImpl& node, mesh::SignedRecord record, std::chrono::seconds limit = std::chrono::seconds(8)) {
    auto paid = permit();
    auto done = co_await node.put(paid, std::move(record), clock.now() + limit);
    co_return done;
  }
  Task<std::vector<mesh::SignedRecord>> get(mesh::DhtImpl& node, mesh::DhtKey key, std::size_t cap = 256,
                                            mesh::RecordKind kind = mesh::RecordKind::Descriptor) {
    auto paid = permit();
    auto found = co_await node.get(paid, key, kind, cap, clock.now() + std::chrono::seconds(8));
    EXPECT_TRUE(found) << (found ? "" : found.error().message);
    co_return found ? *std::move(found) : std::vector<mesh::SignedRecord>{};
  }
  Task<void> stop_all() {
    for (const auto& node : nodes) co_await node->stop();
    nodes.clear();
  }
  void run(Task<void> task, std::chrono::seconds limit = std::chrono::seconds(60)) { run_task(context, std::move(task), limit); }

  /// A record of now.
  [[nodiscard]] mesh::SignedRecord record(const SigningKey& signer, const mesh::DhtKey& key, std::uint64_t sequence = 1, RecordChoice choice = {}) const {
    choice.sequence = sequence;
    choice.now = clock.wall();
    return test_record(signer, key, choice);
  }

  IoContext context{1};
  SystemIoClock clock;
  SystemRandom random;
  WorkerPool workers{2};
  std::vector<std::unique_ptr<mesh::DhtImpl>> nodes;

 private:
  mesh::DhtSettings common_;
  std::unique_ptr<guard::Guard> guard_;
};

}  // namespace soulfabric::testing

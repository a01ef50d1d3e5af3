// SPDX-License-Identifier: GPL-3.0-or-later
// The table with real sockets on loopback: put, get, replace, withdraw, come back.
#include <gtest/gtest.h>

#include <filesystem>

#include "support/dht_network.hpp"

namespace soulfabric::mesh {
namespace {

using namespace soulfabric::testing;
using namespace std::chrono_literals;

Task<void> put_and_get(DhtNetwork& net) {
  co_await net.settle(3);
  auto signer = SigningKey::generate(net.random);
  const auto key = test_key("album");
  const auto first = net.record(signer, key, 1);
  const auto done = co_await net.put(*net.nodes[1], first);
  EXPECT_TRUE(done) << (done ? "" : done.error().message);
  for (const auto& node : net.nodes) {
    const auto found = co_await net.get(*node, key);
    EXPECT_EQ(found.size(), 1U);
    if (found.size() == 1) EXPECT_EQ(found[0], first);
  }
  // Another kind under the same key is another question.
  const auto other = co_await net.get(*net.nodes[0], key, 256, RecordKind::Provider);
  EXPECT_TRUE(other.empty());
}

TEST(Dht, WhatOneNodePutsEveryNodeGets) {
  DhtNetwork net;
  net.add_many(5);
  net.run(put_and_get(net));
}

Task<void> put_and_get_of_two(DhtNetwork& net) {
  co_await net.settle(1);
  auto signer = SigningKey::generate(net.random);
  const auto key = test_key("two");
  const auto done = co_await net.put(*net.nodes[0], net.record(signer, key));
  EXPECT_TRUE(done) << (done ? "" : done.error().message);
  for (const auto& node : net.nodes) {
    const auto found = co_await net.get(*node, key);
    EXPECT_EQ(found.size(), 1U);
  }
  EXPECT_EQ(net.nodes[0]->health().values_stored + net.nodes[1]->health().values_stored, 2U);
}

TEST(Dht, TwoNodesAreANetworkAndEachAsksItsOwnStore) {
  DhtNetwork net;
  net.add_many(2);
  net.run(put_and_get_of_two(net));
}

Task<void> edits(DhtNetwork& net) {
  co_await net.settle(3);
  auto signer = SigningKey::generate(net.random);
  const auto key = test_key("edit");
  RecordChoice large;
  large.body = kRecordBodyCap;
  const auto placed = co_await net.put(*net.nodes[0], net.record(signer, key, 5, large));
  EXPECT_TRUE(placed) << (placed ? "" : placed.error().message);
  const auto newer = net.record(signer, key, 6);
  const auto replaced = co_await net.put(*net.nodes[2], newer);
  EXPECT_TRUE(replaced);
  auto found = co_await net.get(*net.nodes[3], key);
  EXPECT_EQ(found.size(), 1U);
  if (found.size() == 1) EXPECT_EQ(found[0], newer);
  // An older one is refused by every storer, and put says so.
  const auto older = co_await net.put(*net.nodes[0], net.record(signer, key, 4));
  EXPECT_FALSE(older);
  if (!older) EXPECT_EQ(older.error().code, Errc::Rejected);
  RecordChoice tombstone;
  tombstone.withdrawn = true;
  const auto withdrawn = co_await net.put(*net.nodes[0], net.record(signer, key, 7, tombstone));
  EXPECT_TRUE(withdrawn);
  found = co_await net.get(*net.nodes[3], key);
  EXPECT_EQ(found.size(), 1U);
  if (found.size() == 1) EXPECT_TRUE(found[0].withdrawn);
}

TEST(Dht, AHigherSequenceReplacesALowerIsRejectedATombstoneWithdraws) {
  DhtNetwork net;
  net.add_many(4);
  net.run(edits(net));
}

Task<void> bad_puts(DhtNetwork& net) {
  auto signer = SigningKey::generate(net.random);
  auto forged = net.record(signer, test_key("x"));
  forged.signature[5] ^= 1;
  const auto refused = co_await net.put(*net.nodes[0], forged);
  EXPECT_FALSE(refused);
  const auto start = net.clock.now();
  const auto alone = co_await net.put(*net.nodes[0], net.record(signer, test_key("x")), 1s);
  EXPECT_FALSE(alone);
  if (!alone) EXPECT_EQ(alone.error().code, Errc::TimedOut);
  auto paid = net.permit();
  const auto nothing = co_await net.nodes[0]->get(paid, test_key("x"), RecordKind::Peer, 5, net.clock.now() + 500ms);
  EXPECT_FALSE(nothing);
  EXPECT_LT(net.clock.now() - start, 4s);
  const auto before_stop = net.clock.now();
  const auto was_at = *net.nodes[0]->bound();
  co_await net.nodes[0]->stop();
  EXPECT_LT(net.clock.now() - before_stop, 2500ms);
  auto again = net.permit();
  const auto stopped = co_await net.nodes[0]->get(again, test_key("x"), RecordKind::Peer, 5, net.clock.now() + 500ms);
  EXPECT_FALSE(stopped);
  if (!stopped) EXPECT_EQ(stopped.error().code, Errc::Unavailable);
  const auto restarted = net.nodes[0]->start();
  EXPECT_FALSE(restarted);
  DhtSettings settings;
  settings.bind = was_at;
  auto successor = make_dht({net.context, net.clock, net.random, net.workers}, settings);
  const auto took_over = (*successor)->start();
  EXPECT_TRUE(took_over) << "the port is free although the one before still exists: " << (took_over ? "" : took_over.error().message);
  co_await (*successor)->stop();
}

TEST(Dht, AnIsolatedNodeEndsItsQueriesAndItselfInTime) {
  DhtNetwork net;
  net.add_many(1);
  net.run(bad_puts(net));
}

Task<void> stop_under_way(DhtNetwork& net) {
  auto signer = SigningKey::generate(net.random);
  TaskScope scope(net.context, "test");
  unsigned ended = 0;
  for (int i = 0; i < 10; ++i) {
    scope.spawn("put", [](DhtNetwork& inner, SignedRecord record, unsigned& count) -> Task<void> {
      const auto done = co_await inner.put(*inner.nodes[0], record, 30s);
      EXPECT_FALSE(done);
      ++count;
    }(net, net.record(signer, test_key("x" + std::to_string(i))), ended));
  }
  co_await net.clock.sleep_for(50ms);
  co_await net.nodes[0]->stop();
  co_await scope.join();
  EXPECT_EQ(ended, 10U);
}

TEST(Dht, StoppingEndsTheQueriesThatAreOnTheWay) {
  DhtNetwork net;
  net.add_many(1);
  net.run(stop_under_way(net));
}

Task<void> restart(DhtNetwork& net, DhtSettings settings) {
  co_await net.settle(2);
  const auto where = *net.nodes[2]->bound();
  co_await net.nodes[2]->stop();
  EXPECT_TRUE(std::filesystem::exists(settings.state_file));
  net.nodes.pop_back();
  settings.bind = where;
  auto& back = net.add("127.0.3.1", {}, &settings);
  co_await net.settle(2);
  EXPECT_TRUE(back.health().connected);
}

Task<void> told_later(DhtNetwork& net) {
  co_await net.nodes[0]->stop();  // alone: whoever it is told of now is whom it finds
  DhtSettings nobody;
  nobody.bootstrap = {"127.0.9.1:1"};
  auto& late = net.add("127.0.3.1", {}, &nobody);
  EXPECT_FALSE(late.health().connected);
  late.set_bootstrap({net.nodes[1]->bound()->to_string()});
  const auto deadline = net.clock.now() + 20s;
  while (!late.health().connected && net.clock.now() < deadline) co_await net.clock.sleep_for(10ms);
  EXPECT_TRUE(late.health().connected);
}

TEST(Dht, NodesToStartFromCanBeChangedWhileItRuns) {
  DhtNetwork net;
  net.add_many(2);
  net.run(told_later(net));
}

TEST(Dht, ARestartedNodeFindsTheNetworkByItsSavedNodes) {
  DhtNetwork net;
  net.add_many(2);
  const auto folder = std::filesystem::temp_directory_path() / ("dht-" + std::to_string(net.random.u64()));
  std::filesystem::create_directories(folder);
  DhtSettings settings;
  settings.state_file = folder / "nodes";
  settings.bootstrap = {net.nodes[0]->bound()->to_string()};
  net.add("127.0.3.1", {}, &settings);
  settings.bootstrap.clear();
  net.run(restart(net, settings));
  std::filesystem::remove_all(folder);
}

TEST(LanHello, ReadsBackAndRefusesOtherBytes) {
  const LanHello hello{0x5f4d, 50305};
  auto bytes = encode_hello(hello);
  EXPECT_EQ(parse_hello(bytes), hello);
  bytes.push_back(0);
  EXPECT_FALSE(parse_hello(bytes));
  EXPECT_FALSE(parse_hello(encode_hello({1, 53})));
  EXPECT_FALSE(parse_hello({}));
}

TEST(Dht, NodesOfOneLanFindEachOtherWhereThatIsSwitchedOn) {
  DhtSettings settings;
  settings.local_discovery = true;
  DhtNetwork net;
  net.add("127.0.1.1", {}, &settings);
  net.add("127.0.2.1", {}, &settings);
  net.run(net.settle(1));
}

TEST(Dht, SettingsThatCannotWorkAreRefused) {
  DhtNetwork net;
  DhtSettings settings;
  settings.record_life = 10s;
  EXPECT_FALSE(make_dht(net.dependencies(), settings));
  settings.record_life = 60s;
  settings.network = 0;
  EXPECT_FALSE(make_dht(net.dependencies(), settings));
  settings.network = 5;
  settings.bind = at("203.0.113.7", 5);
  auto elsewhere = make_dht(net.dependencies(), settings);
  ASSERT_TRUE(elsewhere);
  const auto started = (*elsewhere)->start();
  EXPECT_FALSE(started);
}

}  // namespace
}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// Lookups over a network in memory: losses, silence, and hostile nodes around a key (security rule S5).
#include "core/dht_search.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/dht_datagrams.hpp"

namespace soulfabric::mesh {
namespace {

using namespace soulfabric::testing;
using namespace std::chrono_literals;

/// Nodes that answer at once, or not at all.
class MemoryNetwork {
 public:
  struct Node {
    NodeContact contact;
    std::map<DhtKey, std::vector<Bytes>> values;
    bool is_hostile = false;
    bool is_silent = false;
  };
  explicit MemoryNetwork(std::size_t honest) {
    for (std::size_t i = 0; i < honest; ++i) {
      NodeId id{};
      random.fill(id);
      add(id, false);
    }
  }
  void add(const NodeId& id, bool is_hostile) {
    const auto address = IpAddress::v4(0xCB000000U + static_cast<std::uint32_t>(nodes.size()));
    nodes.push_back(Node{NodeContact{id, Endpoint{address, 4000}}, {}, is_hostile, false});
  }
  void surround(const DhtKey& key, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      NodeId id = key;
      id[19] = static_cast<std::uint8_t>(id[19] ^ (i + 1));
      add(id, true);
    }
  }
  [[nodiscard]] std::vector<Node*> nearest(const DhtKey& key, bool hostile_only) {
    std::vector<std::pair<NodeId, Node*>> all;
    for (auto& node : nodes) {
      if (hostile_only && !node.is_hostile) continue;
      NodeId far{};
      for (std::size_t i = 0; i < far.size(); ++i) far[i] = static_cast<std::uint8_t>(node.contact.id[i] ^ key[i]);
      all.emplace_back(far, &node);
    }
    std::ranges::sort(all);
    std::vector<Node*> out;
    for (std::size_t i = 0; i < std::min<std::size_t>(8, all.size()); ++i) out.push_back(all[i].second);
    return out;
  }
  void store(const DhtKey& key, const SignedRecord& record) {
    for (auto* node : nearest(key, false)) {
      if (!node->is_hostile) node->values[key].push_back(encode_record(record));
    }
  }
  /// The records that a lookup brings.
  std::size_t look_up(const DhtKey& key) {
    std::vector<NodeContact> start;
    for (std::size_t i = 0; i < 6; ++i) start.push_back(nodes[i].contact);
    DhtSearch search(key, std::nullopt, node_id(1), start);
    std::map<ValueId, Bytes> found;
    for (int turn = 0; turn < 500 && !search.finished(now); ++turn) {
      for (const auto& ask : search.step(now, random)) {
        if (random.below(100) >= loss) answer(search, ask, key, found);
      }
      now = search.next(now);
    }
    EXPECT_TRUE(search.finished(now));
    asked = search.asked();
    return found.size();
  }

  std::vector<Node> nodes;
  SeededRandom random{3};
  MonoTime now{1h};
  std::uint64_t loss = 0;
  std::size_t asked = 0;

 private:
  void answer(DhtSearch& search, const SearchAsk& ask, const DhtKey& key, std::map<ValueId, Bytes>& found) {
    auto& node = *std::ranges::find(nodes, ask.to, &Node::contact);
    if (node.is_silent) return;
    static const Bytes token(32, 1);
    DatagramMessage message;
    message.kind = DatagramKind::Reply;
    message.transaction = ask.transaction;
    message.sender = node.contact.id;
    message.token = token;
    for (const auto* other : nearest(key, node.is_hostile)) message.nodes.push_back(other->contact);
    for (const auto& value : node.values[key]) {
      const auto record = decode_record(value);
      message.values.push_back({slot_of(record->signer, key), 2, value});
    }
    for (const auto& value : search.answer(node.contact.endpoint, message, now)) found[value.id] = Bytes(value.data.begin(), value.data.end());
  }
};

TEST(DhtSearch, FindsWhatStandsAtTheNearestNodesThoughManyAreSilentAndSomeIsLost) {
  MemoryNetwork net(200);
  net.loss = 10;
  for (std::size_t i = 20; i < 200; i += 5) net.nodes[i].is_silent = true;
  const auto key = test_key("k");
  for (int i = 0; i < 5; ++i) net.store(key, test_record(SigningKey::generate(net.random), key));
  const auto start = net.now;
  EXPECT_EQ(net.look_up(key), 5U);
  EXPECT_LT(net.now - start, 3s);
}

TEST(DhtSearch, TwentyHostileNodesAroundOneShardHideThatShardAndNoOther) {
  MemoryNetwork net(100);
  std::vector<DhtKey> shards;
  for (int shard = 0; shard < 16; ++shard) shards.push_back(test_key("svc/" + std::to_string(shard)));
  net.surround(shards[3], 20);
  for (int i = 0; i < 20; ++i) {
    const auto signer = SigningKey::generate(net.random);
    for (const auto& shard : shards) net.store(shard, test_record(signer, shard));
  }
  std::size_t whole = 0;
  for (const auto& shard : shards) whole += net.look_up(shard) == 20 ? 1 : 0;
  EXPECT_EQ(whole, 15U);
  EXPECT_EQ(net.look_up(shards[3]), 0U);
}

TEST(DhtSearch, HostileAnswersCannotMakeItAskForEver) {
  MemoryNetwork net(6);
  const auto key = test_key("k");
  net.surround(key, 200);
  (void)net.look_up(key);
  EXPECT_LE(net.asked, SearchSettings{}.requests);
}

TEST(DhtSearch, EndsWhereNobodyAnswers) {
  MemoryNetwork net(10);
  for (auto& node : net.nodes) node.is_silent = true;
  const auto start = net.now;
  EXPECT_EQ(net.look_up(test_key("k")), 0U);
  EXPECT_LT(net.now - start, 5s);
}

}  // namespace
}  // namespace soulfabric::mesh

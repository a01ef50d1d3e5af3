// SPDX-License-Identifier: GPL-3.0-or-later
// The attacks of security rules S1, S4 and S6 on sockets: first against the library as it comes, then against ours.
#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

#include <thread>

#include "bare_library.hpp"
#include "support/dht_network.hpp"
#include "support/killed_child.hpp"

namespace soulfabric::mesh {
namespace {

using namespace soulfabric::testing;
using namespace std::chrono_literals;

DatagramMessage get_of(const DhtKey& key, std::uint32_t transaction) { return request(DatagramKind::Get, transaction, key); }

/// Puts a value as anybody may: asks for the token first. What the storer says of it is no proof.
bool put_raw(TestSocket& socket, const Endpoint& to, const DhtKey& key, const PackedValue& value) {
  const auto answer = socket.ask(to, get_of(key, 100));
  if (!answer) return false;
  const Bytes token(answer->token.begin(), answer->token.end());
  auto put = request(DatagramKind::Put, 101, key);
  put.values = {value};
  put.token = token;
  const auto done = socket.ask(to, put, 4);
  return done && done->value_id == value.id;
}

std::vector<StoredValue> stored(TestSocket& socket, const Endpoint& at_node, const DhtKey& key) {
  std::vector<StoredValue> out;
  if (const auto answer = socket.ask(at_node, get_of(key, 102))) {
    for (const auto& value : answer->values) out.push_back({value.id, value.type, Bytes(value.data.begin(), value.data.end())});
  }
  return out;
}

bool is_alive(TestSocket& socket, const Endpoint& node) { return socket.ask(node, request(DatagramKind::Ping, 103)).has_value(); }

// ---- what the library does by itself ----------------------------------------------------------------------------------------

/// The test runs itself as a child, where the library hears the datagram and is expected to die of it.
void dies_of(const Bytes& datagram, const std::string& test) {
  if (child_folder()) {
    BareLibrary library;
    TestSocket socket("127.0.0.1");
    socket.send(library.endpoint(), datagram);
    say(is_alive(socket, library.endpoint()) ? "alive" : "silent");
    return;
  }
  const auto run = run_child("BareLibrary." + test, "child", std::nullopt);
  EXPECT_NE(run.exit_code, 0) << test;
  EXPECT_TRUE(run.lines.empty()) << test << ": it lived";
}

TEST(BareLibrary, DiesOfAnErrorWithoutACode) { dies_of(killer_datagram(), "DiesOfAnErrorWithoutACode"); }
TEST(BareLibrary, DiesOfARequestThatIsNoMap) { dies_of(no_map_datagram("a"), "DiesOfARequestThatIsNoMap"); }
TEST(BareLibrary, DiesOfAnAnswerThatIsNoMap) { dies_of(no_map_datagram("r"), "DiesOfAnAnswerThatIsNoMap"); }
TEST(BareLibrary, DiesOfAnUpdateThatIsNoMap) { dies_of(no_map_datagram("u"), "DiesOfAnUpdateThatIsNoMap"); }

TEST(BareLibrary, StoresAnUnregisteredTypeUnderOurKey) {
  BareLibrary library;
  TestSocket socket("127.0.0.1");
  const Bytes bad(10, 'B');
  ASSERT_TRUE(put_raw(socket, library.endpoint(), test_key("k"), {7, 2, bad}));  // it says stored, and did not
  EXPECT_TRUE(stored(socket, library.endpoint(), test_key("k")).empty());
  ASSERT_TRUE(put_raw(socket, library.endpoint(), test_key("k"), {7, 9, bad}));
  EXPECT_EQ(stored(socket, library.endpoint(), test_key("k")).size(), 1U);
}

TEST(BareLibrary, LetsTheFirstUnderAnIdShutOutTheVictim) {
  BareLibrary library;
  TestSocket thief("127.0.0.2");
  TestSocket victim("127.0.0.1");
  const Bytes bad(10, 'B');
  const Bytes good(10, 'V');
  ASSERT_TRUE(put_raw(thief, library.endpoint(), test_key("k"), {7, 9, bad}));
  EXPECT_TRUE(put_raw(victim, library.endpoint(), test_key("k"), {7, 2, good}));  // the victim hears that all is well
  const auto there = stored(victim, library.endpoint(), test_key("k"));
  ASSERT_EQ(there.size(), 1U);
  EXPECT_EQ(there[0].data, bad);
}

TEST(BareLibrary, KeepsFragmentsByTransactionOfWhomeverAnnouncedThemFirst) {
  BareLibrary library;
  TestSocket thief("127.0.0.2");
  TestSocket victim("127.0.0.1");
  const auto key = test_key("k");
  const auto first = thief.ask(library.endpoint(), get_of(key, 90));
  ASSERT_TRUE(first);
  const Bytes thief_token(first->token.begin(), first->token.end());
  const auto second = victim.ask(library.endpoint(), get_of(key, 91));
  ASSERT_TRUE(second);
  const Bytes victim_token(second->token.begin(), second->token.end());
  const Bytes good(700, 'V');
  const auto packed = encode_value({7, 2, good});
  const auto announce = [&](TestSocket& socket, const Bytes& token) {
    PackWriter out;
    out.map(5);
    out.text("a");
    out.map(4);
    out.text("id");
    out.binary(node_id(9));
    out.text("h");
    out.binary(key);
    out.text("values");
    out.array(1);
    out.number(packed.size());
    out.text("token");
    out.binary(token);
    out.text("q");
    out.text("put");
    out.text("t");
    out.number(55);  // the same for both: nobody else may use it now
    out.text("y");
    out.text("q");
    out.text("n");
    out.number(kTestNetwork);
    socket.send(library.endpoint(), out.take());
  };
  announce(thief, thief_token);
  ASSERT_TRUE(is_alive(thief, library.endpoint()));  // it was taken in before the victim's comes
  announce(victim, victim_token);
  DatagramMessage part;
  part.kind = DatagramKind::Part;
  part.transaction = 55;
  part.part_data = packed;
  victim.send(library.endpoint(), encode_datagram(part, kTestNetwork));
  ASSERT_TRUE(is_alive(victim, library.endpoint()));
  EXPECT_TRUE(stored(victim, library.endpoint(), key).empty());
}

// ---- the same against ours --------------------------------------------------------------------------------------------------

/// The loop runs in the background, since the test's own sockets block.
class GatedNode : public ::testing::Test {
 protected:
  GatedNode() {
    net.add_many(1);
    loop = std::thread([this] {
      auto work = boost::asio::make_work_guard(net.context);
      net.context.run();
    });
  }
  ~GatedNode() override {
    net.context.stop();
    loop.join();
    net.context.restart();
  }
  [[nodiscard]] Endpoint endpoint() const { return *net.nodes[0]->bound(); }
  [[nodiscard]] std::uint64_t dropped(DatagramDrop why) const { return net.nodes[0]->counters().of(why); }

  DhtNetwork net;
  std::thread loop;
};

TEST_F(GatedNode, LivesThroughWhatKillsTheLibrary) {
  TestSocket socket("127.0.0.1");
  socket.send(endpoint(), killer_datagram());
  for (const auto* field : {"a", "r", "u"}) socket.send(endpoint(), no_map_datagram(field));
  EXPECT_TRUE(is_alive(socket, endpoint()));
  EXPECT_EQ(dropped(DatagramDrop::Malformed), 4U);
}

TEST_F(GatedNode, StoresNoForeignTypeAndLetsNobodyIntoAnothersSlot) {
  TestSocket thief("127.0.0.2");
  TestSocket victim("127.0.0.1");
  auto signer = SigningKey::generate(net.random);
  auto other = SigningKey::generate(net.random);
  const auto key = test_key("k");
  const auto record = net.record(signer, key);
  const auto encoded = encode_record(record);
  const auto slot = slot_of(record.signer, key);
  const auto foreign = encode_record(net.record(other, key));
  thief.send(endpoint(), encode_datagram(get_of(key, 1), kTestNetwork));
  EXPECT_FALSE(put_raw(thief, endpoint(), key, {slot, 9, encoded}));
  EXPECT_GE(dropped(DatagramDrop::ForeignType), 1U);
  EXPECT_FALSE(put_raw(thief, endpoint(), key, {slot, 2, foreign}));
  EXPECT_GE(dropped(DatagramDrop::ForeignSlot), 1U);
  EXPECT_TRUE(put_raw(victim, endpoint(), key, {slot, 2, encoded}));
  // A record of the right form with a wrong signature passes the gate and not the policy.
  auto forged = record;
  forged.sequence += 5;
  EXPECT_TRUE(put_raw(thief, endpoint(), key, {slot, 2, encode_record(forged)}));
  const auto there = stored(victim, endpoint(), key);
  ASSERT_EQ(there.size(), 1U);
  EXPECT_EQ(there[0].data, encoded);
  EXPECT_GE(net.nodes[0]->health().values_refused, 1U);
}

TEST_F(GatedNode, LivesThroughRandomAndMutatedDatagrams) {
  TestSocket socket("127.0.0.3");
  SeededRandom random(3);
  auto signer = SigningKey::generate(random);
  const auto record = net.record(signer, test_key("k"));
  const auto encoded = encode_record(record);
  const std::vector<Bytes> seeds = {encode_datagram(put_of(record, encoded), kTestNetwork), encode_datagram(get_of(record.key, 5), kTestNetwork),
                                    encode_datagram(request(DatagramKind::Find, 5, record.key), kTestNetwork), killer_datagram()};
  for (std::uint32_t i = 0; i < 5000; ++i) {
    Bytes datagram = seeds[i % seeds.size()];
    datagram[random.below(datagram.size())] = static_cast<std::uint8_t>(random.u32());
    if (random.below(8) == 0) datagram.resize(random.below(datagram.size() + 1));
    socket.send(endpoint(), datagram);
    if (i % 100 == 0) (void)socket.receive(1ms);
  }
  TestSocket fresh("127.0.0.4");
  EXPECT_TRUE(is_alive(fresh, endpoint()));
  EXPECT_GT(net.nodes[0]->counters().dropped_in_all(), 100U);
}

TEST_F(GatedNode, AnAskerThatNeverAnsweredGetsTwoKibibytesThoughThereIsMore) {
  const auto key = test_key("crowd");
  for (int i = 0; i < 20; ++i) {
    TestSocket socket("127.0." + std::to_string(10 + i) + ".1");
    auto signer = SigningKey::generate(net.random);
    RecordChoice choice;
    choice.body = 300;
    const auto record = net.record(signer, key, 1, choice);
    const auto encoded = encode_record(record);
    ASSERT_TRUE(put_raw(socket, endpoint(), key, {slot_of(record.signer, key), 2, encoded}));
  }
  TestSocket stranger("127.0.99.1");
  stranger.send(endpoint(), encode_datagram(get_of(key, 9), kTestNetwork));
  std::size_t bytes = 0;
  std::size_t probes = 0;
  while (const auto got = stranger.receive(500ms)) {
    const auto message = parse_datagram(*got, kTestNetwork);
    if (message && message->kind == DatagramKind::Ping) {
      ++probes;
    } else {
      bytes += got->size();
    }
  }
  EXPECT_GT(bytes, 500U);
  EXPECT_LE(bytes, 2048U);
  EXPECT_GE(probes, 1U);
  EXPECT_GE(dropped(DatagramDrop::OutsideBytes), 1U);
}

}  // namespace
}  // namespace soulfabric::mesh

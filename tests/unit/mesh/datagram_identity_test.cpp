// SPDX-License-Identifier: GPL-3.0-or-later
// Ids of nodes are words that anybody can say: who has one keeps it, and one address has few (security rules S4, S5).
#include <gtest/gtest.h>

#include "core/datagram_gate.hpp"
#include "support/dht_datagrams.hpp"

namespace soulfabric::mesh {
namespace {

using namespace soulfabric::testing;
using namespace std::chrono_literals;

class DatagramIdentity : public ::testing::Test {
 protected:
  DatagramIdentity() {
    gate.set_self(node_id(1));
    meet(peer, node_id(9));
  }

  DatagramGate::Verdict admit(const Endpoint& from, const DatagramMessage& m) {
    const auto datagram = encode_datagram(m, kTestNetwork);
    auto verdict = gate.admit(from, datagram, now, test_wall());
    if (auto* search = std::get_if<DatagramGate::ForSearch>(&verdict.outcome)) search->message = {};  // views into `datagram`
    return verdict;
  }
  static std::optional<DatagramDrop> why(const DatagramGate::Verdict& verdict) {
    const auto* dropped = std::get_if<DatagramGate::Dropped>(&verdict.outcome);
    return dropped != nullptr ? std::optional(dropped->why) : std::nullopt;
  }
  static DatagramMessage from_id(DatagramMessage m, const NodeId& id) {
    m.sender = id;
    static const Bytes token(32, 0x22);
    if (m.kind == DatagramKind::Reply) m.token = token;
    return m;
  }
  /// It answers a question of ours.
  std::optional<DatagramDrop> meet(const Endpoint& where, const NodeId& id) {
    EXPECT_TRUE(gate.open(where, request(DatagramKind::Get, ++transaction, key), now));
    return why(admit(where, from_id(request(DatagramKind::Reply, transaction), id)));
  }
  DatagramGate::Verdict claim(const Endpoint& where) { return admit(where, request(DatagramKind::Ping, ++transaction)); }
  /// Whoever is asked says that it is there.
  std::optional<DatagramDrop> answer(const DatagramGate::Probe& probe) {
    const auto ping = parse_datagram(probe.datagram, kTestNetwork);
    if (!ping) return DatagramDrop::Malformed;
    return why(admit(probe.to, from_id(request(DatagramKind::Reply, ping->transaction), node_id(9))));
  }
  /// The thief claims until the id is his, and answers what he is asked; nobody else says anything.
  void steal() {
    now += DatagramGate::kIdentityLife + 1s;
    for (unsigned i = 0; i < DatagramGate::kAsks + 1; ++i, now += DatagramGate::kAskInterval) {
      const auto verdict = claim(thief);
      if (verdict.probe && verdict.probe->to == thief) EXPECT_EQ(answer(*verdict.probe), std::nullopt);
    }
  }

  SeededRandom random{5};
  MonoTime now{10h};
  DatagramGate gate{GateSettings{kTestNetwork}, random};
  DhtKey key = test_key("a");
  Endpoint peer = at("203.0.113.9");
  Endpoint thief = at("203.0.113.66");
  std::uint32_t transaction = 100;
};

TEST_F(DatagramIdentity, StaysWithWhoeverStillAnswersHoweverLongItWasQuiet) {
  now += DatagramGate::kIdentityLife + 1s;
  for (unsigned i = 0; i < 20; ++i, now += 30s) {
    const auto verdict = claim(thief);
    ASSERT_EQ(why(verdict), DatagramDrop::Impostor) << i;
    if (!verdict.probe) continue;
    ASSERT_EQ(verdict.probe->to, peer) << "the holder is asked, not the newcomer";
    ASSERT_EQ(answer(*verdict.probe), std::nullopt);
  }
  EXPECT_EQ(meet(peer, node_id(9)), std::nullopt);
  EXPECT_EQ(meet(thief, node_id(9)), DatagramDrop::Impostor);
}

TEST_F(DatagramIdentity, MovesWhenTheHolderStaysSilent) {
  steal();
  EXPECT_EQ(meet(thief, node_id(9)), std::nullopt);
  EXPECT_EQ(why(claim(thief)), std::nullopt);
}

TEST_F(DatagramIdentity, IsTakenBackByWhoLostItAsSoonAsItAnswers) {
  steal();
  ASSERT_EQ(meet(thief, node_id(9)), std::nullopt);
  EXPECT_EQ(meet(peer, node_id(9)), std::nullopt) << "an answer from where we knew it";
  EXPECT_EQ(meet(thief, node_id(9)), DatagramDrop::Impostor);
  EXPECT_EQ(why(claim(thief)), DatagramDrop::Impostor);
}

TEST_F(DatagramIdentity, IsAskedBackWhenWhoLostItSpeaksAgain) {
  steal();
  ASSERT_EQ(meet(thief, node_id(9)), std::nullopt);
  now += DatagramGate::kAskInterval;
  const auto verdict = claim(peer);
  ASSERT_EQ(why(verdict), DatagramDrop::Impostor) << "a request alone can be forged";
  ASSERT_TRUE(verdict.probe);
  EXPECT_EQ(verdict.probe->to, peer);
  EXPECT_EQ(answer(*verdict.probe), std::nullopt);
  EXPECT_EQ(why(claim(peer)), std::nullopt);
  EXPECT_EQ(why(claim(thief)), DatagramDrop::Impostor);
}

TEST_F(DatagramIdentity, ClaimsCostItsHolderOneQuestionInFiveSeconds) {
  now += DatagramGate::kIdentityLife + 1s;
  unsigned asked = 0;
  for (unsigned i = 0; i < 100; ++i) asked += claim(Endpoint{IpAddress::v4(0x0B000000 + i), 4000}).probe ? 1 : 0;
  EXPECT_EQ(asked, 1U);
}

TEST_F(DatagramIdentity, OneAddressHasFew) {
  std::size_t met = 0;
  for (std::uint8_t i = 20; i < 220; ++i) {
    const auto drop = meet(Endpoint{thief.address, static_cast<std::uint16_t>(4000 + i)}, node_id(i));
    met += drop ? 0 : 1;
    if (drop) EXPECT_EQ(drop, DatagramDrop::CrowdedAddress);
  }
  EXPECT_EQ(met, DatagramGate::kIdsOfAddress);
  EXPECT_EQ(meet(Endpoint{thief.address, 4020}, node_id(20)), std::nullopt) << "those that are in stay";
  EXPECT_EQ(meet(peer, node_id(9)), std::nullopt);
  now += DatagramGate::kProofLife + 1s;
  EXPECT_EQ(meet(Endpoint{thief.address, 4100}, node_id(100)), std::nullopt) << "who is gone leaves its place";
}

TEST_F(DatagramIdentity, MachinesOfOneHouseAreNotCrowded) {
  for (std::uint8_t i = 20; i < 60; ++i) EXPECT_EQ(meet(at("192.168.1.5", static_cast<std::uint16_t>(4000 + i)), node_id(i)), std::nullopt);
}

}  // namespace
}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// The allow-list between the network and the DHT library, without sockets (security rules S1, S4, S6).
#include "core/datagram_gate.hpp"

#include <gtest/gtest.h>

#include "support/dht_datagrams.hpp"

namespace soulfabric::mesh {
namespace {

using namespace soulfabric::testing;
using namespace std::chrono_literals;

class DatagramGateTest : public ::testing::Test {
 protected:
  DatagramGateTest() { gate.set_self(node_id(1)); }

  DatagramGate::Verdict admit(const Endpoint& from, const Bytes& datagram) { return gate.admit(from, datagram, now, test_wall()); }
  DatagramGate::Verdict admit(const Endpoint& from, const DatagramMessage& m) {
    kept.push_back(encode_datagram(m, kTestNetwork));
    return admit(from, kept.back());
  }
  static std::optional<DatagramDrop> why(const DatagramGate::Verdict& verdict) {
    const auto* dropped = std::get_if<DatagramGate::Dropped>(&verdict.outcome);
    return dropped != nullptr ? std::optional(dropped->why) : std::nullopt;
  }
  static bool is_for_library(const DatagramGate::Verdict& verdict) { return std::holds_alternative<DatagramGate::ForLibrary>(verdict.outcome); }
  static bool is_for_search(const DatagramGate::Verdict& verdict) { return std::holds_alternative<DatagramGate::ForSearch>(verdict.outcome); }

  DatagramMessage answer(std::uint32_t transaction) {
    auto m = request(DatagramKind::Reply, transaction);
    static const Bytes token(32, 0x22);
    m.token = token;
    return m;
  }
  DatagramMessage part(std::uint32_t transaction, ByteView data) {
    DatagramMessage m;
    m.kind = DatagramKind::Part;
    m.transaction = transaction;
    m.part_data = data;
    return m;
  }

  SeededRandom random{5};
  MonoTime now{10h};
  DatagramGate gate{GateSettings{kTestNetwork}, random};
  SigningKey signer = SigningKey::generate(random);
  DhtKey key = test_key("a");
  Endpoint peer = at("203.0.113.9");
  std::vector<Bytes> kept = [] {
    std::vector<Bytes> all;
    all.reserve(100'000);
    return all;
  }();
};

TEST_F(DatagramGateTest, AdmitsTheFourRequestsInItsOwnWords) {
  for (const auto kind : {DatagramKind::Ping, DatagramKind::Find, DatagramKind::Get}) {
    const auto verdict = admit(peer, request(kind, 3, key));
    ASSERT_TRUE(is_for_library(verdict));
    const auto again = parse_datagram(std::get<DatagramGate::ForLibrary>(verdict.outcome).datagram, kTestNetwork);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->kind, kind);
    EXPECT_EQ(again->transaction, 3U);
  }
  const auto record = test_record(signer, key);
  const auto encoded = encode_record(record);
  EXPECT_TRUE(is_for_library(admit(peer, put_of(record, encoded))));
}

TEST_F(DatagramGateTest, DropsThePacketThatKillsTheLibraryAndItsSiblings) {
  EXPECT_EQ(why(admit(peer, killer_datagram())), DatagramDrop::Malformed);
  for (const auto* field : {"a", "r", "u"}) EXPECT_EQ(why(admit(peer, no_map_datagram(field))), DatagramDrop::Malformed) << field;
  EXPECT_EQ(gate.counters().of(DatagramDrop::Malformed), 4U);
}

TEST_F(DatagramGateTest, DropsOtherNetworksUnusedRequestsAndBadSources) {
  EXPECT_EQ(why(admit(peer, encode_datagram(request(DatagramKind::Ping, 1), 5))), DatagramDrop::WrongNetwork);
  for (const std::string_view name : {"listen", "refresh", "update", "nonsense"}) {
    PackWriter out;
    out.map(5);
    out.text("a");
    out.map(1);
    out.text("id");
    out.binary(node_id(3));
    out.text("q");
    out.text(name);
    out.text("t");
    out.number(1);
    out.text("y");
    out.text("q");
    out.text("n");
    out.number(kTestNetwork);
    EXPECT_EQ(why(admit(peer, out.take())), DatagramDrop::UnusedKind) << name;
  }
  for (const auto& from : {at("224.0.0.1"), at("0.0.0.1"), at("203.0.113.9", 0), at("ff02::1")}) {
    EXPECT_EQ(why(admit(from, request(DatagramKind::Ping, 1))), DatagramDrop::BadSource);
  }
}

TEST_F(DatagramGateTest, DropsWhatClaimsOurOwnIdAndBytesAfterTheEnd) {
  auto m = request(DatagramKind::Ping, 1);
  m.sender = node_id(1);
  EXPECT_EQ(why(admit(peer, m)), DatagramDrop::Malformed);
  auto longer = encode_datagram(request(DatagramKind::Ping, 1), kTestNetwork);
  longer.push_back(0);
  EXPECT_EQ(why(admit(peer, longer)), DatagramDrop::Malformed);
  EXPECT_EQ(why(admit(peer, Bytes(kDatagramCap + 1, 0x80))), DatagramDrop::TooLong);
}

TEST_F(DatagramGateTest, DropsPutsThatHoldNoRecordOfOursInItsOwnSlot) {
  const auto record = test_record(signer, key);
  const auto encoded = encode_record(record);
  auto foreign = put_of(record, encoded);
  foreign.values[0].type = 0;
  EXPECT_EQ(why(admit(peer, foreign)), DatagramDrop::ForeignType);
  foreign.values[0].type = 9;
  EXPECT_EQ(why(admit(peer, foreign)), DatagramDrop::ForeignType);
  auto squatter = put_of(record, encoded);
  squatter.values[0].id ^= 1;
  EXPECT_EQ(why(admit(peer, squatter)), DatagramDrop::ForeignSlot);
  auto elsewhere = put_of(record, encoded);
  elsewhere.target = test_key("b");
  EXPECT_EQ(why(admit(peer, elsewhere)), DatagramDrop::BadRecord);
  const Bytes large(kRecordCap + 1, 1);
  EXPECT_EQ(why(admit(peer, put_of(record, large))), DatagramDrop::ValueTooLarge);
  const Bytes junk(100, 1);
  EXPECT_EQ(why(admit(peer, put_of(record, junk))), DatagramDrop::BadRecord);
  RecordChoice old;
  old.now = test_wall() - 2h;
  const auto expired = test_record(signer, key, old);
  const auto expired_bytes = encode_record(expired);
  EXPECT_EQ(why(admit(peer, put_of(expired, expired_bytes))), DatagramDrop::BadRecord);
}

TEST_F(DatagramGateTest, LargestRecordPasses) {
  RecordChoice large;
  large.body = kRecordBodyCap;
  const auto record = test_record(signer, key, large);
  const auto encoded = encode_record(record);
  EXPECT_GT(encoded.size(), kRecordBodyCap);
  EXPECT_TRUE(is_for_library(admit(peer, put_of(record, encoded))));
}

TEST_F(DatagramGateTest, AnswersPassOnlyFromWhomWeAskedAndOnce) {
  EXPECT_EQ(why(admit(peer, answer(12))), DatagramDrop::Unsolicited);
  ASSERT_TRUE(gate.may_leave(peer, encode_datagram(request(DatagramKind::Find, 12, key), kTestNetwork), now));
  EXPECT_EQ(why(admit(at("203.0.113.10"), answer(12))), DatagramDrop::Unsolicited);
  EXPECT_EQ(why(admit(at("203.0.113.9", 4001), answer(12))), DatagramDrop::Unsolicited);
  EXPECT_EQ(why(admit(peer, answer(13))), DatagramDrop::Unsolicited);
  const auto verdict = admit(peer, answer(12));
  EXPECT_TRUE(is_for_library(verdict));
  ASSERT_TRUE(verdict.answered);
  EXPECT_EQ(verdict.answered->endpoint, peer);
  EXPECT_EQ(why(admit(peer, answer(12))), DatagramDrop::Unsolicited);
  ASSERT_TRUE(gate.may_leave(peer, encode_datagram(request(DatagramKind::Find, 14, key), kTestNetwork), now));
  now += DatagramGate::kExchangeLife + 1s;
  EXPECT_EQ(why(admit(peer, answer(14))), DatagramDrop::Unsolicited);
}

TEST_F(DatagramGateTest, TheLibraryNeverGetsValuesNorFragments) {
  ASSERT_TRUE(gate.may_leave(peer, encode_datagram(request(DatagramKind::Find, 12, key), kTestNetwork), now));
  auto m = answer(12);
  m.parts = 3;
  EXPECT_EQ(why(admit(peer, m)), DatagramDrop::Unsolicited);
  const Bytes data(10, 1);
  EXPECT_EQ(why(admit(peer, part(12, data))), DatagramDrop::Unsolicited);
}

TEST_F(DatagramGateTest, FragmentsPassOnlyAfterTheAnswerToAGetOfOurs) {
  const Bytes data(10, 1);
  ASSERT_TRUE(gate.open(peer, request(DatagramKind::Get, 30, key), now));
  EXPECT_EQ(why(admit(peer, part(30, data))), DatagramDrop::Unsolicited);
  auto m = answer(30);
  m.parts = 1;
  EXPECT_TRUE(is_for_search(admit(peer, m)));
  EXPECT_EQ(why(admit(at("203.0.113.10"), part(30, data))), DatagramDrop::Unsolicited);
  EXPECT_TRUE(is_for_search(admit(peer, part(30, data))));
}

TEST_F(DatagramGateTest, NodesOfAnAnswerNeverAimAtServicePortsNorIntoTheLan) {
  ASSERT_TRUE(gate.open(peer, request(DatagramKind::Get, 30, key), now));
  auto m = answer(30);
  m.nodes = {{node_id(3), at("198.51.100.1", 4000)}, {node_id(4), at("198.51.100.1", 53)}, {node_id(5), at("192.168.1.1", 4000)},
             {node_id(6), at("127.0.0.1", 4000)},    {node_id(7), at("198.51.100.2", 0)}};
  const auto verdict = admit(peer, m);
  ASSERT_TRUE(is_for_search(verdict));
  const auto& nodes = std::get<DatagramGate::ForSearch>(verdict.outcome).message.nodes;
  ASSERT_EQ(nodes.size(), 1U);
  EXPECT_EQ(nodes[0].id, node_id(3));
}

TEST_F(DatagramGateTest, OneAddressHasAnEighthOfTheRequestsAndOthersKeepTheirs) {
  unsigned passed = 0;
  for (unsigned i = 0; i < 3000; ++i) passed += is_for_library(admit(peer, request(DatagramKind::Ping, i))) ? 1 : 0;
  EXPECT_EQ(passed, 1024U);
  EXPECT_EQ(gate.counters().of(DatagramDrop::SourceRate), 3000U - 1024U);
  EXPECT_TRUE(is_for_library(admit(at("203.0.113.10"), request(DatagramKind::Ping, 1))));
  now += 1s;
  EXPECT_TRUE(is_for_library(admit(peer, request(DatagramKind::Ping, 1))));
}

TEST_F(DatagramGateTest, AllAddressesTogetherHaveALimitToo) {
  unsigned passed = 0;
  for (unsigned i = 0; i < 20'000; ++i) {
    passed += is_for_library(admit(Endpoint{IpAddress::v4(0x0B000000 + i), 4000}, request(DatagramKind::Ping, i))) ? 1 : 0;
  }
  EXPECT_EQ(passed, 8192U);
  EXPECT_EQ(gate.counters().of(DatagramDrop::TotalRate), 20'000U - 8192U);
}

TEST_F(DatagramGateTest, AnUnprovenAddressGetsTwoKibibytesForARequest) {
  const auto big = encode_datagram(part(8, Bytes(600, 1)), kTestNetwork);
  EXPECT_TRUE(gate.may_leave(peer, big, now));
  EXPECT_TRUE(gate.may_leave(peer, big, now));
  EXPECT_TRUE(gate.may_leave(peer, big, now));
  EXPECT_FALSE(gate.may_leave(peer, big, now));
  EXPECT_EQ(gate.counters().of(DatagramDrop::OutsideBytes), 1U);
}

TEST_F(DatagramGateTest, AnUnprovenAddressGetsSixtyFourKibibytesInAnyMinute) {
  const Bytes data(1000, 1);
  std::vector<std::pair<MonoTime, std::size_t>> sent;
  for (std::uint32_t i = 0; i < 6000; ++i) {
    const auto big = encode_datagram(part(i, data), kTestNetwork);
    // Another port, or for IPv6 another address of the /64, is the same source.
    if (gate.may_leave(Endpoint{peer.address, static_cast<std::uint16_t>(2000 + i)}, big, now)) sent.emplace_back(now, big.size());
    now += 30ms;
  }
  for (const auto& [start, size] : sent) {
    std::size_t in_minute = 0;
    for (const auto& [time, bytes] : sent) in_minute += time >= start && time < start + 60s ? bytes : 0;
    ASSERT_LE(in_minute, 64U * 1024U);
  }
  EXPECT_GT(sent.size(), 60U);
}

TEST_F(DatagramGateTest, AddressesOfOneIpv6NetworkShareOneLimit) {
  const Bytes data(1000, 1);
  unsigned sent = 0;
  for (std::uint32_t i = 0; i < 100; ++i) {
    const auto from = at(("2001:db8:1:2::" + std::to_string(i + 1)).c_str());
    sent += gate.may_leave(from, encode_datagram(part(i, data), kTestNetwork), now) ? 1 : 0;
  }
  EXPECT_EQ(sent, 32U);
  EXPECT_TRUE(gate.may_leave(at("2001:db8:1:3::1"), encode_datagram(part(1, data), kTestNetwork), now));
}

TEST_F(DatagramGateTest, SpoofedAddressesTogetherGetABoundedAmount) {
  const Bytes data(1000, 1);
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < 30'000; ++i) {
    const auto big = encode_datagram(part(i, data), kTestNetwork);
    if (gate.may_leave(Endpoint{IpAddress::v4(0x0B000000 + i), 4000}, big, now)) bytes += big.size();
  }
  EXPECT_LE(bytes, 64ULL * 1024 * DatagramGate::kOutsideMinuteFactor / 2);
  EXPECT_GT(bytes, 1'000'000U);
}

TEST_F(DatagramGateTest, WhoAnswersAProbeIsExemptAndIsProbedOnce) {
  const auto verdict = admit(peer, request(DatagramKind::Get, 1, key));
  ASSERT_TRUE(verdict.probe);
  EXPECT_EQ(verdict.probe->to, peer);
  EXPECT_FALSE(admit(peer, request(DatagramKind::Get, 2, key)).probe);
  const auto ping = parse_datagram(verdict.probe->datagram, kTestNetwork);
  ASSERT_TRUE(ping);
  EXPECT_FALSE(gate.is_proven(peer.address, now));
  const auto pong = admit(peer, answer(ping->transaction));
  EXPECT_TRUE(std::holds_alternative<DatagramGate::ForNobody>(pong.outcome));
  EXPECT_TRUE(gate.is_proven(peer.address, now));
  for (std::uint32_t i = 0; i < 100; ++i) EXPECT_TRUE(gate.may_leave(peer, encode_datagram(part(8, Bytes(1000, 1)), kTestNetwork), now));
  now += DatagramGate::kProofLife + 1s;
  EXPECT_FALSE(gate.is_proven(peer.address, now));
}

TEST_F(DatagramGateTest, AProvenAddressHasALimitOfBytesToo) {
  ASSERT_TRUE(gate.open(peer, request(DatagramKind::Get, 30, key), now));
  ASSERT_TRUE(is_for_search(admit(peer, answer(30))));
  std::size_t bytes = 0;
  const auto big = encode_datagram(part(8, Bytes(1200, 1)), kTestNetwork);
  for (int i = 0; i < 10'000; ++i) bytes += gate.may_leave(peer, big, now) ? big.size() : 0;
  EXPECT_LE(bytes, DatagramGate::kInsideMinute);
  EXPECT_GT(gate.counters().of(DatagramDrop::InsideBytes), 0U);
}

TEST_F(DatagramGateTest, NobodyTakesOverTheIdOfANodeThatAnsweredUsFromElsewhere) {
  ASSERT_TRUE(gate.open(peer, request(DatagramKind::Get, 30, key), now));
  ASSERT_TRUE(is_for_search(admit(peer, answer(30))));
  const auto thief = at("203.0.113.66");
  EXPECT_EQ(why(admit(thief, request(DatagramKind::Ping, 1))), DatagramDrop::Impostor);
  ASSERT_TRUE(gate.open(thief, request(DatagramKind::Get, 31, key), now));
  EXPECT_EQ(why(admit(thief, answer(31))), DatagramDrop::Impostor);
  EXPECT_TRUE(is_for_library(admit(peer, request(DatagramKind::Ping, 1))));
}

TEST_F(DatagramGateTest, LibraryMayNotPutListenOrGet) {
  EXPECT_FALSE(gate.may_leave(peer, encode_datagram(request(DatagramKind::Get, 1, key), kTestNetwork), now));
  EXPECT_EQ(gate.counters().of(DatagramDrop::UnusedKind), 1U);
}

TEST_F(DatagramGateTest, MutatedAndRandomDatagramsNeverPassUnparsed) {
  RecordChoice large;
  large.body = 300;
  const auto record = test_record(signer, key, large);
  const auto encoded = encode_record(record);
  auto reply = answer(5);
  reply.nodes = {{node_id(3), at("198.51.100.1")}, {node_id(4), at("2001:db8::1")}};
  reply.values = {PackedValue{5, 2, encoded}};
  auto get = request(DatagramKind::Get, 5, key);
  get.query = DatagramQuery{{1, 4}, {{1, 77}}};
  get.want = 3;
  const std::vector<Bytes> seeds = {
      encode_datagram(put_of(record, encoded), kTestNetwork),     encode_datagram(reply, kTestNetwork),
      encode_datagram(get, kTestNetwork),                         encode_datagram(part(5, encoded), kTestNetwork),
      encode_datagram(request(DatagramKind::Error, 5), kTestNetwork), killer_datagram()};
  DatagramGate open_gate{GateSettings{kTestNetwork, 0}, random};
  std::uint64_t admitted = 0;
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    Bytes datagram = seeds[i % seeds.size()];
    if (i % 4 == 3) {
      datagram.resize(random.below(200));
      random.fill(datagram);
    } else {
      for (auto flips = 1 + random.below(4); flips > 0; --flips) datagram[random.below(datagram.size())] = static_cast<std::uint8_t>(random.u32());
      if (random.below(8) == 0) datagram.resize(random.below(datagram.size() + 1));
    }
    if (i % 1000 == 0) (void)open_gate.open(peer, request(DatagramKind::Get, 5, key), now);
    const auto verdict = open_gate.admit(peer, datagram, now, test_wall());
    if (const auto* library = std::get_if<DatagramGate::ForLibrary>(&verdict.outcome)) {
      const auto again = parse_datagram(library->datagram, kTestNetwork);
      ASSERT_TRUE(again);
      ASSERT_EQ(encode_datagram(*again, kTestNetwork), library->datagram);
      ++admitted;
    }
  }
  EXPECT_EQ(open_gate.counters().in, 200'000U);
  EXPECT_GT(admitted, 100U);
  EXPECT_GT(open_gate.counters().dropped_in_all(), 100'000U);
}

}  // namespace
}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// The ration at the door and the plan of who is dialled again: numbers only, no sockets.
#include <gtest/gtest.h>

#include "core/handshake_gate.hpp"
#include "core/reconnect_plan.hpp"
#include "core/send_pace.hpp"
#include "support/mesh_network.hpp"

namespace soulfabric::mesh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const MonoTime kStart{std::chrono::hours(5)};

/// Another /24 for every number.
IpAddress network(std::uint32_t n) { return IpAddress::v4(0x08000001U + (n << 8U)); }

std::vector<HandshakePlace> enter_many(HandshakeGate& gate, int count, bool known, MonoTime now, bool one_network = false) {
  std::vector<HandshakePlace> places;
  for (int i = 0; i < count; ++i) {
    auto place = gate.enter(network(one_network ? 1 : static_cast<std::uint32_t>(i)), known, now);
    if (place) places.push_back(std::move(*place));
  }
  return places;
}

TEST(HandshakeGate, AtMostSoManyAreHalfOpenAndAQuarterIsForKnownPeers) {
  HandshakeGate gate({});
  auto strangers = enter_many(gate, 200, false, kStart);
  EXPECT_EQ(strangers.size(), 48U);
  auto known = enter_many(gate, 200, true, kStart);
  EXPECT_EQ(known.size(), 16U);
  EXPECT_EQ(gate.half_open(), 64U);
  strangers.clear();
  EXPECT_EQ(gate.half_open(), 16U);
}

TEST(HandshakeGate, APlaceThatWasTakenAgainAndAgainIsRationedByTheSecond) {
  HandshakeGate gate({});
  int begun = 0;
  for (int i = 0; i < 3000; ++i) begun += gate.enter(network(static_cast<std::uint32_t>(i)), false, kStart).has_value() ? 1 : 0;
  EXPECT_EQ(begun, 80);  // the fifth for known peers is not theirs
  for (int i = 0; i < 3000; ++i) begun += gate.enter(network(static_cast<std::uint32_t>(i)), false, kStart + seconds(1)).has_value() ? 1 : 0;
  EXPECT_EQ(begun, 160);
  const auto refused = gate.enter(network(1), false, kStart + seconds(1));
  EXPECT_EQ(refused.error().code, Errc::RateLimited);
  EXPECT_TRUE(gate.enter(network(1), true, kStart + seconds(1)));
}

TEST(HandshakeGate, OneNetworkGetsFiveASecondAndDoesNotShutOutItsKnownPeer) {
  HandshakeGate gate({});
  EXPECT_EQ(enter_many(gate, 100, false, kStart, true).size(), 5U);
  EXPECT_EQ(enter_many(gate, 100, false, kStart + seconds(1), true).size(), 5U);
  EXPECT_TRUE(gate.enter(network(1), true, kStart + seconds(1)));
  EXPECT_TRUE(gate.enter(network(2), false, kStart + seconds(1)));
}

TEST(HandshakeGate, AKnownAddressThatFloodsHasTheReserveAndNotWhatIsForAll) {
  HandshakeGate gate({});
  EXPECT_EQ(enter_many(gate, 100, true, kStart, true).size(), 25U);  // five of its network and the twenty kept for known ones
  EXPECT_TRUE(gate.enter(network(2), false, kStart));
}

TEST(HandshakeGate, AFloodFromOneNetworkDoesNotUseUpTheRateOfAll) {
  HandshakeGate gate({});
  (void)enter_many(gate, 10'000, false, kStart, true);
  EXPECT_EQ(enter_many(gate, 40, false, kStart).size(), 39U);  // the first of them is that network again
}

TEST(HandshakeGate, RemembersABoundedNumberOfNetworks) {
  HandshakeLimits limits;
  limits.tracked_prefixes = 100;
  HandshakeGate gate(limits);
  for (std::uint32_t i = 0; i < 5'000; ++i) (void)gate.enter(network(i), false, kStart);
  EXPECT_EQ(gate.tracked(), 100U);
}

TEST(HandshakeGate, NewLimitsHoldAtOnce) {
  HandshakeGate gate({});
  HandshakeLimits limits;
  limits.half_open = 4;
  gate.configure(limits);
  EXPECT_EQ(enter_many(gate, 50, false, kStart).size(), 3U);
}

std::size_t limit_after_a_second_of(SendPace& pace, std::size_t bytes_per_millisecond) {
  static MonoTime now = kStart;
  std::size_t limit = 0;
  for (int i = 0; i < 1000; ++i) {
    now += milliseconds(1);
    if (const auto changed = pace.sent(bytes_per_millisecond, now)) limit = *changed;
  }
  return limit;
}

TEST(SendPace, EightMillisecondsOfTheLineWaitInTheKernelWithinBounds) {
  SendPace pace;
  EXPECT_EQ(limit_after_a_second_of(pace, 1'000), 0U) << "8 Mbit/s: the least stays";
  EXPECT_NEAR(static_cast<double>(limit_after_a_second_of(pace, 125'000)), 1'000'000, 20'000);
  EXPECT_EQ(limit_after_a_second_of(pace, 2'000'000), SendPace::kMost);
  EXPECT_EQ(limit_after_a_second_of(pace, 1'000), SendPace::kLeast);
}

class ReconnectTest : public ::testing::Test {
 protected:
  static bool nobody(const PeerId&) { return false; }
  [[nodiscard]] std::size_t due(MonoTime now) { return plan.due(peers, nobody, now, 10).size(); }
  PeerId first = PeerId::of(testing::numbered_key(1).public_key());
  PeerId second = PeerId::of(testing::numbered_key(2).public_key());
  std::vector<PeerId> peers{first, second};
  SeededRandom random{3};
  ReconnectPlan plan{random, seconds(1), seconds(300)};
};

TEST_F(ReconnectTest, WantedPeersAreDueAtOnceInTheirOrderAndAtMostSoMany) {
  EXPECT_EQ(plan.due(peers, nobody, kStart, 10), peers);
  EXPECT_EQ(plan.due(peers, nobody, kStart, 1), std::vector<PeerId>{first});
  EXPECT_EQ(plan.due(peers, [&](const PeerId& peer) { return peer == first; }, kStart, 1), std::vector<PeerId>{second});
}

TEST_F(ReconnectTest, ThePauseDoublesWithJitterUpToTheLongest) {
  MonoTime now = kStart;
  Duration full = seconds(1);
  for (int i = 0; i < 15; ++i) {
    plan.failed(first, now);
    plan.failed(second, now + std::chrono::hours(1));
    EXPECT_EQ(due(now + full / 2 - milliseconds(1)), 0U) << i;
    EXPECT_EQ(due(now + full), 1U) << i;
    now += full;
    full = std::min<Duration>(full * 2, seconds(300));
  }
}

TEST_F(ReconnectTest, TwoNodesThatLostEachOtherDoNotKeepMeeting) {
  std::set<Duration> seen;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SeededRandom other(seed);
    ReconnectPlan one(other, seconds(1), seconds(300));
    one.failed(first, kStart);
    Duration pause{};
    while (one.due(peers, [&](const PeerId& peer) { return peer == second; }, kStart + pause, 1).empty()) pause += milliseconds(1);
    seen.insert(pause);
  }
  EXPECT_GT(seen.size(), 30U);
}

TEST_F(ReconnectTest, ALinkThatStoodAWhileStartsFromTheShortestPause) {
  for (int i = 0; i < 8; ++i) plan.failed(first, kStart);
  plan.lost(first, kStart, std::chrono::minutes(10));
  plan.failed(second, kStart + std::chrono::hours(1));
  EXPECT_EQ(due(kStart + seconds(1)), 1U);
  for (int i = 0; i < 8; ++i) plan.lost(first, kStart, seconds(1));  // it comes up and breaks again
  EXPECT_EQ(due(kStart + seconds(10)), 0U);
}

}  // namespace
}  // namespace soulfabric::mesh

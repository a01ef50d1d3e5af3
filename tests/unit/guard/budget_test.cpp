// SPDX-License-Identifier: GPL-3.0-or-later
// Units: calls, peers, strangers, reserves; reserved before, given back after.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "manual_clock.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::guard {
namespace {
using namespace std::chrono_literals;

IpAddress host(std::uint32_t n) { return IpAddress::v4(0x08000000U + n); }
Subject peer(int n) { return Subject::peer("peer" + std::to_string(n)); }

struct BudgetTest : testing::Test {
  ManualClock clock;
  Guard guard{GuardOptions{}, clock};
};

TEST_F(BudgetTest, HundredParallelCallsOfANewKeyShareItsTwentyFiveUnits) {
  std::vector<CallBudget> calls;
  unsigned reserved = 0;
  int refused = 0;
  for (int i = 0; i < 100; ++i) {
    auto call = guard.begin_call(peer(1), host(1), 10);
    if (!call) {
      EXPECT_EQ(call.error().code, Errc::RateLimited);
      ++refused;
      continue;
    }
    reserved += call->remaining();
    calls.push_back(std::move(*call));
  }
  EXPECT_EQ(reserved, 25U);
  EXPECT_EQ(refused, 97);
  calls.clear();
  EXPECT_EQ(guard.begin_call(peer(1), host(1), 10)->remaining(), 10U);
}

TEST_F(BudgetTest, PeerOfATrustedKindIsHeldToItsOwnMinute) {
  guard.protect(peer(1));
  unsigned reserved = 0;
  std::vector<CallBudget> calls;
  for (int i = 0; i < 100; ++i) {
    auto call = guard.begin_call(peer(1), host(1), 10);
    if (!call) break;
    reserved += call->remaining();
    calls.push_back(std::move(*call));
  }
  EXPECT_EQ(reserved, 100U);  // twice the fifty of an unknown peer
}

TEST_F(BudgetTest, CallBuysLocalAnswersAndOneFetchButNeverAnActOfOurs) {
  auto call = guard.begin_call(peer(1), host(1), 10);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->permit<SoulseekSearch>().error().code, Errc::Forbidden);
  EXPECT_EQ(call->permit<MeshCall>().error().code, Errc::Forbidden);
  EXPECT_EQ(call->permit<DhtQuery>().error().code, Errc::Forbidden);
  EXPECT_EQ(call->permit<TunnelStream>().error().code, Errc::Forbidden);
  {
    auto hit = call->permit<CatalogueFetch>();
    ASSERT_TRUE(hit);
    EXPECT_EQ(call->remaining(), 8U);
  }
  EXPECT_EQ(call->remaining(), 10U) << "a cache hit spends nothing";
  {
    auto fetch = call->permit<CatalogueFetch>();
    ASSERT_TRUE(fetch);
    fetch->spend();
  }
  EXPECT_EQ(call->remaining(), 8U);
  EXPECT_EQ(call->permit<CatalogueFetch>().error().code, Errc::Forbidden);
  for (int i = 0; i < 8; ++i) {
    auto stream = call->permit<ContentStream>();
    ASSERT_TRUE(stream);
    stream->spend();
  }
  EXPECT_EQ(call->permit<ContentStream>().error().code, Errc::RateLimited);
}

TEST_F(BudgetTest, StatedBudgetLowersOursAndNeverRaisesIt) {
  EXPECT_EQ(guard.begin_call(peer(1), host(1), 3)->remaining(), 3U);
  EXPECT_EQ(guard.begin_call(peer(1), host(1), 4'000'000'000U)->remaining(), 10U);
}

TEST_F(BudgetTest, PermitThatOutlivesItsCallStillPaysItBack) {
  auto call = guard.begin_call(peer(1), host(1), 10);
  auto stream = call->permit<ContentStream>();
  ASSERT_TRUE(stream);
  {
    const CallBudget ended = std::move(*call);
  }
  stream->spend();
  {
    const auto gone = std::move(*stream);
  }
  EXPECT_EQ(guard.begin_call(peer(1), host(1), 10)->remaining(), 10U);
  EXPECT_EQ(guard.metrics().units_spent, 1U);
}

TEST_F(BudgetTest, StrangersTogetherGetAFifthAndOnePrefixAQuarterOfIt) {
  std::vector<CallBudget> calls;
  std::map<IpAddress, unsigned> by_prefix;
  unsigned all = 0;
  for (int i = 0; i < 2000; ++i) {
    const IpAddress from = IpAddress::v4(0x08000000U + (static_cast<std::uint32_t>(i % 20) << 8) + static_cast<std::uint32_t>(i / 20));
    auto call = guard.begin_call(peer(i), from, 10);
    if (!call) continue;
    all += call->remaining();
    by_prefix[from.prefix()] += call->remaining();
    calls.push_back(std::move(*call));
  }
  EXPECT_EQ(all, 120U);
  for (const auto& [prefix, units] : by_prefix) EXPECT_LE(units, 30U);
}

TEST_F(BudgetTest, StrangersWhoseAddressNobodyKnowsAreOnePrefix) {
  int bought = 0;
  std::vector<Permit<SoulseekMessage>> kept;
  for (int i = 0; i < 500; ++i) {
    auto permit = guard.try_permit<SoulseekMessage>({.origin = Origin::RemoteGateway, .subject = peer(i)});
    bought += permit ? 1 : 0;
    if (permit) kept.push_back(std::move(*permit));
  }
  EXPECT_EQ(bought, 360) << "who came through the gateway has signed in: no stranger";
}

TEST_F(BudgetTest, OnePrefixAloneGetsThirtyHoweverManyKeysItMakes) {
  std::vector<CallBudget> calls;
  unsigned all = 0;
  for (int i = 0; i < 500; ++i) {
    auto call = guard.begin_call(peer(i), host(static_cast<std::uint32_t>(i % 250)), 10);
    if (!call) continue;
    all += call->remaining();
    calls.push_back(std::move(*call));
  }
  EXPECT_EQ(all, 30U);
}

TEST_F(BudgetTest, RemotesCannotTouchTheReservesOfUserAndAutomation) {
  std::vector<CallBudget> calls;
  for (int i = 0; i < 100; ++i) {
    guard.protect(peer(i));
    auto call = guard.begin_call(peer(i), host(static_cast<std::uint32_t>(i)), 10);
    if (call) calls.push_back(std::move(*call));
  }
  unsigned taken = 0;
  for (const CallBudget& call : calls) taken += call.remaining();
  EXPECT_EQ(taken, 360U);
  const auto count = [&](Origin origin) {
    int done = 0;
    for (; done < 1000; ++done) {
      auto permit = guard.try_permit<SoulseekMessage>({.origin = origin});
      if (!permit) break;
      permit->spend();
    }
    return done;
  };
  EXPECT_EQ(count(Origin::LocalAutomation), 60);
  EXPECT_EQ(count(Origin::UserLocal), 180);
  clock.advance(1s);
  EXPECT_EQ(count(Origin::UserLocal), 3 + 6);  // a second's worth of the reserve and of what is shared
}

TEST_F(BudgetTest, UnspentPermitGivesEverythingBack) {
  for (int i = 0; i < 10'000; ++i) {
    const auto permit = guard.try_permit<SoulseekMessage>({});
    ASSERT_TRUE(permit);
  }
  EXPECT_EQ(guard.metrics().units_spent, 0U);
  EXPECT_EQ(guard.metrics().units_refunded, 10'000U);
}

TEST_F(BudgetTest, PermitTellsWhoAndHowMuchAndSpendsInParts) {
  const ActRequest request{.origin = Origin::RemoteGateway, .subject = peer(7), .address = host(1), .purpose = Purpose::General, .key = {}};
  auto permit = guard.try_permit<HttpGet>(request);
  ASSERT_TRUE(permit);
  EXPECT_EQ(permit->origin(), Origin::RemoteGateway);
  EXPECT_EQ(permit->subject(), peer(7));
  EXPECT_TRUE(permit->spend(3));
  EXPECT_FALSE(permit->spend(2));
  EXPECT_EQ(permit->remaining(), 1U);
}

TEST_F(BudgetTest, RemoteMeshGetsNoPermitOutsideACall) {
  const ActRequest request{.origin = Origin::RemoteMesh, .subject = peer(7), .address = host(1), .purpose = Purpose::General, .key = {}};
  EXPECT_EQ(guard.try_permit<SoulseekSearch>(request).error().code, Errc::Forbidden);
  EXPECT_EQ(guard.enqueue<SoulseekSearch>(request).error().code, Errc::Forbidden);
  EXPECT_EQ(guard.try_permit<CatalogueFetch>(request).error().code, Errc::Forbidden);
}

TEST_F(BudgetTest, BannedPeerGetsNeitherCallNorPermit) {
  ASSERT_TRUE(guard.ban(peer(1), 1h, "test"));
  EXPECT_EQ(guard.begin_call(peer(1), host(1), 10).error().code, Errc::Banned);
  EXPECT_EQ(guard.try_permit<HttpGet>({.origin = Origin::RemoteGateway, .subject = peer(1)}).error().code, Errc::Banned);
}

TEST_F(BudgetTest, NewKeyGetsWhatOneGetsThatLostEverything) {
  GuardOptions options;
  options.budget.strangers.prefix_percent = 100;
  guard.configure(options);
  guard.lower_reputation(peer(1), 100);
  guard.reward(peer(4), host(1));
  const auto minute = [&](const Subject& who) {
    std::vector<CallBudget> calls;
    unsigned units = 0;
    for (;;) {
      auto call = guard.begin_call(who, host(1), 10);
      if (!call) return units;
      units += call->remaining();
      calls.push_back(std::move(*call));
    }
  };
  EXPECT_EQ(minute(peer(1)), 25U);
  EXPECT_EQ(minute(peer(2)), 25U) << "a key that nobody saw before";
  EXPECT_EQ(minute(peer(4)), 50U) << "one verified result";
  guard.vouch(peer(5));
  EXPECT_EQ(minute(peer(5)), 50U) << "one that the operator named";
  guard.vouch(peer(6));
  guard.lower_reputation(peer(6), 1);
  EXPECT_EQ(minute(peer(6)), 25U) << "which does not forgive what it did";
  guard.import_reputations({{peer(3), 70, {}}});
  EXPECT_EQ(minute(peer(3)), 100U);
}

TEST_F(BudgetTest, NeverSpendsMoreThanTheNodesMinuteTwiceInAnyMinuteWhateverHappens) {
  SeededRandom random(11);
  std::vector<std::pair<MonoTime, unsigned>> spent;
  for (int step = 0; step < 20'000; ++step) {
    clock.advance(std::chrono::milliseconds(random.below(20)));
    if (random.below(50) == 0) clock.wall_time += std::chrono::hours(random.below(1000)) - 500h;
    const auto origin = static_cast<Origin>(random.below(2));
    auto permit = guard.try_permit<SoulseekUserInfo>({.origin = origin});
    if (permit && random.below(3) != 0) {
      permit->spend();
      spent.emplace_back(clock.mono, 1);
    }
  }
  for (std::size_t i = 0; i < spent.size(); i += 97) {
    const auto in_minute =
        std::ranges::count_if(spent, [&](const auto& s) { return s.first >= spent[i].first && s.first < spent[i].first + 60s; });
    ASSERT_LE(in_minute, 1200);
  }
}

}  // namespace
}  // namespace soulfabric::guard

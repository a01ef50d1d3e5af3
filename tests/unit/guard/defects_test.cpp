// SPDX-License-Identifier: GPL-3.0-or-later
// What went wrong in the project that described this system, as attacks that must fail here: names whose case hides them, calls that
// each get a full budget, tables that go blind, bans that a restart forgets.
#include <gtest/gtest.h>

#include <filesystem>

#include "manual_clock.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/guard/store.hpp"

namespace soulfabric::guard {
namespace {
using namespace std::chrono_literals;

IpAddress host(std::uint32_t n) { return IpAddress::v4(0x08000000U + n); }
Subject peer(int n) { return Subject::peer("peer" + std::to_string(n)); }

struct DefectsTest : testing::Test {
  ManualClock clock;
  Guard guard{GuardOptions{}, clock};

  Verdict offend(Guard& at, const Subject& subject, int times, std::optional<IpAddress> address = {}) {
    Verdict verdict = Verdict::Noted;
    for (int i = 0; i < times; ++i) verdict = at.charge({Violation::Protocol, subject, address, Channel::TheyConnected});
    return verdict;
  }
};

TEST_F(DefectsTest, NameInMixedCaseIsBannedUnderThatVeryName) {
  const Subject mixed = Subject::user("MixedCase");
  guard.prove(mixed, host(1));
  EXPECT_EQ(offend(guard, mixed, 5, host(1)), Verdict::Banned);
  EXPECT_TRUE(guard.is_banned(mixed));
  EXPECT_EQ(guard.admit(mixed, host(2)).error().code, Errc::Banned);
  EXPECT_FALSE(guard.is_banned(Subject::user("mixedcase"))) << "another name is another user";
  EXPECT_TRUE(guard.unban(mixed));
}

TEST_F(DefectsTest, BanIsAskedForWhereverAPeerComesIn) {
  ASSERT_TRUE(guard.ban(peer(1), 1h, "test"));
  EXPECT_EQ(guard.begin_call(peer(1), host(1), 10).error().code, Errc::Banned);
  EXPECT_EQ(guard.admit(peer(1), host(1)).error().code, Errc::Banned);
  EXPECT_EQ(guard.hold(peer(1), host(1), 1).error().code, Errc::Banned);
}

TEST_F(DefectsTest, AbuseOnOneNetworkClosesTheOthers) {
  const IpAddress from = host(7);
  const Subject user = Subject::user("u");
  const Subject other = Subject::user("v");
  guard.prove(user, from);
  guard.prove(other, from);
  guard.prove(peer(1), from);
  offend(guard, user, 5, from);     // on Soulseek
  offend(guard, peer(1), 5, from);  // on the mesh
  EXPECT_TRUE(guard.accept(from));
  offend(guard, other, 5, from);
  EXPECT_EQ(guard.accept(from).error().code, Errc::Banned) << "three banned subjects of two networks within an hour";
  EXPECT_EQ(guard.admit(peer(2), from).error().code, Errc::Banned);
  guard.prove(peer(3), from);
  EXPECT_TRUE(guard.admit(peer(3), from)) << "one that has proven itself there stays welcome";
}

TEST_F(DefectsTest, GuessedKeysOverHttpCloseThePeerPortsToTheAddress) {
  const IpAddress from = host(9);
  for (int i = 0; i < 5; ++i) (void)guard.charge({Violation::RateExceeded, Subject::address(from), from, Channel::TheyConnected});
  EXPECT_EQ(guard.accept(from).error().code, Errc::Banned);
}

TEST_F(DefectsTest, ParallelCallsOfOnePeerNeverGetAFullBudgetEach) {
  GuardOptions options;
  options.budget.strangers.prefix_percent = 100;
  guard.configure(options);
  guard.reward(peer(1), host(1));
  std::vector<CallBudget> calls;
  unsigned reserved = 0;
  for (int i = 0; i < 100; ++i) {
    auto call = guard.begin_call(peer(1), host(1), 10);
    if (!call) continue;
    reserved += call->remaining();
    calls.push_back(std::move(*call));
  }
  EXPECT_EQ(reserved, 50U);
  unsigned spent = 0;
  for (auto& call : calls) {
    for (;;) {
      auto permit = call.permit<ContentStream>();
      if (!permit) break;
      permit->spend();
      ++spent;
    }
  }
  EXPECT_EQ(spent, 50U);
  calls.clear();
  EXPECT_EQ(guard.begin_call(peer(1), host(1), 10).error().code, Errc::RateLimited) << "what was spent does not come back with the calls";
  clock.advance(60s);
  EXPECT_TRUE(guard.begin_call(peer(1), host(1), 10));
}

TEST_F(DefectsTest, NodeHasOneMinuteForAllPeersTogether) {
  GuardOptions options;
  options.budget.strangers.percent = 100;
  options.budget.strangers.prefix_percent = 100;
  guard.configure(options);
  std::vector<CallBudget> calls;
  unsigned reserved = 0;
  for (int i = 0; i < 1000; ++i) {
    auto call = guard.begin_call(peer(i), host(static_cast<std::uint32_t>(i) << 8), 10);
    if (!call) continue;
    reserved += call->remaining();
    calls.push_back(std::move(*call));
  }
  EXPECT_EQ(reserved, 360U) << "600 less the reserves of the user and of automation";
  const auto levels = guard.budget();
  EXPECT_EQ(levels.shared.left, 0U);
  EXPECT_EQ(levels.user.left, 180U);
  EXPECT_EQ(levels.automation.left, 60U);
  ASSERT_FALSE(levels.peers.empty());
  EXPECT_EQ(levels.peers.front().level.left, 15U);
  EXPECT_EQ(levels.peers.front().level.most, 25U);
  EXPECT_LE(levels.peers.size(), 100U);
}

TEST_F(DefectsTest, TableThatIsFullStillBansNewcomers) {
  GuardOptions options;
  options.violations.tracked = 50;
  ManualClock other;
  Guard small(options, other);
  for (int i = 0; i < 500; ++i) offend(small, peer(i), 1);
  EXPECT_EQ(small.violations().size(), 50U);
  EXPECT_EQ(offend(small, Subject::peer("late"), 5), Verdict::Banned);
}

TEST_F(DefectsTest, ImportedViolationsSurviveARestartToo) {
  const auto file = std::filesystem::temp_directory_path() / ("sf_guard_defects_" + std::to_string(::getpid()) + ".db");
  std::filesystem::remove(file);
  {
    auto db = open_guard_db(file);
    ASSERT_TRUE(db);
    guard.import_violations({{peer(1), {clock.wall_time - 1min, clock.wall_time}}});
    ASSERT_TRUE(write_changes(*db, guard.take_changes()));
  }
  Guard fresh(GuardOptions{}, clock);
  auto db = open_guard_db(file);
  ASSERT_TRUE(db);
  ASSERT_TRUE(load_guard(*db, fresh));
  ASSERT_EQ(fresh.violations().size(), 1U);
  EXPECT_EQ(fresh.violations().front().times.size(), 2U);
  EXPECT_EQ(offend(fresh, peer(1), 3), Verdict::Banned);
  std::filesystem::remove(file);
}

TEST_F(DefectsTest, BytesHeldAreCappedPerPeerAndForTheNode) {
  GuardOptions options;
  options.held = {.per_peer = 50, .node = 250};
  guard.configure(options);
  for (int i = 1; i <= 3; ++i) guard.protect(peer(i));
  auto first = guard.hold(peer(1), host(1), 60);
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->grow(40));
  EXPECT_FALSE(first->grow(1));
  EXPECT_EQ(guard.hold(peer(1), host(1), 1).error().code, Errc::RateLimited);
  EXPECT_EQ(guard.hold(peer(2), host(1), UINT64_MAX).error().code, Errc::RateLimited);
  auto second = guard.hold(peer(2), host(1), 100);
  ASSERT_TRUE(second);
  EXPECT_EQ(guard.hold(peer(3), host(1), 51).error().code, Errc::Busy) << "the node's share is full";
  EXPECT_EQ(guard.metrics().bytes_held, 200U);
  first->release();
  first->release();
  EXPECT_EQ(guard.metrics().bytes_held, 100U);
  EXPECT_TRUE(guard.hold(peer(3), host(1), 51));
  EXPECT_EQ(guard.metrics().bytes_held, 100U) << "a token that was dropped gives its bytes back";
}

TEST_F(DefectsTest, NewKeyHoldsHalfAsOneOfLowReputationAndHighReputationTwice) {
  GuardOptions options;
  options.held = {.per_peer = 100, .node = 10'000};
  guard.configure(options);
  guard.import_reputations({{peer(1), 0, {}}, {peer(2), 51, {}}, {peer(3), 70, {}}});
  guard.protect(peer(4));
  const std::vector<std::pair<int, std::uint64_t>> rows{{1, 50}, {2, 100}, {3, 200}, {4, 200}, {5, 50}};
  for (const auto& [who, most] : rows) {
    EXPECT_TRUE(guard.hold(peer(who), host(1), most)) << who;
    EXPECT_EQ(guard.hold(peer(who), host(1), most + 1).error().code, Errc::RateLimited) << who;
  }
}

TEST_F(DefectsTest, StrangersHoldAFifthAndOnePrefixAQuarterOfItAndTheRestWaitsForFriends) {
  GuardOptions options;
  options.held = {.per_peer = 1000, .node = 10'000};
  guard.configure(options);
  std::vector<HeldBytes> kept;
  const auto take = [&](int who, std::optional<IpAddress> from) {
    std::uint64_t all = 0;
    for (auto held = guard.hold(peer(who), from, 100); held; held = guard.hold(peer(who), from, 100)) {
      all += held->bytes();
      kept.push_back(std::move(*held));
    }
    return all;
  };
  EXPECT_EQ(take(1, host(1)), 500U);
  EXPECT_EQ(take(2, host(2)), 0U) << "the same /24";
  EXPECT_EQ(take(3, std::nullopt), 500U);
  EXPECT_EQ(take(4, std::nullopt), 0U) << "who cannot be placed is one prefix";
  EXPECT_EQ(take(5, host(0x500)), 500U);
  EXPECT_EQ(take(6, host(0x600)), 500U);
  EXPECT_EQ(guard.hold(peer(7), host(0x700), 1).error().code, Errc::Busy) << "all strangers together";
  guard.protect(peer(8));
  EXPECT_EQ(take(8, host(1)), 2000U);
  guard.protect(peer(1));  // also who is no stranger any more gives back what it took as one
  kept.clear();
  EXPECT_EQ(guard.metrics().bytes_held, 0U);
  EXPECT_EQ(take(2, host(2)), 500U);
}

TEST_F(DefectsTest, NewKeyEscapesNeitherBanNorViolationsNorTheMinuteItHasSpent) {
  const Subject before = peer(1);
  const Subject after = peer(2);
  ASSERT_TRUE(guard.ban(before, 5h, "rude"));
  guard.move_subject(before, after);
  EXPECT_TRUE(guard.is_banned(after));
  EXPECT_TRUE(guard.is_banned(before)) << "the old key gets nowhere either";

  offend(guard, peer(3), 4);
  guard.move_subject(peer(3), peer(4));
  EXPECT_EQ(offend(guard, peer(4), 1), Verdict::Banned);

  std::vector<CallBudget> calls;
  for (;;) {
    auto call = guard.begin_call(peer(5), host(5), 10);
    if (!call) break;
    auto permit = call->permit<ContentStream>();
    permit->spend();
    calls.push_back(std::move(*call));
  }
  const auto spent = guard.budget().peers.front().level.left;
  guard.move_subject(peer(5), peer(6));
  for (const auto& row : guard.budget().peers) {
    if (row.subject == peer(6)) EXPECT_EQ(row.level.left, spent);
  }
  EXPECT_EQ(guard.budget().peers.size(), 2U);
}

TEST_F(DefectsTest, RotationMovesReputationAndDoublesNone) {
  guard.import_reputations({{peer(1), 90, {}}, {peer(3), 20, {}}, {peer(4), 80, {}}});
  guard.move_subject(peer(1), peer(2));
  EXPECT_EQ(guard.reputation(peer(2)), 90);
  EXPECT_EQ(guard.reputation(peer(1)), 50) << "one good name does not become two";
  guard.move_subject(peer(3), peer(4));
  EXPECT_EQ(guard.reputation(peer(4)), 20) << "the worse of two scores wins";
  EXPECT_EQ(guard.reputation(peer(3)), 20);
}

TEST_F(DefectsTest, RotationMovesNoTrust) {
  guard.protect(peer(1));
  guard.prove(peer(1), host(1));
  guard.move_subject(peer(1), peer(2));
  EXPECT_FALSE(guard.is_proven(peer(2), host(1)));
  EXPECT_TRUE(guard.ban(peer(2), 1h, "x")) << "the new key is not protected until the operator says so";
}

}  // namespace
}  // namespace soulfabric::guard

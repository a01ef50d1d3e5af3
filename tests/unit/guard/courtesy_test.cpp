// SPDX-License-Identifier: GPL-3.0-or-later
// Courtesy towards Soulseek: every window and slot is reached, users go first, nobody is lost, a dropped turn is given back.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <vector>

#include "manual_clock.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::guard {
namespace {
using namespace std::chrono_literals;

struct CourtesyTest : testing::Test {
  ManualClock clock;
  Guard guard{GuardOptions{}, clock};

  /// Redeems and spends every ticket as soon as it is possible; the instants at which that was.
  std::vector<Duration> drain(std::vector<Ticket> tickets, Duration limit) {
    std::vector<Duration> at;
    const MonoTime start = clock.mono;
    while (!tickets.empty() && clock.mono - start < limit) {
      std::erase_if(tickets, [&](Ticket ticket) {
        auto permit = guard.redeem<SoulseekSearch>(ticket);
        if (!permit) return false;
        permit->spend();
        at.push_back(clock.mono - start);
        return true;
      });
      clock.advance(100ms);
    }
    return at;
  }
};

TEST_F(CourtesyTest, EleventhSearchOfAMinuteWaitsAndShowsItsPlace) {
  std::vector<Ticket> tickets;
  for (int i = 0; i < 13; ++i) tickets.push_back(*guard.enqueue<SoulseekSearch>({}));
  EXPECT_EQ(guard.place(tickets[12]), 13U);
  EXPECT_EQ(guard.metrics().courtesy_waiting[1], 13U);
  const MonoTime told = guard.ready_at(tickets[12]);
  const MonoTime start = clock.mono;
  const auto at = drain(tickets, 10min);
  ASSERT_EQ(at.size(), 13U);
  EXPECT_EQ(at[9], 9s) << "one second apart at the least";
  EXPECT_EQ(at[10], 60s);
  EXPECT_EQ(at[12], 62s);
  EXPECT_EQ(told, start + 62s) << "what the user was told is what happened";
  EXPECT_FALSE(guard.place(tickets[12]));
}

TEST_F(CourtesyTest, NeverMoreThanThirtyFourSearchesInTwoHundredAndTwentySeconds) {
  std::vector<Ticket> tickets;
  for (int i = 0; i < 120; ++i)
    tickets.push_back(*guard.enqueue<SoulseekSearch>({.origin = i % 2 == 0 ? Origin::UserLocal : Origin::LocalAutomation}));
  const auto at = drain(tickets, 2h);
  ASSERT_EQ(at.size(), 120U);
  for (std::size_t i = 34; i < at.size(); ++i) ASSERT_GE(at[i] - at[i - 34], 220s);
  for (std::size_t i = 10; i < at.size(); ++i) ASSERT_GE(at[i] - at[i - 10], 60s);
  EXPECT_LT(at[119], 220s * 4) << "and not slower than the limits ask";
}

TEST_F(CourtesyTest, UsersGoBeforeAutomationWhoeverCameFirst) {
  std::vector<Ticket> automation;
  for (int i = 0; i < 5; ++i) automation.push_back(*guard.enqueue<SoulseekSearch>({.origin = Origin::LocalAutomation}));
  const Ticket user = *guard.enqueue<SoulseekSearch>({});
  EXPECT_EQ(guard.place(user), 1U);
  EXPECT_EQ(guard.place(automation[0]), 2U);
  EXPECT_FALSE(guard.redeem<SoulseekSearch>(automation[0]));
  EXPECT_TRUE(guard.redeem<SoulseekSearch>(user));
}

TEST_F(CourtesyTest, PlannerGetsThreeOfTenAndDoesNotBlockThoseBehindIt) {
  std::vector<Ticket> planner;
  for (int i = 0; i < 4; ++i)
    planner.push_back(*guard.enqueue<SoulseekSearch>({.origin = Origin::UserLocal, .purpose = Purpose::VirtualSoulfind}));
  for (int i = 0; i < 3; ++i) {
    auto permit = guard.redeem<SoulseekSearch>(planner[static_cast<std::size_t>(i)]);
    ASSERT_TRUE(permit);
    permit->spend();
    clock.advance(1s);
  }
  EXPECT_FALSE(guard.redeem<SoulseekSearch>(planner[3]));
  const Ticket general = *guard.enqueue<SoulseekSearch>({.origin = Origin::LocalAutomation});
  EXPECT_EQ(guard.place(general), 2U);
  EXPECT_TRUE(guard.redeem<SoulseekSearch>(general));
}

TEST_F(CourtesyTest, DroppedPermitGivesItsTurnBack) {
  for (int i = 0; i < 200; ++i) {
    const auto permit = guard.try_permit<SoulseekSearch>({});
    ASSERT_TRUE(permit) << i;
  }
  auto used = guard.try_permit<SoulseekSearch>({});
  ASSERT_TRUE(used);
  used->spend();
  EXPECT_EQ(guard.try_permit<SoulseekSearch>({}).error().code, Errc::RateLimited);
}

TEST_F(CourtesyTest, TryPermitDoesNotOvertakeThoseWhoWait) {
  const Ticket first = *guard.enqueue<SoulseekBrowse>({});
  EXPECT_EQ(guard.try_permit<SoulseekBrowse>({}).error().code, Errc::RateLimited);
  guard.cancel(first);
  EXPECT_TRUE(guard.try_permit<SoulseekBrowse>({}));
}

TEST_F(CourtesyTest, FiveBrowsesAMinute) {
  for (int i = 0; i < 5; ++i) {
    auto permit = guard.try_permit<SoulseekBrowse>({});
    ASSERT_TRUE(permit);
    permit->spend();
  }
  EXPECT_EQ(guard.try_permit<SoulseekBrowse>({}).error().code, Errc::RateLimited);
  clock.advance(60s);
  EXPECT_TRUE(guard.try_permit<SoulseekBrowse>({}));
}

TEST_F(CourtesyTest, FiftyDownloadSlotsAreHeldUntilTheirPermitsEnd) {
  std::vector<Permit<SoulseekDownload>> running;
  for (int i = 0; i < 50; ++i) {
    auto permit = guard.try_permit<SoulseekDownload>({});
    ASSERT_TRUE(permit);
    permit->spend();
    running.push_back(std::move(*permit));
  }
  const Ticket waiting = *guard.enqueue<SoulseekDownload>({});
  EXPECT_FALSE(guard.redeem<SoulseekDownload>(waiting));
  EXPECT_EQ(guard.ready_at(waiting), MonoTime::max());
  int changes = 0;
  guard.on_queue_changed([&] { ++changes; });
  running.pop_back();
  guard.on_queue_changed({});
  EXPECT_GE(changes, 1);
  EXPECT_EQ(guard.heads(), std::vector<Ticket>{waiting});
  EXPECT_TRUE(guard.redeem<SoulseekDownload>(waiting));
}

TEST_F(CourtesyTest, OneTransferPerUserAndFile) {
  const ActRequest request{.origin = Origin::UserLocal, .purpose = Purpose::General, .key = transfer_key("anna", "music\\a.flac")};
  auto first = guard.try_permit<SoulseekDownload>(request);
  ASSERT_TRUE(first);
  EXPECT_EQ(guard.try_permit<SoulseekDownload>(request).error().code, Errc::Exists);
  EXPECT_EQ(guard.enqueue<SoulseekDownload>(request).error().code, Errc::Exists);
  EXPECT_TRUE(guard.try_permit<SoulseekDownload>({.key = transfer_key("ann", "amusic\\a.flac")}));
  {
    const auto ended = std::move(*first);
  }
  const auto ticket = guard.enqueue<SoulseekDownload>(request);
  ASSERT_TRUE(ticket);
  guard.cancel(*ticket);
  EXPECT_TRUE(guard.try_permit<SoulseekDownload>(request));
}

TEST_F(CourtesyTest, QueueIsBoundedPerOriginSoAutomationCannotShutUsersOut) {
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(guard.enqueue<SoulseekSearch>({.origin = Origin::LocalAutomation}));
  EXPECT_EQ(guard.enqueue<SoulseekSearch>({.origin = Origin::LocalAutomation}).error().code, Errc::RateLimited);
  EXPECT_TRUE(guard.enqueue<SoulseekSearch>({}));
}

TEST_F(CourtesyTest, RaisedLimitsHoldAndZeroIsWithoutLimit) {
  GuardOptions options;
  options.courtesy.searches_per_minute = options.courtesy.searches_per_window = 0;
  options.courtesy.search_spacing = 0ms;
  options.budget.user_reserve = 1'000'000;
  options.budget.node_minute = 2'000'000;
  guard.configure(options);
  clock.advance(1min);
  for (int i = 0; i < 500; ++i) {
    auto permit = guard.try_permit<SoulseekSearch>({});
    ASSERT_TRUE(permit) << i << permit.error().message;
    permit->spend();
  }
}

TEST_F(CourtesyTest, ClockThatJumpsNeitherBreaksTheWindowNorLocksIt) {
  for (int i = 0; i < 10; ++i) {
    auto permit = guard.try_permit<SoulseekSearch>({});
    ASSERT_TRUE(permit);
    permit->spend();
    clock.advance(1s);
  }
  clock.wall_time += std::chrono::hours(24 * 365);
  EXPECT_FALSE(guard.try_permit<SoulseekSearch>({}));
  clock.wall_time -= std::chrono::hours(24 * 365 * 2);
  clock.mono += 60s;
  EXPECT_TRUE(guard.try_permit<SoulseekSearch>({}));
}

TEST_F(CourtesyTest, TicketsAndPermitsOfAnotherKindOrUsedUpAreWorthNothing) {
  const Ticket ticket = *guard.enqueue<SoulseekBrowse>({});
  EXPECT_FALSE(guard.redeem<SoulseekSearch>(ticket));
  EXPECT_TRUE(guard.redeem<SoulseekBrowse>(ticket));
  EXPECT_FALSE(guard.redeem<SoulseekBrowse>(ticket));
  EXPECT_FALSE(guard.redeem<SoulseekBrowse>(Ticket{999'999}));
  guard.cancel(Ticket{999'999});
}

TEST_F(CourtesyTest, RemembersTheSameWordsForFiveMinutes) {
  EXPECT_FALSE(guard.since_same_search("Foo Bar"));
  guard.note_search("Foo  bar ");
  clock.advance(100s);
  EXPECT_EQ(guard.since_same_search("foo BAR"), 100s);
  EXPECT_FALSE(guard.since_same_search("foobar"));
  clock.advance(200s);
  EXPECT_FALSE(guard.since_same_search("foo bar"));
}

TEST_F(CourtesyTest, NoWindowIsEverOverrunByRandomUse) {
  SeededRandom random(5);
  std::vector<Ticket> waiting;
  std::vector<Permit<SoulseekSearch>> held;
  std::vector<MonoTime> grants;
  for (int step = 0; step < 8000; ++step) {
    clock.advance(std::chrono::milliseconds(random.below(700)));
    switch (random.below(4)) {
      case 0: {
        auto ticket = guard.enqueue<SoulseekSearch>(
            {.origin = static_cast<Origin>(random.below(2)), .purpose = static_cast<Purpose>(random.below(2))});
        if (ticket && waiting.size() < 60)
          waiting.push_back(*ticket);
        else if (ticket)
          guard.cancel(*ticket);
        break;
      }
      case 1:
        std::erase_if(waiting, [&](Ticket ticket) {
          auto permit = guard.redeem<SoulseekSearch>(ticket);
          if (!permit) return false;
          permit->spend();
          grants.push_back(clock.mono);
          held.push_back(std::move(*permit));
          return true;
        });
        break;
      case 2:
        if (!waiting.empty()) {
          guard.cancel(waiting.back());
          waiting.pop_back();
        }
        break;
      default: held.clear();
    }
  }
  ASSERT_GT(grants.size(), 100U);
  for (std::size_t i = 1; i < grants.size(); ++i) ASSERT_GE(grants[i] - grants[i - 1], 1s);
  for (std::size_t i = 10; i < grants.size(); ++i) ASSERT_GE(grants[i] - grants[i - 10], 60s);
  for (std::size_t i = 34; i < grants.size(); ++i) ASSERT_GE(grants[i] - grants[i - 34], 220s);
}

}  // namespace
}  // namespace soulfabric::guard

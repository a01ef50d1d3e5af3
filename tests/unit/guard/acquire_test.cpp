// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting for a turn as a coroutine: everybody gets one, in order, on a clock that only the test moves.
#include "soulfabric/guard/acquire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "soulfabric/base/task_scope.hpp"
#include "support/run_task.hpp"
#include "support/stepped_clock.hpp"

namespace soulfabric::guard {
namespace {
using namespace std::chrono_literals;

using testing::SteppedClock;

struct AcquireTest : ::testing::Test {
  IoContext context;
  SteppedClock clock;
  Guard guard{GuardOptions{}, clock};
  CourtesyDesk desk{guard, clock};
  TaskScope scope{context, "test"};
  const MonoTime start = clock.now();
  std::vector<std::pair<std::string, Duration>> done;
  std::vector<std::string> failed;
  std::map<std::string, std::vector<std::size_t>> places;

  Task<void> search(std::string name, Origin origin, Duration patience) {
    ActRequest request;
    request.origin = origin;
    const MonoTime deadline = patience == Duration::max() ? kNever : clock.now() + patience;
    PlaceCallback on_place = [this, name](std::size_t place) { places[name].push_back(place); };
    auto permit = co_await desk.acquire<SoulseekSearch>(std::move(request), std::move(on_place), deadline);
    if (!permit) {
      failed.push_back(name);
      co_return;
    }
    permit->spend();
    done.emplace_back(name, clock.now() - start);
  }
  Task<void> download(std::string name, Duration takes) {
    auto permit = co_await desk.acquire<SoulseekDownload>(ActRequest(), PlaceCallback(), kNever);
    if (!permit) {
      failed.push_back(name);
      co_return;
    }
    permit->spend();
    co_await clock.sleep_for(takes);
    done.emplace_back(name, clock.now() - start);
  }
  void end() {
    testing::run_task(context, scope.close());
    EXPECT_EQ(scope.size(), 0U);
  }
};

TEST_F(AcquireTest, TwentySearchesAllGetTheirTurnInOrderAndSeeTheirPlaceShrink) {
  for (int i = 0; i < 20; ++i) scope.spawn("search", search(std::to_string(i), Origin::UserLocal, Duration::max()));
  clock.run_until(context, start + 5min);
  ASSERT_EQ(done.size(), 20U);
  for (std::size_t i = 0; i < done.size(); ++i) EXPECT_EQ(done[i].first, std::to_string(i));
  EXPECT_EQ(done[9].second, 9s);
  EXPECT_EQ(done[10].second, 60s);
  const auto& seen = places["19"];
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.front(), 19U) << "the first had gone at once";
  EXPECT_EQ(seen.back(), 1U);
  EXPECT_TRUE(std::ranges::is_sorted(seen, std::greater()));
  end();
}

TEST_F(AcquireTest, UserWhoComesLateOvertakesWaitingAutomation) {
  for (int i = 0; i < 15; ++i) scope.spawn("search", search("auto" + std::to_string(i), Origin::LocalAutomation, Duration::max()));
  clock.run_until(context, start + 30s);
  ASSERT_EQ(done.size(), 10U);
  scope.spawn("search", search("user", Origin::UserLocal, Duration::max()));
  clock.run_until(context, start + 61s);
  ASSERT_GE(done.size(), 11U);
  EXPECT_EQ(done[10].first, "user");
  end();
}

TEST_F(AcquireTest, DeadlineEndsTheWaitAndFreesThePlace) {
  for (int i = 0; i < 10; ++i) scope.spawn("search", search(std::to_string(i), Origin::UserLocal, Duration::max()));
  clock.run_until(context, start + 20s);
  scope.spawn("search", search("impatient", Origin::UserLocal, 5s));
  scope.spawn("search", search("patient", Origin::UserLocal, Duration::max()));
  clock.run_until(context, start + 40s);
  EXPECT_EQ(failed, std::vector<std::string>{"impatient"});
  EXPECT_EQ(places["patient"].back(), 1U);
  clock.run_until(context, start + 2min);
  EXPECT_EQ(done.back().first, "patient");
  end();
}

TEST_F(AcquireTest, CancelledWaitersLeaveTheQueue) {
  for (int i = 0; i < 30; ++i) scope.spawn("search", search(std::to_string(i), Origin::UserLocal, Duration::max()));
  clock.run_until(context, start + 20s);
  end();
  EXPECT_EQ(guard.metrics().courtesy_waiting[1], 0U);
}

TEST_F(AcquireTest, TwoHundredDownloadsRunFiftyAtATime) {
  for (int i = 0; i < 200; ++i) scope.spawn("download", download(std::to_string(i), 10s));
  clock.run_until(context, start + 10s);
  EXPECT_EQ(done.size(), 50U);
  clock.run_until(context, start + 41s);
  EXPECT_EQ(done.size(), 200U);
  end();
}

}  // namespace
}  // namespace soulfabric::guard

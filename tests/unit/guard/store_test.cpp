// SPDX-License-Identifier: GPL-3.0-or-later
// guard.db: what was decided before a restart holds after it.
#include "soulfabric/guard/store.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "manual_clock.hpp"
#include "support/run_task.hpp"

namespace soulfabric::guard {
namespace {
using namespace std::chrono_literals;

struct StoreTest : ::testing::Test {
  std::filesystem::path folder;
  ManualClock clock;

  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "guard_store_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  static void offend(Guard& guard, const Subject& subject, int times) {
    for (int i = 0; i < times; ++i) (void)guard.charge({Violation::Oversize, subject, std::nullopt, Channel::TheyConnected});
  }
};

TEST_F(StoreTest, BansViolationsAndReputationSurviveARestart) {
  const auto file = folder / "guard.db";
  const Subject banned = Subject::user("banned \xC3\xA4");
  const Subject near = Subject::peer("near");
  const Subject good = Subject::peer("good");
  {
    Guard guard(GuardOptions{}, clock);
    auto db = open_guard_db(file);
    ASSERT_TRUE(db) << db.error().message;
    offend(guard, banned, 5);
    offend(guard, near, 4);
    for (int i = 0; i < 3; ++i) guard.reward(good, std::nullopt);
    ASSERT_TRUE(guard.ban(Subject::user("forever"), std::nullopt, "rude"));
    ASSERT_TRUE(write_changes(*db, guard.take_changes()));
    EXPECT_TRUE(guard.take_changes().empty());
    ASSERT_TRUE(guard.ban(Subject::user("pardoned"), std::nullopt, "x"));
    ASSERT_TRUE(write_changes(*db, guard.take_changes()));
    ASSERT_TRUE(guard.unban(Subject::user("pardoned")));
    ASSERT_TRUE(write_changes(*db, guard.take_changes()));
  }
  clock.advance(10min);
  clock.mono = MonoTime{5s};  // another boot: the monotonic clock begins anew
  Guard guard(GuardOptions{}, clock);
  auto db = open_guard_db(file);
  ASSERT_TRUE(db);
  ASSERT_TRUE(load_guard(*db, guard));
  EXPECT_TRUE(guard.is_banned(banned));
  EXPECT_TRUE(guard.is_banned(Subject::user("forever")));
  EXPECT_FALSE(guard.is_banned(Subject::user("pardoned")));
  EXPECT_EQ(guard.reputation(good), 53);
  guard.reward(good, std::nullopt);
  EXPECT_EQ(guard.reputation(good), 53) << "a restart buys no fourth point of the day";
  offend(guard, near, 1);
  EXPECT_TRUE(guard.is_banned(near)) << "four violations before the restart count";
  clock.advance(50min);
  EXPECT_FALSE(guard.is_banned(banned));
  offend(guard, banned, 5);
  clock.advance(90min);
  EXPECT_TRUE(guard.is_banned(banned)) << "the second ban is the longer one";
}

TEST_F(StoreTest, RowsThatMakeNoSenseAreSkipped) {
  auto db = open_guard_db(folder / "guard.db");
  ASSERT_TRUE(db);
  ASSERT_TRUE(
      db->execute("INSERT INTO bans VALUES(99,'x',0,NULL,1,'r',NULL,0),(1,'',0,NULL,1,'r',NULL,0),(3,'127.0.0.1',0,NULL,1,'r',NULL,1),"
                  "(2,'ok',0,NULL,-5,'r','not an address',0)"));
  ASSERT_TRUE(db->execute("INSERT INTO violations VALUES(1,'p','a,b,,9999999999999999999999,-1')"));
  ASSERT_TRUE(db->execute("INSERT INTO reputation VALUES(1,'p',999999,'x'),(1,'q',-7,'')"));
  Guard guard(GuardOptions{}, clock);
  ASSERT_TRUE(load_guard(*db, guard));
  EXPECT_EQ(guard.bans().size(), 1U);
  EXPECT_TRUE(guard.is_banned(Subject::user("ok")));
  EXPECT_EQ(guard.reputation(Subject::peer("p")), 100);
  EXPECT_EQ(guard.reputation(Subject::peer("q")), 0);
}

TEST_F(StoreTest, WriterKeepsWhatWasHandedToIt) {
  IoContext context;
  SystemIoClock io_clock;
  Guard guard(GuardOptions{}, io_clock);
  auto db = open_guard_db(folder / "guard.db");
  ASSERT_TRUE(db);
  DbWriter writer(context, io_clock, std::move(*db));
  ASSERT_TRUE(guard.ban(Subject::user("x"), 1h, "x"));
  save_guard(guard, writer);
  testing::run_task(context, writer.close());
  Guard fresh(GuardOptions{}, io_clock);
  auto again = open_guard_db(folder / "guard.db");
  ASSERT_TRUE(again);
  ASSERT_TRUE(load_guard(*again, fresh));
  EXPECT_TRUE(fresh.is_banned(Subject::user("x")));
}

}  // namespace
}  // namespace soulfabric::guard

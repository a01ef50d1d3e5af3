// SPDX-License-Identifier: GPL-3.0-or-later
// When the session connects, waits, and never tries again.
#include "soulseek/core/session_core.hpp"

#include <gtest/gtest.h>

namespace soulfabric::soulseek {
namespace {

using Phase = SessionCore::Phase;
using std::chrono::minutes;
using std::chrono::seconds;

struct SessionCoreTest : ::testing::Test {
  SeededRandom random{7};
  SessionCore core{{}, random};
  MonoTime now{};
  void log_in() {
    core.want(now);
    core.on_connected();
    core.on_login_accepted();
  }
};

TEST_F(SessionCoreTest, LogsInAfterConnecting) {
  EXPECT_TRUE(core.want(now));
  EXPECT_FALSE(core.want(now)) << "already on its way";
  EXPECT_EQ(core.phase(), Phase::Connecting);
  core.on_connected();
  core.on_login_accepted();
  EXPECT_EQ(core.phase(), Phase::LoggedIn);
  EXPECT_FALSE(core.problem());
}

TEST_F(SessionCoreTest, WaitsFiveToFifteenSecondsAfterALossThenDoublesUpToFiveMinutes) {
  log_in();
  core.on_lost("closed", now);
  EXPECT_EQ(core.phase(), Phase::Waiting);
  EXPECT_GE(core.next_attempt() - now, seconds(5));
  EXPECT_LE(core.next_attempt() - now, seconds(15));
  Duration longest{};
  for (int i = 0; i < 12; ++i) {
    now = core.next_attempt();
    core.tick(now);
    ASSERT_EQ(core.phase(), Phase::Connecting);
    core.on_connect_failed("refused", now);
    longest = core.next_attempt() - now;
  }
  EXPECT_EQ(longest, minutes(5));
}

TEST_F(SessionCoreTest, StaysAwayAfterBeingLoggedInElsewhere) {
  log_in();
  core.on_relogged();
  core.on_lost("closed", now);
  core.tick(now + std::chrono::hours(24));
  EXPECT_EQ(core.phase(), Phase::Idle);
  EXPECT_TRUE(core.is_final());
  EXPECT_TRUE(core.want(now)) << "the user may act";
}

TEST_F(SessionCoreTest, AWrongPasswordIsFinalAndSaysWhatToDo) {
  core.want(now);
  core.on_connected();
  core.on_login_rejected("INVALIDPASS", "", now);
  EXPECT_TRUE(core.is_final());
  EXPECT_NE(core.problem()->find("password"), std::string::npos);
}

TEST_F(SessionCoreTest, AFullServerIsTriedAgain) {
  core.want(now);
  core.on_connected();
  core.on_login_rejected("SVRFULL", "", now);
  EXPECT_EQ(core.phase(), Phase::Waiting);
}

TEST_F(SessionCoreTest, RepeatedSilenceBacksOffForHalfAnHour) {
  core.want(now);
  core.on_connected();
  core.on_login_silence(now);
  EXPECT_LE(core.next_attempt() - now, seconds(15));
  core.tick(now = core.next_attempt());
  core.on_connected();
  core.on_lost("closed without an answer", now);
  EXPECT_GE(core.next_attempt() - now, minutes(30));
}

TEST_F(SessionCoreTest, EventsOutOfPlaceChangeNothing) {
  core.on_connected();
  core.on_login_accepted();
  core.on_login_silence(now);
  core.on_lost("x", now);
  core.on_connect_failed("x", now);
  EXPECT_EQ(core.phase(), Phase::Idle);
  core.want(now);
  core.stop("");
  core.on_connected();
  EXPECT_EQ(core.phase(), Phase::Idle);
  EXPECT_TRUE(core.is_final());
}

TEST(ExplainRejection, IsOneSentenceForEveryReason) {
  for (const char* reason : {"INVALIDPASS", "INVALIDUSERNAME", "EMPTYPASSWORD", "INVALIDVERSION", "SVRFULL", "SVRPRIVATE", "SOMETHINGNEW"}) {
    const auto text = explain_rejection(reason, "Nick too long.");
    EXPECT_GT(text.size(), 20U) << reason;
    EXPECT_EQ(text.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace soulfabric::soulseek

// SPDX-License-Identifier: GPL-3.0-or-later
// Pods over time: being away, coming back, restarts, and what is kept for how long.
#include <gmock/gmock.h>

#include "pods_world.hpp"

namespace soulfabric::services {
namespace {

using namespace std::chrono_literals;
using fabric::CallStatus;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class PodSync : public PodsWorld {
 protected:
  /// Node 1 hosts, the others are members and know it all.
  std::string pod_of(std::uint8_t members, bool keep = true) {
    for (std::uint8_t n = 1; n <= members; ++n) start(n);
    const std::string pod = create(1, PodVisibility::Visible, false, keep);
    for (std::uint8_t n = 2; n <= members; ++n) EXPECT_TRUE(join(n, pod, 1));
    pass(5s);
    return pod;
  }
  std::size_t rows(std::uint8_t n, std::string sql) {
    return static_cast<std::size_t>(run(count(*nodes_.at(n)->store, std::move(sql))));
  }
  static Task<std::int64_t> count(DbWriter& store, std::string sql) {
    const auto number = co_await store.query([sql](Database& db) -> std::int64_t {
      auto select = db.prepare(sql);
      return select && select->step() ? select->integer(0) : -1;
    });
    co_return number;
  }
};

TEST_F(PodSync, AMessageReachesLinkedMembersAtOnce) {
  const std::string pod = pod_of(3);
  std::vector<std::string> heard;
  pods(3).on_change([&](const std::string& id) { heard.push_back(id); });
  ASSERT_TRUE(post(2, pod, "hello"));
  pass(1s);
  for (std::uint8_t n = 1; n <= 3; ++n) EXPECT_THAT(bodies(n, pod), ElementsAre("hello")) << int{n};
  EXPECT_THAT(heard, ::testing::Contains(pod));
  EXPECT_EQ(shown(3, pod)->unread, 1U);
  EXPECT_EQ(shown(2, pod)->unread, 0U) << "one's own message is not news";
}

TEST_F(PodSync, WhoWasAwayCatchesUpOverManyPages) {
  const std::string pod = pod_of(3);
  mesh_.leave(peer_of(3));
  std::vector<std::string> said;
  for (int i = 0; i < 120; ++i) {
    said.push_back("line " + std::to_string(i));
    ASSERT_TRUE(post(i % 2 == 0 ? 1 : 2, pod, said.back()));
    pass(5s);
  }
  EXPECT_THAT(bodies(3, pod), IsEmpty());
  mesh_.come_back(peer_of(3));
  mesh_.link(peer_of(3), peer_of(1));
  pass(10s);
  const auto newest = bodies(3, pod);
  EXPECT_EQ(newest, std::vector<std::string>(said.end() - 100, said.end())) << "the newest hundred are shown";
  const auto all = nodes_.at(3)->pods->list();
  EXPECT_EQ(all.at(0).unread, 120U);
  const auto oldest = run(pods(3).messages(pod, run(pods(3).messages(pod, std::nullopt, 100))->front().sent, 100));
  ASSERT_TRUE(oldest);
  EXPECT_EQ(oldest->size(), 20U);
  EXPECT_EQ(oldest->front().body, "line 0");
}

TEST_F(PodSync, APostWaitsForTheHostAlsoOverARestart) {
  const std::string pod = pod_of(3);
  mesh_.leave(peer_of(1));
  const auto waiting = post(2, pod, "for later");
  ASSERT_TRUE(waiting) << waiting.error().message;
  EXPECT_TRUE(waiting->pending);
  EXPECT_THAT(bodies(2, pod), ElementsAre("for later"));
  restart(2);
  EXPECT_TRUE(run(pods(2).messages(pod, std::nullopt, 10))->front().pending);
  pass(1h);
  mesh_.come_back(peer_of(1));
  pass(20min);
  for (std::uint8_t n = 1; n <= 3; ++n) EXPECT_THAT(bodies(n, pod), ElementsAre("for later")) << int{n};
  EXPECT_FALSE(run(pods(2).messages(pod, std::nullopt, 10))->front().pending);
  EXPECT_EQ(rows(2, "SELECT count(*) FROM pod_outbox"), 0U);
}

TEST_F(PodSync, AWaitingPostCanBeTakenBack) {
  const std::string pod = pod_of(2);
  mesh_.leave(peer_of(1));
  const auto waiting = post(2, pod, "better not");
  ASSERT_TRUE(waiting);
  ASSERT_TRUE(run(pods(2).remove_message(pod, waiting->id)));
  mesh_.come_back(peer_of(1));
  pass(30min);
  EXPECT_THAT(bodies(1, pod), IsEmpty());
}

TEST_F(PodSync, NoMoreThanAHundredWaitForAHost) {
  const std::string pod = pod_of(2);
  mesh_.leave(peer_of(1));
  for (std::size_t i = 0; i < kOutbox; ++i) ASSERT_TRUE(post(2, pod, "x")) << i;
  EXPECT_EQ(post(2, pod, "x").error().code, Errc::Busy);
}

TEST_F(PodSync, WhileTheHostIsAwayAMemberPassesOnWhatItHas) {
  const std::string pod = pod_of(3);
  mesh_.leave(peer_of(3));
  ASSERT_TRUE(post(1, pod, "said while 3 was away"));
  pass(5s);
  mesh_.leave(peer_of(1));
  mesh_.come_back(peer_of(3));
  mesh_.link(peer_of(3), peer_of(2));
  pass(10s);
  EXPECT_THAT(bodies(3, pod), ElementsAre("said while 3 was away"));
}

/// A member who answers Fetch with lines of its own making.
class Forger final : public fabric::MeshService {
 public:
  explicit Forger(Bytes news) : news_(std::move(news)) { info_ = {"pods", "1.0.0", {{"Fetch"}, {"Push"}}, {}, 100, 10s}; }
  const fabric::ServiceInfo& info() const override { return info_; }
  Task<fabric::Reply> call(fabric::CallContext&, std::string, ByteView) override { co_return fabric::Reply{CallStatus::Ok, news_}; }

 private:
  Bytes news_;
  fabric::ServiceInfo info_;
};

TEST_F(PodSync, AMemberWhoPassesOnForgedLinesIsNotBelieved) {
  const std::string pod = pod_of(2);
  EXPECT_EQ(raw(9, 1, "Join", encode_pod_id(pod)).status, CallStatus::Ok);
  pass(5s);
  mesh_.leave(peer_of(1));
  PodEntry forged{static_cast<std::uint64_t>(to_unix_micros(clock_.wall())), 0, sign_message(pod, "forged", to_unix_micros(clock_.wall()), key_of(9)), {}};
  stamp_entry(pod, forged, key_of(9));
  guard::Guard guard(guard::GuardOptions{}, clock_);
  testing::FakeFabric nine(mesh_, peer_of(9), guard);
  Forger forger(encode_news({pod, false, std::nullopt, {forged}}));
  ASSERT_TRUE(nine.add(forger));
  mesh_.calls.clear();
  mesh_.link(peer_of(9), peer_of(2));
  pass(10s);
  ASSERT_FALSE(mesh_.calls.empty()) << "the forger was asked";
  EXPECT_THAT(bodies(2, pod), IsEmpty());
  mesh_.leave(peer_of(9));
}

TEST_F(PodSync, EverythingKeptComesBackFromTheDatabase) {
  const std::string pod = pod_of(2);
  ASSERT_TRUE(post(2, pod, "kept"));
  const auto gone = post(2, pod, "removed");
  ASSERT_TRUE(gone);
  ASSERT_TRUE(run(pods(2).remove_message(pod, gone->id)));
  pods(1).mark_read(pod);
  pass(5s);
  const auto before = *shown(1, pod);
  restart(1);
  restart(2);
  mesh_.leave(peer_of(1));
  EXPECT_THAT(bodies(1, pod), ElementsAre("kept", "(removed)"));
  EXPECT_THAT(bodies(2, pod), ElementsAre("kept", "(removed)"));
  EXPECT_EQ(shown(1, pod)->members, before.members);
  EXPECT_EQ(shown(1, pod)->unread, 0U);
  EXPECT_EQ(shown(2, pod)->ours, MemberState::Member);
  EXPECT_EQ(rows(1, "SELECT count(*) FROM pod_entries WHERE instr(entry, CAST('removed' AS BLOB)) > 0"), 0U) << "the text is gone from the file's rows";
}

TEST_F(PodSync, AHostThatComesBackGoesOnAfterItsLastLineAlsoWhenItsClockWentBack) {
  const std::string pod = pod_of(2);
  ASSERT_TRUE(post(2, pod, "first"));
  clock_.jump(-3600s);
  restart(1);
  mesh_.link(peer_of(1), peer_of(2));
  ASSERT_TRUE(post(2, pod, "second"));
  pass(5s);
  EXPECT_THAT(bodies(1, pod), ElementsAre("first", "second"));
  EXPECT_THAT(bodies(2, pod), ElementsAre("first", "second"));
}

TEST_F(PodSync, MessagesGoAfterSevenDaysOnEveryNode) {
  const std::string pod = pod_of(2);
  ASSERT_TRUE(post(2, pod, "old"));
  pass(24h * 4);
  ASSERT_TRUE(post(1, pod, "younger"));
  pass(24h * 3 + 1h);
  EXPECT_THAT(bodies(1, pod), ElementsAre("younger"));
  EXPECT_THAT(bodies(2, pod), ElementsAre("younger"));
  EXPECT_EQ(rows(1, "SELECT count(*) FROM pod_entries"), 1U);
  EXPECT_EQ(rows(2, "SELECT count(*) FROM pod_entries"), 1U);
}

TEST_F(PodSync, APodOfMemoryOnlyNeverTouchesTheDatabase) {
  const std::string pod = pod_of(2, false);
  ASSERT_TRUE(post(2, pod, "gone with the wind"));
  pass(5s);
  EXPECT_THAT(bodies(2, pod), ElementsAre("gone with the wind"));
  for (std::uint8_t n = 1; n <= 2; ++n) EXPECT_EQ(rows(n, "SELECT count(*) FROM pod_entries"), 0U);
  restart(2);
  mesh_.link(peer_of(1), peer_of(2));
  pass(20s);
  EXPECT_THAT(bodies(2, pod), ElementsAre("gone with the wind")) << "the host still has it";
  restart(1);
  EXPECT_THAT(bodies(1, pod), IsEmpty());
  mesh_.leave(peer_of(1));
  ASSERT_TRUE(post(2, pod, "waits in memory"));
  EXPECT_EQ(rows(2, "SELECT count(*) FROM pod_outbox"), 0U);
}

TEST_F(PodSync, ARetentionOfNoneKeepsEveryPodInMemoryOnly) {
  const std::string pod = pod_of(1);
  PodSettings none;
  none.retention = 0h;
  pods(1).configure(none);
  ASSERT_TRUE(post(1, pod, "not written"));
  EXPECT_EQ(rows(1, "SELECT count(*) FROM pod_entries"), 0U);
  EXPECT_THAT(bodies(1, pod), ElementsAre("not written"));
}

TEST_F(PodSync, LeavingWhileTheHostIsAwayIsToldLater) {
  const std::string pod = pod_of(2);
  mesh_.leave(peer_of(1));
  ASSERT_TRUE(run(pods(2).leave(pod, Origin::UserLocal, soon())));
  restart(2);
  pass(30min);
  EXPECT_EQ(shown(1, pod)->member_count, 2U);
  mesh_.come_back(peer_of(1));
  pass(20min);
  EXPECT_EQ(shown(1, pod)->member_count, 1U);
  EXPECT_EQ(rows(2, "SELECT count(*) FROM pods") + rows(2, "SELECT count(*) FROM pod_outbox"), 0U);
}

TEST_F(PodSync, ErrandsStayWithinTheirOwnCallsPerMinute) {
  const std::string pod = pod_of(2);
  pass(2min);
  mesh_.calls.clear();
  const auto from = clock_.now();
  for (std::uint8_t n = 10; n < 40; ++n) {
    EXPECT_EQ(raw(n, 1, "Join", encode_pod_id(pod)).status, CallStatus::Ok);
    pass(1s);
  }
  pass(from + 1min - clock_.now());
  const auto calls = std::ranges::count_if(mesh_.calls, [](const auto& call) { return call.from == peer_of(1); });
  EXPECT_GT(calls, 5);
  EXPECT_LE(calls, 60) << "thirty that were saved up and thirty of this minute";
}

}  // namespace
}  // namespace soulfabric::services

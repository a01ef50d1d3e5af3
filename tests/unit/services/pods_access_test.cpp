// SPDX-License-Identifier: GPL-3.0-or-later
// Who sees, reads, writes and rules in a pod: what members do, and what everybody else tries.
#include <gmock/gmock.h>

#include "pods_world.hpp"

namespace soulfabric::services {
namespace {

using namespace std::chrono_literals;
using fabric::CallStatus;
using ::testing::ElementsAre;

class PodAccess : public PodsWorld {
 protected:
  Bytes fetch_of(const std::string& pod) { return encode_fetch({pod, 0, 0}); }
  Bytes post_of(std::uint8_t signer, const std::string& pod, std::string body) {
    return encode_post({pod, sign_message(pod, std::move(body), to_unix_micros(clock_.wall()), key_of(signer))});
  }
  Bytes act_of(std::uint8_t actor, const std::string& pod, std::uint8_t peer, PodRole role, MemberState state) {
    PodAct act;
    act.pod = pod;
    act.peer = peer_of(peer);
    act.role = role;
    act.state = state;
    act.at = to_unix_micros(clock_.wall());
    sign_act(act, key_of(actor));
    return encode_act(act);
  }
};

TEST_F(PodAccess, NobodyReadsAPrivatePodWhoIsNotItsMember) {
  start(1);
  start(2);
  const std::string pod = create(1, PodVisibility::Private);
  ASSERT_TRUE(post(1, pod, "between us"));
  const std::string unknown = "pod:" + std::string(32, '0');
  for (const std::string& id : {pod, unknown}) {
    for (const auto& [method, payload] : std::vector<std::pair<std::string, Bytes>>{{"Get", encode_pod_id(id)},
                                                                                    {"Join", encode_pod_id(id)},
                                                                                    {"Fetch", fetch_of(id)},
                                                                                    {"Post", post_of(2, id, "let me in")},
                                                                                    {"Act", act_of(2, id, 2, PodRole::Moderator, MemberState::Member)}}) {
      const auto outcome = raw(2, 1, method, payload);
      EXPECT_EQ(outcome.status, CallStatus::NotFound) << method << " of " << (id == pod ? "the private pod" : "no pod");
      EXPECT_TRUE(outcome.payload.empty());
    }
  }
  EXPECT_EQ(join(2, pod, 1).error().code, Errc::NotFound);
  EXPECT_FALSE(shown(2, pod));
  const auto listed = run(pods(2).list_of(peer_of(1), Origin::UserLocal, soon()));
  ASSERT_TRUE(listed);
  EXPECT_TRUE(listed->empty());
}

TEST_F(PodAccess, APrivatePodIsJoinedByWhomItsOwnerBringsIn) {
  start(1);
  start(2);
  const std::string pod = create(1, PodVisibility::Private);
  ASSERT_TRUE(post(1, pod, "before"));
  ASSERT_TRUE(set(1, pod, 2, PodRole::Member, MemberState::Member));
  const auto joined = join(2, pod, 1);
  ASSERT_TRUE(joined) << joined.error().message;
  EXPECT_EQ(joined->ours, MemberState::Member);
  pass(1s);
  EXPECT_THAT(bodies(2, pod), ElementsAre("before"));
  EXPECT_EQ(shown(2, pod)->unread, 1U);
  pods(2).mark_read(pod);
  EXPECT_EQ(shown(2, pod)->unread, 0U);
}

TEST_F(PodAccess, MembersOnlyReadAndWriteAlsoInAVisiblePod) {
  start(1);
  start(2);
  const std::string pod = create(1);
  EXPECT_EQ(raw(2, 1, "Fetch", fetch_of(pod)).status, CallStatus::Forbidden);
  EXPECT_EQ(raw(2, 1, "Post", post_of(2, pod, "hi")).status, CallStatus::Forbidden);
  const auto views = read_views(raw(2, 1, "List", Bytes{0x80}).payload);
  ASSERT_TRUE(views && views->size() == 1);
  EXPECT_FALSE(views->front().roster) << "outsiders hear a number, no names";
  EXPECT_EQ(views->front().members, 1U);
  EXPECT_FALSE(read_views(raw(2, 1, "Get", encode_pod_id(pod)).payload)->front().roster);
}

TEST_F(PodAccess, NobodyGivesHimselfARoleOrAState) {
  start(1);
  start(2);
  const std::string pod = create(1, PodVisibility::Visible, true);
  ASSERT_TRUE(join(2, pod, 1));
  EXPECT_EQ(shown(2, pod)->ours, MemberState::Asked);
  EXPECT_EQ(raw(2, 1, "Act", act_of(2, pod, 2, PodRole::Member, MemberState::Member)).status, CallStatus::Forbidden) << "approves himself";
  EXPECT_EQ(raw(2, 1, "Fetch", fetch_of(pod)).status, CallStatus::Forbidden);
  ASSERT_TRUE(set(1, pod, 2, PodRole::Member, MemberState::Member));
  EXPECT_EQ(raw(2, 1, "Act", act_of(2, pod, 2, PodRole::Moderator, MemberState::Member)).status, CallStatus::Forbidden);
  EXPECT_EQ(raw(2, 1, "Act", act_of(2, pod, 2, PodRole::Owner, MemberState::Member)).status, CallStatus::Forbidden);
  EXPECT_EQ(raw(2, 1, "Act", act_of(2, pod, 1, PodRole::Member, MemberState::Banned)).status, CallStatus::Forbidden) << "bans the owner";
  EXPECT_EQ(raw(2, 1, "Act", act_of(1, pod, 2, PodRole::Moderator, MemberState::Member)).status, CallStatus::Forbidden) << "an act of the owner's, replayed";
  EXPECT_EQ(set(1, pod, 2, PodRole::Owner, MemberState::Member).error().code, Errc::InvalidArgument);
  EXPECT_EQ(shown(1, pod)->owner, peer_of(1));
}

TEST_F(PodAccess, ApprovalLetsInWhoAskedOnceTheOwnerSaysSo) {
  start(1);
  start(2);
  const std::string pod = create(1, PodVisibility::Unlisted, true);
  ASSERT_TRUE(post(1, pod, "inside"));
  ASSERT_TRUE(join(2, pod, 1));
  pass(5s);
  EXPECT_TRUE(bodies(2, pod).empty());
  EXPECT_EQ(post(2, pod, "hello?").error().code, Errc::Forbidden);
  ASSERT_TRUE(set(1, pod, 2, PodRole::Member, MemberState::Member));
  pass(5s);
  EXPECT_EQ(shown(2, pod)->ours, MemberState::Member) << "the host pushed it";
  pass(4min);
  EXPECT_THAT(bodies(2, pod), ElementsAre("inside"));
}

TEST_F(PodAccess, ModeratorsApproveSendAwayAndRemoveButDoNotRule) {
  for (std::uint8_t n = 1; n <= 4; ++n) start(n);
  const std::string pod = create(1, PodVisibility::Visible, true);
  for (std::uint8_t n = 2; n <= 4; ++n) ASSERT_TRUE(join(n, pod, 1));
  ASSERT_TRUE(set(1, pod, 2, PodRole::Moderator, MemberState::Member));
  pass(5s);
  ASSERT_TRUE(set(2, pod, 3, PodRole::Member, MemberState::Member)) << "approves";
  ASSERT_TRUE(set(2, pod, 4, PodRole::Member, MemberState::Member));
  pass(5s);
  EXPECT_EQ(set(2, pod, 3, PodRole::Moderator, MemberState::Member).error().code, Errc::Forbidden);
  EXPECT_EQ(set(2, pod, 1, PodRole::Member, MemberState::Banned).error().code, Errc::Forbidden);
  EXPECT_EQ(set(2, pod, 9, PodRole::Member, MemberState::Member).error().code, Errc::Forbidden) << "brings in a stranger";
  EXPECT_EQ(set(3, pod, 4, PodRole::Member, MemberState::Banned).error().code, Errc::Forbidden) << "a member bans";
  const auto bad = post(3, pod, "spam");
  const auto owners = post(1, pod, "the rules");
  ASSERT_TRUE(bad && owners);
  pass(5s);
  EXPECT_EQ(run(pods(4).remove_message(pod, bad->id)).error().code, Errc::Forbidden);
  EXPECT_EQ(run(pods(2).remove_message(pod, owners->id)).error().code, Errc::Forbidden);
  ASSERT_TRUE(run(pods(2).remove_message(pod, bad->id)));
  pass(5s);
  for (std::uint8_t n = 1; n <= 4; ++n) EXPECT_THAT(bodies(n, pod), ElementsAre("(removed)", "the rules")) << int{n};
  ASSERT_TRUE(set(2, pod, 3, PodRole::Member, MemberState::Banned));
  pass(5s);
  EXPECT_EQ(shown(3, pod)->ours, MemberState::Banned);
  EXPECT_EQ(post(3, pod, "again").error().code, Errc::Forbidden);
  EXPECT_EQ(raw(3, 1, "Post", post_of(3, pod, "again")).status, CallStatus::Forbidden);
  EXPECT_EQ(raw(3, 1, "Fetch", fetch_of(pod)).status, CallStatus::Forbidden);
  EXPECT_EQ(raw(3, 1, "Join", encode_pod_id(pod)).status, CallStatus::Forbidden);
  EXPECT_EQ(raw(3, 2, "Fetch", fetch_of(pod)).status, CallStatus::NotFound) << "a fellow member shows him nothing either";
}

TEST_F(PodAccess, WhoIsSentAwayOrLeavesReadsNoMore) {
  for (std::uint8_t n = 1; n <= 3; ++n) start(n);
  const std::string pod = create(1);
  ASSERT_TRUE(join(2, pod, 1));
  ASSERT_TRUE(join(3, pod, 1));
  ASSERT_TRUE(set(1, pod, 2, PodRole::Member, MemberState::Left));
  ASSERT_TRUE(run(pods(3).leave(pod, Origin::UserLocal, soon())));
  EXPECT_FALSE(shown(3, pod)) << "gone at once";
  pass(5s);
  ASSERT_TRUE(post(1, pod, "who is left?"));
  pass(10min);
  EXPECT_EQ(shown(2, pod)->ours, MemberState::Left);
  EXPECT_TRUE(bodies(2, pod).empty());
  EXPECT_EQ(shown(1, pod)->member_count, 1U);
  EXPECT_EQ(raw(3, 1, "Fetch", fetch_of(pod)).status, CallStatus::Forbidden);
  EXPECT_TRUE(join(2, pod, 1)) << "being sent away is no ban";
}

TEST_F(PodAccess, PostsOfOthersForgedStaleOrTooLongAreRefused) {
  start(1);
  start(2);
  start(3);
  const std::string pod = create(1);
  ASSERT_TRUE(join(2, pod, 1));
  ASSERT_TRUE(join(3, pod, 1));
  EXPECT_EQ(raw(2, 1, "Post", post_of(3, pod, "I am 3")).status, CallStatus::Forbidden) << "another member's message, carried by a member";
  auto message = sign_message(pod, "hello", to_unix_micros(clock_.wall()), key_of(2));
  message.signature[0] ^= 1U;
  EXPECT_EQ(raw(2, 1, "Post", encode_post({pod, message})).status, CallStatus::Unauthorized);
  for (const auto off : {-301s, 301s}) {
    const auto stale = sign_message(pod, "hello", to_unix_micros(clock_.wall() + off), key_of(2));
    EXPECT_EQ(raw(2, 1, "Post", encode_post({pod, stale})).status, CallStatus::InvalidPayload) << off.count();
  }
  EXPECT_EQ(raw(2, 1, "Post", post_of(2, pod, std::string(4097, 'x'))).status, CallStatus::PayloadTooLarge);
  EXPECT_EQ(raw(2, 1, "Post", post_of(2, pod, "")).status, CallStatus::InvalidPayload);
  EXPECT_EQ(post(2, pod, std::string(4097, 'x')).error().code, Errc::TooLarge);
  EXPECT_TRUE(post(2, pod, std::string(4096, 'x')));
  EXPECT_EQ(bodies(1, pod).size(), 1U);
}

TEST_F(PodAccess, InnocentWordsAreNotRefused) {
  start(1);
  start(2);
  const std::string pod = create(1);
  ASSERT_TRUE(join(2, pod, 1));
  const std::vector<std::string> words = {"cd ../music", "UNION SELECT is a fine band", "<script>alert(1)</script>", "'; DROP TABLE pods; --", "%00 C:\\x"};
  for (const std::string& word : words) EXPECT_TRUE(post(2, pod, word)) << word;
  EXPECT_EQ(bodies(1, pod), words);
}

TEST_F(PodAccess, AReplayedPostIsTakenOnce) {
  start(1);
  start(2);
  const std::string pod = create(1);
  ASSERT_TRUE(join(2, pod, 1));
  const Bytes request = post_of(2, pod, "once");
  const auto first = raw(2, 1, "Post", request);
  const auto second = raw(2, 1, "Post", request);
  EXPECT_EQ(first.status, CallStatus::Ok);
  EXPECT_EQ(second.status, CallStatus::Ok);
  EXPECT_EQ(first.payload, second.payload) << "the same line of the log";
  EXPECT_THAT(bodies(1, pod), ElementsAre("once"));
}

TEST_F(PodAccess, TenMessagesAMinuteAreTakenAndNotEleven) {
  start(1);
  start(2);
  start(3);
  const std::string pod = create(1);
  ASSERT_TRUE(join(2, pod, 1));
  ASSERT_TRUE(join(3, pod, 1));
  const auto from = clock_.now();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(raw(2, 1, "Post", post_of(2, pod, std::to_string(i))).status, CallStatus::Ok) << i;
  ASSERT_LT(clock_.now() - from, 30s);
  EXPECT_EQ(raw(2, 1, "Post", post_of(2, pod, "eleventh")).status, CallStatus::RateLimited);
  EXPECT_EQ(post(2, pod, "eleventh").error().code, Errc::RateLimited) << "our own user is told, nothing waits";
  EXPECT_TRUE(post(3, pod, "others may still"));
  pass(1min);
  EXPECT_TRUE(post(2, pod, "a minute later"));
}

TEST_F(PodAccess, APodHasFiftyMembersAndNoMore) {
  start(1);
  const std::string pod = create(1);
  for (std::uint8_t n = 2; n <= 50; ++n) EXPECT_EQ(raw(n, 1, "Join", encode_pod_id(pod)).status, CallStatus::Ok) << int{n};
  EXPECT_EQ(raw(51, 1, "Join", encode_pod_id(pod)).status, CallStatus::QuotaExceeded);
  EXPECT_EQ(set(1, pod, 51, PodRole::Member, MemberState::Member).error().code, Errc::NoSpace);
  EXPECT_EQ(shown(1, pod)->member_count, 50U);
  const std::string asked = create(1, PodVisibility::Visible, true);
  for (std::uint8_t n = 2; n <= 51; ++n) EXPECT_EQ(raw(n, 1, "Join", encode_pod_id(asked)).status, CallStatus::Ok) << int{n};
  EXPECT_EQ(raw(52, 1, "Join", encode_pod_id(asked)).status, CallStatus::QuotaExceeded) << "those who wait have a limit too";
}

TEST_F(PodAccess, AStrangersCallBuysNoCallOfOurs) {
  start(1);
  const std::string pod = create(1);
  start(2);
  start(3);
  ASSERT_TRUE(join(2, pod, 1));
  pass(5s);
  mesh_.calls.clear();
  (void)raw(3, 1, "Join", encode_pod_id(pod));
  EXPECT_EQ(raw(3, 1, "Post", post_of(3, pod, "hello")).status, CallStatus::Ok);
  pass(5s);
  ASSERT_FALSE(mesh_.calls.empty()) << "the members are told";
  for (const auto& call : mesh_.calls) EXPECT_EQ(call.origin, Origin::LocalAutomation) << "by our own automation, out of its own budget";
}

TEST_F(PodAccess, PushesOfOthersThanTheHostChangeNothing) {
  for (std::uint8_t n = 1; n <= 3; ++n) start(n);
  const std::string pod = create(1);
  ASSERT_TRUE(join(2, pod, 1));
  ASSERT_TRUE(join(3, pod, 1));
  pass(5s);
  PodEntry forged{static_cast<std::uint64_t>(to_unix_micros(clock_.wall())), 0, sign_message(pod, "forged", 5, key_of(1)), {}};
  std::get<SignedMessage>(forged.item).signature[0] ^= 1U;
  stamp_entry(pod, forged, key_of(3));
  const Bytes news = encode_news({pod, false, std::nullopt, {forged}});
  EXPECT_EQ(raw(3, 2, "Push", news).status, CallStatus::NotFound);
  EXPECT_EQ(raw(1, 2, "Push", news).status, CallStatus::Unauthorized) << "not even the host, without the stamp of the owner's key";
  EXPECT_TRUE(bodies(2, pod).empty());
}

TEST_F(PodAccess, SwitchedOffPodsAnswerNobody) {
  start(1);
  const std::string pod = create(1);
  PodSettings off;
  off.enabled = false;
  pods(1).configure(off);
  EXPECT_EQ(raw(2, 1, "Join", encode_pod_id(pod)).status, CallStatus::Unavailable);
  EXPECT_EQ(post(1, pod, "hi").error().code, Errc::Unavailable);
}

TEST_F(PodAccess, TheOwnerWhoLeavesClosesThePod) {
  start(1);
  start(2);
  const std::string pod = create(1);
  ASSERT_TRUE(join(2, pod, 1));
  ASSERT_TRUE(post(1, pod, "last words"));
  pass(5s);
  ASSERT_TRUE(run(pods(1).leave(pod, Origin::UserLocal, soon())));
  pass(10min);
  EXPECT_FALSE(shown(1, pod));
  EXPECT_EQ(shown(2, pod)->ours, MemberState::Left);
  EXPECT_THAT(bodies(2, pod), ElementsAre("last words")) << "what was received stays";
}

}  // namespace
}  // namespace soulfabric::services

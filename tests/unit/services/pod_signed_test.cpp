// SPDX-License-Identifier: GPL-3.0-or-later
// What is signed in pods: its bytes, and that nothing else passes for it.
#include "wire/pod_signed.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "soulfabric/base/bytes.hpp"
#include "wire/pod_calls.hpp"

namespace soulfabric::services {
namespace {

/// Worked out by another program (hashes of length-prefixed fields); other nodes have to come to the same.
constexpr std::string_view kGoldenId = "pod:7a5e26e74f4ee46a462dde69ccf7c3d1";
constexpr std::string_view kGoldenMessage = "82f1c8f64e641d2cf5305f4982f3aa92";

SigningKey key_of(std::uint8_t n) {
  SigningKey::Seed seed{};
  seed.fill(n);
  return SigningKey(seed);
}

PodStatement a_pod(const SigningKey& owner) {
  PodStatement pod;
  pod.nonce.fill(7);
  pod.name = "Kitchen";
  pod.visibility = PodVisibility::Private;
  pod.approval = true;
  pod.created = 1'800'000'000'000'000;
  sign_pod(pod, owner);
  return pod;
}

Roster a_roster(const PodStatement& pod, const SigningKey& owner) {
  Roster roster;
  roster.pod = pod_id(pod);
  roster.version = 3;
  roster.members = {{PeerId::of(owner.public_key()), PodRole::Owner, MemberState::Member, from_unix_micros(5)},
                    {PeerId::of(key_of(2).public_key()), PodRole::Member, MemberState::Asked, from_unix_micros(6)}};
  sign_roster(roster, owner);
  return roster;
}

PodEntry an_entry(const std::string& pod, const SigningKey& owner, const SigningKey& sender, std::uint64_t seq) {
  PodEntry entry{seq, seq - 1, sign_message(pod, "hello", 1'800'000'000'000'001, sender), {}};
  stamp_entry(pod, entry, owner);
  return entry;
}

/// Every prefix, and every byte changed, gives an error or is the same value still: never another one.
template <class Read>
void expect_no_other_reading(const Bytes& bytes, Read read) {
  const auto whole = read(ByteView(bytes));
  ASSERT_TRUE(whole) << whole.error().message;
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read(ByteView(bytes).first(size))) << "prefix of " << size;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const unsigned bit : {0x01U, 0x10U, 0x80U}) {
      Bytes changed = bytes;
      changed[at] = static_cast<std::uint8_t>(changed[at] ^ bit);
      EXPECT_FALSE(read(ByteView(changed))) << "byte " << at;
    }
  }
  Bytes longer = bytes;
  longer.push_back(0);
  EXPECT_FALSE(read(ByteView(longer)));
}

TEST(PodStatement, HasOneSpellingAndNoOtherPasses) {
  const SigningKey owner = key_of(1);
  const Bytes bytes = encode_pod(a_pod(owner));
  EXPECT_EQ(to_hex(ByteView(bytes).first(60)),
            "885820" + to_hex(owner.public_key()) + "50" "07070707070707070707070707070707" "674b69746368656e");
  EXPECT_EQ(to_hex(ByteView(bytes).subspan(60, 14)), "02f5f51b00066517289880005840") << "visibility, approval, keep, time; then the signature";
  expect_no_other_reading(bytes, [](ByteView view) { return read_pod(view); });
}

TEST(PodStatement, GivesThePodAnIdThatNobodyElseCanOwn) {
  const PodStatement pod = a_pod(key_of(1));
  EXPECT_EQ(pod_id(pod), kGoldenId);
  EXPECT_TRUE(is_pod_id(pod_id(pod)));
  PodStatement stolen = pod;
  sign_pod(stolen, key_of(2));
  EXPECT_NE(pod_id(stolen), pod_id(pod));
  stolen = pod;
  stolen.name = "Cellar";
  EXPECT_FALSE(read_pod(encode_pod(stolen))) << "the name is signed too";
}

TEST(PodStatement, TakesNamesOfOneToAHundredCharacters) {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "ü";
  EXPECT_TRUE(is_pod_name(name));
  EXPECT_FALSE(is_pod_name(name + "ü"));
  EXPECT_FALSE(is_pod_name(""));
  EXPECT_FALSE(is_pod_name("  "));
  EXPECT_FALSE(is_pod_name("a\nb"));
  EXPECT_FALSE(is_pod_name("\xff"));
}

TEST(PodRoster, IsTheOwnersAloneAndOfThisPodAlone) {
  const SigningKey owner = key_of(1);
  const PodStatement pod = a_pod(owner);
  const Roster roster = a_roster(pod, owner);
  expect_no_other_reading(encode_roster(roster), [&](ByteView view) { return read_roster(view, pod); });
  EXPECT_EQ(*read_roster(encode_roster(roster), pod), roster);
  Roster forged = roster;
  forged.members[0].role = PodRole::Owner;
  sign_roster(forged, key_of(2));
  EXPECT_FALSE(read_roster(encode_roster(forged), pod)) << "signed by a member";
  PodStatement other = pod;
  other.nonce.fill(8);
  sign_pod(other, owner);
  EXPECT_FALSE(read_roster(encode_roster(roster), other)) << "of the owner's other pod";
}

TEST(PodRoster, HasOneOwnerAndEachPeerOnce) {
  const SigningKey owner = key_of(1);
  const PodStatement pod = a_pod(owner);
  const auto refused = [&](const std::function<void(Roster&)>& change) {
    Roster roster = a_roster(pod, owner);
    change(roster);
    sign_roster(roster, owner);
    return !read_roster(encode_roster(roster), pod);
  };
  EXPECT_FALSE(refused([](Roster&) {}));
  EXPECT_TRUE(refused([](Roster& roster) { roster.members.push_back(roster.members[1]); }));
  EXPECT_TRUE(refused([&](Roster& roster) { std::erase_if(roster.members, [](const PodMember& m) { return m.role == PodRole::Owner; }); }));
  EXPECT_TRUE(refused([](Roster& roster) {
    for (auto& member : roster.members) member.role = PodRole::Owner;
  }));
  EXPECT_TRUE(refused([](Roster& roster) {
    for (auto& member : roster.members) {
      if (member.role == PodRole::Member) member.state = MemberState::Left;
    }
  }));
}

TEST(PodMessageBytes, AreBoundToPodSenderTimeAndBody) {
  const SigningKey sender = key_of(2);
  const std::string pod = pod_id(a_pod(key_of(1)));
  const SignedMessage message = sign_message(pod, "hello", 5, sender);
  EXPECT_EQ(to_hex(message_id(pod, message)), kGoldenMessage);
  EXPECT_TRUE(is_signed_by_sender(pod, message));
  EXPECT_FALSE(is_signed_by_sender("pod:" + std::string(32, '0'), message)) << "replayed into another pod";
  for (const auto& change : std::vector<std::function<void(SignedMessage&)>>{
           [](SignedMessage& m) { m.body = "hellp"; }, [](SignedMessage& m) { m.sent += 1; },
           [](SignedMessage& m) { m.sender_key = key_of(3).public_key(); }, [](SignedMessage& m) { m.signature[5] ^= 1U; }}) {
    SignedMessage changed = message;
    change(changed);
    EXPECT_FALSE(is_signed_by_sender(pod, changed));
  }
}

TEST(PodMessageBytes, AreReadOnlyWithABodyOfOneTo4096Bytes) {
  const std::string pod = pod_id(a_pod(key_of(1)));
  EXPECT_TRUE(read_message(encode_message(sign_message(pod, std::string(4096, 'x'), 5, key_of(2)))));
  EXPECT_FALSE(read_message(encode_message(sign_message(pod, std::string(4097, 'x'), 5, key_of(2)))));
  EXPECT_FALSE(read_message(encode_message(sign_message(pod, "", 5, key_of(2)))));
  EXPECT_FALSE(read_message(encode_message(sign_message(pod, "\xc3\x28", 5, key_of(2))))) << "no UTF-8";
}

TEST(PodEntryBytes, HoldOnlyWithTheOwnersStampAndTheSendersSignature) {
  const SigningKey owner = key_of(1);
  const SigningKey sender = key_of(2);
  const std::string pod = pod_id(a_pod(owner));
  const PodEntry entry = an_entry(pod, owner, sender, 10);
  const auto checked = [&](ByteView view) -> Result<PodEntry> {
    SF_TRY_ASSIGN(PodEntry read, read_entry(view));
    SF_TRY(check_entry(pod, owner.public_key(), read));
    return read;
  };
  expect_no_other_reading(encode_entry(entry), checked);
  PodEntry by_a_member = entry;
  stamp_entry(pod, by_a_member, sender);
  EXPECT_FALSE(check_entry(pod, owner.public_key(), by_a_member)) << "a member cannot take a message in";
  PodEntry put_into_a_mouth = entry;
  std::get<SignedMessage>(put_into_a_mouth.item).body = "I quit";
  stamp_entry(pod, put_into_a_mouth, owner);
  EXPECT_FALSE(check_entry(pod, owner.public_key(), put_into_a_mouth)) << "nor can the owner change one";
}

TEST(PodEntryBytes, HoldRemovalsTheSameWay) {
  const SigningKey owner = key_of(1);
  const std::string pod = pod_id(a_pod(owner));
  PodEntry entry{12, 10, Removal{MessageId{1, 2, 3}, PeerId::of(key_of(2).public_key()), 5, 10}, {}};
  stamp_entry(pod, entry, owner);
  expect_no_other_reading(encode_entry(entry), [&](ByteView view) -> Result<PodEntry> {
    SF_TRY_ASSIGN(PodEntry read, read_entry(view));
    SF_TRY(check_entry(pod, owner.public_key(), read));
    return read;
  });
}

TEST(PodActBytes, AreSignedByTheActor) {
  PodAct act;
  act.pod = pod_id(a_pod(key_of(1)));
  act.kind = ActKind::SetMember;
  act.peer = PeerId::of(key_of(3).public_key());
  act.state = MemberState::Banned;
  act.at = 77;
  sign_act(act, key_of(2));
  expect_no_other_reading(encode_act(act), [](ByteView view) -> Result<PodAct> {
    SF_TRY_ASSIGN(PodAct read, read_act(view));
    if (!is_signed_by_actor(read)) return fail(Errc::Unauthorized, "not signed");
    return read;
  });
  EXPECT_LE(encode_act(act).size(), kActCap);
}

TEST(PodCalls, AreReadAsTheyWereWrittenAndNoPrefixIs) {
  const SigningKey owner = key_of(1);
  const PodStatement pod = a_pod(owner);
  const std::string id = pod_id(pod);
  const auto prefixes = [](const Bytes& bytes, auto read) {
    EXPECT_TRUE(read(ByteView(bytes)));
    for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(read(ByteView(bytes).first(size)));
  };
  prefixes(encode_views({{encode_pod(pod), MemberState::Member, 2, encode_roster(a_roster(pod, owner))}, {encode_pod(pod), MemberState::Left, 2, {}}}),
           read_views);
  prefixes(encode_pod_id(id), read_pod_request);
  prefixes(encode_fetch({id, 5, 6}), read_fetch);
  prefixes(encode_post({id, sign_message(id, "hello", 5, owner)}), read_post);
  const Bytes news = encode_news({id, true, encode_roster(a_roster(pod, owner)), {an_entry(id, owner, owner, 10), an_entry(id, owner, owner, 11)}});
  prefixes(news, read_news);
  EXPECT_TRUE(read_news(news)->more);
  EXPECT_EQ(read_news(news)->entries.size(), 2U);
}

TEST(PodCalls, DoNotHoldMoreThanAPageNorDisorder) {
  const SigningKey owner = key_of(1);
  const std::string id = pod_id(a_pod(owner));
  PodNews news{id, false, std::nullopt, {}};
  for (std::uint64_t i = 0; i < kPageEntries; ++i) news.entries.push_back(an_entry(id, owner, owner, 10 + i));
  EXPECT_TRUE(read_news(encode_news(news)));
  news.entries.push_back(an_entry(id, owner, owner, 1000));
  EXPECT_FALSE(read_news(encode_news(news)));
  news.entries = {an_entry(id, owner, owner, 11), an_entry(id, owner, owner, 10)};
  EXPECT_FALSE(read_news(encode_news(news)));
}

}  // namespace
}  // namespace soulfabric::services

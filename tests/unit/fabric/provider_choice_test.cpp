// SPDX-License-Identifier: GPL-3.0-or-later
// Who is kept of many who offer a service: a thousand keys of one owner buy little (security rule S5).
#include "core/provider_choice.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/enumeration.hpp"

namespace soulfabric::fabric {
namespace {

using namespace std::chrono_literals;

PeerId peer_of(std::uint32_t number) {
  PublicKey key{};
  for (unsigned i = 0; i < 4; ++i) key[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return PeerId::of(key);
}

Contender contender(std::uint32_t number, std::optional<IpAddress> address = {}, bool known = false, bool linked = false) {
  Contender one;
  one.descriptor.owner = peer_of(number);
  one.address = address;
  one.known = known;
  one.linked = linked;
  return one;
}

IpAddress in_prefix(unsigned prefix, unsigned host = 1) { return IpAddress::v4(0x05000000U + (prefix << 8U) + host); }

std::size_t count_of(const std::vector<Contender>& kept, std::uint32_t first, std::uint32_t last) {
  std::set<PeerId> range;
  for (std::uint32_t i = first; i < last; ++i) range.insert(peer_of(i));
  return static_cast<std::size_t>(std::ranges::count_if(kept, [&](const Contender& one) { return range.contains(one.descriptor.owner); }));
}

TEST(ProviderChoice, KeepsTwentyHonestOnesAmongAThousandOfFourPrefixes) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom random(seed);
    std::vector<Contender> all;
    for (std::uint32_t i = 0; i < 1000; ++i) all.push_back(contender(i, in_prefix(i % 4, 1 + i / 4 % 250)));
    for (std::uint32_t i = 1000; i < 1020; ++i) all.push_back(contender(i, in_prefix(100 + i)));
    const auto kept = choose_providers(all, 20, random);
    EXPECT_EQ(kept.size(), 20U);
    EXPECT_LE(count_of(kept, 0, 1000), 8U) << "two of each prefix";
    EXPECT_GE(count_of(kept, 1000, 1020), 12U);
  }
}

TEST(ProviderChoice, GivesStrangersWithoutAnAddressHalfAtMostHoweverManyTheyAre) {
  SeededRandom random(7);
  std::vector<Contender> all;
  for (std::uint32_t i = 0; i < 1000; ++i) all.push_back(contender(i));
  for (std::uint32_t i = 1000; i < 1020; ++i) all.push_back(contender(i, in_prefix(i), true));
  const auto kept = choose_providers(all, 20, random);
  EXPECT_LE(count_of(kept, 0, 1000), 10U);
  EXPECT_GE(count_of(kept, 1000, 1020), 10U);
  all.resize(1000);
  EXPECT_EQ(choose_providers(all, 20, random).size(), 10U) << "their group is one";
}

TEST(ProviderChoice, CountsWhomALinkOfOldMadeKnownAmongStrangersWhereNoAddressIsLeft) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom random(seed);
    std::vector<Contender> all;
    for (std::uint32_t i = 0; i < 100; ++i) all.push_back(contender(i, {}, true));
    for (std::uint32_t i = 1000; i < 1010; ++i) all.push_back(contender(i, in_prefix(i), true));
    const auto kept = choose_providers(all, 20, random);
    EXPECT_LE(count_of(kept, 0, 100), 10U) << "one group, however many keys linked once";
    EXPECT_EQ(count_of(kept, 1000, 1010), 10U) << "the reserve is for those who are somewhere";
  }
}

TEST(ProviderChoice, LimitsNobodyWhomTheOperatorNamedForTheLackOfAnAddress) {
  SeededRandom random(4);
  std::vector<Contender> all;
  for (std::uint32_t i = 0; i < 100; ++i) all.push_back(contender(i, {}, true));
  for (std::uint32_t i = 1000; i < 1012; ++i) {
    all.push_back(contender(i, {}, true));
    all.back().vouched = true;
  }
  EXPECT_GE(count_of(choose_providers(all, 20, random), 1000, 1012), 10U);
}

TEST(ProviderChoice, ReservesHalfForThoseWhoAreLinkedOrKnown) {
  SeededRandom random(3);
  std::vector<Contender> all;
  for (std::uint32_t i = 0; i < 500; ++i) all.push_back(contender(i, in_prefix(i)));
  for (std::uint32_t i = 1000; i < 1006; ++i) all.push_back(contender(i, in_prefix(i), true));
  for (std::uint32_t i = 2000; i < 2004; ++i) all.push_back(contender(i, in_prefix(i), true, true));
  const auto kept = choose_providers(all, 20, random);
  EXPECT_EQ(kept.size(), 20U);
  EXPECT_EQ(count_of(kept, 1000, 1006), 6U);
  EXPECT_EQ(count_of(kept, 2000, 2004), 4U);
}

TEST(ProviderChoice, LeavesRoomForStrangersBesideManyFriends) {
  std::size_t strangers = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SeededRandom random(seed);
    std::vector<Contender> all;
    for (std::uint32_t i = 0; i < 30; ++i) all.push_back(contender(i, in_prefix(i), true, true));
    for (std::uint32_t i = 1000; i < 1030; ++i) all.push_back(contender(i, in_prefix(i)));
    strangers += count_of(choose_providers(all, 20, random), 1000, 1030);
  }
  EXPECT_GT(strangers, 50U);
}

TEST(ProviderChoice, CountsTheNeighbourhoodOfFriendsToo) {
  SeededRandom random(5);
  std::vector<Contender> all;
  for (std::uint32_t i = 0; i < 100; ++i) all.push_back(contender(i, in_prefix(1, i + 1), true, i % 2 == 0));
  EXPECT_EQ(choose_providers(all, 20, random).size(), kKeptOfPrefix);
}

TEST(ProviderChoice, DoesNotCountTheMachinesOfOneHouseAsANeighbourhood) {
  SeededRandom random(5);
  std::vector<Contender> all;
  for (std::uint32_t i = 0; i < 5; ++i) all.push_back(contender(i, IpAddress::v4(0x7F000001), true, true));
  for (std::uint32_t i = 5; i < 10; ++i) all.push_back(contender(i, IpAddress::v4(0xC0A80101 + i)));
  EXPECT_EQ(choose_providers(all, 20, random).size(), 10U);
}

TEST(ProviderChoice, IsNeverFirstComeFirstKept) {
  std::map<PeerId, unsigned> kept;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SeededRandom random(seed);
    std::vector<Contender> all;
    for (std::uint32_t i = 0; i < 100; ++i) all.push_back(contender(i, in_prefix(i)));
    for (const auto& one : choose_providers(all, 20, random)) ++kept[one.descriptor.owner];
  }
  EXPECT_EQ(kept.size(), 100U) << "everyone has a chance";
  EXPECT_LT(kept[peer_of(0)], 80U);  // 40 expected
  EXPECT_GT(kept[peer_of(99)], 10U);
}

TEST(Rendezvous, IsTheSameForAllWhoBelieveTheSamePeers) {
  std::vector<PeerId> believed;
  for (std::uint32_t i = 0; i < 20; ++i) believed.push_back(peer_of(i));
  std::map<PeerId, unsigned> owners;
  for (unsigned key = 0; key < 400; ++key) {
    const auto salt = "release:" + std::to_string(key);
    const auto owner = rendezvous_owner(bytes_of(salt), believed, {});
    ASSERT_TRUE(owner);
    ++owners[*owner];
    std::ranges::reverse(believed);
    EXPECT_EQ(rendezvous_owner(bytes_of(salt), believed, {}), owner);
    // Without the owner the keys of the others stay where they are, and this one moves on.
    const std::vector<PeerId> away{*owner};
    const auto next = rendezvous_owner(bytes_of(salt), believed, away);
    ASSERT_TRUE(next);
    EXPECT_NE(*next, *owner);
  }
  EXPECT_EQ(owners.size(), 20U);
  EXPECT_FALSE(rendezvous_owner(bytes_of("x"), {}, {}));
}

TEST(Enumeration, IsRefusedAndNotOnlyNoticed) {
  EnumerationWatch watch;
  const MonoTime now{1h};
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(watch.allow("peer", "service-" + std::to_string(i), now));
  EXPECT_FALSE(watch.allow("peer", "service-10", now)) << "the eleventh name within a minute";
  EXPECT_TRUE(watch.allow("peer", "service-3", now)) << "a name that it asked for already";
  EXPECT_TRUE(watch.allow("other", "service-10", now));
  EXPECT_TRUE(watch.allow("peer", "service-10", now + 61s));
}

TEST(Enumeration, IsRefusedByNumberOfQuestionsToo) {
  EnumerationWatch watch;
  const MonoTime now{1h};
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(watch.allow("peer", "pods", now));
  EXPECT_FALSE(watch.allow("peer", "pods", now));
  EXPECT_TRUE(watch.allow("peer", "pods", now + 2s));
}

TEST(Enumeration, TableDoesNotGrowWithThrowawayNames) {
  EnumerationWatch watch({.requesters = 100});
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(watch.allow("peer-" + std::to_string(i), "pods", MonoTime{1h} + std::chrono::milliseconds(i)));
  EXPECT_LE(watch.tracked(), 100U);
}

}  // namespace
}  // namespace soulfabric::fabric

// SPDX-License-Identifier: GPL-3.0-or-later
// Security rule S1, attack by attack: who is charged, who is banned for how long, and who never is.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/violation_book.hpp"
#include "manual_clock.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::guard {
namespace {
using namespace std::chrono_literals;

IpAddress host(std::uint32_t n) { return IpAddress::v4(0x08000000U + n); }

struct BlameTest : testing::Test {
  ManualClock clock;
  Guard guard{GuardOptions{}, clock};

  Verdict charge(const Subject& subject, std::optional<IpAddress> address = {}, Channel channel = Channel::TheyConnected) {
    return guard.charge({Violation::InvalidMessage, subject, address, channel});
  }
  Verdict charge_often(const Subject& subject, int times, std::optional<IpAddress> address = {}, Channel channel = Channel::TheyConnected) {
    Verdict verdict = Verdict::Noted;
    for (int i = 0; i < times; ++i) verdict = charge(subject, address, channel);
    return verdict;
  }
  /// A user proven at an address earns a ban there.
  void get_banned(const std::string& name, const IpAddress& address, Channel channel = Channel::TheyConnected) {
    guard.prove(Subject::user(name), address);
    ASSERT_EQ(charge_often(Subject::user(name), 5, address, channel), Verdict::Banned);
  }
};

TEST_F(BlameTest, FiveViolationsInAnHourBanForAnHourThenTwoThenForGood) {
  const Subject peer = Subject::peer("p");
  EXPECT_EQ(charge(peer), Verdict::Noted);
  EXPECT_EQ(charge_often(peer, 3), Verdict::Warned);
  EXPECT_FALSE(guard.is_banned(peer));
  EXPECT_EQ(charge(peer), Verdict::Banned);
  clock.advance(59min);
  EXPECT_TRUE(guard.is_banned(peer));
  clock.advance(1min);
  EXPECT_FALSE(guard.is_banned(peer));
  EXPECT_EQ(charge_often(peer, 5), Verdict::Banned);
  clock.advance(119min);
  EXPECT_TRUE(guard.is_banned(peer));
  clock.advance(1min);
  EXPECT_FALSE(guard.is_banned(peer));
  EXPECT_EQ(charge_often(peer, 5), Verdict::Banned);
  clock.advance(24h * 365 * 9);
  EXPECT_TRUE(guard.is_banned(peer));
  EXPECT_FALSE(guard.bans().at(0).until);
}

TEST_F(BlameTest, ViolationsOlderThanAnHourAreForgiven) {
  const Subject peer = Subject::peer("p");
  for (int i = 0; i < 100; ++i) {
    EXPECT_NE(charge(peer), Verdict::Banned);
    clock.advance(16min);
  }
}

TEST_F(BlameTest, ForgedDatagramsAndConnectionsOfOurOwnNeverChargeAnAddress) {
  const Subject victim = Subject::address(host(1));
  EXPECT_EQ(charge_often(victim, 1000, host(1), Channel::Datagram), Verdict::Ignored);
  EXPECT_EQ(charge_often(victim, 1000, host(1), Channel::WeDialled), Verdict::Ignored);
  EXPECT_EQ(charge_often(Subject::peer("p"), 1000, host(1), Channel::Datagram), Verdict::Ignored);
  EXPECT_FALSE(guard.is_banned(victim));
  EXPECT_TRUE(guard.accept(host(1)));
  EXPECT_EQ(guard.metrics().violations_ignored, 3000U);
}

TEST_F(BlameTest, ClaimedNameIsNotChargedButTheAddressItCameFrom) {
  const Subject victim = Subject::user("victim");
  guard.prove(victim, host(1));
  EXPECT_EQ(charge_often(victim, 5, host(66)), Verdict::Banned);
  EXPECT_FALSE(guard.is_banned(victim));
  EXPECT_TRUE(guard.is_banned(Subject::address(host(66))));
  EXPECT_EQ(guard.subject_for("victim", host(66)), Subject::address(host(66)));
  EXPECT_EQ(guard.subject_for("victim", host(1)), victim);
}

TEST_F(BlameTest, AddressIsBannedWhenThreeOfItsSubjectsWereBannedWithinAnHour) {
  get_banned("a", host(1));
  get_banned("b", host(1));
  EXPECT_FALSE(guard.is_banned(Subject::address(host(1))));
  EXPECT_TRUE(guard.accept(host(1)));
  get_banned("c", host(1));
  EXPECT_TRUE(guard.is_banned(Subject::address(host(1))));
  EXPECT_EQ(guard.accept(host(1)).error().code, Errc::Banned);
  clock.advance(1h);
  EXPECT_TRUE(guard.accept(host(1)));
}

TEST_F(BlameTest, OneSubjectBannedThreeTimesIsNotThreeSubjects) {
  for (int round = 0; round < 3; ++round) {
    get_banned("a", host(1));
    ASSERT_TRUE(guard.unban(Subject::user("a")));
  }
  EXPECT_FALSE(guard.is_banned(Subject::address(host(1))));
}

TEST_F(BlameTest, SubjectsBannedOverMoreThanAnHourDoNotAddUp) {
  get_banned("a", host(1));
  clock.advance(31min);
  get_banned("b", host(1));
  clock.advance(31min);
  get_banned("c", host(1));
  EXPECT_FALSE(guard.is_banned(Subject::address(host(1))));
}

TEST_F(BlameTest, BansEarnedOnConnectionsThatWeDialledLeaveTheAddressAlone) {
  for (const char* name : {"a", "b", "c", "d"}) get_banned(name, host(1), Channel::WeDialled);
  EXPECT_TRUE(guard.is_banned(Subject::user("a")));
  EXPECT_FALSE(guard.is_banned(Subject::address(host(1))));
}

TEST_F(BlameTest, AddressIsNeverBannedForGoodNorLongerThanADay) {
  for (int round = 0; round < 10; ++round) {
    ASSERT_EQ(charge_often(Subject::address(host(1)), 5, host(1)), Verdict::Banned);
    clock.advance(24h);
    ASSERT_FALSE(guard.is_banned(Subject::address(host(1)))) << round;
  }
  ASSERT_TRUE(guard.ban(Subject::address(host(1)), std::nullopt, "operator"));
  clock.advance(24h);
  EXPECT_FALSE(guard.is_banned(Subject::address(host(1))));
}

TEST_F(BlameTest, LoopbackPrivateAndProtectedAddressesAreNeverBanned) {
  const IpAddress server = host(9);
  guard.protect(Subject::address(server));
  for (const IpAddress& address :
       {*IpAddress::parse("127.0.0.1"), *IpAddress::parse("::1"), *IpAddress::parse("192.168.1.1"), *IpAddress::parse("10.0.0.1"),
        *IpAddress::parse("fd00::1"), *IpAddress::parse("100.64.0.1"), *IpAddress::parse("169.254.1.1"), server}) {
    EXPECT_EQ(charge_often(Subject::address(address), 50, address), Verdict::Ignored);
    for (const char* name : {"a", "b", "c"}) get_banned(name + address.to_string(), address);
    EXPECT_TRUE(guard.accept(address)) << address.to_string();
    EXPECT_EQ(guard.ban(Subject::address(address), 1h, "operator").error().code, Errc::Forbidden);
  }
}

TEST_F(BlameTest, TrustedPeerIsAdmittedAtABannedAddressWhereItNeverWasAndATrustedNameIsNot) {
  ASSERT_TRUE(guard.ban(Subject::address(host(1)), std::nullopt, "test"));
  guard.protect(Subject::peer("trusted"));
  guard.protect(Subject::user("trusted"));
  EXPECT_TRUE(guard.admit(Subject::peer("trusted"), host(1)));
  EXPECT_FALSE(guard.admit(Subject::user("trusted"), host(1)));
  EXPECT_FALSE(guard.admit(Subject::peer("stranger"), host(1)));
}

TEST_F(BlameTest, NeighboursWhoMakeManyNamesCloseASharedAddressToNobodyProvenThere) {
  const Subject honest = Subject::user("honest");
  guard.prove(honest, host(1));
  for (int i = 0; i < 8; ++i) guard.prove(Subject::user("bad" + std::to_string(i)), host(1));
  for (int i = 0; i < 8; ++i) ASSERT_EQ(charge_often(Subject::user("bad" + std::to_string(i)), 5, host(1)), Verdict::Banned);
  ASSERT_TRUE(guard.is_banned(Subject::address(host(1))));
  EXPECT_TRUE(guard.accept(host(1)));
  EXPECT_TRUE(guard.admit(honest, host(1)));
  EXPECT_FALSE(guard.admit(Subject::user("bad3"), host(1)));
  EXPECT_FALSE(guard.admit(Subject::user("stranger"), host(1)));
}

TEST_F(BlameTest, BannedNamesMakeRoomBeforeThoseWhoDidNothing) {
  guard.prove(Subject::user("honest"), host(1));
  for (int i = 0; i < 100; ++i) {
    const Subject bad = Subject::user("bad" + std::to_string(i));
    guard.prove(bad, host(1));
    ASSERT_TRUE(guard.ban(bad, std::nullopt, "test"));
  }
  ASSERT_TRUE(guard.ban(Subject::address(host(1)), std::nullopt, "test"));
  EXPECT_TRUE(guard.accept(host(1)));
  ASSERT_TRUE(guard.ban(Subject::user("honest"), std::nullopt, "test"));
  EXPECT_FALSE(guard.accept(host(1))) << "nobody is left";
}

TEST_F(BlameTest, ProvenPeerAtABannedAddressIsStillAdmittedAndOthersAreNot) {
  guard.prove(Subject::user("good"), host(1));
  for (const char* name : {"a", "b", "c"}) get_banned(name, host(1));
  ASSERT_TRUE(guard.is_banned(Subject::address(host(1))));
  EXPECT_TRUE(guard.accept(host(1))) << "the good one may be knocking";
  EXPECT_TRUE(guard.admit(Subject::user("good"), host(1)));
  EXPECT_EQ(guard.admit(Subject::user("stranger"), host(1)).error().code, Errc::Banned);
  EXPECT_EQ(guard.admit(Subject::user("a"), host(1)).error().code, Errc::Banned);
  EXPECT_EQ(guard.admit(Subject::user("a"), host(2)).error().code, Errc::Banned);
  EXPECT_TRUE(guard.admit(Subject::user("stranger"), host(2)));
}

TEST_F(BlameTest, TrustedAreNeverChargedAndOurselvesNever) {
  guard.protect(Subject::user("friend"));
  EXPECT_EQ(charge_often(Subject::user("friend"), 100, host(1)), Verdict::Ignored);
  EXPECT_EQ(charge_often(Subject::node(), 100), Verdict::Ignored);
  EXPECT_EQ(guard.ban(Subject::node(), 1h, "x").error().code, Errc::Forbidden);
}

TEST_F(BlameTest, ProtectingLiftsABanThatStands) {
  ASSERT_TRUE(guard.ban(Subject::user("friend"), std::nullopt, "by mistake"));
  guard.protect(Subject::user("friend"));
  EXPECT_FALSE(guard.is_banned(Subject::user("friend")));
}

TEST_F(BlameTest, WallClockThatJumpsNeitherFreesNorBindsAnybody) {
  ASSERT_EQ(charge_often(Subject::peer("p"), 5), Verdict::Banned);
  clock.wall_time += 24h * 365;
  EXPECT_TRUE(guard.is_banned(Subject::peer("p")));
  clock.wall_time -= 24h * 365 * 3;
  EXPECT_TRUE(guard.is_banned(Subject::peer("p")));
  clock.mono += 1h;
  EXPECT_FALSE(guard.is_banned(Subject::peer("p")));
}

TEST_F(BlameTest, ImportedBanIsNotLengthenedByAClockSetBack) {
  ASSERT_TRUE(guard.ban(Subject::peer("p"), 1h, "x"));
  const auto rows = guard.bans();
  ManualClock other;
  other.wall_time = clock.wall_time - 24h * 365;
  Guard fresh(GuardOptions{}, other);
  EXPECT_EQ(fresh.import_bans(rows), 1U);
  EXPECT_TRUE(fresh.is_banned(Subject::peer("p")));
  other.advance(1h);
  EXPECT_FALSE(fresh.is_banned(Subject::peer("p")));
}

TEST_F(BlameTest, ExportAndImportKeepBansHistoryAndShares) {
  get_banned("a", host(1));
  get_banned("b", host(1));
  ASSERT_TRUE(guard.ban(Subject::user("x"), std::nullopt, "rude"));
  const auto rows = guard.bans();
  Guard fresh(GuardOptions{}, clock);
  EXPECT_EQ(fresh.import_bans(rows), 3U);
  EXPECT_EQ(fresh.bans(), rows);
  fresh.prove(Subject::user("c"), host(1));
  for (int i = 0; i < 5; ++i) (void)fresh.charge({Violation::Protocol, Subject::user("c"), host(1), Channel::TheyConnected});
  EXPECT_TRUE(fresh.is_banned(Subject::address(host(1)))) << "the two shares before came along";
  clock.advance(1h);
  for (int i = 0; i < 5; ++i) (void)fresh.charge({Violation::Protocol, Subject::user("a"), std::nullopt, Channel::TheyConnected});
  clock.advance(61min);
  EXPECT_TRUE(fresh.is_banned(Subject::user("a"))) << "the second ban is the longer one";
}

TEST_F(BlameTest, ImportTakesNothingAgainstTheProtected) {
  guard.protect(Subject::user("friend"));
  EXPECT_EQ(
      guard.import_bans({{Subject::user("friend"), clock.wall_time, std::nullopt, 3, "x", std::nullopt, true},
                         {Subject::address(*IpAddress::parse("127.0.0.1")), clock.wall_time, std::nullopt, 1, "x", std::nullopt, true}}),
      0U);
}

TEST_F(BlameTest, FullTablesAreNeverBlind) {
  GuardOptions options;
  options.violations.tracked = 100;
  options.violations.bans = 50;
  guard.configure(options);
  ManualClock other;
  Guard small(options, other);
  for (int i = 0; i < 100; ++i)
    for (int k = 0; k < 4; ++k)
      (void)small.charge({Violation::Protocol, Subject::peer("old" + std::to_string(i)), {}, Channel::TheyConnected});
  other.advance(20min);
  // Newcomers that offend in turns, so that each could push the others out.
  for (int k = 0; k < 5; ++k)
    for (int i = 0; i < 30; ++i)
      (void)small.charge({Violation::Protocol, Subject::peer("new" + std::to_string(i)), {}, Channel::TheyConnected});
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(small.is_banned(Subject::peer("new" + std::to_string(i)))) << i;
  ASSERT_TRUE(small.ban(Subject::peer("operator"), std::nullopt, "by hand"));
  for (int i = 0; i < 500; ++i)
    for (int k = 0; k < 5; ++k)
      (void)small.charge({Violation::Protocol, Subject::peer("flood" + std::to_string(i)), {}, Channel::TheyConnected});
  EXPECT_EQ(small.bans().size(), 50U);
  EXPECT_TRUE(small.is_banned(Subject::peer("operator"))) << "a ban by hand is not pushed out by strangers";
  EXPECT_TRUE(small.is_banned(Subject::peer("flood499")));
}

TEST_F(BlameTest, RandomChargesAgreeWithASimpleModel) {
  SeededRandom random(17);
  struct Model {
    std::vector<MonoTime> times;
    MonoTime until{};
    int bans = 0;
  };
  std::map<std::string, Model> model;
  for (int step = 0; step < 20'000; ++step) {
    clock.advance(std::chrono::seconds(random.below(120)));
    const std::string name = "p" + std::to_string(random.below(12));
    Model& m = model[name];
    const bool banned = m.until > clock.mono;
    ASSERT_EQ(guard.is_banned(Subject::peer(name)), banned);
    const Verdict verdict = charge(Subject::peer(name));
    if (banned) {
      ASSERT_EQ(verdict, Verdict::Banned);
      continue;
    }
    std::erase_if(m.times, [&](MonoTime at) { return at + 1h <= clock.mono; });
    m.times.push_back(clock.mono);
    if (m.times.size() < 5) continue;
    m.times.clear();
    ++m.bans;
    m.until = m.bans >= 3 ? MonoTime::max() : clock.mono + 1h * m.bans;
    ASSERT_EQ(verdict, Verdict::Banned);
  }
}

TEST_F(BlameTest, ReputationIsEarnedThreePointsADayPerSubjectAndPerPrefix) {
  const Subject peer = Subject::peer("p");
  EXPECT_EQ(guard.reputation(peer), 50);
  for (int i = 0; i < 100; ++i) guard.reward(peer, host(1));
  EXPECT_EQ(guard.reputation(peer), 53);
  guard.reward(Subject::peer("neighbour"), host(200));
  EXPECT_EQ(guard.reputation(Subject::peer("neighbour")), 50) << "the same /24 has gained its share";
  for (int day = 0; day < 30; ++day) {
    clock.advance(24h);
    for (int i = 0; i < 10; ++i) guard.reward(peer, host(1));
    ASSERT_LE(guard.reputation(peer), std::min(100, 53 + 3 * (day + 1)));
  }
  EXPECT_EQ(guard.reputation(peer), 100);
  EXPECT_TRUE(guard.is_reputable(peer));
  guard.lower_reputation(peer, 1000);
  EXPECT_EQ(guard.reputation(peer), 0);
}

TEST_F(BlameTest, AllRewardsWithoutAnAddressAreOnePrefix) {
  for (int i = 0; i < 100; ++i) guard.reward(Subject::peer("p" + std::to_string(i)), std::nullopt);
  int gained = 0;
  for (int i = 0; i < 100; ++i) gained += guard.reputation(Subject::peer("p" + std::to_string(i))) - 50;
  EXPECT_EQ(gained, 3);
  guard.reward(Subject::peer("elsewhere"), host(1));
  EXPECT_EQ(guard.reputation(Subject::peer("elsewhere")), 51) << "nobody who can be placed pays for it";
}

TEST_F(BlameTest, NoTwentyFourHoursEverGiveMoreThanThreePoints) {
  SeededRandom random(23);
  std::vector<MonoTime> gains;
  int last = 50;
  for (int step = 0; step < 400; ++step) {
    clock.advance(std::chrono::minutes(random.below(200)));
    guard.reward(Subject::peer("p"), std::nullopt);
    if (guard.reputation(Subject::peer("p")) == last) continue;
    last = guard.reputation(Subject::peer("p"));
    gains.push_back(clock.mono);
  }
  ASSERT_GT(gains.size(), 10U);
  for (std::size_t i = 3; i < gains.size(); ++i) ASSERT_GE(gains[i] - gains[i - 3], 24h);
}

TEST_F(BlameTest, BytesAreHeldToTheNodesAndThePeersRate) {
  GuardOptions options;
  options.bytes.upload = 1'000'000;
  options.bytes.upload_per_peer = 200'000;
  guard.configure(options);
  const Subject a = Subject::user("a");
  std::uint64_t moved = 0;
  const MonoTime start = clock.mono;
  while (clock.mono < start + 10s) {
    const auto taken = guard.take_upload(a, 64 * 1024);
    moved += taken.granted;
    ASSERT_GT(taken.retry_at, clock.mono);
    clock.advance(taken.retry_at - clock.mono);
  }
  EXPECT_NEAR(static_cast<double>(moved), 2'050'000, 60'000);
  EXPECT_EQ(guard.take_upload(Subject::user("b"), 10'000).granted, 10'000U) << "one peer does not eat the others' share";
  EXPECT_EQ(guard.take_download(a, 1ULL << 40).granted, 1ULL << 40);
}

}  // namespace
}  // namespace soulfabric::guard

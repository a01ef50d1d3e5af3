// SPDX-License-Identifier: GPL-3.0-or-later
// The operator's list: formats, edges, and that it is obeyed wherever a ban is.
#include "soulfabric/guard/blacklist.hpp"

#include <gtest/gtest.h>

#include "manual_clock.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::guard {
namespace {

IpAddress ip(std::string_view text) { return *IpAddress::parse(text); }

TEST(AddressRanges, ReadsCidrP2pAndDatLines) {
  std::size_t skipped = 0;
  const auto ranges = AddressRanges::parse(
      "# comment\r\n\n10.0.0.0/30\r\nSome org: with colon:1.2.3.4-1.2.3.9\n001.002.004.000 - 001.002.004.255 , 000 , Name - "
      "dash\n2001:db8::/32\n5.6.7.8\nnonsense\n9.9.9.9-9.9.9.1\n",
      skipped);
  ASSERT_TRUE(ranges);
  EXPECT_EQ(skipped, 2U);
  for (const char* inside : {"10.0.0.0", "10.0.0.3", "1.2.3.4", "1.2.3.9", "1.2.4.0", "1.2.4.255", "2001:db8::1", "5.6.7.8"})
    EXPECT_TRUE(ranges->contains(ip(inside))) << inside;
  for (const char* outside :
       {"10.0.0.4", "9.255.255.255", "1.2.3.3", "1.2.3.10", "1.2.5.0", "2001:db9::1", "9.9.9.5", "0.0.0.0", "255.255.255.255"})
    EXPECT_FALSE(ranges->contains(ip(outside))) << outside;
}

TEST(AddressRanges, FileWithoutOneRangeIsAnErrorAndAnEmptyOneIsNot) {
  std::size_t skipped = 0;
  EXPECT_FALSE(AddressRanges::parse("<html>\nnot a list\n", skipped));
  EXPECT_TRUE(AddressRanges::parse("# nothing yet\n", skipped));
}

TEST(AddressRanges, WholeSpaceAndNeighboursMergeWithoutOverflow) {
  AddressRanges ranges;
  ranges.add(*IpNetwork::parse("128.0.0.0/1"));
  ranges.add(*IpNetwork::parse("0.0.0.0/1"));
  ranges.finish();
  EXPECT_EQ(ranges.size(), 1U);
  EXPECT_TRUE(ranges.contains(ip("255.255.255.255")));
  EXPECT_TRUE(ranges.contains(ip("0.0.0.0")));
}

TEST(AddressRanges, AgreesWithALinearSearch) {
  SeededRandom random(31);
  for (int round = 0; round < 50; ++round) {
    AddressRanges ranges;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> plain;
    for (int i = 0; i < 40; ++i) {
      const auto first = static_cast<std::uint32_t>(random.below(1000));
      const auto last = first + static_cast<std::uint32_t>(random.below(30));
      ranges.add(first, last);
      plain.emplace_back(first, last);
    }
    ranges.finish();
    for (std::uint32_t value = 0; value < 1100; ++value) {
      bool expected = false;
      for (const auto& [first, last] : plain) expected = expected || (first <= value && value <= last);
      ASSERT_EQ(ranges.contains(IpAddress::v4(value)), expected);
    }
  }
}

TEST(Blacklist, IsObeyedWhereverABanIs) {
  ManualClock clock;
  Guard guard(GuardOptions{}, clock);
  BlacklistSources sources;
  sources.members = {"eve"};
  sources.patterns = {"^bot[0-9]+$", "(unclosed"};
  sources.networks = {"8.8.0.0/16,2001:db8::/32", "127.0.0.0/8"};
  guard.set_blacklist(Blacklist(std::move(sources)));
  EXPECT_EQ(guard.accept(ip("8.8.1.1")).error().code, Errc::Banned);
  EXPECT_TRUE(guard.accept(ip("8.9.1.1")));
  EXPECT_TRUE(guard.accept(ip("127.0.0.1"))) << "never ourselves";
  EXPECT_TRUE(guard.is_banned(Subject::user("eve")));
  EXPECT_FALSE(guard.is_banned(Subject::user("Eve")));
  EXPECT_TRUE(guard.is_banned(Subject::user("BOT17")));
  EXPECT_TRUE(guard.is_banned(Subject::user("BOT17"))) << "remembered";
  EXPECT_FALSE(guard.is_banned(Subject::user("robot17")));
  EXPECT_EQ(guard.admit(Subject::user("eve"), ip("8.9.1.1")).error().code, Errc::Banned);
  EXPECT_EQ(guard.admit(Subject::user("anna"), ip("8.8.1.1")).error().code, Errc::Banned);
  EXPECT_TRUE(guard.admit(Subject::user("anna"), ip("8.9.1.1")));
  EXPECT_TRUE(guard.bans().empty()) << "a list is no ban";
  guard.protect(Subject::user("eve"));
  EXPECT_FALSE(guard.is_banned(Subject::user("eve")));
  guard.set_blacklist(Blacklist());
  EXPECT_FALSE(guard.is_banned(Subject::user("bot1")));
  EXPECT_TRUE(guard.accept(ip("8.8.1.1")));
}

TEST(Blacklist, LongNamesAndHungryPatternsDoNotHurt) {
  BlacklistSources sources;
  sources.patterns = {"^(a|a|aa)*c$"};
  const Blacklist list(std::move(sources));
  EXPECT_FALSE(list.has_user(std::string(1 << 20, 'a')));
}

}  // namespace
}  // namespace soulfabric::guard

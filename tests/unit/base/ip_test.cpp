// SPDX-License-Identifier: GPL-3.0-or-later
// Which addresses are global: the edges of every special range, and IPv4 in each disguise that IPv6 offers.
#include "soulfabric/base/ip.hpp"

#include <gtest/gtest.h>

namespace soulfabric {
namespace {

bool global(std::string_view text) {
  const auto address = IpAddress::parse(text);
  EXPECT_TRUE(address) << text;
  return address && address->is_global();
}

TEST(IpAddress, NoSpecialRangeOfIpv4IsGlobalAndItsNeighboursAre) {
  struct Range {
    const char* before;
    const char* first;
    const char* last;
    const char* after;
  };
  for (const auto& [before, first, last, after] :
       {Range{nullptr, "0.0.0.0", "0.255.255.255", "1.0.0.0"}, Range{"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
        Range{"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
        Range{"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
        Range{"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
        Range{"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
        Range{"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"}, Range{"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
        Range{"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
        Range{"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
        Range{"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
        Range{"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
        Range{"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
        Range{"223.255.255.255", "224.0.0.0", "255.255.255.255", nullptr}}) {
    if (before != nullptr) EXPECT_TRUE(global(before)) << before;
    EXPECT_FALSE(global(first)) << first;
    EXPECT_FALSE(global(last)) << last;
    if (after != nullptr) EXPECT_TRUE(global(after)) << after;
  }
}

TEST(IpAddress, OnlyGlobalUnicastOfIpv6IsGlobal) {
  for (const auto* text : {"::", "::1", "::7f00:1", "::8.8.8.8", "1fff:ffff::1", "4000::1", "100::1", "5f00::1", "fc00::1", "fdff::1",
                           "fe80::1", "febf::1", "fec0::1", "ff00::1", "ff02::fb"})
    EXPECT_FALSE(global(text)) << text;
  for (const auto* text : {"2000::1", "2001:200::1", "2001:4860:4860::8888", "2003::1", "2606:4700::1111", "2a01:4f8::1", "3fff:1000::1",
                           "2001:db7:ffff::1", "2001:db9::1"})
    EXPECT_TRUE(global(text)) << text;
  for (const auto* text :
       {"2001:db8::1", "2001:db8:ffff:ffff::1", "3fff::1", "3fff:fff:ffff::1", "2001:10::1", "2001:20::1", "2001:2::1", "2001:1ff:ffff::1"})
    EXPECT_FALSE(global(text)) << text;
}

TEST(IpAddress, Ipv4InDisguiseIsNeverGlobal) {
  for (const auto* text :
       {"64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "2002:7f00:1::1", "2002:808:808::1", "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "::ffff:0:7f00:1", "2a01:4f8::5efe:7f00:1", "2a01:4f8::200:5efe:808:808"})
    EXPECT_FALSE(global(text)) << text;
}

TEST(IpAddress, MappedAddressesAreJudgedAsIpv4) {
  EXPECT_FALSE(global("::ffff:127.0.0.1"));
  EXPECT_FALSE(global("::ffff:a9fe:a9fe"));
  EXPECT_TRUE(global("::ffff:8.8.8.8"));
  EXPECT_TRUE(IpAddress::parse("::ffff:7f00:1")->is_loopback());
}

TEST(IpAddress, ReadsNothingBehindAZeroByte) {
  EXPECT_FALSE(IpAddress::parse(std::string_view("8.8.8.8\0.evil", 13)));
  EXPECT_FALSE(IpAddress::parse(std::string_view("::1\0", 4)));
}

TEST(IpAddress, ReadsNoOddSpellingOfIpv4) {
  for (const auto* text : {"127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "127.0.0.1 ", " 127.0.0.1", "127.0.0.01", "", "127.0.0.1.",
                           "[::1]", "fe80::1%lo"})
    EXPECT_FALSE(IpAddress::parse(text)) << text;
}

}  // namespace
}  // namespace soulfabric

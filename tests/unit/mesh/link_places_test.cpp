// SPDX-License-Identifier: GPL-3.0-or-later
// Places for links: what strangers may take, and who makes room for whom.
#include "mesh/core/link_places.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "soulfabric/base/ed25519.hpp"

namespace soulfabric::mesh {
namespace {

PeerId peer(std::uint8_t n) {
  PublicKey key{};
  key.fill(n);
  return PeerId::of(key);
}

const IpAddress kHost = IpAddress::v4(0x05090001);

/// `count` strangers, each in a network of its own unless `together`.
std::vector<LinkSeat> strangers(std::size_t count, bool together = false) {
  std::vector<LinkSeat> out;
  for (std::size_t i = 0; i < count; ++i) {
    const auto network = together ? 0U : static_cast<std::uint32_t>(i) << 8U;
    out.push_back({peer(static_cast<std::uint8_t>(i + 1)), IpAddress::v4(0x05090001 + network), true, 1, 1000 + i});
  }
  return out;
}

TEST(LinkPlaces, StrangersNeverTakeTheLastQuarter) {
  const LinkShares shares{16};
  EXPECT_TRUE(place_for({kHost, true}, strangers(11), shares));
  const auto refused = place_for({kHost, true}, strangers(12), shares);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::Busy);
  EXPECT_TRUE(place_for({kHost, false}, strangers(12), shares)) << "whoever is cared for finds room";
}

TEST(LinkPlaces, OneNetworkOfStrangersHasAQuarterOfTheirShare) {
  const LinkShares shares{16};
  EXPECT_TRUE(place_for({kHost, true}, strangers(2, true), shares));
  EXPECT_FALSE(place_for({kHost, true}, strangers(3, true), shares));
  EXPECT_TRUE(place_for({IpAddress::v4(0x05090101), true}, strangers(3, true), shares)) << "another network";
  auto house = strangers(3, true);
  for (auto& seat : house) seat.address = IpAddress::v4(0xC0A80001);
  EXPECT_TRUE(place_for({IpAddress::v4(0xC0A80002), true}, house, shares)) << "a house has one network";
}

TEST(LinkPlaces, WhoeverIsCaredForTakesThePlaceOfTheIdlestStranger) {
  auto seats = strangers(16);
  seats[4].streams = 0;
  seats[9].streams = 0;
  seats[9].bytes = 5;
  seats[2].is_stranger = false;
  seats[2].streams = 0;
  seats[2].bytes = 0;
  const auto place = place_for({kHost, false}, seats, {16});
  ASSERT_TRUE(place && *place);
  EXPECT_EQ(**place, seats[9].peer);
}

TEST(LinkPlaces, NobodyWhoIsCaredForMakesRoom) {
  auto seats = strangers(4);
  for (auto& seat : seats) seat.is_stranger = false;
  EXPECT_FALSE(place_for({kHost, false}, seats, {4}));
}

}  // namespace
}  // namespace soulfabric::mesh

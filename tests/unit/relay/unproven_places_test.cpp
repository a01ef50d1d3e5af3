// SPDX-License-Identifier: GPL-3.0-or-later
// Who may bring a half-open tunnel: a handful of new keys does not keep the known ones out (security rule S18).
#include "core/unproven_places.hpp"

#include <gtest/gtest.h>

namespace soulfabric::relay {
namespace {

PeerId middle(std::uint8_t n) {
  PublicKey key{};
  key.fill(n);
  return PeerId::of(key);
}

TEST(UnprovenPlaces, FiveStrangersDoNotKeepAKnownMiddleOut) {
  UnprovenPlaces places;
  std::size_t taken = 0;
  for (std::uint8_t n = 1; n <= 5; ++n) {
    for (int i = 0; i < 4; ++i) {
      if (places.refuses(middle(n), false, 4, 20)) continue;
      places.enter(middle(n), false);
      ++taken;
    }
  }
  EXPECT_EQ(taken, 10U);
  EXPECT_EQ(places.refuses(middle(6), false, 4, 20), NoPlace::Total);
  for (std::uint8_t n = 10; n < 13; ++n) {
    for (int i = 0; i < 4 && !(n == 12 && i == 2); ++i) {
      ASSERT_EQ(places.refuses(middle(n), true, 4, 20), std::nullopt);
      places.enter(middle(n), true);
    }
  }
  EXPECT_EQ(places.refuses(middle(20), true, 4, 20), NoPlace::Total) << "the twenty-first in all";
  places.leave(middle(1), false);
  EXPECT_EQ(places.refuses(middle(6), false, 4, 20), std::nullopt);
}

TEST(UnprovenPlaces, OneMiddleHasItsOwnLimit) {
  UnprovenPlaces places;
  for (int i = 0; i < 4; ++i) places.enter(middle(1), true);
  EXPECT_EQ(places.refuses(middle(1), true, 4, 20), NoPlace::PerPeer);
  places.leave(middle(1), true);
  EXPECT_EQ(places.refuses(middle(1), true, 4, 20), std::nullopt);
}

}  // namespace
}  // namespace soulfabric::relay

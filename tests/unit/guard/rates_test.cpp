// SPDX-License-Identifier: GPL-3.0-or-later
// Token buckets against a slow and simple model, at their limits, and over clock jumps.
#include "soulfabric/guard/rates.hpp"

#include <gtest/gtest.h>

#include "soulfabric/base/random.hpp"

namespace soulfabric::guard {
namespace {
using namespace std::chrono_literals;
const MonoTime kStart{1h};

TEST(TokenBucket, GivesItsCapacityAtOnceAndThenItsRate) {
  TokenBucket bucket(50, 50, 60s);
  EXPECT_EQ(bucket.take_up_to(kStart, 100), 50U);
  EXPECT_FALSE(bucket.take(kStart, 1));
  EXPECT_FALSE(bucket.take(kStart + 1199ms, 1));
  EXPECT_TRUE(bucket.take(kStart + 1200ms, 1));
  EXPECT_EQ(bucket.ready_at(kStart + 1200ms, 10), kStart + 1200ms + 12s);
  EXPECT_EQ(bucket.ready_at(kStart, 51), MonoTime::max());
}

TEST(TokenBucket, NeverGivesMoreThanCapacityPlusRateInAnyWindow) {
  SeededRandom random(7);
  for (int round = 0; round < 200; ++round) {
    const std::uint64_t capacity = 1 + random.below(100);
    const std::uint64_t rate = 1 + random.below(1000);
    TokenBucket bucket(capacity, rate, 60s);
    MonoTime now = kStart;
    std::uint64_t given = 0;
    for (int step = 0; step < 300; ++step) {
      now += std::chrono::nanoseconds(random.below(900'000'000));
      given += bucket.take_up_to(now, random.below(20));
      const double ceiling =
          static_cast<double>(capacity) + static_cast<double>(rate) * std::chrono::duration<double>(now - kStart).count() / 60.0;
      ASSERT_LE(static_cast<double>(given), ceiling + 1e-6);
    }
  }
}

TEST(TokenBucket, LosesNothingToRoundingWhenAskedOften) {
  TokenBucket bucket(1000, 600, 60s);
  (void)bucket.take_up_to(kStart, 1000);
  std::uint64_t given = 0;
  for (int i = 1; i <= 60'000; ++i) given += bucket.take_up_to(kStart + std::chrono::milliseconds(i), 1);
  EXPECT_EQ(given, 600U);
}

TEST(TokenBucket, GainsNothingFromAClockThatRunsBackwardsAndNoMoreThanFullFromAJumpAhead) {
  TokenBucket bucket(10, 10, 60s);
  ASSERT_TRUE(bucket.take(kStart, 10));
  EXPECT_EQ(bucket.level(kStart - 30min), 0U);
  EXPECT_EQ(bucket.level(kStart + 24h * 365 * 50), 10U);
  ASSERT_TRUE(bucket.take(kStart + 24h * 365 * 50, 10));
  EXPECT_EQ(bucket.level(kStart), 0U);
}

TEST(TokenBucket, RefundsUpToItsCapacityOnly) {
  TokenBucket bucket(10, 10, 60s);
  ASSERT_TRUE(bucket.take(kStart, 4));
  bucket.refund(100);
  EXPECT_EQ(bucket.level(kStart), 10U);
}

TEST(ByteBucket, HoldsItsRateWithinTwoPercentOverTenSeconds) {
  ByteBucket bucket(1'000'000);
  MonoTime now = kStart;
  std::uint64_t moved = 0;
  int wakes = 0;
  while (now < kStart + 10s) {
    const auto taken = bucket.take(now, 256 * 1024);
    moved += taken.granted;
    ++wakes;
    ASSERT_GT(taken.retry_at, now);
    now = taken.retry_at;
  }
  EXPECT_NEAR(static_cast<double>(moved), 10'000'000.0 + 250'000.0, 200'000.0);
  EXPECT_LE(wakes, 205);
}

TEST(ByteBucket, IsWithoutLimitAtRateZeroAndChangesLive) {
  ByteBucket bucket;
  EXPECT_EQ(bucket.take(kStart, 1ULL << 40).granted, 1ULL << 40);
  bucket.set_rate(64 * 1024);
  EXPECT_EQ(bucket.take(kStart, 1ULL << 40).granted, 16U * 1024);
  bucket.set_rate(0);
  EXPECT_EQ(bucket.take(kStart, 1ULL << 40).granted, 1ULL << 40);
}

}  // namespace
}  // namespace soulfabric::guard

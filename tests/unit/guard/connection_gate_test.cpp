// SPDX-License-Identifier: GPL-3.0-or-later
// Connection places: every limit is reached, and given back.
#include "soulfabric/guard/connection_gate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "soulfabric/base/random.hpp"

namespace soulfabric::guard {
namespace {
using namespace std::chrono_literals;
const MonoTime kStart{1h};

IpAddress host(std::uint32_t n) { return IpAddress::v4(0x08000000U + n); }

TEST(ConnectionGate, HoldsTheTotalAndKeepsPlacesForDialling) {
  ConnectionGate gate(ConnectionLimits{});
  std::vector<ConnectionSlot> slots;
  for (std::uint32_t n = 0; n < 384; ++n) {
    auto slot = gate.accept(host(n), kStart + std::chrono::milliseconds(10 * n));
    ASSERT_TRUE(slot) << slot.error().message;
    slots.push_back(std::move(*slot));
  }
  EXPECT_EQ(gate.accept(host(999), kStart + 1h).error().code, Errc::Busy);
  for (std::uint32_t n = 0; n < 128; ++n) {
    auto slot = gate.connect(host(n), kStart + 1h);
    ASSERT_TRUE(slot) << slot.error().message;
    slots.push_back(std::move(*slot));
  }
  EXPECT_EQ(gate.open(), 512U);
  EXPECT_EQ(gate.connect(host(1), kStart + 2h).error().code, Errc::Busy);
  slots.pop_back();
  EXPECT_TRUE(gate.connect(host(1), kStart + 2h));
}

TEST(ConnectionGate, HoldsOneAddressToItsShare) {
  ConnectionLimits limits;
  limits.per_address = 3;
  limits.accepts_per_address = 1;
  ConnectionGate gate(limits);
  std::vector<ConnectionSlot> slots;
  for (int i = 0; i < 3; ++i) slots.push_back(*gate.accept(host(1), kStart));
  EXPECT_EQ(gate.accept(host(1), kStart + 10s).error().code, Errc::Busy);
  EXPECT_TRUE(gate.accept(host(2), kStart + 10s));
  EXPECT_EQ(gate.open_from(host(1)), 3U);
  slots.clear();
  EXPECT_EQ(gate.open_from(host(1)), 0U);
  EXPECT_EQ(gate.open(), 0U);
}

TEST(ConnectionGate, LimitsHowFastAnAddressAndAllTogetherMayCome) {
  ConnectionLimits limits;
  limits.per_address = 2;
  limits.accepts_per_address = 1;
  limits.accepts_per_second = 5;
  ConnectionGate gate(limits);
  EXPECT_TRUE(gate.accept(host(1), kStart));
  EXPECT_TRUE(gate.accept(host(1), kStart));
  EXPECT_EQ(gate.accept(host(1), kStart).error().code, Errc::RateLimited);
  EXPECT_TRUE(gate.accept(host(1), kStart + 1s));
  for (std::uint32_t n = 10; n < 20; ++n) (void)gate.accept(host(n), kStart + 1s);
  EXPECT_EQ(gate.accept(host(50), kStart + 1s).error().code, Errc::RateLimited);
  EXPECT_TRUE(gate.accept(host(50), kStart + 2s));
}

TEST(ConnectionGate, LimitsTheDialRateAndSaysWhenToComeBack) {
  ConnectionLimits limits;
  limits.connects_per_second = 10;
  ConnectionGate gate(limits);
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(gate.connect(host(1), kStart));
  EXPECT_EQ(gate.connect(host(1), kStart).error().code, Errc::RateLimited);
  EXPECT_EQ(gate.next_connect(kStart), kStart + 100ms);
  EXPECT_TRUE(gate.connect(host(1), kStart + 100ms));
}

TEST(ConnectionGate, SlotReleasesOnceHoweverItIsMovedOrReleased) {
  ConnectionGate gate(ConnectionLimits{});
  ConnectionSlot a = *gate.accept(host(1), kStart);
  ConnectionSlot b = std::move(a);
  EXPECT_FALSE(a.held());  // NOLINT(bugprone-use-after-move): the moved-from state is what is tested
  b = *gate.accept(host(2), kStart);
  EXPECT_EQ(gate.open(), 1U);
  b.release();
  b.release();
  EXPECT_EQ(gate.open(), 0U);
}

TEST(ConnectionGate, CountsMatchAModelUnderRandomComingAndGoing) {
  SeededRandom random(3);
  ConnectionLimits limits;
  limits.total = 40;
  limits.inbound = 30;
  limits.per_address = 5;
  limits.accepts_per_second = limits.connects_per_second = limits.accepts_per_address = 100'000;
  limits.tracked_addresses = 16;
  ConnectionGate gate(limits);
  std::vector<std::pair<std::uint32_t, ConnectionSlot>> in;
  std::vector<ConnectionSlot> out;
  MonoTime now = kStart;
  for (int step = 0; step < 20'000; ++step) {
    now += std::chrono::milliseconds(random.below(5));
    const auto who = static_cast<std::uint32_t>(random.below(40));
    const auto from = static_cast<std::size_t>(std::ranges::count(in, who, [](const auto& entry) { return entry.first; }));
    switch (random.below(4)) {
      case 0: {
        auto slot = gate.accept(host(who), now);
        ASSERT_EQ(slot.has_value(), in.size() + out.size() < 40 && in.size() < 30 && from < 5);
        if (slot) in.emplace_back(who, std::move(*slot));
        break;
      }
      case 1: {
        auto slot = gate.connect(host(who), now);
        ASSERT_EQ(slot.has_value(), in.size() + out.size() < 40);
        if (slot) out.push_back(std::move(*slot));
        break;
      }
      case 2:
        if (!in.empty()) in.erase(in.begin() + static_cast<std::ptrdiff_t>(random.below(in.size())));
        break;
      default:
        if (!out.empty()) out.pop_back();
    }
    ASSERT_EQ(gate.open(), in.size() + out.size());
    ASSERT_EQ(gate.open_inbound(), in.size());
  }
}

}  // namespace
}  // namespace soulfabric::guard

// SPDX-License-Identifier: GPL-3.0-or-later
// A clock that stands still until the test moves it, each of its two hands by itself.
#pragma once
#include "soulfabric/base/clock.hpp"

namespace soulfabric::guard {

class ManualClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const noexcept override { return mono; }
  [[nodiscard]] WallTime wall() const noexcept override { return wall_time; }
  void advance(Duration by) {
    mono += by;
    wall_time += std::chrono::duration_cast<std::chrono::microseconds>(by);
  }
  MonoTime mono{std::chrono::hours(100)};
  WallTime wall_time{std::chrono::hours(24 * 365 * 55)};
};

}  // namespace soulfabric::guard

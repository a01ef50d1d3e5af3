// SPDX-License-Identifier: GPL-3.0-or-later
// One instant on both clocks. Decisions run on the monotonic one, so a wall clock that jumps neither frees nor binds anybody.
#pragma once
#include <algorithm>
#include <chrono>

#include "soulfabric/base/clock.hpp"

namespace soulfabric::guard {

struct Now {
  MonoTime mono;
  WallTime wall;

  [[nodiscard]] WallTime to_wall(MonoTime at) const { return wall + std::chrono::duration_cast<std::chrono::microseconds>(at - mono); }
  /// Clamped to what both clocks can hold.
  [[nodiscard]] MonoTime to_mono(WallTime at) const {
    constexpr std::chrono::microseconds kFar = std::chrono::hours(24 * 365 * 50);
    return mono + std::clamp(at - wall, -kFar, kFar);
  }
};

}  // namespace soulfabric::guard

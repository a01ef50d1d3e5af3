// SPDX-License-Identifier: GPL-3.0-or-later
// How fast a source delivers while something is asked of it.
#pragma once
#include <array>
#include <cstdint>

#include "soulfabric/base/clock.hpp"

namespace soulfabric::swarm::core {

/// Bytes of the last two seconds of the time in which it ran.
class Meter {
 public:
  void start(MonoTime now);
  void stop(MonoTime now);
  void add(std::size_t bytes, MonoTime now);
  [[nodiscard]] bool runs() const noexcept { return runs_; }
  [[nodiscard]] Duration running_for(MonoTime now) const noexcept { return runs_ ? now - started_ : Duration::zero(); }
  /// Bytes per second; while it has run for less than a moment what it was before. 0: not known.
  [[nodiscard]] double rate(MonoTime now) const noexcept;

 private:
  static constexpr std::size_t kSlots = 10;
  static constexpr Duration kSlot = std::chrono::milliseconds(200);
  static constexpr Duration kMoment = std::chrono::milliseconds(100);
  [[nodiscard]] static std::int64_t slot_of(MonoTime now) noexcept { return now.time_since_epoch() / kSlot; }
  struct Slot {
    std::int64_t when = -1;
    std::uint64_t bytes = 0;
  };
  std::array<Slot, kSlots> slots_{};
  MonoTime started_{};
  double before_ = 0;
  bool runs_ = false;
};

}  // namespace soulfabric::swarm::core

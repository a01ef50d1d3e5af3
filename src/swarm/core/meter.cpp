// SPDX-License-Identifier: GPL-3.0-or-later
// A ring of short spans of time.
#include "core/meter.hpp"

#include <algorithm>

namespace soulfabric::swarm::core {

void Meter::start(MonoTime now) {
  if (runs_) return;
  slots_ = {};
  started_ = now;
  runs_ = true;
}

void Meter::stop(MonoTime now) {
  if (!runs_) return;
  before_ = rate(now);
  runs_ = false;
}

void Meter::add(std::size_t bytes, MonoTime now) {
  const std::int64_t when = slot_of(now);
  Slot& slot = slots_[static_cast<std::size_t>(when) % kSlots];
  if (slot.when != when) slot = Slot{when, 0};
  slot.bytes += bytes;
}

double Meter::rate(MonoTime now) const noexcept {
  if (!runs_ || now - started_ < kMoment) return before_;
  const std::int64_t newest = slot_of(now);
  std::uint64_t bytes = 0;
  for (const Slot& slot : slots_) {
    if (slot.when > newest - static_cast<std::int64_t>(kSlots)) bytes += slot.bytes;
  }
  const Duration ring = kSlot * (kSlots - 1) + now.time_since_epoch() % kSlot;  // the newest span has only begun
  return static_cast<double>(bytes) / std::chrono::duration<double>(std::min<Duration>(ring, now - started_)).count();
}

}  // namespace soulfabric::swarm::core

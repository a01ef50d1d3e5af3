// SPDX-License-Identifier: GPL-3.0-or-later
// What a running scan tells the network thread, and the one thing it is told: to stop.
#pragma once
#include <atomic>
#include <cstdint>

#include "soulfabric/library/shares.hpp"

namespace soulfabric::library {

struct ScanCounters {
  std::atomic<ScanPhase> phase = ScanPhase::None;
  std::atomic<std::uint64_t> files = 0;
  std::atomic<std::uint64_t> folders = 0;
  std::atomic<std::uint64_t> tags_read = 0;
  std::atomic<std::uint64_t> tags_owed = 0;
  std::atomic<std::uint64_t> unreadable = 0;
  std::atomic<bool> stop = false;

  void clear() noexcept {
    phase = ScanPhase::None;
    for (auto* counter : {&files, &folders, &tags_read, &tags_owed, &unreadable}) *counter = 0;
    stop = false;
  }
};

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// From counters and the time to what a user wants to know: how fast, how far, how long still.
#pragma once
#include <cstdint>
#include <optional>

#include "soulfabric/base/clock.hpp"

namespace soulfabric::library {

struct ScanEstimate {
  double files_per_second = 0;
  double percent = 0;
  std::optional<std::uint64_t> seconds_left;
};

class ScanMeter {
 public:
  enum class Part : std::uint8_t { Names, Index, Tags };
  /// `expected_files`: what the last complete scan counted, 0 where there was none.
  void begin(MonoTime now, std::uint64_t expected_files);
  /// `done` of `owed` in this part; `owed` counts for tags only.
  [[nodiscard]] ScanEstimate look(MonoTime now, Part part, std::uint64_t done, std::uint64_t owed);

 private:
  Part part_ = Part::Names;
  MonoTime part_began_;
  std::uint64_t expected_files_ = 0;
  double percent_ = 0;  // never goes back
};

}  // namespace soulfabric::library

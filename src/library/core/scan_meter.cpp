// SPDX-License-Identifier: GPL-3.0-or-later
// Rates are averages over the present part of the scan.
#include "core/scan_meter.hpp"

#include <algorithm>
#include <cmath>

namespace soulfabric::library {
namespace {

// Of 100: looking at names, making the index, reading tags.
constexpr double kNames = 20;
constexpr double kIndex = 25;
constexpr double kTags = 98;
constexpr double kUnknownCount = 10'000;

}  // namespace

void ScanMeter::begin(MonoTime now, std::uint64_t expected_files) {
  part_ = Part::Names;
  part_began_ = now;
  expected_files_ = expected_files;
  percent_ = 0;
}

ScanEstimate ScanMeter::look(MonoTime now, Part part, std::uint64_t done, std::uint64_t owed) {
  if (part != part_) {
    part_ = part;
    part_began_ = now;
  }
  ScanEstimate out;
  const double seconds = std::chrono::duration<double>(now - part_began_).count();
  const auto files = static_cast<double>(done);
  if (seconds > 0 && part != Part::Index) out.files_per_second = files / seconds;
  const double all = part == Part::Tags ? static_cast<double>(owed) : static_cast<double>(expected_files_);
  if (out.files_per_second > 0 && all > 0) {
    out.seconds_left = static_cast<std::uint64_t>(std::ceil(std::max(0.0, all - files) / out.files_per_second));
  }
  double percent = kNames;
  if (part == Part::Names) {
    const double share = all > 0 ? std::min(1.0, files / all) : files / (files + kUnknownCount);
    percent = kNames * share;
  } else if (part == Part::Tags) {
    percent = kIndex + (kTags - kIndex) * (all > 0 ? std::min(1.0, files / all) : 1.0);
  }
  percent_ = std::max(percent_, percent);
  out.percent = percent_;
  return out;
}

}  // namespace soulfabric::library

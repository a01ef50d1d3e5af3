// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes kept in memory for others, in all and per subject (architecture, section 4). Sans-IO; only subjects that hold something are kept.
#pragma once
#include <cstdint>
#include <map>

#include "soulfabric/base/error.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::guard {

class HeldBook {
 public:
  explicit HeldBook(const HeldLimits& limits) : limits_(limits) {}
  void configure(const HeldLimits& limits) { limits_ = limits; }
  /// RateLimited: the subject's share is used up; Busy: the node's.
  [[nodiscard]] Status take(const Subject& subject, std::uint64_t bytes, int reputation, bool trusted);
  void give_back(const Subject& subject, std::uint64_t bytes) noexcept;
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  HeldLimits limits_;
  std::map<Subject, std::uint64_t> subjects_;
  std::uint64_t total_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace soulfabric::guard

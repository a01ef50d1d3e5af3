// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes kept in memory for others, in all, per subject, for all strangers and per prefix of theirs (architecture, section 4; security rule
// S2). Sans-IO; only who holds something is kept.
#pragma once
#include <cstdint>
#include <map>
#include <optional>

#include "soulfabric/base/error.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::guard {

class HeldBook {
 public:
  explicit HeldBook(const HeldLimits& limits) : limits_(limits) {}
  void configure(const HeldLimits& limits) { limits_ = limits; }
  /// `prefix` where the subject is a stranger: given back with it too. RateLimited: the subject's share is used up; Busy: the node's, or
  /// that of strangers.
  [[nodiscard]] Status take(const Subject& subject, const std::optional<IpAddress>& prefix, std::uint64_t bytes, Standing standing);
  void give_back(const Subject& subject, const std::optional<IpAddress>& prefix, std::uint64_t bytes) noexcept;
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }

 private:
  [[nodiscard]] bool has_room_for_strangers(const IpAddress& prefix, std::uint64_t bytes) const;

  HeldLimits limits_;
  std::map<Subject, std::uint64_t> subjects_;
  std::map<IpAddress, std::uint64_t> prefixes_;  // of strangers
  std::uint64_t strangers_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace soulfabric::guard

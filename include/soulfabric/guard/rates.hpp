// SPDX-License-Identifier: GPL-3.0-or-later
// Rates: token buckets for units, connections and bytes. Plain values, `now` passed in, whole numbers without drift.
#pragma once
#include <chrono>
#include <cstdint>

#include "soulfabric/base/clock.hpp"

namespace soulfabric::guard {

/// Holds up to `capacity` tokens, gains `tokens` per `period`, starts full. A clock that goes backwards gains nothing.
/// `tokens` 0 never refills. capacity x period in nanoseconds must stay below 2^63.
class TokenBucket {
 public:
  TokenBucket() = default;
  TokenBucket(std::uint64_t capacity, std::uint64_t tokens, std::chrono::nanoseconds period) noexcept;

  [[nodiscard]] std::uint64_t level(MonoTime now) noexcept;
  /// All or nothing.
  [[nodiscard]] bool take(MonoTime now, std::uint64_t want) noexcept;
  [[nodiscard]] std::uint64_t take_up_to(MonoTime now, std::uint64_t want) noexcept;
  /// Gives tokens back, up to the capacity.
  void refund(std::uint64_t tokens) noexcept;
  /// When `want` tokens will be there if nobody else takes any; MonoTime::max() where never.
  [[nodiscard]] MonoTime ready_at(MonoTime now, std::uint64_t want) noexcept;
  [[nodiscard]] std::uint64_t capacity() const noexcept { return capacity_; }
  /// Keeps the level, cut to the new capacity; a full bucket stays full.
  void configure(std::uint64_t capacity, std::uint64_t tokens, std::chrono::nanoseconds period) noexcept;

 private:
  std::uint64_t capacity_ = 0;
  std::uint64_t tokens_ = 0;
  std::uint64_t period_ = 1;  // nanoseconds
  std::uint64_t level_ = 0;
  MonoTime last_ = MonoTime::min();  // before the first use: nothing to refill
};

/// Bytes per second. A rate of 0 means without limit. The burst is one quarter of a second's bytes, at least 16 KiB and at most 8 MiB.
class ByteBucket {
 public:
  struct Taken {
    std::uint64_t granted = 0;  // 0..want
    MonoTime retry_at{};        // where granted < want: when at least a part of the rest is there
  };
  explicit ByteBucket(std::uint64_t bytes_per_second = 0) noexcept { set_rate(bytes_per_second); }

  [[nodiscard]] Taken take(MonoTime now, std::uint64_t want) noexcept;
  /// Bytes taken and not moved after all.
  void refund(std::uint64_t bytes) noexcept;
  void set_rate(std::uint64_t bytes_per_second) noexcept;
  [[nodiscard]] std::uint64_t rate() const noexcept { return rate_; }

 private:
  std::uint64_t rate_ = 0;
  TokenBucket bucket_;
};

}  // namespace soulfabric::guard

// SPDX-License-Identifier: GPL-3.0-or-later
// Token buckets: lazy refill in whole tokens, the remainder of time is kept, so nothing drifts.
#include "soulfabric/guard/rates.hpp"

#include <algorithm>

namespace soulfabric::guard {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::uint64_t kLeastBurst = 16 * 1024;
constexpr std::uint64_t kMostBurst = 8 * 1024 * 1024;

std::uint64_t nanos_between(MonoTime from, MonoTime to) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count());
}

}  // namespace

TokenBucket::TokenBucket(std::uint64_t capacity, std::uint64_t tokens, std::chrono::nanoseconds period) noexcept {
  configure(capacity, tokens, period);
}

void TokenBucket::configure(std::uint64_t capacity, std::uint64_t tokens, std::chrono::nanoseconds period) noexcept {
  const bool was_full = level_ >= capacity_;
  capacity_ = capacity;
  tokens_ = tokens;
  period_ = static_cast<std::uint64_t>(std::max<std::int64_t>(period.count(), 1));
  level_ = was_full ? capacity_ : std::min(level_, capacity_);
}

std::uint64_t TokenBucket::level(MonoTime now) noexcept {
  if (last_ == MonoTime::min()) {
    last_ = now;
    return level_;
  }
  if (now <= last_ || tokens_ == 0) return level_;
  if (level_ >= capacity_) {
    last_ = now;
    return level_;
  }
  const std::uint64_t missing = capacity_ - level_;
  const std::uint64_t elapsed = nanos_between(last_, now);
  const std::uint64_t to_fill = (missing * period_ + tokens_ - 1) / tokens_;
  if (elapsed >= to_fill) {
    level_ = capacity_;
    last_ = now;
    return level_;
  }
  const std::uint64_t gained = elapsed * tokens_ / period_;  // elapsed * tokens < missing * period + tokens
  level_ += gained;
  last_ += std::chrono::nanoseconds((gained * period_ + tokens_ - 1) / tokens_);
  return level_;
}

bool TokenBucket::take(MonoTime now, std::uint64_t want) noexcept {
  if (level(now) < want) return false;
  level_ -= want;
  return true;
}

std::uint64_t TokenBucket::take_up_to(MonoTime now, std::uint64_t want) noexcept {
  const std::uint64_t granted = std::min(level(now), want);
  level_ -= granted;
  return granted;
}

void TokenBucket::refund(std::uint64_t tokens) noexcept { level_ += std::min(tokens, capacity_ - level_); }

MonoTime TokenBucket::ready_at(MonoTime now, std::uint64_t want) noexcept {
  const std::uint64_t have = level(now);
  if (have >= want) return now;
  if (want > capacity_ || tokens_ == 0) return MonoTime::max();
  const MonoTime ready = last_ + std::chrono::nanoseconds(((want - have) * period_ + tokens_ - 1) / tokens_);
  return std::max(ready, now);
}

void ByteBucket::set_rate(std::uint64_t bytes_per_second) noexcept {
  const bool was_unlimited = rate_ == 0;
  rate_ = bytes_per_second;
  const std::uint64_t burst = std::clamp(rate_ / 4, kLeastBurst, kMostBurst);
  if (was_unlimited)
    bucket_ = TokenBucket(burst, rate_, std::chrono::nanoseconds(kSecond));
  else
    bucket_.configure(burst, rate_, std::chrono::nanoseconds(kSecond));
}

ByteBucket::Taken ByteBucket::take(MonoTime now, std::uint64_t want) noexcept {
  if (rate_ == 0) return {want, now};
  const std::uint64_t granted = bucket_.take_up_to(now, want);
  if (granted == want) return {granted, now};
  // A twentieth of a second's bytes at once, so that a slow rate does not wake its reader for single bytes.
  const std::uint64_t step = std::min({want - granted, std::max<std::uint64_t>(rate_ / 20, 1), bucket_.capacity()});
  return {granted, bucket_.ready_at(now, step)};
}

void ByteBucket::refund(std::uint64_t bytes) noexcept {
  if (rate_ != 0) bucket_.refund(bytes);
}

}  // namespace soulfabric::guard

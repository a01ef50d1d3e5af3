// SPDX-License-Identifier: GPL-3.0-or-later
// How many bytes may wait unsent in the kernel: what the line takes in eight milliseconds, so that a call is hardly delayed by what is
// before it, and a fast line does not wake us for every little. Sans-IO.
#pragma once
#include <algorithm>
#include <cstddef>
#include <optional>

#include "soulfabric/base/clock.hpp"

namespace soulfabric::mesh {

class SendPace {
 public:
  static constexpr std::size_t kLeast = 128 * 1024;
  static constexpr std::size_t kMost = 2 * 1024 * 1024;

  /// So many bytes were taken by the kernel; the new limit where it is to change.
  [[nodiscard]] std::optional<std::size_t> sent(std::size_t bytes, MonoTime now) {
    bytes_ += bytes;
    const Duration took = now - since_;
    if (took < kMeasured) return std::nullopt;
    const double seconds = std::chrono::duration<double>(took).count();
    const auto wanted = std::clamp(static_cast<std::size_t>(static_cast<double>(bytes_) / seconds * kSeconds), kLeast, kMost);
    since_ = now;
    bytes_ = 0;
    if (wanted < limit_ + limit_ / 4 && wanted > limit_ - limit_ / 4) return std::nullopt;
    limit_ = wanted;
    return limit_;
  }

 private:
  static constexpr std::chrono::milliseconds kMeasured{50};
  static constexpr double kSeconds = 0.008;
  std::size_t limit_ = kLeast;
  std::size_t bytes_ = 0;
  MonoTime since_{};
};

}  // namespace soulfabric::mesh

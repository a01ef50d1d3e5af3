// SPDX-License-Identifier: GPL-3.0-or-later
// A small synthesiser: chords, bass and a tune out of a seed. Pure, thread-safe, the same samples for the same arguments.
#pragma once
#include <cstdint>
#include <vector>

#include "demo/songbook.hpp"

namespace soulfabric::daemon::demo {

/// Stereo, left and right in turn, each -1..1.
struct Audio {
  int sample_rate = 0;
  std::vector<float> samples;

  [[nodiscard]] std::size_t frames() const noexcept { return samples.size() / 2; }
};

[[nodiscard]] Audio render(Mood mood, std::uint64_t seed, int seconds, int sample_rate);

}  // namespace soulfabric::daemon::demo

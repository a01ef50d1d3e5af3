// SPDX-License-Identifier: GPL-3.0-or-later
// One audio file decoded from its first to its last sample.
#pragma once
#include <cstdint>
#include <string>

#include "core/media_check.hpp"

namespace soulfabric::library {

/// Counts what came out of a decoder.
struct SoundMeter {
  std::uint64_t samples = 0;  // per channel
  std::uint32_t rate = 0;     // of the first frame
  double seconds = 0;
  bool has_sound = false;     // any sample above kSilence
  std::uint32_t errors = 0;   // after the first frame
  bool ends_early = false;    // sound up to a last part that is not whole

  void count(std::uint64_t frames, std::uint32_t frame_rate);
  [[nodiscard]] std::uint64_t milliseconds() const;
};

/// Of full scale: one step of 16 bits is 1/32768; dither of a silent track reaches two of them.
inline constexpr double kSilence = 2.5 / 32'768;

/// `stated` is the length that the header gives, in seconds; zero or less where it gives none.
[[nodiscard]] MediaVerdict verdict_of(const SoundMeter& meter, double stated);

/// By libFLAC: its errors, and the MD5 of the samples that the encoder left in the header.
[[nodiscard]] MediaCheckAnswer check_flac(int descriptor, std::uint64_t size);
/// By libavcodec, everything else.
[[nodiscard]] MediaCheckAnswer check_by_codec(int descriptor, std::uint64_t size, const std::string& extension);

[[nodiscard]] inline MediaCheckAnswer check_media(int descriptor, std::uint64_t size, const std::string& extension) {
  return extension == "flac" ? check_flac(descriptor, size) : check_by_codec(descriptor, size, extension);
}

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// Real audio files made on the spot for tests and benches.
#pragma once
#include <cstdint>
#include <string>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/library/media_tags.hpp"

namespace soulfabric::testing {

struct Tone {
  std::uint32_t sample_rate = 44'100;
  std::uint32_t channels = 2;
  std::uint32_t bits = 16;  // FLAC and WAV
  double seconds = 1;
  double level = 0.4;  // of full scale; 0 is silence
};

/// PCM in a RIFF container.
[[nodiscard]] Bytes make_wav(const Tone& tone);
/// Encoded by libFLAC with a Vorbis comment.
[[nodiscard]] Bytes make_flac(const Tone& tone, const library::MediaTags& tags = {});
/// Encoded by LAME with an ID3v2.4 tag in front; `kbps` 0 gives a variable rate.
[[nodiscard]] Bytes make_mp3(const Tone& tone, std::uint32_t kbps, const library::MediaTags& tags = {});
/// Ogg pages of a Vorbis stream: headers, comments and a last page that states the length; no sound in between.
[[nodiscard]] Bytes make_ogg(const Tone& tone, const library::MediaTags& tags = {});

}  // namespace soulfabric::testing

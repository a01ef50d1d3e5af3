// SPDX-License-Identifier: GPL-3.0-or-later
// Audio files of the kinds that only libavcodec makes, for tests of what decodes them.
#pragma once
#include <string>

#include "media/audio_files.hpp"

namespace soulfabric::testing {

/// `encoder` and `container` as libavcodec and libavformat name them. Empty where this build of them has no such encoder.
[[nodiscard]] Bytes make_by_codec(const Tone& tone, const std::string& encoder, const std::string& container);

}  // namespace soulfabric::testing

// SPDX-License-Identifier: GPL-3.0-or-later
// Sound and tags as the bytes of real files. Each encoder is the only owner of its library. Thread-safe.
#pragma once
#include "demo/songbook.hpp"
#include "demo/synth.hpp"
#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::daemon::demo {

/// `bits` 16 or 24. With Vorbis comments and the MD5 of the samples. Error: Internal with libFLAC's reason.
[[nodiscard]] Result<Bytes> encode_flac(const Audio& audio, int bits, const TrackTags& tags);
/// 192 kbit/s, or variable at quality 2; with an ID3v2.4 tag. Error: Internal.
[[nodiscard]] Result<Bytes> encode_mp3(const Audio& audio, bool variable, const TrackTags& tags);
/// An ID3v2.4 tag with UTF-8 text frames (id3.org, "ID3 tag version 2.4.0").
[[nodiscard]] Bytes id3_tag(const TrackTags& tags);
/// A square PNG, its colours drawn from `seed`. Nothing where zlib fails.
[[nodiscard]] Bytes cover_png(std::uint64_t seed, std::uint32_t side);

/// Name and value as Vorbis comments have them.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> vorbis_comments(const TrackTags& tags);

}  // namespace soulfabric::daemon::demo

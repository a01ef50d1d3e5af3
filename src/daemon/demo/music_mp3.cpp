// SPDX-License-Identifier: GPL-3.0-or-later
// MP3 in memory; the only user of libmp3lame.
#include <lame/lame.h>

#include <algorithm>
#include <memory>

#include "demo/music_files.hpp"

namespace soulfabric::daemon::demo {
namespace {

struct Close {
  void operator()(lame_global_flags* lame) const { lame_close(lame); }
};
using Lame = std::unique_ptr<lame_global_flags, Close>;

Lame prepare(const Audio& audio, bool variable) {
  Lame lame(lame_init());
  if (!lame) return nullptr;
  lame_set_num_channels(lame.get(), 2);
  lame_set_in_samplerate(lame.get(), audio.sample_rate);
  lame_set_quality(lame.get(), 7);
  lame_set_bWriteVbrTag(lame.get(), 1);
  lame_set_write_id3tag_automatic(lame.get(), 0);
  if (variable) {
    lame_set_VBR(lame.get(), vbr_mtrh);
    lame_set_VBR_quality(lame.get(), 2.0F);
  } else {
    lame_set_brate(lame.get(), 192);
  }
  return lame_init_params(lame.get()) < 0 ? nullptr : std::move(lame);
}

}  // namespace

Result<Bytes> encode_mp3(const Audio& audio, bool variable, const TrackTags& tags) {
  const auto lame = prepare(audio, variable);
  if (!lame) return fail(Errc::Internal, "libmp3lame has no memory for an encoder");
  const auto frames = static_cast<int>(audio.frames());
  // Room that lame.h asks for, and for what flushing adds.
  Bytes stream(audio.frames() + audio.frames() / 4 + 2 * 7200);
  const auto room = static_cast<int>(stream.size());
  const int encoded = lame_encode_buffer_interleaved_ieee_float(lame.get(), audio.samples.data(), frames, stream.data(), room);
  if (encoded < 0) return fail(Errc::Internal, "libmp3lame fails with " + std::to_string(encoded));
  const int flushed = lame_encode_flush(lame.get(), stream.data() + encoded, room - encoded);
  if (flushed < 0) return fail(Errc::Internal, "libmp3lame fails with " + std::to_string(flushed));
  stream.resize(static_cast<std::size_t>(encoded + flushed));
  // The first frame was left silent for the summary that is known only now: number of frames, seek table, gaps.
  Bytes summary(2880);
  const auto summary_size = lame_get_lametag_frame(lame.get(), summary.data(), summary.size());
  if (summary_size > 0 && summary_size <= summary.size() && summary_size <= stream.size()) {
    std::copy_n(summary.begin(), summary_size, stream.begin());
  }
  auto file = id3_tag(tags);
  file.insert(file.end(), stream.begin(), stream.end());
  return file;
}

}  // namespace soulfabric::daemon::demo

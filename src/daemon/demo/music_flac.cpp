// SPDX-License-Identifier: GPL-3.0-or-later
// FLAC in memory; the only user of libFLAC here.
#include <FLAC/metadata.h>
#include <FLAC/stream_encoder.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "demo/music_files.hpp"

namespace soulfabric::daemon::demo {
namespace {

/// Where the encoder writes to: it goes back to the beginning to fill in sizes and MD5.
struct Sink {
  Bytes bytes;
  std::size_t at = 0;
};

FLAC__StreamEncoderWriteStatus write(const FLAC__StreamEncoder* /*encoder*/, const FLAC__byte* data, std::size_t size, std::uint32_t /*samples*/,
                                     std::uint32_t /*frame*/, void* client) {
  auto& sink = *static_cast<Sink*>(client);
  if (sink.bytes.size() < sink.at + size) sink.bytes.resize(sink.at + size);
  std::copy(data, data + size, sink.bytes.begin() + static_cast<std::ptrdiff_t>(sink.at));
  sink.at += size;
  return FLAC__STREAM_ENCODER_WRITE_STATUS_OK;
}

FLAC__StreamEncoderSeekStatus seek(const FLAC__StreamEncoder* /*encoder*/, FLAC__uint64 offset, void* client) {
  static_cast<Sink*>(client)->at = static_cast<std::size_t>(offset);
  return FLAC__STREAM_ENCODER_SEEK_STATUS_OK;
}

FLAC__StreamEncoderTellStatus tell(const FLAC__StreamEncoder* /*encoder*/, FLAC__uint64* offset, void* client) {
  *offset = static_cast<Sink*>(client)->at;
  return FLAC__STREAM_ENCODER_TELL_STATUS_OK;
}

struct Delete {
  void operator()(FLAC__StreamEncoder* encoder) const { FLAC__stream_encoder_delete(encoder); }
  void operator()(FLAC__StreamMetadata* block) const { FLAC__metadata_object_delete(block); }
};

std::unique_ptr<FLAC__StreamMetadata, Delete> comment_block(const TrackTags& tags) {
  std::unique_ptr<FLAC__StreamMetadata, Delete> block(FLAC__metadata_object_new(FLAC__METADATA_TYPE_VORBIS_COMMENT));
  if (!block) return nullptr;
  for (const auto& [name, value] : vorbis_comments(tags)) {
    FLAC__StreamMetadata_VorbisComment_Entry entry{};
    if (!FLAC__metadata_object_vorbiscomment_entry_from_name_value_pair(&entry, name.c_str(), value.c_str())) return nullptr;
    if (!FLAC__metadata_object_vorbiscomment_append_comment(block.get(), entry, false)) return nullptr;
  }
  return block;
}

std::vector<FLAC__int32> quantise(const Audio& audio, int bits) {
  const auto scale = static_cast<float>((1 << (bits - 1)) - 1);
  std::vector<FLAC__int32> out(audio.samples.size());
  std::transform(audio.samples.begin(), audio.samples.end(), out.begin(),
                 [scale](float value) { return static_cast<FLAC__int32>(std::lrint(std::clamp(value, -1.0F, 1.0F) * scale)); });
  return out;
}

}  // namespace

Result<Bytes> encode_flac(const Audio& audio, int bits, const TrackTags& tags) {
  const std::unique_ptr<FLAC__StreamEncoder, Delete> encoder(FLAC__stream_encoder_new());
  const auto comments = comment_block(tags);
  if (!encoder || !comments) return fail(Errc::Internal, "libFLAC has no memory for an encoder");
  auto* const e = encoder.get();
  FLAC__StreamMetadata* blocks[] = {comments.get()};
  Sink sink;
  const bool prepared = FLAC__stream_encoder_set_channels(e, 2) != 0 && FLAC__stream_encoder_set_bits_per_sample(e, static_cast<std::uint32_t>(bits)) != 0 &&
                        FLAC__stream_encoder_set_sample_rate(e, static_cast<std::uint32_t>(audio.sample_rate)) != 0 &&
                        FLAC__stream_encoder_set_compression_level(e, 2) != 0 && FLAC__stream_encoder_set_metadata(e, blocks, 1) != 0;
  const auto begun = prepared ? FLAC__stream_encoder_init_stream(e, write, seek, tell, nullptr, &sink) : FLAC__STREAM_ENCODER_INIT_STATUS_ENCODER_ERROR;
  if (begun != FLAC__STREAM_ENCODER_INIT_STATUS_OK) return fail(Errc::Internal, std::string("libFLAC refuses: ") + FLAC__StreamEncoderInitStatusString[begun]);
  const auto samples = quantise(audio, bits);
  if (!FLAC__stream_encoder_process_interleaved(e, samples.data(), static_cast<std::uint32_t>(audio.frames())) || !FLAC__stream_encoder_finish(e)) {
    return fail(Errc::Internal, std::string("libFLAC fails: ") + FLAC__stream_encoder_get_resolved_state_string(e));
  }
  return std::move(sink.bytes);
}

}  // namespace soulfabric::daemon::demo

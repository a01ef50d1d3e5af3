// SPDX-License-Identifier: GPL-3.0-or-later
// FLAC to its end, and what is made of a decoder's count.
#include <FLAC/stream_decoder.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>

#include "media_checker.hpp"

namespace soulfabric::library {
namespace {

constexpr double kTolerance = 0.01;        // of the stated length (architecture, section 6)
constexpr double kLeastTolerance = 0.3;    // seconds: encoders pad the beginning and the end by some frames

struct FlacInput {
  int descriptor = -1;
  std::uint64_t size = 0;
  std::uint64_t at = 0;
  std::uint64_t stated_samples = 0;
  bool has_frame = false;
  SoundMeter meter;
};

FlacInput& input(void* data) { return *static_cast<FlacInput*>(data); }

FLAC__StreamDecoderReadStatus flac_read(const FLAC__StreamDecoder*, FLAC__byte* out, std::size_t* length, void* data) {
  FlacInput& in = input(data);
  if (in.at >= in.size) {
    *length = 0;
    return FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM;
  }
  ssize_t got = 0;
  do {
    got = pread(in.descriptor, out, std::min<std::uint64_t>(*length, in.size - in.at), static_cast<off_t>(in.at));
  } while (got < 0 && errno == EINTR);
  if (got < 0) return FLAC__STREAM_DECODER_READ_STATUS_ABORT;
  *length = static_cast<std::size_t>(got);
  in.at += static_cast<std::uint64_t>(got);
  return got == 0 ? FLAC__STREAM_DECODER_READ_STATUS_END_OF_STREAM : FLAC__STREAM_DECODER_READ_STATUS_CONTINUE;
}

FLAC__StreamDecoderWriteStatus flac_write(const FLAC__StreamDecoder*, const FLAC__Frame* frame, const FLAC__int32* const samples[], void* data) {
  FlacInput& in = input(data);
  in.has_frame = true;
  in.meter.count(frame->header.blocksize, frame->header.sample_rate);
  const double threshold = kSilence * std::ldexp(1.0, static_cast<int>(frame->header.bits_per_sample) - 1);
  for (std::uint32_t c = 0; c < frame->header.channels && !in.meter.has_sound; ++c) {
    for (std::uint32_t i = 0; i < frame->header.blocksize; ++i) {
      if (std::abs(static_cast<double>(samples[c][i])) > threshold) in.meter.has_sound = true;
    }
  }
  return FLAC__STREAM_DECODER_WRITE_STATUS_CONTINUE;
}

void flac_metadata(const FLAC__StreamDecoder*, const FLAC__StreamMetadata* block, void* data) {
  if (block->type == FLAC__METADATA_TYPE_STREAMINFO) input(data).stated_samples = block->data.stream_info.total_samples;
}

void flac_error(const FLAC__StreamDecoder*, FLAC__StreamDecoderErrorStatus, void* data) { ++input(data).meter.errors; }

}  // namespace

void SoundMeter::count(std::uint64_t frames, std::uint32_t frame_rate) {
  if (rate == 0) rate = frame_rate;
  samples += frames;
  if (frame_rate > 0) seconds += static_cast<double>(frames) / frame_rate;
}

std::uint64_t SoundMeter::milliseconds() const { return static_cast<std::uint64_t>(seconds * 1000 + 0.5); }

MediaVerdict verdict_of(const SoundMeter& meter, double stated) {
  if (meter.samples == 0) return stated > 0 ? MediaVerdict::WrongLength : MediaVerdict::NotAudio;
  // First, because a file that was cut off mostly has an error at its end as well.
  if (stated > 0 && std::abs(meter.seconds - stated) > std::max(stated * kTolerance, kLeastTolerance)) return MediaVerdict::WrongLength;
  if (meter.errors > 0) return meter.ends_early ? MediaVerdict::WrongLength : MediaVerdict::Broken;
  return meter.has_sound ? MediaVerdict::Sound : MediaVerdict::Silent;
}

MediaCheckAnswer check_flac(int descriptor, std::uint64_t size) {
  MediaCheckAnswer answer;
  FlacInput in;
  in.descriptor = descriptor;
  in.size = size;
  FLAC__StreamDecoder* decoder = FLAC__stream_decoder_new();
  if (decoder == nullptr) return answer;
  FLAC__stream_decoder_set_md5_checking(decoder, 1);
  const bool is_open = FLAC__stream_decoder_init_stream(decoder, flac_read, nullptr, nullptr, nullptr, nullptr, flac_write, flac_metadata,
                                                        flac_error, &in) == FLAC__STREAM_DECODER_INIT_STATUS_OK;
  const bool is_decoded = is_open && FLAC__stream_decoder_process_until_end_of_stream(decoder) != 0;
  const bool is_matching = FLAC__stream_decoder_finish(decoder) != 0;
  FLAC__stream_decoder_delete(decoder);
  const double stated = in.meter.rate > 0 ? static_cast<double>(in.stated_samples) / in.meter.rate : 0;
  answer.milliseconds = in.meter.milliseconds();
  answer.errors = in.meter.errors;
  if (!in.has_frame) {
    answer.verdict = MediaVerdict::NotAudio;
    return answer;
  }
  answer.verdict = verdict_of(in.meter, stated);
  if ((!is_decoded || !is_matching) && (answer.verdict == MediaVerdict::Sound || answer.verdict == MediaVerdict::Silent)) answer.verdict = MediaVerdict::Broken;
  return answer;
}

}  // namespace soulfabric::library

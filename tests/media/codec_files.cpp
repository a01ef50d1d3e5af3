// SPDX-License-Identifier: GPL-3.0-or-later
// A sine through any encoder of libavcodec into memory.
#include "media/codec_files.hpp"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>
#include <libavutil/samplefmt.h>
}

#include <cmath>
#include <memory>
#include <numbers>

namespace soulfabric::testing {
namespace {

struct Closer {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFormatContext* context) const { avformat_free_context(context); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};

template <class T>
void put_sample(AVFrame& frame, int channel, int channels, int at, T value) {
  const bool is_planar = av_sample_fmt_is_planar(static_cast<AVSampleFormat>(frame.format)) != 0;
  auto* samples = reinterpret_cast<T*>(frame.extended_data[is_planar ? channel : 0]);
  samples[is_planar ? at : at * channels + channel] = value;
}

void put_tone(AVFrame& frame, const Tone& tone, std::int64_t from) {
  for (int i = 0; i < frame.nb_samples; ++i) {
    const double value = tone.level * std::sin(2 * std::numbers::pi * 440 * static_cast<double>(from + i) / tone.sample_rate);
    for (int c = 0; c < static_cast<int>(tone.channels); ++c) {
      const int channels = static_cast<int>(tone.channels);
      switch (av_get_packed_sample_fmt(static_cast<AVSampleFormat>(frame.format))) {
        case AV_SAMPLE_FMT_S16: put_sample(frame, c, channels, i, static_cast<std::int16_t>(value * 32'767)); break;
        case AV_SAMPLE_FMT_S32: put_sample(frame, c, channels, i, static_cast<std::int32_t>(value * 2'147'483'647)); break;
        case AV_SAMPLE_FMT_FLT: put_sample(frame, c, channels, i, static_cast<float>(value)); break;
        default: break;
      }
    }
  }
}

void write_packets(AVCodecContext& codec, AVFormatContext& container, AVPacket& packet) {
  while (avcodec_receive_packet(&codec, &packet) == 0) {
    av_packet_rescale_ts(&packet, codec.time_base, container.streams[0]->time_base);
    packet.stream_index = 0;
    av_interleaved_write_frame(&container, &packet);
  }
}

void encode_all(AVCodecContext& codec, AVFormatContext& container, const Tone& tone) {
  const std::unique_ptr<AVPacket, Closer> packet(av_packet_alloc());
  const auto total = static_cast<std::int64_t>(tone.seconds * tone.sample_rate);
  const int step = codec.frame_size > 0 ? codec.frame_size : 1024;
  for (std::int64_t at = 0; at < total; at += step) {
    const std::unique_ptr<AVFrame, Closer> frame(av_frame_alloc());
    frame->format = codec.sample_fmt;
    frame->sample_rate = codec.sample_rate;
    frame->nb_samples = static_cast<int>(std::min<std::int64_t>(step, total - at));
    av_channel_layout_copy(&frame->ch_layout, &codec.ch_layout);
    frame->pts = at;
    if (av_frame_get_buffer(frame.get(), 0) < 0) return;
    put_tone(*frame, tone, at);
    if (avcodec_send_frame(&codec, frame.get()) == 0) write_packets(codec, container, *packet);
  }
  avcodec_send_frame(&codec, nullptr);
  write_packets(codec, container, *packet);
}

std::unique_ptr<AVCodecContext, Closer> open_encoder(const AVCodec& encoder, const Tone& tone, bool global_header) {
  std::unique_ptr<AVCodecContext, Closer> codec(avcodec_alloc_context3(&encoder));
  codec->sample_fmt = encoder.sample_fmts != nullptr ? encoder.sample_fmts[0] : AV_SAMPLE_FMT_S16;
  codec->sample_rate = static_cast<int>(tone.sample_rate);
  codec->time_base = {1, codec->sample_rate};
  codec->bit_rate = 128'000;
  codec->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  av_channel_layout_default(&codec->ch_layout, static_cast<int>(tone.channels));
  if (global_header) codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (avcodec_open2(codec.get(), &encoder, nullptr) < 0) return nullptr;
  return codec;
}

}  // namespace

Bytes make_by_codec(const Tone& tone, const std::string& encoder, const std::string& container) {
  av_log_set_level(AV_LOG_QUIET);
  const AVCodec* found = avcodec_find_encoder_by_name(encoder.c_str());
  AVFormatContext* made = nullptr;
  if (found == nullptr || avformat_alloc_output_context2(&made, nullptr, container.c_str(), nullptr) < 0) return {};
  const std::unique_ptr<AVFormatContext, Closer> format(made);
  const auto codec = open_encoder(*found, tone, (format->oformat->flags & AVFMT_GLOBALHEADER) != 0);
  AVStream* stream = codec ? avformat_new_stream(format.get(), nullptr) : nullptr;
  if (stream == nullptr) return {};
  stream->time_base = codec->time_base;
  avcodec_parameters_from_context(stream->codecpar, codec.get());
  if (avio_open_dyn_buf(&format->pb) < 0) return {};
  const bool begun = avformat_write_header(format.get(), nullptr) >= 0;
  if (begun) encode_all(*codec, *format, tone);
  if (begun) av_write_trailer(format.get());
  std::uint8_t* bytes = nullptr;
  const int size = avio_close_dyn_buf(format->pb, &bytes);
  format->pb = nullptr;
  Bytes out;
  if (begun && size > 0) out.assign(bytes, bytes + size);
  av_free(bytes);
  return out;
}

}  // namespace soulfabric::testing

// SPDX-License-Identifier: GPL-3.0-or-later
// All audio that is not FLAC, to its end by libavcodec.
extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
#include <libavutil/opt.h>
#include <libavutil/samplefmt.h>
}
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "media_checker.hpp"

namespace soulfabric::library {
namespace {

constexpr int kWindow = 64 * 1024;
constexpr std::int64_t kOggTail = 66'000;  // more than the largest page
constexpr std::size_t kOggHead = 27;
constexpr std::size_t kTail = 160;  // an ID3v1 tag and the end of an APE tag in front of it

/// Which container an extension promises; the first thing looked at, so that a file under a false name is refused before it is parsed.
struct Promise {
  std::string_view extension;
  const char* formats;  // as libavformat names them
};
constexpr Promise kPromises[] = {
    {"mp3", "mp3"},  {"mp2", "mp3"},  {"ogg", "ogg"},   {"oga", "ogg"}, {"opus", "ogg"}, {"spx", "ogg"},
    {"m4a", "mov"},  {"m4b", "mov"},  {"mp4", "mov"},   {"wav", "wav"}, {"aif", "aiff"}, {"aiff", "aiff"},
    {"wma", "asf"},  {"asf", "asf"},  {"ape", "ape"},   {"wv", "wv"},   {"mpc", "mpc,mpc8"}, {"tta", "tta"},
};
constexpr const char* kDecoders =
    "mp3float,mp3,mp2float,mp2,mp1float,mp1,vorbis,opus,flac,speex,aac,alac,wmav1,wmav2,wmapro,wmalossless,ape,wavpack,mpc7,mpc8,tta,"
    "pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_f64be,pcm_alaw,"
    "pcm_mulaw,adpcm_ms,adpcm_ima_wav";

struct CodecInput {
  int descriptor = -1;
  std::int64_t size = 0;
  std::int64_t at = 0;
};

int codec_read(void* data, std::uint8_t* out, int length) {
  auto& in = *static_cast<CodecInput*>(data);
  const std::int64_t left = in.size - in.at;
  if (left <= 0) return AVERROR_EOF;
  ssize_t got = 0;
  do {
    got = pread(in.descriptor, out, static_cast<std::size_t>(std::min<std::int64_t>(length, left)), in.at);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return AVERROR(errno);
  in.at += got;
  return got == 0 ? AVERROR_EOF : static_cast<int>(got);
}

std::int64_t codec_seek(void* data, std::int64_t offset, int whence) {
  auto& in = *static_cast<CodecInput*>(data);
  if ((whence & AVSEEK_SIZE) != 0) return in.size;
  std::int64_t base = 0;
  if ((whence & 3) == SEEK_CUR) base = in.at;
  if ((whence & 3) == SEEK_END) base = in.size;
  std::int64_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) return AVERROR(EINVAL);
  in.at = target;
  return target;
}

/// Nothing but the descriptor is ever opened.
int refuse_to_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) { return AVERROR(EPERM); }

/// A page of an Ogg stream whose checksum is wrong is left out without any other sign.
std::uint32_t container_errors = 0;
void count_container_errors(void* context, int level, const char*, va_list) {
  if (level > AV_LOG_ERROR || context == nullptr) return;
  const AVClass* type = *static_cast<const AVClass**>(context);
  if (type != nullptr && type->class_name != nullptr && std::strcmp(type->class_name, "AVFormatContext") == 0) ++container_errors;
}

struct Closer {
  void operator()(AVFormatContext* context) const {
    AVIOContext* io = context->pb;
    avformat_close_input(&context);
    if (io != nullptr) av_freep(static_cast<void*>(&io->buffer));
    avio_context_free(&io);
  }
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
using Container = std::unique_ptr<AVFormatContext, Closer>;
using Codec = std::unique_ptr<AVCodecContext, Closer>;

Container open_container(CodecInput& in, const char* formats) {
  auto* window = static_cast<std::uint8_t*>(av_malloc(kWindow));
  if (window == nullptr) return {};
  AVIOContext* io = avio_alloc_context(window, kWindow, 0, &in, codec_read, nullptr, codec_seek);
  AVFormatContext* context = avformat_alloc_context();
  if (io == nullptr || context == nullptr) return {};
  context->pb = io;
  context->flags |= AVFMT_FLAG_CUSTOM_IO;
  context->io_open = refuse_to_open;
  context->error_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER;
  context->format_whitelist = av_strdup(formats);
  context->codec_whitelist = av_strdup(kDecoders);
  // It frees the context where it fails; what stays of the input is little and ends with the process.
  if (avformat_open_input(&context, nullptr, nullptr, nullptr) != 0) return {};
  return Container(context);
}

Codec open_codec(const AVStream& stream) {
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  if (codec == nullptr || codec->type != AVMEDIA_TYPE_AUDIO) return {};
  Codec context(avcodec_alloc_context3(codec));
  if (!context || avcodec_parameters_to_context(context.get(), stream.codecpar) < 0) return {};
  context->thread_count = 1;
  context->pkt_timebase = stream.time_base;
  context->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
  context->codec_whitelist = av_strdup(kDecoders);
  if (avcodec_open2(context.get(), codec, nullptr) < 0) return {};
  return context;
}

template <class T>
bool is_heard(const std::uint8_t* data, int count, double zero, double full) {
  const auto* samples = reinterpret_cast<const T*>(data);
  return std::any_of(samples, samples + count, [&](T value) { return std::abs(static_cast<double>(value) - zero) > kSilence * full; });
}

bool has_sound(const AVFrame& frame) {
  const auto format = static_cast<AVSampleFormat>(frame.format);
  const bool is_planar = av_sample_fmt_is_planar(format) != 0;
  const int channels = frame.ch_layout.nb_channels;
  const int planes = is_planar ? channels : 1;
  const int count = is_planar ? frame.nb_samples : frame.nb_samples * channels;
  for (int plane = 0; plane < planes; ++plane) {
    const std::uint8_t* data = frame.extended_data[plane];
    bool heard = false;
    switch (av_get_packed_sample_fmt(format)) {
      case AV_SAMPLE_FMT_U8: heard = is_heard<std::uint8_t>(data, count, 128, 128); break;
      case AV_SAMPLE_FMT_S16: heard = is_heard<std::int16_t>(data, count, 0, 32'768.0); break;
      case AV_SAMPLE_FMT_S32: heard = is_heard<std::int32_t>(data, count, 0, 2'147'483'648.0); break;
      case AV_SAMPLE_FMT_S64: heard = is_heard<std::int64_t>(data, count, 0, 9'223'372'036'854'775'808.0); break;
      case AV_SAMPLE_FMT_FLT: heard = is_heard<float>(data, count, 0, 1); break;
      case AV_SAMPLE_FMT_DBL: heard = is_heard<double>(data, count, 0, 1); break;
      default: break;
    }
    if (heard) return true;
  }
  return false;
}

/// Tags behind the sound of an MPEG stream are no damage, though no decoder knows what to do with them.
bool ends_with_tags(const CodecInput& in) {
  char tail[kTail] = {};
  const std::int64_t from = std::max<std::int64_t>(0, in.size - static_cast<std::int64_t>(kTail));
  const ssize_t got = pread(in.descriptor, tail, kTail, from);
  const std::string_view text(tail, got > 0 ? static_cast<std::size_t>(got) : 0);
  const bool has_id3 = text.size() >= 128 && text.substr(text.size() - 128).starts_with("TAG");
  return has_id3 || text.find("APETAGEX") != std::string_view::npos || text.find("LYRICS200") != std::string_view::npos;
}

/// An Ogg stream says in its last page that it is the last one, and that page is whole.
bool is_ogg_cut(const CodecInput& in) {
  std::vector<std::uint8_t> tail(static_cast<std::size_t>(std::min<std::int64_t>(in.size, kOggTail)));
  const ssize_t got = pread(in.descriptor, tail.data(), tail.size(), in.size - static_cast<std::int64_t>(tail.size()));
  tail.resize(static_cast<std::size_t>(std::max<ssize_t>(0, got)));
  constexpr std::uint8_t kMark[] = {'O', 'g', 'g', 'S'};
  const auto last = std::find_end(tail.begin(), tail.end(), std::begin(kMark), std::end(kMark));
  const auto left = static_cast<std::size_t>(tail.end() - last);
  if (left < kOggHead) return true;
  const std::size_t parts = last[kOggHead - 1];
  std::size_t length = kOggHead + parts;
  if (left < length) return true;
  for (std::size_t i = 0; i < parts; ++i) length += last[static_cast<std::ptrdiff_t>(kOggHead + i)];
  return left < length || (last[5] & 4U) == 0;
}

/// Feeds one decoder. Errors count once a frame follows them or the end comes, those before the first frame never.
class Decoding {
 public:
  explicit Decoding(AVCodecContext& codec) : codec_(codec), frame_(av_frame_alloc()) {}
  [[nodiscard]] bool is_ready() const { return frame_ != nullptr; }

  /// Null at the end.
  void feed(const AVPacket* packet) {
    const int sent = avcodec_send_packet(&codec_, packet);
    if (sent < 0 && sent != AVERROR_EOF) ++pending_;
    // A decoder gives a bounded number of frames per packet; this bound is far above it.
    for (int i = 0; i < kMostFrames; ++i) {
      const int got = avcodec_receive_frame(&codec_, frame_.get());
      if (got >= 0) {
        take();
        continue;
      }
      if (got != AVERROR(EAGAIN) && got != AVERROR_EOF) ++pending_;
      break;
    }
    // Its own frames are no proof that the sound goes on behind it.
    if (packet != nullptr && (packet->flags & AV_PKT_FLAG_CORRUPT) != 0) ++pending_;
  }
  void finish(bool is_excused) {
    feed(nullptr);
    if (!is_excused && meter.samples > 0 && pending_ > 0) {
      meter.ends_early = meter.errors == 0;
      meter.errors += pending_;
    }
    pending_ = 0;
  }
  void add_errors(std::uint32_t count) { pending_ += count; }
  SoundMeter meter;

 private:
  static constexpr int kMostFrames = 100'000;
  void take() {
    if (meter.samples > 0) meter.errors += pending_;
    pending_ = (frame_->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame_->decode_error_flags != 0 ? 1 : 0;
    meter.count(static_cast<std::uint64_t>(std::max(0, frame_->nb_samples)), static_cast<std::uint32_t>(std::max(0, frame_->sample_rate)));
    if (!meter.has_sound) meter.has_sound = has_sound(*frame_);
    av_frame_unref(frame_.get());
  }
  AVCodecContext& codec_;
  std::unique_ptr<AVFrame, Closer> frame_;
  std::uint32_t pending_ = 0;
};

double stated_seconds(const AVFormatContext& container, const AVStream& stream) {
  // A guess from size and bit rate is no statement of the header.
  if (container.duration_estimation_method == AVFMT_DURATION_FROM_BITRATE || stream.duration <= 0) return 0;
  return static_cast<double>(stream.duration) * av_q2d(stream.time_base);
}

}  // namespace

MediaCheckAnswer check_by_codec(int descriptor, std::uint64_t size, const std::string& extension) {
  MediaCheckAnswer answer;
  const auto* promise = std::find_if(std::begin(kPromises), std::end(kPromises), [&](const Promise& p) { return p.extension == extension; });
  if (promise == std::end(kPromises)) return answer;
  av_log_set_callback(count_container_errors);
  CodecInput in{descriptor, static_cast<std::int64_t>(std::min<std::uint64_t>(size, INT64_MAX)), 0};
  const Container container = open_container(in, promise->formats);
  if (!container || avformat_find_stream_info(container.get(), nullptr) < 0) return answer;
  const int index = av_find_best_stream(container.get(), AVMEDIA_TYPE_AUDIO, -1, -1, nullptr, 0);
  if (index < 0) return answer;
  const AVStream& stream = *container->streams[index];
  for (unsigned i = 0; i < container->nb_streams; ++i) {
    if (static_cast<int>(i) != index) container->streams[i]->discard = AVDISCARD_ALL;
  }
  const Codec codec = open_codec(stream);
  const std::unique_ptr<AVPacket, Closer> packet(av_packet_alloc());
  if (!codec || !packet) return answer;
  Decoding decoding(*codec);
  if (!decoding.is_ready()) return answer;
  container_errors = 0;
  for (;;) {
    const int got = av_read_frame(container.get(), packet.get());
    decoding.add_errors(std::exchange(container_errors, 0));
    if (got == AVERROR_EOF) break;
    if (got < 0) {
      decoding.add_errors(1);
      break;
    }
    if (packet->stream_index == index) decoding.feed(packet.get());
    av_packet_unref(packet.get());
  }
  const bool is_mpeg = std::string_view(promise->formats) == "mp3";
  decoding.finish(is_mpeg && ends_with_tags(in));
  answer.milliseconds = decoding.meter.milliseconds();
  answer.errors = decoding.meter.errors;
  answer.verdict = verdict_of(decoding.meter, stated_seconds(*container, stream));
  const bool is_whole = answer.verdict == MediaVerdict::Sound || answer.verdict == MediaVerdict::Silent;
  if (is_whole && std::string_view(promise->formats) == "ogg" && is_ogg_cut(in)) answer.verdict = MediaVerdict::WrongLength;
  return answer;
}

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// Frames between daemon and media child.
#include "core/media_frames.hpp"

namespace soulfabric::library {
namespace {

constexpr std::uint8_t kRequest = 1;
constexpr std::uint8_t kAnswer = 2;
enum Flag : std::uint8_t { kKnown = 1, kBitrate = 2, kDuration = 4, kSampleRate = 8, kBitDepth = 16, kVbrKnown = 32, kVbr = 64 };
// Beyond these a number is a parser's mistake.
constexpr std::uint32_t kMaxBitrate = 1'000'000;
constexpr std::uint32_t kMaxSampleRate = 100'000'000;
constexpr std::uint32_t kMaxBitDepth = 64;
constexpr std::uint32_t kMaxDuration = 100U * 24 * 3600;

class Out {
 public:
  explicit Out(std::uint8_t kind) {
    number<std::uint32_t>(0);
    number<std::uint8_t>(kind);
  }
  template <class T>
  void number(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) bytes_.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i)));
  }
  void text(std::string_view value) {
    number(static_cast<std::uint16_t>(value.size()));
    bytes_.insert(bytes_.end(), value.begin(), value.end());
  }
  Bytes finish() {
    const std::size_t length = bytes_.size() - 4;
    for (std::size_t i = 0; i < 4; ++i) bytes_[i] = static_cast<std::uint8_t>(length >> (8 * i));
    return std::move(bytes_);
  }

 private:
  Bytes bytes_;
};

class In {
 public:
  explicit In(ByteView bytes) : bytes_(bytes) {}
  template <class T>
  T number() {
    std::uint64_t value = 0;
    if (bytes_.size() - at_ < sizeof(T)) {
      ok_ = false;
      return 0;
    }
    for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<std::uint64_t>(bytes_[at_ + i]) << (8 * i);
    at_ += sizeof(T);
    return static_cast<T>(value);
  }
  std::string text(std::size_t cap) {
    const std::size_t length = number<std::uint16_t>();
    if (length > cap || bytes_.size() - at_ < length) {
      ok_ = false;
      return {};
    }
    std::string out(bytes_.begin() + static_cast<std::ptrdiff_t>(at_), bytes_.begin() + static_cast<std::ptrdiff_t>(at_ + length));
    at_ += length;
    return out;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && at_ == bytes_.size(); }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

bool starts_right(In& in, ByteView frame, std::uint8_t kind) {
  if (frame.size() > kMaxMediaFrame) return false;
  const auto length = in.number<std::uint32_t>();
  return in.ok() && length == frame.size() - 4 && in.number<std::uint8_t>() == kind;
}

bool has_guid_form(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

std::optional<std::uint32_t> within(std::uint32_t value, bool present, std::uint32_t most) {
  if (!present || value == 0 || value > most) return std::nullopt;
  return value;
}

void put_info(Out& out, const MediaInfo& info) {
  const AudioAttributes& a = info.attributes;
  unsigned flags = 0;
  if (info.known) flags |= kKnown;
  if (a.bitrate_kbps) flags |= kBitrate;
  if (a.duration_s) flags |= kDuration;
  if (a.sample_rate_hz) flags |= kSampleRate;
  if (a.bit_depth) flags |= kBitDepth;
  if (a.is_vbr) flags |= kVbrKnown;
  if (a.is_vbr.value_or(false)) flags |= kVbr;
  out.number(static_cast<std::uint8_t>(flags));
  out.number(a.bitrate_kbps.value_or(0));
  out.number(a.duration_s.value_or(0));
  out.number(a.sample_rate_hz.value_or(0));
  out.number(a.bit_depth.value_or(0));
  for (const auto field : kTagFields) out.text(info.tags.*field);
}

MediaInfo take_info(In& in) {
  MediaInfo info;
  const unsigned flags = in.number<std::uint8_t>();
  info.known = (flags & kKnown) != 0;
  info.attributes.bitrate_kbps = within(in.number<std::uint32_t>(), (flags & kBitrate) != 0, kMaxBitrate);
  info.attributes.duration_s = within(in.number<std::uint32_t>(), (flags & kDuration) != 0, kMaxDuration);
  info.attributes.sample_rate_hz = within(in.number<std::uint32_t>(), (flags & kSampleRate) != 0, kMaxSampleRate);
  info.attributes.bit_depth = within(in.number<std::uint32_t>(), (flags & kBitDepth) != 0, kMaxBitDepth);
  if ((flags & kVbrKnown) != 0) info.attributes.is_vbr = (flags & kVbr) != 0;
  for (std::size_t i = 0; i < kTagFields.size(); ++i) {
    std::string text = in.text(kMaxTagBytes);
    if (i < kFirstGuidField || has_guid_form(text)) info.tags.*kTagFields[i] = std::move(text);
  }
  return info;
}

}  // namespace

Bytes encode(const MediaRequest& request) {
  Out out(kRequest);
  out.number(request.batch);
  out.number(static_cast<std::uint16_t>(request.items.size()));
  for (const auto& item : request.items) {
    out.number(item.size);
    out.text(item.extension);
  }
  return out.finish();
}

Bytes encode(const MediaAnswer& answer) {
  Out out(kAnswer);
  out.number(answer.batch);
  out.number(static_cast<std::uint16_t>(answer.items.size()));
  for (const auto& item : answer.items) put_info(out, item);
  return out.finish();
}

std::optional<MediaRequest> decode_media_request(ByteView frame) {
  In in(frame);
  if (!starts_right(in, frame, kRequest)) return std::nullopt;
  MediaRequest request;
  request.batch = in.number<std::uint32_t>();
  const std::size_t count = in.number<std::uint16_t>();
  if (count == 0 || count > kMaxMediaBatch) return std::nullopt;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const auto size = in.number<std::uint64_t>();
    request.items.push_back({size, in.text(kMaxMediaExtension)});
  }
  if (!in.at_end()) return std::nullopt;
  return request;
}

std::optional<MediaAnswer> decode_media_answer(ByteView frame) {
  In in(frame);
  if (!starts_right(in, frame, kAnswer)) return std::nullopt;
  MediaAnswer answer;
  answer.batch = in.number<std::uint32_t>();
  const std::size_t count = in.number<std::uint16_t>();
  if (count == 0 || count > kMaxMediaBatch) return std::nullopt;
  for (std::size_t i = 0; i < count && in.ok(); ++i) answer.items.push_back(take_info(in));
  if (!in.at_end()) return std::nullopt;
  return answer;
}

}  // namespace soulfabric::library

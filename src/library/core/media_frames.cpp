// SPDX-License-Identifier: GPL-3.0-or-later
// Frames between daemon and media child.
#include "core/media_frames.hpp"

namespace soulfabric::library {
namespace {

constexpr std::uint8_t kRequest = 1;
constexpr std::uint8_t kAnswer = 2;

class Out {
 public:
  Out(std::uint8_t kind, std::size_t expected) {
    bytes_.reserve(expected);
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
  void packed(const MediaInfo& info) {
    const std::size_t at = bytes_.size();
    number<std::uint16_t>(0);
    if (info.known) pack(info, bytes_);
    put_length(at, 2, bytes_.size() - at - 2);
  }
  Bytes finish() {
    put_length(0, 4, bytes_.size() - 4);
    return std::move(bytes_);
  }

 private:
  void put_length(std::size_t at, std::size_t width, std::size_t length) {
    for (std::size_t i = 0; i < width; ++i) bytes_[at + i] = static_cast<std::uint8_t>(length >> (8 * i));
  }
  Bytes bytes_;
};

class In {
 public:
  explicit In(ByteView bytes) : left_(bytes) {}
  template <class T>
  T number() {
    std::uint64_t value = 0;
    const ByteView bytes = take(sizeof(T));
    for (std::size_t i = 0; i < bytes.size(); ++i) value |= static_cast<std::uint64_t>(bytes[i]) << (8 * i);
    return static_cast<T>(value);
  }
  ByteView take(std::size_t length) {
    if (left_.size() < length) {
      ok_ = false;
      left_ = {};
    }
    if (!ok_) return {};
    const ByteView out = left_.first(length);
    left_ = left_.subspan(length);
    return out;
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return ok_ && left_.empty(); }

 private:
  ByteView left_;
  bool ok_ = true;
};

bool starts_right(In& in, ByteView frame, std::uint8_t kind) {
  if (frame.size() > kMaxMediaFrame) return false;
  const auto length = in.number<std::uint32_t>();
  return in.ok() && length == frame.size() - 4 && in.number<std::uint8_t>() == kind;
}

}  // namespace

Bytes encode(const MediaRequest& request) {
  Out out(kRequest, 16 + request.items.size() * 16);
  out.number(request.batch);
  out.number(static_cast<std::uint16_t>(request.items.size()));
  for (const auto& item : request.items) {
    out.number(item.size);
    out.text(item.extension);
  }
  return out.finish();
}

Bytes encode_answer(std::uint32_t batch, const std::vector<MediaInfo>& items) {
  Out out(kAnswer, 16 + items.size() * 256);
  out.number(batch);
  out.number(static_cast<std::uint16_t>(items.size()));
  for (const auto& item : items) out.packed(item);
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
    const std::size_t length = in.number<std::uint16_t>();
    if (length > kMaxMediaExtension) return std::nullopt;
    const ByteView extension = in.take(length);
    request.items.push_back({size, std::string(extension.begin(), extension.end())});
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
  answer.items.reserve(count);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const ByteView packed = in.take(in.number<std::uint16_t>());
    if (!packed.empty() && !is_packed(packed)) return std::nullopt;
    answer.items.push_back({!packed.empty(), packed});
  }
  if (!in.at_end()) return std::nullopt;
  return answer;
}

}  // namespace soulfabric::library

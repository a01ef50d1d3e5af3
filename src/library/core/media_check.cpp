// SPDX-License-Identifier: GPL-3.0-or-later
// The two frames about one file.
#include "core/media_check.hpp"

#include <algorithm>

#include "core/media_frames.hpp"

namespace soulfabric::library {
namespace {

// The kinds beside those of media_frames.cpp.
constexpr std::uint8_t kCheckRequest = 3;
constexpr std::uint8_t kCheckAnswer = 4;

constexpr std::size_t kHead = 9;  // length, kind, number
constexpr std::size_t kRequestSize = kHead + 8 + 1 + kMaxMediaExtension;
constexpr std::size_t kAnswerSize = kHead + 1 + 8 + 4;
static_assert(kRequestSize <= kMaxCheckFrame && kAnswerSize <= kMaxCheckFrame);

void put(Bytes& out, std::uint64_t value, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
std::uint64_t take(ByteView frame, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value |= std::uint64_t{frame[at + i]} << (8 * i);
  return value;
}

Bytes head(std::size_t size, std::uint8_t kind, std::uint32_t number) {
  Bytes out;
  out.reserve(size);
  put(out, size - 4, 4);
  put(out, kind, 1);
  put(out, number, 4);
  return out;
}
bool starts_right(ByteView frame, std::size_t size, std::uint8_t kind) {
  return frame.size() == size && take(frame, 0, 4) == size - 4 && frame[4] == kind;
}

}  // namespace

Bytes encode(const MediaCheckRequest& request) {
  Bytes out = head(kRequestSize, kCheckRequest, request.number);
  put(out, request.size, 8);
  const std::size_t length = std::min(request.extension.size(), kMaxMediaExtension);
  put(out, length, 1);
  for (std::size_t i = 0; i < kMaxMediaExtension; ++i) put(out, i < length ? static_cast<std::uint8_t>(request.extension[i]) : 0, 1);
  return out;
}

Bytes encode(const MediaCheckAnswer& answer) {
  Bytes out = head(kAnswerSize, kCheckAnswer, answer.number);
  put(out, static_cast<std::uint8_t>(answer.verdict), 1);
  put(out, answer.milliseconds, 8);
  put(out, answer.errors, 4);
  return out;
}

std::optional<MediaCheckRequest> decode_check_request(ByteView frame) {
  if (!starts_right(frame, kRequestSize, kCheckRequest)) return std::nullopt;
  MediaCheckRequest request;
  request.number = static_cast<std::uint32_t>(take(frame, 5, 4));
  request.size = take(frame, kHead, 8);
  const std::size_t length = frame[kHead + 8];
  if (length > kMaxMediaExtension) return std::nullopt;
  const ByteView text = frame.subspan(kHead + 9, kMaxMediaExtension);
  request.extension.assign(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length));
  if (std::any_of(text.begin() + static_cast<std::ptrdiff_t>(length), text.end(), [](std::uint8_t byte) { return byte != 0; })) return std::nullopt;
  return request;
}

std::optional<MediaCheckAnswer> decode_check_answer(ByteView frame) {
  if (!starts_right(frame, kAnswerSize, kCheckAnswer) || frame[kHead] >= kMediaVerdicts) return std::nullopt;
  MediaCheckAnswer answer;
  answer.number = static_cast<std::uint32_t>(take(frame, 5, 4));
  answer.verdict = static_cast<MediaVerdict>(frame[kHead]);
  answer.milliseconds = take(frame, kHead + 1, 8);
  answer.errors = static_cast<std::uint32_t>(take(frame, kHead + 9, 4));
  return answer;
}

}  // namespace soulfabric::library

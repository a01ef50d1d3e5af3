// SPDX-License-Identifier: GPL-3.0-or-later
// What daemon and media child say to each other about one file that is to be decoded whole: little-endian, length first, sizes fixed.
// Built into both; needs nothing but the types.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "soulfabric/base/bytes.hpp"

namespace soulfabric::library {

/// What decoding to the end said.
enum class MediaVerdict : std::uint8_t {
  Sound,
  NotAudio,     // not of the kind that the extension promises
  Broken,       // errors after the first frame, or a checksum that differs
  WrongLength,  // more than 1 % away from the header
  Silent,
};
inline constexpr std::uint8_t kMediaVerdicts = 5;
inline constexpr std::size_t kMaxCheckFrame = 32;
/// The argument of a child that is to decode.
inline constexpr const char* kMediaCheckWord = "check";

struct MediaCheckRequest {
  std::uint32_t number = 0;
  std::uint64_t size = 0;
  std::string extension;  // lower case, without dot, at most kMaxMediaExtension
  bool operator==(const MediaCheckRequest&) const = default;
};

struct MediaCheckAnswer {
  std::uint32_t number = 0;
  MediaVerdict verdict = MediaVerdict::NotAudio;
  std::uint64_t milliseconds = 0;  // of decoded audio
  std::uint32_t errors = 0;        // after the first frame
  bool operator==(const MediaCheckAnswer&) const = default;
};

[[nodiscard]] Bytes encode(const MediaCheckRequest& request);
[[nodiscard]] Bytes encode(const MediaCheckAnswer& answer);
/// Nothing where the bytes are not exactly one frame of this kind within the caps.
[[nodiscard]] std::optional<MediaCheckRequest> decode_check_request(ByteView frame);
[[nodiscard]] std::optional<MediaCheckAnswer> decode_check_answer(ByteView frame);

}  // namespace soulfabric::library

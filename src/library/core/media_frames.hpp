// SPDX-License-Identifier: GPL-3.0-or-later
// What daemon and media child say to each other: one request and one answer per batch of files, little-endian, length first.
// Built into both; needs nothing but the types.
#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/library/media_tags.hpp"
#include "soulfabric/library/snapshot.hpp"

namespace soulfabric::library {

inline constexpr std::size_t kMaxMediaFrame = 1U << 20;
/// Descriptors of one request; they travel beside it in the same order.
inline constexpr std::size_t kMaxMediaBatch = 64;
inline constexpr std::size_t kMaxMediaExtension = 8;
/// The descriptor on which the child finds its socket.
inline constexpr int kMediaSocket = 3;
/// Batch number of the answer that the child gives unasked once it is ready; requests have others.
inline constexpr std::uint32_t kMediaHello = 0;

struct MediaRequest {
  struct Item {
    std::uint64_t size = 0;
    std::string extension;  // lower case, without dot
    bool operator==(const Item&) const = default;
  };
  std::uint32_t batch = 0;
  std::vector<Item> items;
  bool operator==(const MediaRequest&) const = default;
};

/// What the parser made of one file; `known` is false where it found no audio in it.
struct MediaInfo {
  bool known = false;
  AudioAttributes attributes;
  MediaTags tags;
  bool operator==(const MediaInfo&) const = default;
};

/// The compact form in which attributes and tags travel and are stored. Numbers beyond any audio, text over kMaxTagBytes and ids that
/// are no GUIDs are left out.
void pack(const MediaInfo& info, Bytes& out);
/// Whether the bytes could have been made by `pack`; the child is not trusted.
[[nodiscard]] bool is_packed(ByteView packed);
[[nodiscard]] AudioAttributes unpack_attributes(ByteView packed);
[[nodiscard]] MediaTags unpack_tags(ByteView packed);

/// Views are valid as long as the frame's bytes are.
struct MediaAnswer {
  struct Item {
    bool known = false;
    ByteView packed;
  };
  std::uint32_t batch = 0;
  std::vector<Item> items;
};

[[nodiscard]] Bytes encode(const MediaRequest& request);
[[nodiscard]] Bytes encode_answer(std::uint32_t batch, const std::vector<MediaInfo>& items);
/// Nothing where the bytes are not exactly one frame of this kind within the caps.
[[nodiscard]] std::optional<MediaRequest> decode_media_request(ByteView frame);
[[nodiscard]] std::optional<MediaAnswer> decode_media_answer(ByteView frame);

/// The eight texts of MediaTags in the order of the frame; the last five are GUIDs.
inline constexpr std::array<std::string MediaTags::*, 8> kTagFields = {
    &MediaTags::title,      &MediaTags::artist,    &MediaTags::album,            &MediaTags::recording_id,
    &MediaTags::release_id, &MediaTags::artist_id, &MediaTags::release_group_id, &MediaTags::track_id};
inline constexpr std::size_t kFirstGuidField = 3;

}  // namespace soulfabric::library

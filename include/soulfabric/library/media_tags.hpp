// SPDX-License-Identifier: GPL-3.0-or-later
// What the media child reads out of an audio file beside its technical attributes.
#pragma once
#include <string>

namespace soulfabric::library {

/// UTF-8, at most kMaxTagBytes each; empty where the file has none. Ids are lower-case GUIDs.
struct MediaTags {
  std::string title;
  std::string artist;
  std::string album;
  std::string recording_id;  // MusicBrainz, like the next four
  std::string release_id;
  std::string artist_id;
  std::string release_group_id;
  std::string track_id;
  bool operator==(const MediaTags&) const = default;
};
inline constexpr std::size_t kMaxTagBytes = 512;

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// What the demo's nodes have to share: invented artists, albums and tracks, as plain values. Pure, thread-safe.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace soulfabric::daemon::demo {

enum class Codec : std::uint8_t { Flac16, Flac24, Mp3Constant, Mp3Variable };

/// How an album sounds; see synth.hpp.
enum class Mood : std::uint8_t { Harbour, Chamber, Folk, Samba, Synth, Waltz };

/// What is written into a file's tags. All text is UTF-8; ids are UUIDs in lower case.
struct TrackTags {
  std::string artist;
  std::string album;
  std::string title;
  std::string genre;
  int year = 0;
  int number = 0;
  int total = 0;
  std::string artist_id;
  std::string release_id;
  std::string release_group_id;
  std::string recording_id;
};

struct Track {
  TrackTags tags;
  std::string file_name;  // "01 - Title.flac"
  int seconds = 0;        // 8..20
  std::uint64_t seed = 0;
};

struct Album {
  std::string folder;  // "Artist/Album (year)", relative
  Codec codec = Codec::Flac16;
  Mood mood = Mood::Harbour;
  std::vector<Track> tracks;
};

[[nodiscard]] const std::vector<Album>& songbook();
/// Index of the album of which no node has every track.
[[nodiscard]] std::size_t scattered_album();
/// The same id for the same name, always: so that copies of one album on two nodes agree.
[[nodiscard]] std::string invented_id(std::string_view kind, std::string_view name);
[[nodiscard]] constexpr bool is_flac(Codec codec) noexcept { return codec == Codec::Flac16 || codec == Codec::Flac24; }
[[nodiscard]] constexpr int sample_rate_of(Codec codec) noexcept { return codec == Codec::Flac24 ? 48'000 : 44'100; }

}  // namespace soulfabric::daemon::demo

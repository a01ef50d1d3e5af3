// SPDX-License-Identifier: GPL-3.0-or-later
// The table of invented music.
#include "demo/songbook.hpp"

#include <array>
#include <span>

#include "soulfabric/base/crypto.hpp"

namespace soulfabric::daemon::demo {
namespace {

struct Row {
  std::string_view artist;
  std::string_view album;
  std::string_view genre;
  int year;
  Codec codec;
  Mood mood;
  std::span<const std::string_view> titles;
};

constexpr std::array<std::string_view, 5> kTide{"Lighthouse", "Salt on the Window", "Ebb", "Ferry at Six", "Tide Tables"};
constexpr std::array<std::string_view, 4> kWinter{"Aufbruch", "Über den Pass", "Erster Schnee", "Süden"};
constexpr std::array<std::string_view, 5> kBicycle{"Slow Bicycle", "Paper Boats", "Orchard Road", "Bell and Chain", "Home by Dusk"};
constexpr std::array<std::string_view, 4> kRivers{"Manhã", "Três Rios", "Canção do Vento", "Até Já"};
constexpr std::array<std::string_view, 4> kMoss{"Moss", "Neon", "Greenhouse at Night", "Tape Hiss"};
constexpr std::array<std::string_view, 4> kClock{"Minuit moins cinq", "L'horloger", "Petite valse", "Rue sans fin"};

constexpr std::array<std::string_view, 5> kLeaves{"North Wind", "Letters", "Somebody Else's Garden", "Map of Rooms", "Gathering"};

constexpr std::array kRows{
    Row{"Harbour Lights", "Tide Tables", "Ambient", 2019, Codec::Flac16, Mood::Harbour, kTide},
    Row{"Nordlicht Quartett", "Winterreise nach Süden", "Classical", 2021, Codec::Flac16, Mood::Chamber, kWinter},
    Row{"The Paper Lanterns", "Slow Bicycle", "Folk", 2014, Codec::Mp3Constant, Mood::Folk, kBicycle},
    Row{"Ana Belém", "Três Rios", "Bossa Nova", 2017, Codec::Mp3Variable, Mood::Samba, kRivers},
    Row{"Cassette Garden", "Moss & Neon", "Electronic", 2023, Codec::Flac24, Mood::Synth, kMoss},
    Row{"Rue des Horloges", "Minuit moins cinq", "Chanson", 2009, Codec::Mp3Constant, Mood::Waltz, kClock},
    Row{"Wandering Choir", "Scattered Leaves", "Choral", 2020, Codec::Flac16, Mood::Folk, kLeaves},
};

Track make_track(const Row& row, std::size_t index) {
  const std::string artist(row.artist);
  const std::string album(row.album);
  const std::string title(row.titles[index]);
  const auto number = static_cast<int>(index) + 1;
  Track track;
  track.tags = {.artist = artist,
                .album = album,
                .title = title,
                .genre = std::string(row.genre),
                .year = row.year,
                .number = number,
                .total = static_cast<int>(row.titles.size()),
                .artist_id = invented_id("artist", artist),
                .release_id = invented_id("release", artist + "/" + album),
                .release_group_id = invented_id("release-group", artist + "/" + album),
                .recording_id = invented_id("recording", artist + "/" + album + "/" + title)};
  track.file_name = (number < 10 ? "0" : "") + std::to_string(number) + " - " + title + (is_flac(row.codec) ? ".flac" : ".mp3");
  const auto digest = crypto::sha256(bytes_of(track.tags.recording_id));
  for (std::size_t i = 0; i < 8; ++i) track.seed = (track.seed << 8U) | digest[i];
  track.seconds = 8 + static_cast<int>(track.seed % 8);
  return track;
}

std::vector<Album> make_albums() {
  std::vector<Album> albums;
  for (const auto& row : kRows) {
    Album album;
    album.folder = std::string(row.artist) + "/" + std::string(row.album) + " (" + std::to_string(row.year) + ")";
    album.codec = row.codec;
    album.mood = row.mood;
    for (std::size_t i = 0; i < row.titles.size(); ++i) album.tracks.push_back(make_track(row, i));
    albums.push_back(std::move(album));
  }
  return albums;
}

}  // namespace

std::string invented_id(std::string_view kind, std::string_view name) {
  const std::string text = std::string(kind) + ":" + std::string(name);
  auto digest = crypto::sha256(bytes_of(text));
  digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0FU) | 0x40U);  // version 4, RFC 4122 section 4.4
  digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3FU) | 0x80U);
  auto hex = to_hex(ByteView(digest).first(16));
  for (const std::size_t at : {8U, 13U, 18U, 23U}) hex.insert(at, 1, '-');
  return hex;
}

std::size_t scattered_album() { return songbook().size() - 1; }

const std::vector<Album>& songbook() {
  static const std::vector<Album> albums = make_albums();
  return albums;
}

}  // namespace soulfabric::daemon::demo

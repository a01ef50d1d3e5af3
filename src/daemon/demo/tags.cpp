// SPDX-License-Identifier: GPL-3.0-or-later
// Tags in the two forms that the files carry.
#include <utility>

#include "demo/music_files.hpp"

namespace soulfabric::daemon::demo {
namespace {

/// Sizes in ID3 use seven bits of each byte.
void put_synchsafe(Bytes& out, std::size_t value) {
  for (const unsigned shift : {21U, 14U, 7U, 0U}) out.push_back(static_cast<std::uint8_t>((value >> shift) & 0x7FU));
}

void put_text(Bytes& out, std::string_view text) { out.insert(out.end(), text.begin(), text.end()); }

void put_frame(Bytes& out, std::string_view id, const Bytes& body) {
  put_text(out, id);
  put_synchsafe(out, body.size());
  out.insert(out.end(), {0, 0});
  out.insert(out.end(), body.begin(), body.end());
}

constexpr std::uint8_t kUtf8 = 3;

void put_text_frame(Bytes& out, std::string_view id, std::string_view text) {
  Bytes body{kUtf8};
  put_text(body, text);
  put_frame(out, id, body);
}

void put_named_text(Bytes& out, std::string_view name, std::string_view text) {
  Bytes body{kUtf8};
  put_text(body, name);
  body.push_back(0);
  put_text(body, text);
  put_frame(out, "TXXX", body);
}

std::string part_of(int number, int total) { return std::to_string(number) + "/" + std::to_string(total); }

}  // namespace

Bytes id3_tag(const TrackTags& tags) {
  Bytes frames;
  put_text_frame(frames, "TIT2", tags.title);
  put_text_frame(frames, "TPE1", tags.artist);
  put_text_frame(frames, "TPE2", tags.artist);
  put_text_frame(frames, "TALB", tags.album);
  put_text_frame(frames, "TCON", tags.genre);
  put_text_frame(frames, "TDRC", std::to_string(tags.year));
  put_text_frame(frames, "TRCK", part_of(tags.number, tags.total));
  put_named_text(frames, "MusicBrainz Artist Id", tags.artist_id);
  put_named_text(frames, "MusicBrainz Album Id", tags.release_id);
  put_named_text(frames, "MusicBrainz Release Group Id", tags.release_group_id);
  Bytes owner;
  put_text(owner, "http://musicbrainz.org");
  owner.push_back(0);
  put_text(owner, tags.recording_id);
  put_frame(frames, "UFID", owner);

  Bytes out;
  put_text(out, "ID3");
  out.insert(out.end(), {4, 0, 0});
  put_synchsafe(out, frames.size());
  out.insert(out.end(), frames.begin(), frames.end());
  return out;
}

std::vector<std::pair<std::string, std::string>> vorbis_comments(const TrackTags& tags) {
  return {{"TITLE", tags.title},
          {"ARTIST", tags.artist},
          {"ALBUMARTIST", tags.artist},
          {"ALBUM", tags.album},
          {"GENRE", tags.genre},
          {"DATE", std::to_string(tags.year)},
          {"TRACKNUMBER", std::to_string(tags.number)},
          {"TRACKTOTAL", std::to_string(tags.total)},
          {"MUSICBRAINZ_ARTISTID", tags.artist_id},
          {"MUSICBRAINZ_ALBUMID", tags.release_id},
          {"MUSICBRAINZ_RELEASEGROUPID", tags.release_group_id},
          {"MUSICBRAINZ_TRACKID", tags.recording_id}};
}

}  // namespace soulfabric::daemon::demo

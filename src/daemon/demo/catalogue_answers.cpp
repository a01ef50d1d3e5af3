// SPDX-License-Identifier: GPL-3.0-or-later
// The songbook in the form of MusicBrainz' web service, version 2, JSON.
#include "demo/catalogue_answers.hpp"

#include <nlohmann/json.hpp>

#include "demo/music_files.hpp"
#include "demo/songbook.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::daemon::demo {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::string_view kService = "/ws/2/";
constexpr std::string_view kCovers = "/release/";

Json artist_of(const TrackTags& tags) {
  return {{"id", tags.artist_id}, {"name", tags.artist}, {"sort-name", tags.artist}, {"disambiguation", ""}, {"type", "Group"}};
}

Json credit_of(const TrackTags& tags) { return Json::array({{{"name", tags.artist}, {"joinphrase", ""}, {"artist", artist_of(tags)}}}); }

Json group_of(const TrackTags& tags) {
  return {{"id", tags.release_group_id},
          {"title", tags.album},
          {"primary-type", "Album"},
          {"secondary-types", Json::array()},
          {"first-release-date", std::to_string(tags.year)},
          {"disambiguation", ""},
          {"artist-credit", credit_of(tags)}};
}

Json recording_of(const Track& track) {
  return {{"id", track.tags.recording_id}, {"title", track.tags.title}, {"length", track.seconds * 1000},
          {"video", false},                {"disambiguation", ""},       {"artist-credit", credit_of(track.tags)}};
}

Json release_of(const Album& album) {
  const TrackTags& tags = album.tracks.front().tags;
  Json tracks = Json::array();
  for (const auto& track : album.tracks)
    tracks.push_back({{"id", invented_id("track", track.tags.recording_id)},
                      {"position", track.tags.number},
                      {"number", std::to_string(track.tags.number)},
                      {"title", track.tags.title},
                      {"length", track.seconds * 1000},
                      {"artist-credit", credit_of(track.tags)},
                      {"recording", recording_of(track)}});
  const Json medium = {{"position", 1}, {"format", "Digital Media"}, {"title", ""}, {"track-count", tracks.size()}, {"track-offset", 0}, {"tracks", tracks}};
  return {{"id", tags.release_id},
          {"title", tags.album},
          {"status", "Official"},
          {"date", std::to_string(tags.year)},
          {"country", "XW"},
          {"barcode", nullptr},
          {"disambiguation", ""},
          {"artist-credit", credit_of(tags)},
          {"release-group", group_of(tags)},
          {"label-info", Json::array()},
          {"cover-art-archive", {{"artwork", true}, {"front", true}, {"back", false}, {"count", 1}, {"darkened", false}}},
          {"media", Json::array({medium})}};
}

CatalogueReply reply_of(int status, const Json& json) {
  const auto text = json.dump();
  const auto bytes = bytes_of(text);
  return {status, "application/json; charset=utf-8", Bytes(bytes.begin(), bytes.end())};
}

CatalogueReply missing() { return reply_of(404, {{"error", "Not Found"}, {"help", "This is a demo: it knows its own songbook only."}}); }

CatalogueReply find(std::string_view kind, std::string_view id) {
  for (const auto& album : songbook()) {
    const TrackTags& tags = album.tracks.front().tags;
    if (kind == "release" && tags.release_id == id) return reply_of(200, release_of(album));
    if (kind == "release-group" && tags.release_group_id == id) return reply_of(200, group_of(tags));
    if (kind == "artist" && tags.artist_id == id) return reply_of(200, artist_of(tags));
    for (const auto& track : album.tracks)
      if (kind == "recording" && track.tags.recording_id == id) return reply_of(200, recording_of(track));
  }
  return missing();
}

CatalogueReply cover(std::string_view id, std::string_view which) {
  const std::uint32_t side = which == "front-250" ? 250 : which == "front-500" ? 500 : 0;
  for (const auto& album : songbook())
    if (side != 0 && album.tracks.front().tags.release_id == id) return {200, "image/png", cover_png(album.tracks.front().seed, side)};
  return missing();
}

}  // namespace

CatalogueReply answer_of_catalogue(std::string_view target) {
  const auto path = target.substr(0, target.find('?'));
  const bool is_cover = path.starts_with(kCovers);
  if (!is_cover && !path.starts_with(kService)) return missing();
  const auto parts = split(path.substr(is_cover ? kCovers.size() : kService.size()), '/');
  if (parts.size() != 2) return missing();
  return is_cover ? cover(parts[0], parts[1]) : find(parts[0], parts[1]);
}

}  // namespace soulfabric::daemon::demo

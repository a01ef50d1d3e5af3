// SPDX-License-Identifier: GPL-3.0-or-later
// Catalogue look-ups over HTTP: what MusicBrainz says as it said it, covers as pictures only (security rule S15).
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "api/dto_relay.hpp"
#include "core/headers.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::chrono::seconds kLookTime{25};
constexpr std::array<std::string_view, 4> kVias{"memory", "disk", "origin", "mesh"};

std::string_view name_of(relay::CatalogueVia via) { return kVias.at(static_cast<std::size_t>(via)); }

Response show(Context& context) {
  std::string body;
  JsonWriter json(body);
  write_catalogue(json, context);
  return json_response(std::move(body));
}

Response clear(Context& context) {
  auto* catalogue = relays_of(context).catalogue;
  if (catalogue == nullptr) return no_relay(context, RelayPart::Catalogue);
  catalogue->clear();
  return empty_response(204);
}

/// The answer with what is known about it, for pages.
Response enveloped(const relay::CatalogueKey& key, const relay::CatalogueAnswer& answer) {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("kind", relay::name_of(key.kind)).member("mbid", key.mbid).member("status", answer.status);
  json.member("contentType", answer.content_type).member("via", name_of(answer.via)).member("fetched", format_iso(answer.fetched));
  json.member("expires", format_iso(answer.expires)).member("stale", answer.stale);
  if (answer.fetcher) json.member("fetcher", answer.fetcher->text());
  if (answer.status == 200 && answer.body) json.key("body").raw(text_of(*answer.body));
  json.end_object();
  return json_response(std::move(body));
}

Response as_it_came(const relay::CatalogueKey& key, const relay::CatalogueAnswer& answer, WallTime now) {
  Response out;
  if (answer.status != 200 || !answer.body) {
    out = string_response(404, is_cover(key.kind) ? "The Cover Art Archive has no front cover of this release." : "MusicBrainz knows nothing under this id.");
  } else if (is_cover(key.kind)) {
    const auto type = sniff_media(*answer.body);
    const bool picture = type.starts_with("image/");
    out.content_type = picture ? std::string(type) : "application/octet-stream";
    if (!picture) out.headers.emplace_back("content-disposition", "attachment");
    out.body = std::string(text_of(*answer.body));
    out.foreign = true;
  } else {
    out = json_response(std::string(text_of(*answer.body)));
    out.content_type = "application/json";
    out.foreign = true;
  }
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - answer.fetched).count();
  out.headers.emplace_back("X-Catalogue-Via", std::string(name_of(answer.via)));
  out.headers.emplace_back("X-Catalogue-Age", std::to_string(std::max<std::int64_t>(age, 0)));
  out.headers.emplace_back("X-Catalogue-Stale", answer.stale ? "true" : "false");
  out.headers.emplace_back("X-Catalogue-Fetcher", answer.fetcher ? std::string(answer.fetcher->text()) : "self");
  return out;
}

Task<Response> look(Context& context, Call& call, relay::CatalogueKind kind, std::string mbid) {
  auto* catalogue = relays_of(context).catalogue;
  if (catalogue == nullptr) co_return no_relay(context, RelayPart::Catalogue);
  const auto key = relay::CatalogueKey::make(kind, mbid);
  if (!key) co_return string_response(400, key.error().message);
  const auto answer = co_await catalogue->fetch(*key, call.request->origin, context.deadline(kLookTime));
  if (!answer) co_return relay_error(answer.error());
  const bool json = is_cover(kind) || answer->status != 200 || (answer->body && nlohmann::json::accept(text_of(*answer->body)));
  if (!json) co_return string_response(502, "What the catalogue answered is no JSON: try again later.");
  const bool envelope = !is_cover(kind) && call.query.find("envelope").value_or("") == "true";
  co_return envelope ? enveloped(*key, *answer) : as_it_came(*key, *answer, context.deps.clock.wall());
}

Task<Response> look_up(Context& context, Call& call) {
  const auto kind = relay::catalogue_kind(call.value(0));
  if (!kind || is_cover(*kind)) co_return string_response(400, "The kind must be release, recording, artist or release-group.");
  co_return co_await look(context, call, *kind, call.value(1));
}

Task<Response> cover(Context& context, Call& call) {
  const auto size = call.query.find("size").value_or("250");
  if (size != "250" && size != "500") co_return string_response(400, "The size of a cover must be 250 or 500.");
  const auto kind = size == "250" ? relay::CatalogueKind::CoverFront250 : relay::CatalogueKind::CoverFront500;
  co_return co_await look(context, call, kind, call.value(0));
}

}  // namespace

void add_catalogue_routes(RouteTable& table, Context& context) {
  const std::string base = "/api/v0/relay/catalogue";
  table.add({.method = "GET", .path = base, .summary = "Shows the catalogue: its switches, how often it answered from where, its cache.", .gives = "RelayCatalogue",
             .statuses = {200}, .scope = "relay"},
            [&context](Call&) { return show(context); });
  table.add({.method = "DELETE", .path = base + "/cache", .policy = Policy::AnyAdministrator, .summary = "Forgets every answer that is kept.",
             .statuses = {204, 503}, .scope = "relay"},
            [&context](Call&) { return clear(context); });
  table.add({.method = "GET", .path = base + "/{kind}/{mbid}",
             .summary = "What MusicBrainz says as it said it; kind: release, recording, artist, release-group. The headers X-Catalogue-Via, "
                        "-Age, -Stale and -Fetcher tell where it came from; envelope=true puts that around it.",
             .gives = "any", .statuses = {200, 404, 429, 502, 503, 504}, .scope = "relay"},
            [&context](Call& call) { return look_up(context, call); });
  table.add({.method = "GET", .path = base + "/release/{mbid}/cover", .summary = "The front cover of a release; size: 250 or 500.", .gives = "bytes",
             .statuses = {200, 404, 429, 502, 503, 504}, .scope = "relay"},
            [&context](Call& call) { return cover(context, call); });
}

}  // namespace soulfabric::gateway

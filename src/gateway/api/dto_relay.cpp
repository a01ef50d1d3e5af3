// SPDX-License-Identifier: GPL-3.0-or-later
// Relay values to JSON. Times in UTC, durations in seconds.
#include "api/dto_relay.hpp"

#include "api/dto_mesh.hpp"

namespace soulfabric::gateway {
namespace {

std::int64_t seconds(Duration time) { return std::chrono::duration_cast<std::chrono::seconds>(time).count(); }

/// By reason; a reason that never came up is left out.
template <class Reason>
void write_refused(JsonWriter& json, const std::vector<std::uint64_t>& counts) {
  json.key("refused").begin_object();
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] > 0) json.key(relay::name_of(static_cast<Reason>(i))).value(counts[i]);
  json.end_object();
}

void write_metrics(JsonWriter& json, const relay::CatalogueMetrics& m) {
  json.begin_object().member("asked", m.asked).member("fromMemory", m.from_memory).member("fromDisk", m.from_disk);
  json.member("fromMesh", m.from_mesh).member("fromOrigin", m.from_origin).member("joined", m.joined).member("stale", m.stale);
  json.member("negative", m.negative).member("served", m.served).member("ownersPassedOver", m.owners_passed_over);
  json.member("refusedAnswers", m.refused_answers).member("spotChecks", m.spot_checks).member("mismatches", m.mismatches);
  json.member("entries", m.entries).member("bytes", m.bytes).end_object();
}

void write_metrics(JsonWriter& json, const relay::ContentMetrics& m) {
  json.begin_object().member("manifests", m.manifests).member("pieces", m.pieces).member("bytes", m.bytes);
  json.member("cacheHits", m.cache_hits).member("cacheMisses", m.cache_misses).member("streams", m.streams).member("records", m.records);
  json.member("fetchedBytes", m.fetched_bytes);
  write_refused<relay::ContentRefusal>(json, m.refused);
  json.end_object();
}

void write_hashing(JsonWriter& json, const library::HashingProgress& p, bool enabled) {
  json.begin_object().member("enabled", enabled).member("running", p.running).member("paused", p.paused).member("filesDone", p.files_done);
  json.member("filesTotal", p.files_total).member("bytesDone", p.bytes_done).member("bytesTotal", p.bytes_total);
  json.member("bytesPerSecond", p.bytes_per_second).member("verified", p.verified).member("refused", p.refused);
  if (!p.fault.empty()) json.member("fault", p.fault);
  json.end_object();
}

void write_source(JsonWriter& json, const swarm::SourceReport& source) {
  json.begin_object().member("name", source.name).member("state", source.state).member("bytes", source.bytes);
  json.member("pieces", source.pieces).member("bytesPerSecond", source.bytes_per_second);
  if (!source.problem.empty()) json.member("problem", source.problem);
  json.end_object();
}

void write_tunnel(JsonWriter& json, const relay::TunnelInfo& tunnel) {
  constexpr std::array<std::string_view, 3> kRoles{"near", "far", "middle"};
  json.begin_object().member("id", tunnel.id).member("role", kRoles.at(static_cast<std::size_t>(tunnel.role))).member("peer", tunnel.peer.text());
  if (tunnel.via) json.member("via", tunnel.via->text());
  json.member("target", tunnel.target).member("forward", tunnel.forward).member("ageSeconds", seconds(tunnel.age));
  json.member("idleSeconds", seconds(tunnel.idle)).member("bytesIn", tunnel.bytes_in).member("bytesOut", tunnel.bytes_out);
  json.member("state", tunnel.state).end_object();
}

}  // namespace

RelayControl::Parts relays_of(Context& context) { return context.deps.relay == nullptr ? RelayControl::Parts{} : context.deps.relay->parts(); }

Response no_relay(Context& context, std::string_view what) {
  if (context.deps.relay == nullptr) return string_response(503, std::string(what) + " is not part of this program.");
  return not_on_the_mesh(context);
}

Response relay_error(const Error& error) {
  if (error.code == Errc::InvalidArgument) return string_response(400, error.message);
  return mesh_error(error);
}

void write_catalogue(JsonWriter& json, Context& context) {
  const auto& options = context.deps.configuration.options().relay.catalogue;
  json.begin_object().member("enabled", options.enabled).member("mesh", options.mesh).member("reducedPrivacy", options.reduced_privacy);
  json.member("musicbrainz", options.musicbrainz).member("coverArt", options.cover_art).member("freshSeconds", options.cache);
  if (const auto* catalogue = relays_of(context).catalogue) {
    json.key("metrics");
    write_metrics(json, catalogue->metrics());
  }
  json.end_object();
}

void write_content(JsonWriter& json, Context& context) {
  const auto& options = context.deps.configuration.options().relay.content;
  const auto parts = relays_of(context);
  json.begin_object().member("enabled", options.enabled).member("streamsMost", options.streams).member("streamsPerPeer", options.streams_per_peer);
  json.member("recordsMost", options.records);
  if (parts.content == nullptr) json.member("trouble", "This node is not on the mesh, so nothing is served and nothing can be fetched.");
  if (parts.copies != nullptr) {
    json.key("hashing");
    write_hashing(json, parts.copies->progress(), options.hashing);
  }
  if (parts.content != nullptr) {
    json.key("metrics");
    write_metrics(json, parts.content->metrics());
  }
  json.end_object();
}

void write_tunnels(JsonWriter& json, Context& context) {
  const auto options = context.deps.configuration.options();
  const auto& trusted = options.relay.trusted;
  json.begin_object().member("enabled", trusted.enabled).member("relay", trusted.relay).member("gateway", trusted.gateway).key("targets").begin_array();
  for (const auto& [name, port] : trusted.targets) json.value(name);
  json.end_array().member("tunnelsMost", trusted.tunnels).member("tunnelsPerPeer", trusted.tunnels_per_peer).member("idleSeconds", trusted.idle);
  const auto* tunnels = relays_of(context).tunnels;
  if (tunnels == nullptr) {
    json.member("trouble", "This node is not on the mesh, so there are no tunnels.").end_object();
    return;
  }
  json.key("tunnels").begin_array();
  for (const auto& tunnel : tunnels->tunnels()) write_tunnel(json, tunnel);
  json.end_array().key("forwards").begin_array();
  for (const auto& forward : tunnels->forwards()) write(json, forward, options);
  json.end_array();
  const auto m = tunnels->metrics();
  json.key("metrics").begin_object().member("opened", m.opened).member("open", m.open).member("bytes", m.bytes);
  write_refused<relay::TunnelRefusal>(json, m.refused);
  json.end_object().end_object();
}

void write(JsonWriter& json, const relay::ContentFetch& fetch) {
  const auto& report = fetch.report;
  json.begin_object().member("id", fetch.id).member("name", fetch.name).member("asked", format_iso(fetch.asked));
  json.member("contentId", report.want.text()).member("state", swarm::name_of(report.state)).member("size", report.size);
  json.member("bytes", report.bytes).member("pieces", report.pieces).member("piecesDone", report.pieces_done);
  json.member("wrongPieces", report.wrong_pieces).member("bytesPerSecond", report.bytes_per_second);
  if (!report.path.empty()) json.member("path", report.path.string());
  if (!report.problem.empty()) json.member("problem", report.problem);
  json.key("sources").begin_array();
  for (const auto& source : report.sources) write_source(json, source);
  json.end_array().end_object();
}

void write(JsonWriter& json, const relay::ContentProvider& provider) {
  json.begin_object().member("peer", provider.peer.text()).member("linked", provider.linked).member("trusted", provider.trusted);
  json.member("reputation", provider.reputation).end_object();
}

void write(JsonWriter& json, const library::CopyStatus& status) {
  json.begin_object().member("path", status.virtual_path).member("state", library::name_of(status.state)).member("reason", status.reason);
  if (status.id) json.member("contentId", status.id->text());
  if (status.root) json.member("root", to_hex(*status.root));
  json.member("size", status.size);
  if (status.checked) json.member("checked", format_iso(*status.checked));
  json.member("seconds", status.seconds).end_object();
}

void write(JsonWriter& json, const relay::ForwardInfo& forward, const Options& options) {
  const auto& settings = forward.settings;
  json.begin_object().member("name", settings.name).member("peer", settings.peer.text()).member("target", settings.target);
  if (settings.via) json.member("via", settings.via->text());
  json.member("url", forward.url);
  if (!settings.socket.empty()) json.member("socket", settings.socket);
  json.member("raw", settings.raw);
  if (!forward.trouble.empty()) json.member("trouble", forward.trouble);
  json.member("tunnels", forward.tunnels).member("configured", options.forwards.contains(settings.name)).end_object();
}

}  // namespace soulfabric::gateway

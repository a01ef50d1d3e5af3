// SPDX-License-Identifier: GPL-3.0-or-later
// Relay values to JSON. Times in UTC, durations in seconds.
#include "api/dto_relay.hpp"

#include <array>

#include "api/dto_mesh.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::size_t kToldFetches = 100;  // in one event; the page asks for the rest


std::int64_t seconds(Duration time) { return std::chrono::duration_cast<std::chrono::seconds>(time).count(); }

/// "own_port" as "ownPort".
std::string camel(std::string_view name) {
  std::string out;
  bool raise = false;
  for (const char c : name) {
    if (c != '_') out.push_back(raise && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    raise = c == '_';
  }
  return out;
}

/// By reason, all of them.
template <class Reason>
void write_refused(JsonWriter& json, const std::vector<std::uint64_t>& counts, std::string_view key = "refused") {
  json.key(key).begin_object();
  for (std::size_t i = 0; i < static_cast<std::size_t>(Reason::Count_); ++i) {
    json.key(camel(name_of(static_cast<Reason>(i)))).value(i < counts.size() ? counts[i] : std::uint64_t{0});
  }
  json.end_object();
}

void write_metrics(JsonWriter& json, const relay::CatalogueMetrics& m) {
  json.begin_object().member("asked", m.asked).member("fromMemory", m.from_memory).member("fromDisk", m.from_disk);
  json.member("fromMesh", m.from_mesh).member("fromOrigin", m.from_origin);
  const auto kept = m.from_memory + m.from_disk;
  if (const auto all = kept + m.from_mesh + m.from_origin; all > 0) json.member("hitRate", static_cast<double>(kept) / static_cast<double>(all));
  json.member("joined", m.joined).member("stale", m.stale);
  json.member("negative", m.negative).member("served", m.served).member("ownersPassedOver", m.owners_passed_over);
  json.member("refusedAnswers", m.refused_answers).member("spotChecks", m.spot_checks).member("mismatches", m.mismatches);
  json.member("entries", m.entries).member("bytes", m.bytes).member("diskEntries", m.disk_entries).member("diskBytes", m.disk_bytes);
  write_refused<relay::CatalogueRefusal>(json, m.refused);
  write_refused<relay::CatalogueFault>(json, m.faults, "faults");
  write_refused<relay::OwnerFault>(json, m.passed_over, "passedOver");
  write_refused<relay::OriginFault>(json, m.failed, "failed");
  json.end_object();
}

void write_metrics(JsonWriter& json, const relay::ContentMetrics& m) {
  json.begin_object().member("manifests", m.manifests).member("pieces", m.pieces).member("bytes", m.bytes);
  json.member("cacheHits", m.cache_hits).member("cacheMisses", m.cache_misses).member("streams", m.streams).member("records", m.records);
  json.member("fetchedBytes", m.fetched_bytes).member("cachePieces", m.cache_pieces).member("cacheBytes", m.cache_bytes);
  write_refused<relay::ContentRefusal>(json, m.refused);
  write_refused<relay::FetchFault>(json, m.faults, "faults");
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
  if (!source.peer.empty()) json.member("peer", source.peer);
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

std::string why_not(Context& context, RelayPart part) {
  if (context.deps.relay == nullptr) return "The relays are not part of this program.";
  const auto options = context.deps.configuration.options().relay;
  const auto parts = context.deps.relay->parts();
  switch (part) {
    case RelayPart::Catalogue:
      if (!options.catalogue.enabled) return "Looking things up is switched off: set relay.catalogue.enabled to true.";
      return parts.catalogue == nullptr ? "The catalogue has not started: see the log of this program." : "";
    case RelayPart::Copies:
      if (parts.copies == nullptr) return "Verified copies have not started: see the log of this program.";
      return options.content.hashing ? "" : "Verifying is switched off: set relay.content.hashing to true.";
    case RelayPart::Content:
      if (parts.content == nullptr) return why_not_on_the_mesh(context);
      return options.content.enabled ? "" : "Serving is switched off: set relay.content.enabled to true. Fetching works.";
    case RelayPart::Tunnels: return parts.tunnels == nullptr ? why_not_on_the_mesh(context) : "";
  }
  return "";
}

Response no_relay(Context& context, RelayPart part) {
  const auto why = why_not(context, part);
  return string_response(503, why.empty() ? "This part of the program is not running." : why);
}

Response relay_error(const Error& error) {
  switch (error.code) {
    // What a far side did is no fault of who asks us: neither a wrong request nor a missing sign-in.
    case Errc::Malformed:
    case Errc::Unauthorized:
    case Errc::TooLarge: return string_response(502, error.message);
    case Errc::InvalidArgument:
    case Errc::Exists:
    case Errc::Conflict:
    case Errc::Io:
    case Errc::Corrupt:
    case Errc::NoSpace: return error_response(error);
    default: return mesh_error(error);
  }
}

void write_http(JsonWriter& json, const net::HttpClientMetrics& m) {
  json.begin_object().member("requests", m.requests).member("answers", m.answers).member("bytes", m.bytes);
  write_refused<net::HttpRefusal>(json, m.refused);
  json.end_object();
}

void write_catalogue(JsonWriter& json, Context& context) {
  const auto options = context.deps.configuration.options().relay.catalogue;
  json.begin_object().member("enabled", options.enabled).member("mesh", options.mesh).member("reducedPrivacy", options.reduced_privacy);
  json.member("musicbrainz", options.musicbrainz).member("coverArt", options.cover_art).member("freshSeconds", options.cache);
  const auto why = why_not(context, RelayPart::Catalogue);
  if (options.enabled && !why.empty()) json.member("trouble", why);
  if (const auto* catalogue = relays_of(context).catalogue) {
    json.key("metrics");
    write_metrics(json, catalogue->metrics());
  }
  json.end_object();
}

void write_content(JsonWriter& json, Context& context) {
  const auto options = context.deps.configuration.options().relay.content;
  const auto parts = relays_of(context);
  json.begin_object().member("enabled", options.enabled).member("streamsMost", options.streams).member("streamsPerPeer", options.streams_per_peer);
  json.member("recordsMost", options.records);
  if (parts.content == nullptr) json.member("trouble", why_not(context, RelayPart::Content));
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
    json.member("trouble", why_not(context, RelayPart::Tunnels)).end_object();
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

void write_relay_news(JsonWriter& json, Context& context) {
  const auto parts = relays_of(context);
  json.begin_object();
  if (parts.content != nullptr) {
    json.key("fetches").begin_array();
    std::size_t told = 0;
    for (const auto& fetch : parts.content->fetches()) {
      if (++told > kToldFetches) break;
      json.begin_object().member("id", fetch.id).member("state", swarm::name_of(fetch.report.state)).member("bytes", fetch.report.bytes);
      json.member("size", fetch.report.size).member("bytesPerSecond", fetch.report.bytes_per_second).end_object();
    }
    json.end_array();
  }
  if (parts.tunnels != nullptr) json.member("tunnels", parts.tunnels->metrics().open);
  if (parts.copies != nullptr) {
    json.key("hashing");
    write_hashing(json, parts.copies->progress(), context.deps.configuration.options().relay.content.hashing);
  }
  json.end_object();
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

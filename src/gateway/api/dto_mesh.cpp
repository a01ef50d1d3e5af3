// SPDX-License-Identifier: GPL-3.0-or-later
// Mesh values to JSON. Milliseconds with a fraction, times in UTC.
#include "api/dto_mesh.hpp"

#include <algorithm>
#include <array>

#include "soulfabric/net/port_mapping.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::array<std::string_view, 3> kVisibilities{"visible", "unlisted", "private"};
constexpr std::array<std::string_view, 3> kRoles{"owner", "moderator", "member"};
constexpr std::array<std::string_view, 4> kStates{"asked", "member", "banned", "left"};

double milliseconds(Duration time) { return std::chrono::duration<double, std::milli>(time).count(); }
void write_rights(JsonWriter& json, const mesh::PeerRights& rights) {
  json.key("rights").begin_array();
  if (rights.tunnel_targets) json.value("tunnel_targets");
  if (rights.believe_catalogue) json.value("believe_catalogue");
  json.end_array().key("relayFor").begin_array();
  for (const auto& peer : rights.relay_for) json.value(peer.text());
  json.end_array();
}

/// Those of the configuration, linked or not: what the operator has given away.
void write_given(JsonWriter& json, const MeshParts& parts, const std::vector<mesh::KnownPeer>& known) {
  json.key("configured").begin_array();
  for (const auto& peer : known) {
    if (!peer.configured) continue;
    json.begin_object().member("peer", peer.peer.text()).member("linked", parts.links.is_linked(peer.peer)).member("trusted", peer.trusted);
    json.member("revoked", peer.revoked);
    write_rights(json, peer.rights);
    json.end_object();
  }
  json.end_array();
}

std::int64_t seconds(Duration time) { return std::chrono::duration_cast<std::chrono::seconds>(time).count(); }

void write_choice(JsonWriter& json, const MeshControl::Choice& choice) {
  json.begin_object().member("open", choice.open).member("joined", choice.joined).member("fixed", choice.fixed);
  if (!choice.trouble.empty()) json.member("trouble", choice.trouble);
  json.end_object();
}

void write_dht(JsonWriter& json, const mesh::DhtHealth& health) {
  json.begin_object().member("running", health.running).member("connected", health.connected).member("nodesGood", health.nodes_good);
  json.member("nodesDubious", health.nodes_dubious).member("valuesStored", health.values_stored).member("datagramsIn", health.datagrams_in);
  json.member("datagramsDropped", health.datagrams_dropped).member("datagramsOut", health.datagrams_out);
  json.member("valuesRefused", health.values_refused);
  if (!health.trouble.empty()) json.member("trouble", health.trouble);
  json.end_object();
}

/// A switch of its own exposes some services, and takes others back.
std::string_view why_exposed(bool exposed, bool listed) {
  if (exposed) return listed ? "it is named in mesh.services" : "its own switch exposes it";
  return listed ? "it is named in mesh.services, but its own switch is off" : "it is not named in mesh.services";
}

void write_service(JsonWriter& json, const fabric::Fabric::Local& local, const MeshOptions& options) {
  const bool listed = std::ranges::find(options.services, local.info.name) != options.services.end();
  json.begin_object().member("name", local.info.name).member("version", local.info.version).member("exposed", local.exposed);
  json.member("exposedBecause", why_exposed(local.exposed, listed)).key("methods").begin_array();
  for (const auto& method : local.info.methods) json.value(method.name);
  json.end_array();
  std::uint64_t calls = 0;
  for (const auto& [status, count] : local.metrics.calls) calls += count;
  json.member("calls", calls).key("results").begin_object();
  for (const auto& [status, count] : local.metrics.calls) json.key(fabric::name_of(status)).value(count);
  json.end_object().member("inFlight", local.metrics.in_flight).end_object();
}

void write_mapping(JsonWriter& json, const net::PortMapper& mapper) {
  const auto mapping = mapper.mapping();
  if (!mapping && mapper.trouble().empty()) return;  // not answered yet
  json.key("portMapping").begin_object();
  if (mapping) json.member("by", mapping->by);
  if (mapping && mapping->external) json.member("external", Endpoint{*mapping->external, mapping->outer}.to_string());
  if (!mapping) json.member("trouble", mapper.trouble());
  json.end_object();
}

void write_parts(JsonWriter& json, const MeshParts& parts, const guard::Guard& guard, const MeshOptions& options) {
  json.member("peerId", parts.links.self().text());
  if (const auto at = parts.links.listening()) json.member("listening", at->to_string());
  json.key("endpoints").begin_array();
  for (const auto& endpoint : parts.endpoints) json.value(endpoint.to_string());
  json.end_array();
  if (parts.mapper != nullptr) write_mapping(json, *parts.mapper);
  json.key("links").begin_array();
  for (const auto& link : parts.links.links()) write(json, link, parts, guard);
  json.end_array();
  const auto known = parts.peers.known();
  write_given(json, parts, known);
  json.key("dht");
  write_dht(json, parts.dht.health());
  json.key("services").begin_array();
  for (const auto& local : parts.fabric.services()) write_service(json, local, options);
  json.end_array().member("peersKnown", known.size()).member("pods", parts.pods != nullptr);
}

}  // namespace

std::string_view name_of(services::PodVisibility visibility) noexcept { return kVisibilities.at(static_cast<std::size_t>(visibility)); }
std::string_view name_of(services::PodRole role) noexcept { return kRoles.at(static_cast<std::size_t>(role)); }
std::string_view name_of(services::MemberState state) noexcept { return kStates.at(static_cast<std::size_t>(state)); }

const MeshParts* parts_of(Context& context) { return context.deps.mesh == nullptr ? nullptr : context.deps.mesh->parts(); }

std::string why_not_on_the_mesh(Context& context) {
  const auto trouble = context.deps.mesh == nullptr ? std::string() : context.deps.mesh->choice().trouble;
  return trouble.empty() ? "This node is not on the mesh: join it first." : trouble;
}

Response not_on_the_mesh(Context& context) { return string_response(503, why_not_on_the_mesh(context)); }

Response mesh_error(const Error& error) {
  if (error.code == Errc::Exists || error.code == Errc::Conflict) return string_response(409, error.message);
  return string_response(static_cast<int>(fabric::http_status_of(fabric::status_of(error))), error.message);
}

void write_mesh(JsonWriter& json, Context& context) {
  const auto* parts = parts_of(context);
  json.begin_object().member("joined", parts != nullptr).key("choice");
  MeshControl::Choice choice;
  choice.fixed = context.deps.mesh == nullptr;
  if (context.deps.mesh != nullptr) choice = context.deps.mesh->choice();
  write_choice(json, choice);
  if (parts != nullptr) write_parts(json, *parts, context.deps.guard, context.deps.configuration.options().mesh);
  json.end_object();
}

void write(JsonWriter& json, const mesh::LinkInfo& link, const MeshParts& parts, const guard::Guard& guard) {
  json.begin_object().member("peer", link.peer.text());
  json.member("direction", link.direction == mesh::Direction::Outbound ? "outbound" : "inbound").member("endpoint", link.remote.to_string());
  if (link.round_trip) json.member("roundTripMs", milliseconds(*link.round_trip));
  json.member("ageSeconds", seconds(link.age)).member("bytesIn", link.bytes_in).member("bytesOut", link.bytes_out);
  json.member("streams", link.streams).member("trusted", parts.peers.is_trusted(link.peer));
  json.member("reputation", guard.reputation(guard::Subject::peer(link.peer.text()))).end_object();
}

void write(JsonWriter& json, const mesh::KnownPeer& peer, const MeshParts& parts, const guard::Guard& guard) {
  json.begin_object().member("peer", peer.peer.text()).key("endpoints").begin_array();
  for (const auto& endpoint : peer.endpoints) json.value(endpoint.to_string());
  json.end_array().member("firstSeen", format_iso(peer.first_seen)).member("lastSeen", format_iso(peer.last_seen));
  if (peer.first_linked != WallTime{}) json.member("firstLinked", format_iso(peer.first_linked));
  json.member("configured", peer.configured).member("trusted", peer.trusted).member("linked", parts.links.is_linked(peer.peer)).member("revoked", peer.revoked);
  if (peer.goes_on_as) json.member("goesOnAs", peer.goes_on_as->text());
  write_rights(json, peer.rights);
  json.member("reputation", guard.reputation(guard::Subject::peer(peer.peer.text()))).end_object();
}

void write(JsonWriter& json, const fabric::Provider& provider) {
  json.begin_object().member("peer", provider.descriptor.owner.text()).member("version", provider.descriptor.version);
  json.member("linked", provider.linked).member("known", provider.known).member("reputation", provider.reputation);
  if (provider.round_trip) json.member("roundTripMs", milliseconds(*provider.round_trip));
  json.member("expires", format_iso(provider.descriptor.expires)).end_object();
}

void write(JsonWriter& json, const services::Pod& pod) {
  json.begin_object().member("id", pod.id).member("name", pod.name).member("visibility", name_of(pod.visibility));
  json.member("owner", pod.owner.text()).member("approval", pod.approval).member("keep", pod.keep).key("members").begin_array();
  for (const auto& member : pod.members) {
    json.begin_object().member("peer", member.peer.text()).member("role", name_of(member.role)).member("state", name_of(member.state));
    json.member("since", format_iso(member.since)).end_object();
  }
  json.end_array().member("memberCount", pod.member_count).member("created", format_iso(pod.created)).member("ours", name_of(pod.ours)).member("unread", pod.unread).end_object();
}

void write(JsonWriter& json, const services::PodMessage& message) {
  json.begin_object().member("id", message.id).member("pod", message.pod).member("sender", message.sender.text());
  json.member("body", message.body).member("sent", format_iso(message.sent)).member("removed", message.removed);
  json.member("pending", message.pending).end_object();
}

}  // namespace soulfabric::gateway

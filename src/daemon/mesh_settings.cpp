// SPDX-License-Identifier: GPL-3.0-or-later
// From the section `mesh` to settings of links, table, peer book, router, directory and pods.
#include "mesh_settings.hpp"

#include <algorithm>
#include <set>

#include "soulfabric/base/endpoint.hpp"
#include "soulfabric/relay/catalogue.hpp"
#include "soulfabric/relay/content.hpp"
#include "soulfabric/relay/tunnels.hpp"

namespace soulfabric::daemon {
namespace {

constexpr std::size_t kMostEndpoints = 4;  // of a peer record (S7)

mesh::Publish publish_of(const std::string& word) {
  if (word == "none") return mesh::Publish::None;
  return word == "public" ? mesh::Publish::Public : mesh::Publish::Linked;
}

bool has_right(const MeshOptions::Peer& peer, std::string_view right) { return std::ranges::find(peer.rights, right) != peer.rights.end(); }

}  // namespace

Result<Endpoint> mesh_endpoint(const MeshOptions& mesh) {
  const auto address = IpAddress::parse(mesh.ip_address);
  if (!address) return fail(Errc::InvalidArgument, "mesh.ip_address: '" + mesh.ip_address + "' is no address, use one such as 0.0.0.0");
  return Endpoint{*address, static_cast<std::uint16_t>(mesh.port)};
}

mesh::LinkSettings link_settings(const MeshOptions& mesh, const Endpoint& at) {
  mesh::LinkSettings out;
  out.listen = at;
  out.reconnect_longest = std::chrono::seconds(mesh.reconnect_interval);
  return out;
}

mesh::DhtSettings dht_settings(const MeshOptions& mesh, const Endpoint& at, const std::filesystem::path& data) {
  mesh::DhtSettings out;
  out.bind = at;
  out.network = static_cast<std::uint32_t>(mesh.network);
  out.bootstrap = mesh.bootstrap;
  out.local_discovery = mesh.local_discovery;
  out.state_file = data / "dht-nodes";
  out.record_life = std::chrono::seconds(mesh.record_life);
  return out;
}

mesh::PeerBookSettings peer_book_settings(const MeshOptions& mesh, std::vector<std::string>& wrong) {
  mesh::PeerBookSettings out;
  out.publish = publish_of(mesh.publish);
  out.record_life = std::chrono::seconds(mesh.record_life);
  out.republish = out.record_life / 2;
  out.private_endpoints = mesh.private_addresses || mesh.local_discovery;
  for (const auto& [name, peer] : mesh.peers) {
    const auto id = PeerId::parse(name);
    if (!id) {
      wrong.push_back(name);
      continue;
    }
    mesh::ConfiguredPeer entry{*id, {}, peer.trusted, {}};
    for (const auto& text : peer.endpoints)
      if (const auto endpoint = parse_endpoint(text)) entry.endpoints.push_back(*endpoint);
    entry.rights.tunnel_targets = has_right(peer, "tunnel_targets");
    entry.rights.believe_catalogue = has_right(peer, "believe_catalogue");
    for (const auto& text : peer.relay_for)
      if (const auto other = PeerId::parse(text)) entry.rights.relay_for.push_back(*other);
    out.peers.push_back(std::move(entry));
  }
  return out;
}

fabric::RouterSettings router_settings(const MeshOptions& mesh, const RelayOptions& relays) {
  fabric::RouterSettings out;
  out.exposed = {mesh.services.begin(), mesh.services.end()};
  // Its own two switches expose it, and rights decide who gets through.
  if (relays.trusted.enabled || relays.trusted.relay) out.exposed.insert(std::string(relay::kTunnelService));
  // Who is switched off is no owner of anything: nobody has to find that out by asking.
  if (!relays.catalogue.enabled || !relays.catalogue.mesh) out.exposed.erase(std::string(relay::kCatalogueService));
  // A content relay that is switched off refuses like one that does not have what is asked for (security rule S13): it stays, unannounced.
  if (!relays.content.enabled) out.unannounced.insert(std::string(relay::kContentService));
  out.calls_per_peer = static_cast<unsigned>(mesh.calls_per_minute);
  return out;
}

std::vector<std::string> unknown_services(const MeshOptions& mesh, const std::vector<std::string>& offered) {
  std::set<std::string> named{mesh.services.begin(), mesh.services.end()};
  for (const auto& [name, methods] : mesh.gateway.services) named.insert(name);
  for (const auto& name : offered) named.erase(name);
  for (const auto& name : Options{}.mesh.services) named.erase(name);
  named.erase(std::string(relay::kTunnelService));
  return {named.begin(), named.end()};
}

fabric::DirectorySettings directory_settings(const MeshOptions& mesh) {
  fabric::DirectorySettings out;
  out.life = std::chrono::seconds(mesh.record_life);
  out.republish = out.life / 2;
  out.publish = mesh.publish != "none";
  return out;
}

services::PodSettings pod_settings(const MeshOptions& mesh) {
  services::PodSettings out;
  out.enabled = mesh.pods.enabled;
  out.retention = std::chrono::hours(mesh.pods.retention_hours);
  return out;
}

std::vector<Endpoint> own_endpoints(const MeshOptions& mesh, const Endpoint& listening, const std::optional<Endpoint>& mapped,
                                    const std::vector<IpAddress>& interfaces) {
  std::vector<Endpoint> out;
  const auto port = mesh.advertised_port != 0 ? static_cast<std::uint16_t>(mesh.advertised_port) : listening.port;
  const auto add = [&out](const Endpoint& endpoint) {
    if (out.size() < kMostEndpoints && std::ranges::find(out, endpoint) == out.end()) out.push_back(endpoint);
  };
  if (const auto address = IpAddress::parse(mesh.advertised_address)) add({*address, port});
  if (mapped) add(*mapped);
  if (!listening.address.is_unspecified()) {
    add({listening.address, port});
    return out;
  }
  const bool local_too = mesh.private_addresses || mesh.local_discovery;
  for (const auto& address : interfaces) {
    if (address.is_v4() != listening.address.is_v4()) continue;  // what the listener does not accept
    if (address.is_loopback() || (address.is_private() && !local_too)) continue;
    add({address, port});
  }
  return out;
}

}  // namespace soulfabric::daemon

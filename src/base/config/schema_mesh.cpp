// SPDX-License-Identifier: GPL-3.0-or-later
// Settings of the mesh: who may be linked with, what is told to whom, what the outside may call.
#include "config/schema.hpp"
#include "soulfabric/base/ip.hpp"

#define SF_AT(expression) [](Options& o, const std::string& name) -> Field { return (void)name, &(expression); }

namespace soulfabric::config {
namespace {

Setting setting(std::string key, std::function<Field(Options&, const std::string&)> at) {
  Setting entry;
  entry.key = std::move(key);
  entry.at = std::move(at);
  return entry;
}

std::optional<std::string> check_host_port(const std::string& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size() || text.size() - colon > 6) return "write host:port";
  if (text.find_first_not_of("0123456789", colon + 1) != std::string::npos) return "write host:port";
  return std::nullopt;
}

std::optional<std::string> check_optional_address(const std::string& text) {
  if (text.empty() || IpAddress::parse(text)) return std::nullopt;
  return "give an IP address or leave it empty";
}

}  // namespace

void add_mesh_settings(std::vector<Setting>& t) {
  t.push_back(setting("mesh.join", SF_AT(o.mesh.join))
                  .one_of("ask|yes|no")
                  .says("be part of the mesh of nodes; ask: the page asks once, until then no"));
  t.push_back(setting("mesh.ip_address", SF_AT(o.mesh.ip_address)).restart().checked(check_address).says("address to listen on"));
  t.push_back(setting("mesh.port", SF_AT(o.mesh.port)).restart().range(0, 65535).says("TCP and UDP port; 0: any free one"));
  t.push_back(setting("mesh.advertised_port", SF_AT(o.mesh.advertised_port))
                  .range(0, 65535)
                  .says("port under which others reach this node, where it differs; 0: the same, or what the router mapped"));
  t.push_back(setting("mesh.advertised_address", SF_AT(o.mesh.advertised_address))
                  .checked(check_optional_address)
                  .says("address under which others reach this node; empty: found out"));
  t.push_back(setting("mesh.port_mapping", SF_AT(o.mesh.port_mapping)).restart().says("ask the router by NAT-PMP or UPnP for the port"));
  t.push_back(setting("mesh.publish", SF_AT(o.mesh.publish))
                  .one_of("none|linked|public")
                  .says("who is told the addresses of this node: nobody, linked nodes, everybody"));
  t.push_back(setting("mesh.bootstrap", SF_AT(o.mesh.bootstrap)).checked(check_host_port).says("nodes to start from, host:port"));
  t.push_back(setting("mesh.local_discovery", SF_AT(o.mesh.local_discovery)).restart().says("look for nodes on the local network"));
  t.push_back(setting("mesh.private_addresses", SF_AT(o.mesh.private_addresses))
                  .says("believe and tell addresses of the local network: for a mesh within one house"));
  t.push_back(setting("mesh.network", SF_AT(o.mesh.network)).restart().range(1).says("number of the network; nodes of another do not hear this one"));
  t.push_back(setting("mesh.services", SF_AT(o.mesh.services)).says("services that other nodes may call; all others do not exist for them"));
  t.push_back(setting("mesh.peers.*.endpoints", SF_AT(o.mesh.peers[name].endpoints))
                  .checked(check_host_port)
                  .says("where the node with this id is, address:port"));
  t.push_back(setting("mesh.peers.*.trusted", SF_AT(o.mesh.peers[name].trusted)).says("never banned, looser limits"));
  t.push_back(setting("mesh.peers.*.rights", SF_AT(o.mesh.peers[name].rights))
                  .one_of("tunnel_targets|believe_catalogue")
                  .says("what it may do here; none implies another"));
  t.push_back(setting("mesh.peers.*.relay_for", SF_AT(o.mesh.peers[name].relay_for))
                  .says("ids of the nodes that this one may reach through here, where relay.trusted.relay is on"));
  t.push_back(setting("mesh.record_life", SF_AT(o.mesh.record_life))
                  .restart()
                  .range(20, 86'400)
                  .says("seconds for which what this node says of itself is good; said anew at half of it"));
  t.push_back(setting("mesh.reconnect_interval", SF_AT(o.mesh.reconnect_interval)).range(1, 86'400).says("most seconds between two attempts"));
  t.push_back(setting("mesh.calls_per_minute", SF_AT(o.mesh.calls_per_minute)).range(1).says("calls of one node"));
  t.push_back(setting("mesh.units_per_minute", SF_AT(o.mesh.units_per_minute)).range(100).says("work for all others together, in units"));
  t.push_back(setting("mesh.gateway.enabled", SF_AT(o.mesh.gateway.enabled)).says("reach services by /mesh/http and /mesh/ws"));
  t.push_back(setting("mesh.gateway.services.*", SF_AT(o.mesh.gateway.services[name]))
                  .says("methods of this service that may be reached so; \"*\": all"));
  t.push_back(setting("mesh.pods.enabled", SF_AT(o.mesh.pods.enabled)).restart().says("small group conversations between nodes"));
  t.push_back(setting("mesh.pods.retention_hours", SF_AT(o.mesh.pods.retention_hours))
                  .range(0, 24 * 365)
                  .says("hours that messages are kept; 0: in memory only"));
}

}  // namespace soulfabric::config

// SPDX-License-Identifier: GPL-3.0-or-later
// Numbers of the mesh. Services are named because they are ours and few; peers never are.
#include <algorithm>

#include "api/dto_mesh.hpp"
#include "api/metrics.hpp"

namespace soulfabric::gateway {
namespace {

void link_metrics(Metrics& metrics, const mesh::Links& links) {
  const auto all = links.links();
  const auto outbound = std::ranges::count(all, mesh::Direction::Outbound, &mesh::LinkInfo::direction);
  metrics.family("soulfabric_mesh_links", "Links to proven peers.", "gauge");
  metrics.sample("soulfabric_mesh_links", "direction", "outbound", static_cast<double>(outbound));
  metrics.sample("soulfabric_mesh_links", "direction", "inbound", static_cast<double>(all.size()) - static_cast<double>(outbound));
  const auto counted = links.metrics();
  metrics.counter("soulfabric_mesh_dials_total", "Links dialled.", counted.dialled);
  metrics.counter("soulfabric_mesh_dial_failures_total", "Dials that failed.", counted.dial_failures);
  metrics.counter("soulfabric_mesh_accepts_total", "Connections accepted.", counted.accepted);
  metrics.counter("soulfabric_mesh_refused_total", "Connections refused before the handshake.", counted.refused_before_tls);
  metrics.counter("soulfabric_mesh_handshake_failures_total", "Handshakes that failed.", counted.handshake_failures);
  metrics.gauge("soulfabric_mesh_half_open", "Handshakes under way.", static_cast<double>(counted.half_open));
  metrics.counter("soulfabric_mesh_streams_opened_total", "Streams opened by us.", counted.streams_opened);
  metrics.counter("soulfabric_mesh_streams_accepted_total", "Streams opened by others.", counted.streams_accepted);
  metrics.counter("soulfabric_mesh_dead_links_total", "Links that missed a ping.", counted.dead_links);
}

void table_metrics(Metrics& metrics, const mesh::DhtHealth& health) {
  metrics.gauge("soulfabric_dht_connected", "1 while a node of the table has answered lately.", health.connected ? 1 : 0);
  metrics.family("soulfabric_dht_nodes", "Nodes of the table.", "gauge");
  metrics.sample("soulfabric_dht_nodes", "state", "good", static_cast<double>(health.nodes_good));
  metrics.sample("soulfabric_dht_nodes", "state", "dubious", static_cast<double>(health.nodes_dubious));
  metrics.gauge("soulfabric_dht_values", "Values of others kept here.", static_cast<double>(health.values_stored));
  metrics.counter("soulfabric_dht_datagrams_in_total", "Datagrams received.", health.datagrams_in);
  metrics.counter("soulfabric_dht_datagrams_dropped_total", "Datagrams dropped.", health.datagrams_dropped);
  metrics.counter("soulfabric_dht_datagrams_out_total", "Datagrams sent.", health.datagrams_out);
  metrics.counter("soulfabric_dht_values_refused_total", "Values refused.", health.values_refused);
}

void call_metrics(Metrics& metrics, const fabric::Fabric& fabric) {
  const auto services = fabric.services();
  metrics.family("soulfabric_mesh_calls_total", "Calls of others by our service and outcome.", "counter");
  for (const auto& local : services) {
    for (const auto& [status, count] : local.metrics.calls) {
      const auto labels = "service=\"" + local.info.name + "\",result=\"" + std::string(fabric::name_of(status)) + "\"";
      metrics.labelled("soulfabric_mesh_calls_total", labels, static_cast<double>(count));
    }
  }
  metrics.family("soulfabric_mesh_calls_in_flight", "Calls of others under way.", "gauge");
  for (const auto& local : services) metrics.sample("soulfabric_mesh_calls_in_flight", "service", local.info.name, static_cast<double>(local.metrics.in_flight));
  metrics.family("soulfabric_mesh_call_seconds_total", "Time spent in handlers.", "counter");
  for (const auto& local : services) {
    metrics.sample("soulfabric_mesh_call_seconds_total", "service", local.info.name, static_cast<double>(local.metrics.micros) / 1e6);
  }
}

}  // namespace

void mesh_metrics(Metrics& metrics, Context& context) {
  const auto* parts = parts_of(context);
  metrics.gauge("soulfabric_mesh_joined", "1 while this node is on the mesh.", parts != nullptr ? 1 : 0);
  if (parts == nullptr) return;
  metrics.gauge("soulfabric_mesh_peers_known", "Peers that are known.", static_cast<double>(parts->peers.known().size()));
  link_metrics(metrics, parts->links);
  table_metrics(metrics, parts->dht.health());
  call_metrics(metrics, parts->fabric);
}

}  // namespace soulfabric::gateway

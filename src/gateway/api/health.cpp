// SPDX-License-Identifier: GPL-3.0-or-later
// For those who watch over the program: alive, ready, numbers. No label carries a user, peer, path or hash.
#include "api/context.hpp"
#include "api/metrics.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::gateway {
namespace {

using soulseek::TransferState;

void http_metrics(Metrics& metrics, const HttpCounters& http) {
  metrics.counter("soulfabric_http_requests_total", "Requests received.", http.requests);
  metrics.family("soulfabric_http_responses_total", "Answers by hundreds of their status.", "counter");
  constexpr std::string_view kClasses[] = {"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"};
  for (std::size_t i = 1; i < http.statuses.size(); ++i) {
    metrics.sample("soulfabric_http_responses_total", "class", kClasses[i], static_cast<double>(http.statuses[i]));
  }
  metrics.gauge("soulfabric_http_connections", "Open connections.", static_cast<double>(http.open));
  metrics.gauge("soulfabric_http_event_streams", "Open event streams.", static_cast<double>(http.sockets));
  metrics.counter("soulfabric_http_timeouts_total", "Connections closed because their time was up.", http.timeouts);
  metrics.counter("soulfabric_http_malformed_total", "Requests that were not HTTP.", http.malformed);
}

void transfer_metrics(Metrics& metrics, std::string_view direction, const std::vector<soulseek::Transfer>& transfers) {
  double active = 0;
  double queued = 0;
  double succeeded = 0;
  double failed = 0;
  double bytes = 0;
  for (const auto& transfer : transfers) {
    active += has(transfer.state, TransferState::InProgress) ? 1 : 0;
    queued += has(transfer.state, TransferState::Queued) ? 1 : 0;
    const bool well = has(transfer.state, TransferState::Succeeded);
    succeeded += well ? 1 : 0;
    failed += has(transfer.state, TransferState::Completed) && !well ? 1 : 0;
    bytes += well ? static_cast<double>(transfer.size) : 0;
  }
  const std::string prefix = "slskd_transfers_" + std::string(direction);
  metrics.gauge(prefix + "_in_progress_files_current", "Files being transferred.", active);
  metrics.gauge(prefix + "_queued_files_current", "Files waiting.", queued);
  metrics.gauge(prefix + "_completed_succeeded", "Files that ended well, of those listed.", succeeded);
  metrics.gauge(prefix + "_completed_failed", "Files that ended otherwise, of those listed.", failed);
  metrics.gauge(prefix + "_completed_bytes", "Bytes of the files that ended well.", bytes);
}

void guard_metrics(Metrics& metrics, const guard::GuardMetrics& guard) {
  metrics.counter("soulfabric_guard_permits_total", "Permits given.", guard.permits);
  metrics.counter("soulfabric_guard_permits_refused_total", "Permits refused.", guard.permits_refused);
  metrics.counter("soulfabric_guard_units_spent_total", "Work units spent.", guard.units_spent);
  metrics.gauge("soulfabric_guard_connections", "Open peer connections.", static_cast<double>(guard.connections_open));
  metrics.counter("soulfabric_guard_connections_refused_total", "Peer connections refused.", guard.connections_refused);
  metrics.counter("soulfabric_guard_violations_total", "Violations charged.", guard.violations);
  metrics.gauge("soulfabric_guard_bytes_held", "Bytes kept in memory for others.", static_cast<double>(guard.bytes_held));
  metrics.gauge("soulfabric_guard_bans", "Bans in force.", static_cast<double>(guard.bans_active));
}

std::string metrics_text(Context& context) {
  Metrics metrics;
  auto& client = context.deps.client;
  const auto session = client.session().info();
  metrics.gauge("soulfabric_up_seconds", "Since the gateway started.",
                std::chrono::duration<double>(context.deps.clock.now() - context.started).count());
  metrics.gauge("soulfabric_soulseek_logged_in", "1 while logged in.", has(session.state, soulseek::SessionState::LoggedIn) ? 1 : 0);
  if (context.http != nullptr) http_metrics(metrics, *context.http);
  transfer_metrics(metrics, "downloads", client.transfers().list(soulseek::Direction::Download, false));
  transfer_metrics(metrics, "uploads", client.transfers().list(soulseek::Direction::Upload, false));
  const auto tree = client.session().distributed();
  metrics.gauge("slskd_dnet_children", "Children in the distributed tree.", static_cast<double>(tree.children.size()));
  metrics.gauge("slskd_dnet_child_limit", "Children that may join.", tree.child_limit);
  metrics.gauge("slskd_dnet_has_parent", "1 with a parent.", tree.has_parent ? 1 : 0);
  metrics.gauge("slskd_dnet_branch_level", "Distance from the root of the branch.", tree.branch_level);
  guard_metrics(metrics, context.deps.guard.metrics());
  mesh_metrics(metrics, context);
  relay_metrics(metrics, context);
  return metrics.take();
}

Response ready(Context& context) {
  const auto parts = context.deps.readiness ? context.deps.readiness() : std::vector<ReadyPart>{};
  bool all = true;
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("parts").begin_array();
  for (const auto& part : parts) {
    all = all && part.ready;
    json.begin_object().member("name", part.name).member("ready", part.ready);
    if (!part.detail.empty()) json.member("detail", part.detail);
    json.end_object();
  }
  json.end_array().member("ready", all).end_object();
  return json_response(std::move(body), all ? 200 : 503);
}

}  // namespace

void add_health_routes(RouteTable& table, Context& context) {
  table.add({.method = "GET", .path = "/health", .policy = Policy::Open, .summary = "Says that the program is alive.", .gives = "text", .statuses = {200},
             .when_tunnelled = true},
            [](Call&) { return text_response("Healthy"); });
  table.add({.method = "GET", .path = "/ready", .policy = Policy::Open, .summary = "Says what is ready and what is not.", .gives = "Ready",
             .statuses = {200, 503}},
            [&context](Call&) { return ready(context); });
  table.add({.method = "GET", .path = "/metrics", .policy = Policy::Metrics, .summary = "Numbers for Prometheus.", .gives = "text", .statuses = {200, 404, 429}},
            [&context](Call&) {
              auto response = text_response(metrics_text(context));
              response.content_type = "text/plain; version=0.0.4; charset=utf-8";
              return response;
            });
}

}  // namespace soulfabric::gateway

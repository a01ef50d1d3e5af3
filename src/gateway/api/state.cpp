// SPDX-License-Identifier: GPL-3.0-or-later
// Application, server and shares.
#include "api/state.hpp"

#include "soulfabric/library/shares.hpp"

namespace soulfabric::gateway {
namespace {

using soulseek::SessionState;

std::optional<std::string> time_text(const std::optional<WallTime>& time) {
  if (!time) return std::nullopt;
  return format_iso(*time);
}

void write_user(JsonWriter& json, const soulseek::SessionInfo& info) {
  json.key("user").begin_object().member("username", info.username);
  json.key("privileges").begin_object().member("isPrivileged", info.privileged).member("privilegesRemaining", info.privileges_left).end_object();
  const auto& statistics = info.statistics;
  json.key("statistics").begin_object().member("averageSpeed", statistics.average_speed).member("directoryCount", statistics.directory_count);
  json.member("fileCount", statistics.file_count).member("uploadCount", statistics.upload_count).end_object().end_object();
}

void write_distributed(JsonWriter& json, const soulseek::DistributedInfo& info) {
  json.key("distributedNetwork").begin_object().member("branchLevel", info.branch_level);
  if (!info.branch_root.empty()) json.member("branchRoot", info.branch_root);
  json.member("canAcceptChildren", info.can_accept_children).member("childLimit", info.child_limit).key("children").begin_array();
  for (const auto& child : info.children) json.value(child);
  json.end_array().member("hasParent", info.has_parent).member("isBranchRoot", info.is_branch_root).member("parent", info.parent).end_object();
}

void write_server_info(JsonWriter& json, const soulseek::SessionInfo& info) {
  const bool connecting = has(info.state, SessionState::Connecting);
  const bool logging_in = has(info.state, SessionState::LoggingIn);
  json.begin_object().member("address", info.address);
  if (info.endpoint) json.member("ipEndPoint", info.endpoint->to_string());
  json.member("state", to_string(info.state)).member("isConnected", has(info.state, SessionState::Connected));
  json.member("isConnecting", connecting).member("isLoggedIn", has(info.state, SessionState::LoggedIn)).member("isLoggingIn", logging_in);
  json.member("isTransitioning", connecting || logging_in || has(info.state, SessionState::Disconnecting));
  json.member("username", info.username).member("listenPort", info.listen_port).member("reason", info.problem);
  json.member("listenProblem", info.listen_problem).end_object();
}

}  // namespace

void write_server(JsonWriter& json, const Context& context) { write_server_info(json, context.deps.client.session().info()); }

void write_shares_state(JsonWriter& json, const Context& context) {
  using library::ScanState;
  const auto& scan = context.deps.shares.progress();
  const auto snapshot = context.deps.shares.snapshot();
  json.begin_object().member("scanPending", scan.state == ScanState::Pending).member("scanning", scan.state == ScanState::Scanning);
  json.member("ready", scan.state == ScanState::Ready).member("faulted", scan.state == ScanState::Faulted);
  json.member("cancelled", scan.state == ScanState::Cancelled).member("scanProgress", scan.percent / 100.0);
  json.key("hosts").begin_array().value("local").end_array();
  json.member("directories", snapshot->folder_count()).member("files", snapshot->file_count());
  if (scan.state == ScanState::Scanning) {
    json.member("filesPerSecond", scan.files_per_second).member("secondsLeft", scan.seconds_left).member("filesScanned", scan.files);
  }
  if (!scan.fault.empty()) json.member("fault", scan.fault);
  if (!scan.warnings.empty()) {
    json.key("warnings").begin_array();
    for (const auto& warning : scan.warnings) json.value(warning);
    json.end_array();
  }
  json.end_object();
}

void write_share_map(JsonWriter& json, const Context& context) {
  json.begin_object().key("local").begin_array();
  for (const auto& share : context.deps.shares.list()) write_share(json, share);
  json.end_array().end_object();
}

void write_share(JsonWriter& json, const library::ShareInfo& share) {
  json.begin_object().member("id", share.id).member("alias", share.alias).member("isExcluded", share.is_excluded);
  json.member("localPath", share.local_path).member("raw", share.raw).member("remotePath", share.remote_path);
  json.member("directories", share.directories).member("files", share.files);
  if (!share.problem.empty()) json.member("problem", share.problem);
  json.end_object();
}

void write_application(JsonWriter& json, const Context& context) {
  auto& session = context.deps.client.session();
  const auto info = session.info();
  json.begin_object().key("version").begin_object().member("full", context.deps.version).member("current", kCompatibleVersion);
  json.member("isUpdateAvailable", false).member("isCanary", false).member("isDevelopment", false).end_object();
  json.member("pendingReconnect", info.outdated);
  json.member("pendingRestart", context.deps.configuration.pending_restart()).key("server");
  write_server_info(json, info);
  json.key("connectionWatchdog").begin_object().member("isEnabled", !info.final);
  json.member("isAttemptingConnection", has(info.state, SessionState::Connecting)).member("isAwaitingVpn", false);
  json.member("nextAttemptAt", time_text(info.next_attempt_at)).end_object();
  json.key("vpn").begin_object().member("isReady", false).member("isConnected", false).end_object();
  json.key("relay").begin_object().member("mode", "Controller").key("controller").begin_object().member("state", "Disconnected").end_object();
  json.key("agents").begin_array().end_array().end_object();
  json.key("health").raw(R"({"search":{"incoming":{"latency":0,"queueDepth":0,"dropRate":0}}})");
  write_user(json, info);
  write_distributed(json, session.distributed());
  json.key("shares");
  write_shares_state(json, context);
  json.key("rooms").begin_array().end_array().key("users").begin_array().end_array().end_object();
}

}  // namespace soulfabric::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// What the guard holds against whom, what is left of its budgets, and the operator's own bans.
#include <algorithm>

#include "api/context.hpp"
#include "core/json_input.hpp"
#include "core/json_writer.hpp"
#include "soulfabric/gateway/guard_export.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::size_t kReasonCap = 200;
constexpr std::uint64_t kLongestSeconds = 10ULL * 365 * 24 * 3600;

void write_subject(JsonWriter& json, const guard::Subject& subject) { json.member("kind", name_of(subject.kind)).member("name", subject.name); }

void write_times(JsonWriter& json, std::string_view name, const std::vector<WallTime>& times) {
  json.key(name).begin_array();
  for (const WallTime at : times) json.value(format_iso(at));
  json.end_array();
}

Response violations(Context& context) {
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const auto& row : context.deps.guard.violations()) {
    json.begin_object();
    write_subject(json, row.subject);
    json.member("count", row.times.size());
    write_times(json, "times", row.times);
    json.end_object();
  }
  json.end_array();
  return json_response(std::move(body));
}

Response bans(Context& context) {
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const auto& ban : context.deps.guard.bans()) {
    json.begin_object();
    write_subject(json, ban.subject);
    json.member("since", format_iso(ban.since));
    if (ban.until) json.member("until", format_iso(*ban.until));
    json.member("times", ban.times).member("reason", ban.reason);
    if (ban.address) json.member("address", ban.address->to_string());
    json.member("byOperator", ban.by_operator).end_object();
  }
  json.end_array();
  return json_response(std::move(body));
}

Response reputations(Context& context) {
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const auto& row : context.deps.guard.reputations()) {
    json.begin_object();
    write_subject(json, row.subject);
    json.member("score", row.score);
    write_times(json, "gains", row.gains);
    json.end_object();
  }
  json.end_array();
  return json_response(std::move(body));
}

void write_level(JsonWriter& json, std::string_view name, const guard::BudgetLevel& level) {
  json.key(name).begin_object().member("left", level.left).member("most", level.most).end_object();
}

Response budget(Context& context) {
  auto& guard = context.deps.guard;
  const auto levels = guard.budget();
  const auto& limits = guard.options();
  const auto metrics = guard.metrics();
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("limits").begin_object().member("perCall", limits.budget.per_call);
  json.member("perPeerMinute", limits.budget.per_peer_minute).member("nodeMinute", limits.budget.node_minute);
  json.member("bytesHeldPerPeer", limits.held.per_peer).member("bytesHeld", limits.held.node).end_object();
  write_level(json, "user", levels.user);
  write_level(json, "automation", levels.automation);
  write_level(json, "shared", levels.shared);
  write_level(json, "strangers", levels.strangers);
  json.key("peers").begin_array();
  for (const auto& peer : levels.peers) {
    json.begin_object();
    write_subject(json, peer.subject);
    json.member("left", peer.level.left).member("most", peer.level.most).end_object();
  }
  json.end_array().key("metrics").begin_object().member("permits", metrics.permits).member("permitsRefused", metrics.permits_refused);
  json.member("unitsSpent", metrics.units_spent).member("unitsRefunded", metrics.units_refunded).member("violations", metrics.violations);
  json.member("connectionsOpen", metrics.connections_open).member("connectionsRefused", metrics.connections_refused);
  json.member("bansActive", metrics.bans_active).member("bytesHeld", metrics.bytes_held).end_object().end_object();
  return json_response(std::move(body));
}

/// Nothing for a ban for good.
Result<std::optional<Duration>> length_of(const Json& json) {
  SF_TRY_ASSIGN(const auto hours, json.number("hours", 1, kLongestSeconds / 3600));
  SF_TRY_ASSIGN(const auto seconds, json.number("seconds", 1, kLongestSeconds));
  if (hours) return std::optional<Duration>(std::chrono::hours(*hours));
  if (seconds) return std::optional<Duration>(std::chrono::seconds(*seconds));
  return std::optional<Duration>{};
}

Response ban(Context& context, Call& call) {
  const auto json = Json::parse(call.request->body);
  if (!json) return error_response(json.error());
  const auto kind = json->text("kind");
  const auto name = json->text("name");
  const auto reason = json->text("reason");
  if (!kind || !name || !reason) return string_response(400, "The values of kind, name and reason must be texts.");
  const auto subject = read_subject(kind->value_or(""), name->value_or(""));
  if (!subject) return error_response(subject.error());
  const auto length = length_of(*json);
  if (!length) return error_response(length.error());
  const auto words = reason->value_or("").empty() ? std::string("by the operator") : reason->value_or("").substr(0, kReasonCap);
  const auto banned = context.deps.guard.ban(*subject, *length, words);
  return banned ? empty_response(204) : error_response(banned.error());
}

Response lift(Context& context, Call& call) {
  const auto subject = read_subject(call.value(0), call.value(1));
  if (!subject) return error_response(subject.error());
  return context.deps.guard.unban(*subject) ? empty_response(204) : string_response(404, "There is no such ban.");
}

Response take_in(Context& context, Call& call) {
  const auto taken = import_guard(context.deps.guard, call.request->body);
  if (!taken) return error_response(taken.error());
  std::string body;
  JsonWriter(body).begin_object().member("bans", taken->bans).member("violations", taken->violations).member("reputations", taken->reputations).end_object();
  return json_response(std::move(body));
}

Response give_out(Context& context) {
  auto response = json_response(export_guard(context.deps.guard));
  response.headers.emplace_back("cache-control", "no-store");
  return response;
}

}  // namespace

void add_guard_routes(RouteTable& table, Context& context) {
  const std::string base = "/api/v0/guard";
  const auto get = [&](const std::string& path, const std::string& summary, const std::string& gives, auto answer) {
    table.add({.method = "GET", .path = base + path, .summary = summary, .gives = gives, .statuses = {200}, .scope = "guard"},
              [&context, answer](Call&) { return answer(context); });
  };
  get("/violations", "Lists violations of the last hour that have not led to a ban.", "GuardViolations[]", &violations);
  get("/bans", "Lists the bans in force.", "GuardBan[]", &bans);
  get("/budget", "Shows limits, what is left of each budget, and totals.", "GuardBudget", &budget);
  get("/reputation", "Lists what is thought of others.", "GuardReputation[]", &reputations);
  get("/export", "Gives bans, violations and reputation for import elsewhere.", "GuardState", &give_out);
  table.add({.method = "POST", .path = base + "/import", .policy = Policy::AnyAdministrator, .summary = "Adds what an export holds; all or nothing.",
             .takes = "GuardState", .gives = "GuardImport", .statuses = {200, 413}, .scope = "guard", .body_limit = kGuardTextCap},
            [&context](Call& call) { return take_in(context, call); });
  table.add({.method = "POST", .path = base + "/bans", .policy = Policy::AnyAdministrator, .summary = "Bans a peer, user or address; an address for a day at most.",
             .takes = "NewBan", .statuses = {204}, .scope = "guard"},
            [&context](Call& call) { return ban(context, call); });
  table.add({.method = "DELETE", .path = base + "/bans/{kind}/{name}", .policy = Policy::AnyAdministrator, .summary = "Lifts a ban and forgets those before it.",
             .statuses = {204, 404}, .scope = "guard"},
            [&context](Call& call) { return lift(context, call); });
}

}  // namespace soulfabric::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// Pods for our own user: conversations of a few nodes. Who may do what is decided by the pods themselves.
#include <algorithm>

#include "api/dto.hpp"
#include "api/dto_mesh.hpp"
#include "core/iso_time.hpp"
#include "core/json_input.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

using services::Pods;

constexpr std::chrono::seconds kPodTime{20};
constexpr std::uint64_t kPage = 100;
constexpr std::size_t kPodBody = 64 * 1024;

Pods* pods_of(Context& context) {
  const auto* parts = parts_of(context);
  return parts == nullptr ? nullptr : parts->pods;
}

Response no_pods(Context& context) {
  if (parts_of(context) == nullptr) return not_on_the_mesh(context);
  return string_response(503, "Pods are switched off: set mesh.pods.enabled to true.");
}

Response list(Context& context) {
  const auto* pods = pods_of(context);
  return pods == nullptr ? no_pods(context) : json_response(list_to_json(pods->list()));
}

Response show(Context& context, Call& call) {
  const auto* pods = pods_of(context);
  if (pods == nullptr) return no_pods(context);
  const auto all = pods->list();
  const auto it = std::ranges::find(all, call.value(0), &services::Pod::id);
  return it == all.end() ? string_response(404, "There is no such pod here.") : json_response(to_json(*it));
}

std::optional<services::PodVisibility> visibility_of(std::string_view name) {
  for (const auto one : {services::PodVisibility::Visible, services::PodVisibility::Unlisted, services::PodVisibility::Private}) {
    if (equal_ignoring_ascii_case(name, name_of(one))) return one;
  }
  return std::nullopt;
}

Task<Response> create(Context& context, Call& call) {
  auto* pods = pods_of(context);
  if (pods == nullptr) co_return no_pods(context);
  const auto json = Json::parse(call.request->body);
  if (!json) co_return error_response(json.error());
  const auto name = json->text("name");
  const auto visible = json->text("visibility");
  const auto approval = json->flag("approval");
  const auto keep = json->flag("keep");
  if (!name || !*name || trim(**name).empty()) co_return string_response(400, "A pod needs a name.");
  if (!visible || !approval || !keep) co_return string_response(400, "The visibility must be a text, approval and keep must be true or false.");
  const auto visibility = visibility_of(visible->value_or("visible"));
  if (!visibility) co_return string_response(400, "The visibility must be visible, unlisted or private.");
  const auto made = co_await pods->create(std::string(trim(**name)), *visibility, approval->value_or(false), keep->value_or(true));
  co_return made ? json_response(to_json(*made), 201) : mesh_error(made.error());
}

Task<Response> join(Context& context, Call& call) {
  auto* pods = pods_of(context);
  if (pods == nullptr) co_return no_pods(context);
  const auto json = Json::parse(call.request->body);
  if (!json) co_return error_response(json.error());
  const auto pod = json->text("pod");
  const auto host = json->text("host");
  if (!pod || !*pod || !host || !*host) co_return string_response(400, "Say which pod is to be joined, and the peer that hosts it.");
  const auto peer = PeerId::parse(trim(**host));
  if (!peer) co_return string_response(400, "A peer is named by the 32 characters of its id.");
  const auto joined = co_await pods->join(std::string(trim(**pod)), *peer, call.request->origin, context.deadline(kPodTime));
  co_return joined ? json_response(to_json(*joined)) : mesh_error(joined.error());
}

Task<Response> list_of(Context& context, Call& call) {
  auto* pods = pods_of(context);
  if (pods == nullptr) co_return no_pods(context);
  const auto peer = PeerId::parse(call.value(0));
  if (!peer) co_return string_response(400, "A peer is named by the 32 characters of its id.");
  const auto shown = co_await pods->list_of(*peer, call.request->origin, context.deadline(kPodTime));
  co_return shown ? json_response(list_to_json(*shown)) : mesh_error(shown.error());
}

Task<Response> leave(Context& context, Call& call) {
  auto* pods = pods_of(context);
  if (pods == nullptr) co_return no_pods(context);
  const auto left = co_await pods->leave(call.value(0), call.request->origin, context.deadline(kPodTime));
  co_return left ? empty_response(204) : mesh_error(left.error());
}

Task<Response> messages(Context& context, Call& call) {
  auto* pods = pods_of(context);
  if (pods == nullptr) co_return no_pods(context);
  const auto limit = call.query.number("limit", kPage, UINT32_MAX);
  if (!limit || *limit == 0) co_return string_response(400, "The limit must be a number from 1 on.");
  std::optional<WallTime> before;
  if (const auto text = call.query.find("before")) {
    before = parse_iso(*text);
    if (!before) co_return string_response(400, "The value of before must be the time of a message as it was given.");
  }
  const auto page = co_await pods->messages(call.value(0), before, static_cast<std::size_t>(std::min(*limit, kPage)));
  co_return page ? json_response(list_to_json(*page)) : mesh_error(page.error());
}

Task<Response> post(Context& context, Call& call) {
  auto* pods = pods_of(context);
  if (pods == nullptr) co_return no_pods(context);
  const auto json = Json::parse(call.request->body);
  if (!json) co_return error_response(json.error());
  const auto body = json->text("body");
  if (!body || !*body || trim(**body).empty()) co_return string_response(400, "The message must not be empty.");
  const auto posted = co_await pods->post(call.value(0), **body, call.request->origin, context.deadline(kPodTime));
  co_return posted ? json_response(to_json(*posted), 201) : mesh_error(posted.error());
}

Task<Response> remove_message(Context& context, Call& call) {
  auto* pods = pods_of(context);
  if (pods == nullptr) co_return no_pods(context);
  const auto removed = co_await pods->remove_message(call.value(0), call.value(1));
  co_return removed ? empty_response(204) : mesh_error(removed.error());
}

Task<Response> set_member(Context& context, Call& call) {
  auto* pods = pods_of(context);
  if (pods == nullptr) co_return no_pods(context);
  const auto peer = PeerId::parse(call.value(1));
  if (!peer) co_return string_response(400, "A peer is named by the 32 characters of its id.");
  const auto json = Json::parse(call.request->body);
  if (!json) co_return error_response(json.error());
  const auto role_name = json->text("role");
  const auto state_name = json->text("state");
  std::optional<services::PodRole> role;
  std::optional<services::MemberState> state;
  for (const auto one : {services::PodRole::Owner, services::PodRole::Moderator, services::PodRole::Member}) {
    if (role_name && equal_ignoring_ascii_case(role_name->value_or("member"), name_of(one))) role = one;
  }
  for (const auto one : {services::MemberState::Asked, services::MemberState::Member, services::MemberState::Banned, services::MemberState::Left}) {
    if (state_name && equal_ignoring_ascii_case(state_name->value_or("member"), name_of(one))) state = one;
  }
  if (!role || !state) co_return string_response(400, "The role must be moderator or member, the state asked, member, banned or left.");
  const auto set = co_await pods->set_member(call.value(0), *peer, *role, *state);
  co_return set ? empty_response(204) : mesh_error(set.error());
}

Response read(Context& context, Call& call) {
  auto* pods = pods_of(context);
  if (pods == nullptr) return no_pods(context);
  pods->mark_read(call.value(0));
  return empty_response(204);
}

}  // namespace

void add_pod_routes(RouteTable& table, Context& context) {
  const std::string base = "/api/v0/pods";
  const auto add = [&](const std::string& method, const std::string& path, const std::string& summary, const std::string& takes, const std::string& gives,
                       std::vector<int> statuses, auto answer) {
    table.add({.method = method, .path = base + path, .summary = summary, .takes = takes, .gives = gives, .statuses = std::move(statuses), .scope = "mesh",
               .body_limit = takes.empty() ? 0 : kPodBody},
              [&context, answer](Call& call) { return answer(context, call); });
  };
  table.add({.method = "GET", .path = base, .summary = "Lists our pods.", .gives = "Pod[]", .statuses = {200, 503}, .scope = "mesh"},
            [&context](Call&) { return list(context); });
  add("POST", "", "Makes a pod.", "NewPod", "Pod", {201, 409, 429, 503}, &create);
  add("POST", "/join", "Joins a pod, or asks to, where a peer hosts it.", "PodJoin", "Pod", {200, 404, 409, 429, 503, 504}, &join);
  add("GET", "/of/{peer}", "Lists the pods that a peer shows to us.", "", "Pod[]", {200, 404, 429, 503, 504}, &list_of);
  add("GET", "/{id}", "Shows a pod with its members.", "", "Pod", {200, 404, 503}, &show);
  add("DELETE", "/{id}", "Leaves a pod; the owner ends it.", "", "", {204, 404, 503}, &leave);
  add("GET", "/{id}/messages", "Lists messages, newest last, at most `limit`, those before `before`.", "", "PodMessage[]", {200, 404, 503}, &messages);
  add("POST", "/{id}/messages", "Posts a message.", "PodText", "PodMessage", {201, 404, 413, 429, 503, 504}, &post);
  add("DELETE", "/{id}/messages/{message}", "Takes a message away; owner and moderators may.", "", "", {204, 404, 503}, &remove_message);
  add("PUT", "/{id}/members/{peer}", "Lets a member in, shuts it out or gives it a role.", "PodMemberChange", "", {204, 404, 503}, &set_member);
  add("POST", "/{id}/read", "Marks all messages as seen.", "", "", {204, 503}, &read);
}

}  // namespace soulfabric::gateway

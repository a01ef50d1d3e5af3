// SPDX-License-Identifier: GPL-3.0-or-later
// Searches: asked for, watched, stopped, forgotten.
#include "api/context.hpp"
#include "api/dto.hpp"
#include "core/json_input.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::uint64_t kMaxCount = 0x7FFFFFFF;

Result<soulseek::SearchRequest> read_search(std::string_view body) {
  SF_TRY_ASSIGN(const Json json, Json::parse(body));
  soulseek::SearchRequest request;
  SF_TRY_ASSIGN(auto id, json.text("id"));
  SF_TRY_ASSIGN(auto text, json.text("searchText"));
  SF_TRY_ASSIGN(const auto files, json.number("fileLimit", 1, kMaxCount));
  SF_TRY_ASSIGN(const auto responses, json.number("responseLimit", 1, kMaxCount));
  SF_TRY_ASSIGN(const auto filter, json.flag("filterResponses"));
  SF_TRY_ASSIGN(const auto queue, json.number("maximumPeerQueueLength", 0, UINT64_MAX));
  SF_TRY_ASSIGN(const auto speed, json.number("minimumPeerUploadSpeed", 0, kMaxCount));
  SF_TRY_ASSIGN(const auto least, json.number("minimumResponseFileCount", 0, kMaxCount));
  SF_TRY_ASSIGN(const auto timeout, json.number("searchTimeout", 5, kMaxCount));
  if (id && !is_guid(*id)) return fail(Errc::InvalidArgument, "The id of a search must be a GUID.");
  if (!text || trim(*text).empty()) return fail(Errc::InvalidArgument, "The searchText must not be blank.");
  if (id) request.id = ascii_lower(*id);
  request.text = std::move(*text);
  if (files) request.file_limit = static_cast<std::uint32_t>(*files);
  if (responses) request.response_limit = static_cast<std::uint32_t>(*responses);
  if (filter) request.filter_responses = *filter;
  if (queue) request.maximum_peer_queue_length = static_cast<std::uint32_t>(std::min<std::uint64_t>(*queue, UINT32_MAX));
  if (speed) request.minimum_peer_upload_speed = static_cast<std::uint32_t>(*speed);
  if (least) request.minimum_response_file_count = static_cast<std::uint32_t>(*least);
  if (timeout) request.timeout = std::chrono::milliseconds(*timeout);
  return request;
}

Response start(Context& context, Call& call) {
  auto request = read_search(call.request->body);
  if (!request) return error_response(request.error());
  const auto search = context.deps.client.searches().start(std::move(*request), call.request->origin);
  if (!search) return error_response(search.error());
  return json_response(to_json(*search));
}

/// Ids are GUIDs; what is none cannot exist.
std::string id_of(const Call& call) { return ascii_lower(call.value(0)); }

Task<Response> show(Context& context, Call& call) {
  const auto include = call.query.flag("includeResponses", false);
  if (!include) co_return empty_response(400);
  const auto id = id_of(call);
  const auto search = context.deps.client.searches().find(id);
  if (!search) co_return empty_response(404);
  auto json = to_json(*search);
  if (*include) {
    const auto responses = co_await context.deps.client.searches().responses(id, 0);
    if (!responses) co_return error_response(responses.error());
    constexpr std::string_view kEmpty = "\"responses\":[]";
    json.replace(json.find(kEmpty), kEmpty.size(), "\"responses\":" + list_to_json(*responses));
  }
  co_return json_response(std::move(json));
}

Task<Response> show_responses(Context& context, Call& call) {
  const auto id = id_of(call);
  if (!context.deps.client.searches().find(id)) co_return empty_response(404);
  const auto responses = co_await context.deps.client.searches().responses(id, 0);
  if (!responses) co_return error_response(responses.error());
  co_return json_response(list_to_json(*responses));
}

Response cancel(Context& context, Call& call) {
  const auto id = id_of(call);
  if (!context.deps.client.searches().find(id)) return empty_response(404);
  context.deps.client.searches().cancel(id);
  return empty_response(200);
}

Response remove(Context& context, Call& call) {
  return empty_response(context.deps.client.searches().remove(id_of(call)) ? 204 : 404);
}

}  // namespace

void add_search_routes(RouteTable& table, Context& context) {
  table.add({.method = "POST", .path = "/api/v0/searches", .summary = "Starts a search.", .takes = "SearchRequest", .gives = "Search", .statuses = {200, 409, 429}},
            [&context](Call& call) { return start(context, call); });
  table.add({.method = "GET", .path = "/api/v0/searches", .summary = "Lists searches, oldest first, without their responses.", .gives = "Search[]", .statuses = {200}},
            [&context](Call&) { return json_response(list_to_json(context.deps.client.searches().list())); });
  table.add({.method = "GET", .path = "/api/v0/searches/{id}", .summary = "Shows one search.", .gives = "Search", .statuses = {200, 404}},
            [&context](Call& call) { return show(context, call); });
  table.add({.method = "GET", .path = "/api/v0/searches/{id}/responses", .summary = "Lists what came in so far; only ever grows.", .gives = "SearchResponse[]",
             .statuses = {200, 404}},
            [&context](Call& call) { return show_responses(context, call); });
  table.add({.method = "PUT", .path = "/api/v0/searches/{id}", .summary = "Stops a search.", .statuses = {200, 404}},
            [&context](Call& call) { return cancel(context, call); });
  table.add({.method = "DELETE", .path = "/api/v0/searches/{id}", .summary = "Forgets a search.", .statuses = {204, 404}},
            [&context](Call& call) { return remove(context, call); });
}

}  // namespace soulfabric::gateway

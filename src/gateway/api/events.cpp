// SPDX-License-Identifier: GPL-3.0-or-later
// What happened, newest first; and samples of each kind for those who write hooks.
#include <array>

#include "api/context.hpp"
#include "core/json_input.hpp"
#include "core/json_writer.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::array<std::string_view, 8> kTypes{"DownloadFileComplete",    "DownloadDirectoryComplete", "UploadFileComplete",          "PrivateMessageReceived",
                                                 "RoomMessageReceived",     "SoulseekClientConnected",   "SoulseekClientDisconnected", "Noop"};

Response list(Context& context, Call& call) {
  const auto offset = call.query.number("offset", 0, INT32_MAX);
  const auto limit = call.query.number("limit", 100, INT32_MAX);
  if (!offset || !limit || *limit == 0) return string_response(400, "The offset must not be negative and the limit must be positive.");
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const auto& record : context.events.page(*offset, *limit)) {
    json.begin_object().member("timestamp", format_iso(record.timestamp)).member("type", record.type).member("data", record.data);
    json.member("id", record.id).end_object();
  }
  json.end_array();
  auto response = json_response(std::move(body));
  response.headers.emplace_back("x-total-count", std::to_string(context.events.size()));
  return response;
}

Response sample(Context& context, Call& call) {
  const auto word = parse_json_string(call.request->body);
  if (call.request->header("Content-Type").empty()) return string_response(415, "The body must be sent as application/json.");
  if (!word) return error_response(word.error());
  for (const auto type : kTypes) {
    if (!equal_ignoring_ascii_case(type, call.value(0))) continue;
    std::string data;
    JsonWriter(data).begin_object().member("disambiguator", *word).end_object();
    EventRecord record{make_guid(context.deps.random), context.deps.clock.wall(), std::string(type), data};
    std::string body;
    JsonWriter(body).begin_object().member("type", type).member("version", 0).member("id", record.id).member("timestamp", format_iso(record.timestamp))
        .member("disambiguator", *word).end_object();
    context.events.add(std::move(record));
    return json_response(std::move(body), 201);
  }
  return string_response(400, "There is no event of this type.");
}

}  // namespace

void add_event_routes(RouteTable& table, Context& context) {
  table.add({.method = "GET", .path = "/api/v0/events", .summary = "Lists what happened, newest first; X-Total-Count says how many there are.",
             .gives = "EventRecord[]", .statuses = {200}},
            [&context](Call& call) { return list(context, call); });
  table.add({.method = "POST", .path = "/api/v0/events/{type}", .summary = "Records a sample event.", .takes = "string", .gives = "Event", .statuses = {201}},
            [&context](Call& call) { return sample(context, call); });
}

}  // namespace soulfabric::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// The program and its connection to the server.
#include "api/context.hpp"
#include "api/dto.hpp"
#include "api/state.hpp"
#include "core/json_input.hpp"

namespace soulfabric::gateway {
namespace {

Response show_application(Context& context) {
  std::string body;
  JsonWriter json(body);
  write_application(json, context);
  return json_response(std::move(body));
}

Response show_server(Context& context) {
  std::string body;
  JsonWriter json(body);
  write_server(json, context);
  return json_response(std::move(body));
}

Response disconnect(Context& context, Call& call) {
  std::string reason = "the user asked for it";
  if (!call.request->body.empty()) {
    const auto given = parse_json_string(call.request->body);
    if (!given) return error_response(given.error());
    if (!given->empty()) reason = *given;
  }
  context.deps.client.session().disconnect(std::move(reason));
  return empty_response(204);
}

Response latest() {
  std::string body;
  JsonWriter json(body);
  json.begin_object().member("full", kCompatibleVersion).member("current", kCompatibleVersion).member("isUpdateAvailable", false);
  json.member("isCanary", false).member("isDevelopment", false).end_object();
  return json_response(std::move(body));
}

}  // namespace

void add_application_routes(RouteTable& table, Context& context) {
  table.add({.method = "GET", .path = "/api/v0/application", .summary = "Shows the state of the program.", .gives = "Application", .statuses = {200}},
            [&context](Call&) { return show_application(context); });
  table.add({.method = "PUT", .path = "/api/v0/application", .policy = Policy::TokenAdministrator, .summary = "Restarts the program.", .statuses = {204}},
            [&context](Call&) {
              context.deps.configuration.request_restart();
              return empty_response(204);
            });
  table.add({.method = "DELETE", .path = "/api/v0/application", .policy = Policy::TokenAdministrator, .summary = "Ends the program.", .statuses = {204}},
            [&context](Call&) {
              context.deps.configuration.request_shutdown();
              return empty_response(204);
            });
  table.add({.method = "GET", .path = "/api/v0/application/version", .summary = "Gives the version that clients of slskd compare with.", .gives = "string",
             .statuses = {200}},
            [](Call&) { return string_response(200, kCompatibleVersion); });
  table.add({.method = "GET", .path = "/api/v0/application/version/latest", .summary = "Says whether there is a newer version.", .gives = "Version", .statuses = {200}},
            [](Call&) { return latest(); });
  table.add({.method = "POST", .path = "/api/v0/application/gc", .summary = "Accepted for slskd's clients; nothing needs collecting.", .statuses = {200}},
            [](Call&) { return empty_response(200); });
  table.add({.method = "GET", .path = "/api/v0/server", .summary = "Shows the connection to the Soulseek server.", .gives = "Server", .statuses = {200}},
            [&context](Call&) { return show_server(context); });
  table.add({.method = "PUT", .path = "/api/v0/server", .summary = "Connects; 205 where that was under way and starts over.", .statuses = {200, 205}},
            [&context](Call&) { return empty_response(context.deps.client.session().connect() ? 200 : 205); });
  table.add({.method = "DELETE", .path = "/api/v0/server", .summary = "Disconnects.", .takes = "string", .statuses = {204}},
            [&context](Call& call) { return disconnect(context, call); });
  table.add({.method = "GET", .path = "/api/v0/logs", .summary = "Gives the last hundred log records.", .gives = "LogRecord[]", .statuses = {200}},
            [](Call&) { return json_response(list_to_json(log::recent())); });
}

}  // namespace soulfabric::gateway

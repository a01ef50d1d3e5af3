// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration over HTTP, within security rule S21: nothing through a tunnel, some keys never.
#include "api/context.hpp"
#include "api/dto.hpp"
#include "core/json_input.hpp"
#include "soulfabric/base/options_loader.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

/// Nothing where configuration may be touched by this call.
std::optional<Response> refuse(Context& context, const Call& call, bool remote_only) {
  if (call.request->origin == guard::Origin::RemoteGateway) return string_response(403, "The configuration cannot be reached through a tunnel.");
  if (remote_only && !context.settings.remote_configuration) {
    return string_response(403, "Changing the configuration over HTTP is switched off: set remote_configuration to true.");
  }
  return std::nullopt;
}

Response show(Context& context, Call& call, bool startup) {
  if (auto refused = refuse(context, call, false)) return std::move(*refused);
  const auto options = startup ? context.deps.configuration.startup_options() : context.deps.configuration.options();
  return json_response(to_json(render_options(options)));
}

Response patch(Context& context, Call& call) {
  if (auto refused = refuse(context, call, true)) return std::move(*refused);
  const auto json = Json::parse(call.request->body);
  if (!json) return error_response(json.error());
  if (json->is_null()) return empty_response(204);
  const auto* soulseek = json->find("soulseek");
  ListenPatch overlay;
  if (soulseek != nullptr) {
    const auto port = soulseek->number("listenPort", 1024, 65535);
    const auto address = soulseek->text("listenIpAddress");
    if (!port) return error_response(port.error());
    if (!address) return error_response(address.error());
    if (*port) overlay.listen_port = static_cast<std::uint16_t>(**port);
    overlay.listen_address = *address;
  }
  if (const auto patched = context.deps.configuration.patch(overlay); !patched) return error_response(patched.error());
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("soulseek").begin_object().member("listenPort", overlay.listen_port);
  out.member("listenIpAddress", overlay.listen_address).end_object().end_object();
  return json_response(std::move(body));
}

Response location(Context& context, Call& call) {
  if (auto refused = refuse(context, call, true)) return std::move(*refused);
  return string_response(200, context.deps.configuration.yaml_file().string());
}

Task<Response> read(Context& context, Call& call) {
  if (auto refused = refuse(context, call, true)) co_return std::move(*refused);
  const auto text = co_await context.deps.configuration.read_yaml();
  co_return text ? string_response(200, *text) : error_response(text.error());
}

Task<Response> put(Context& context, Call& call) {
  if (auto refused = refuse(context, call, true)) co_return std::move(*refused);
  const auto text = parse_json_string(call.request->body);
  if (!text) co_return error_response(text.error());
  const auto before = co_await context.deps.configuration.read_yaml();
  const auto restricted = restricted_changes(before ? *before : std::string(), *text);
  if (!restricted) co_return string_response(400, restricted.error().message);
  if (!restricted->empty()) {
    co_return string_response(403, "The key " + restricted->front() + " cannot be changed over HTTP: edit the configuration file on the machine itself.");
  }
  const auto written = co_await context.deps.configuration.write_yaml(*text);
  co_return written ? empty_response(200) : error_response(written.error());
}

Response validate(Context& context, Call& call) {
  if (auto refused = refuse(context, call, true)) return std::move(*refused);
  const auto text = parse_json_string(call.request->body);
  if (!text) return error_response(text.error());
  const auto fault = context.deps.configuration.validate_yaml(*text);
  return fault ? string_response(200, *fault) : empty_response(200);
}

}  // namespace

void add_option_routes(RouteTable& table, Context& context) {
  const std::string base = "/api/v0/options";
  table.add({.method = "GET", .path = base, .summary = "Shows the options in force, secrets masked.", .gives = "Options", .statuses = {200}},
            [&context](Call& call) { return show(context, call, false); });
  table.add({.method = "GET", .path = base + "/startup", .summary = "Shows the options of the start, secrets masked.", .gives = "Options", .statuses = {200}},
            [&context](Call& call) { return show(context, call, true); });
  table.add({.method = "PATCH", .path = base, .policy = Policy::AnyAdministrator, .summary = "Changes the listening port or address until the next start.",
             .takes = "OptionsPatch", .gives = "OptionsPatch", .statuses = {200, 204}},
            [&context](Call& call) { return patch(context, call); });
  table.add({.method = "GET", .path = base + "/yaml/location", .policy = Policy::TokenAdministrator, .summary = "Says where the configuration file lies.",
             .gives = "string", .statuses = {200}},
            [&context](Call& call) { return location(context, call); });
  table.add({.method = "GET", .path = base + "/yaml", .policy = Policy::TokenAdministrator, .summary = "Gives the configuration file.", .gives = "string", .statuses = {200}},
            [&context](Call& call) { return read(context, call); });
  for (const std::string method : {"PUT", "POST"}) {
    table.add({.method = method, .path = base + "/yaml", .policy = Policy::TokenAdministrator, .summary = "Replaces the configuration file and keeps the old one as .bak.",
               .takes = "string", .statuses = {200}},
              [&context](Call& call) { return put(context, call); });
  }
  table.add({.method = "POST", .path = base + "/yaml/validate", .summary = "Checks a configuration; gives the faults as a string, nothing where there is none.",
             .takes = "string", .gives = "string", .statuses = {200}},
            [&context](Call& call) { return validate(context, call); });
}

}  // namespace soulfabric::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// Tunnels and forwards over HTTP. A tunnelled connection opens no door on this machine (security rule S20).
#include "api/dto_relay.hpp"
#include "core/json_input.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

Response show(Context& context) {
  std::string body;
  JsonWriter json(body);
  write_tunnels(json, context);
  return json_response(std::move(body));
}

Response close(Context& context, Call& call) {
  auto* tunnels = relays_of(context).tunnels;
  if (tunnels == nullptr) return no_relay(context, RelayPart::Tunnels);
  const auto id = parse_u64(call.value(0));
  if (!id) return string_response(400, "A tunnel is named by its number.");
  const auto done = tunnels->close(*id);
  return done ? empty_response(204) : relay_error(done.error());
}

constexpr std::size_t kNameEnd = 6;  // of a peer's id

/// A name that fits into a host, made of the end of the peer's id where none is given.
Result<relay::ForwardSettings> read_forward(const Json& json) {
  relay::ForwardSettings out;
  SF_TRY_ASSIGN(const std::optional<std::string> peer, json.text("peer"));
  const auto id = PeerId::parse(trim(peer.value_or("")));
  if (!id) return fail(Errc::InvalidArgument, "A peer is named by the 32 characters of its id.");
  out.peer = *id;
  SF_TRY_ASSIGN(const std::optional<std::string> name, json.text("name"));
  out.name = name && !name->empty() ? *name : "node-" + std::string(id->text().substr(id->text().size() - kNameEnd));
  SF_TRY_ASSIGN(const std::optional<std::string> via, json.text("via"));
  if (!via || via->empty()) return out;
  out.via = PeerId::parse(trim(*via));
  if (!out.via) return fail(Errc::InvalidArgument, "The node in between is named by the 32 characters of its id.");
  return out;
}

Response open_forward(Context& context, Call& call) {
  if (call.request->origin == guard::Origin::RemoteGateway) return string_response(403, "A forward is opened at the node itself, not through a tunnel.");
  auto* tunnels = relays_of(context).tunnels;
  if (tunnels == nullptr) return no_relay(context, RelayPart::Tunnels);
  const auto json = Json::parse(call.request->body);
  if (!json) return error_response(json.error());
  auto settings = read_forward(*json);
  if (!settings) return string_response(400, settings.error().message);
  const auto opened = tunnels->open_forward(std::move(*settings));
  if (!opened) return relay_error(opened.error());
  std::string body;
  JsonWriter out(body);
  write(out, *opened, context.deps.configuration.options());
  return json_response(std::move(body), 201);
}

Response close_forward(Context& context, Call& call) {
  auto* tunnels = relays_of(context).tunnels;
  if (tunnels == nullptr) return no_relay(context, RelayPart::Tunnels);
  const auto done = tunnels->close_forward(call.value(0));
  return done ? empty_response(204) : relay_error(done.error());
}

}  // namespace

void add_tunnel_routes(RouteTable& table, Context& context) {
  const std::string base = "/api/v0/relay/tunnels";
  const std::string doors = "/api/v0/relay/forwards";
  table.add({.method = "GET", .path = base, .summary = "Shows tunnels and forwards, and what was refused for which reason.", .gives = "RelayTunnels", .statuses = {200},
             .scope = "relay"},
            [&context](Call&) { return show(context); });
  table.add({.method = "DELETE", .path = base + "/{id}", .policy = Policy::AnyAdministrator, .summary = "Closes a tunnel.", .statuses = {204, 404, 503}, .scope = "relay"},
            [&context](Call& call) { return close(context, call); });
  table.add({.method = "POST", .path = doors, .policy = Policy::AnyAdministrator, .summary = "Opens a door to another node's page, until this program ends.",
             .takes = "NewForward", .gives = "Forward", .statuses = {201, 404, 409, 429, 503}, .scope = "relay"},
            [&context](Call& call) { return open_forward(context, call); });
  table.add({.method = "DELETE", .path = doors + "/{name}", .policy = Policy::AnyAdministrator, .summary = "Closes a door that was opened here.",
             .statuses = {204, 404, 409, 503}, .scope = "relay"},
            [&context](Call& call) { return close_forward(context, call); });
}

}  // namespace soulfabric::gateway

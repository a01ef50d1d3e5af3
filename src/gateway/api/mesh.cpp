// SPDX-License-Identifier: GPL-3.0-or-later
// The mesh as this node sees it: itself, its links, who is known, who offers what; and the answer whether to take part.
#include "api/dto_mesh.hpp"
#include "core/json_input.hpp"
#include "soulfabric/base/endpoint.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::chrono::seconds kLinkTime{20};
constexpr std::size_t kSharesCap = 1000;

Response show(Context& context) {
  std::string body;
  JsonWriter json(body);
  write_mesh(json, context);
  return json_response(std::move(body));
}

Response links(Context& context) {
  const auto* parts = parts_of(context);
  if (parts == nullptr) return not_on_the_mesh(context);
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const auto& link : parts->links.links()) write(json, link, *parts, context.deps.guard);
  json.end_array();
  return json_response(std::move(body));
}

Response peers(Context& context) {
  const auto* parts = parts_of(context);
  if (parts == nullptr) return not_on_the_mesh(context);
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const auto& peer : parts->peers.known()) write(json, peer, *parts, context.deps.guard);
  json.end_array();
  return json_response(std::move(body));
}

Task<Response> choose(Context& context, Call& call) {
  if (call.request->origin == guard::Origin::RemoteGateway) {
    co_return string_response(403, "Joining and leaving the mesh is decided at the node itself, not through a tunnel.");
  }
  if (context.deps.mesh == nullptr) co_return not_on_the_mesh(context);
  const auto json = Json::parse(call.request->body);
  if (!json) co_return error_response(json.error());
  const auto join = json->flag("join");
  if (!join || !*join) co_return string_response(400, "The answer lacks join: say true or false.");
  std::vector<std::string> shares;
  if (const auto* list = json->find("shares")) {
    const auto* items = list->array();
    if (items == nullptr || items->size() > kSharesCap) co_return string_response(400, "The value of shares must be a list of names.");
    for (const auto& item : *items) {
      if (item.text() == nullptr) co_return string_response(400, "The value of shares must be a list of names.");
      shares.push_back(*item.text());
    }
  }
  const auto chosen = co_await context.deps.mesh->choose(**join, std::move(shares));
  co_return chosen ? empty_response(204) : mesh_error(chosen.error());
}

Task<Response> connect(Context& context, Call& call) {
  const auto* parts = parts_of(context);
  if (parts == nullptr) co_return not_on_the_mesh(context);
  const auto json = Json::parse(call.request->body);
  if (!json) co_return error_response(json.error());
  const auto name = json->text("peer");
  const auto where = json->text("endpoint");
  if (!name || !where) co_return string_response(400, "The values of peer and endpoint must be texts.");
  const auto peer = PeerId::parse(trim(name->value_or("")));
  if (!peer) co_return string_response(400, "A peer is named by the 32 characters of its id.");
  const auto deadline = context.deadline(kLinkTime);
  if (!*where || trim(**where).empty()) {
    const auto linked = co_await parts->links.connect(*peer, call.request->origin, deadline);
    co_return linked ? empty_response(204) : mesh_error(linked.error());
  }
  if (call.request->origin == guard::Origin::RemoteGateway) co_return string_response(403, "Through a tunnel a peer is named without an endpoint.");
  const auto endpoint = parse_endpoint(trim(**where));
  if (!endpoint) co_return string_response(400, "The endpoint must be an address and a port such as 203.0.113.7:50305.");
  const auto linked = co_await parts->links.dial(*peer, *endpoint, deadline);
  co_return linked ? empty_response(204) : mesh_error(linked.error());
}

Response drop(Context& context, Call& call) {
  const auto* parts = parts_of(context);
  if (parts == nullptr) return not_on_the_mesh(context);
  const auto peer = PeerId::parse(call.value(0));
  if (!peer || !parts->links.is_linked(*peer)) return string_response(404, "There is no link to this peer.");
  parts->links.drop(*peer);
  return empty_response(204);
}

Task<Response> providers(Context& context, Call& call) {
  const auto* parts = parts_of(context);
  if (parts == nullptr) co_return not_on_the_mesh(context);
  const std::string name(call.query.find("name").value_or(""));
  if (!fabric::is_service_name(name)) co_return string_response(400, "The name of a service has 1 to 32 letters a to z, digits and dashes.");
  const auto found = co_await parts->fabric.find(call.request->origin, name, context.deadline(kLinkTime));
  if (!found) co_return mesh_error(found.error());
  std::string body;
  JsonWriter json(body);
  json.begin_array();
  for (const auto& provider : *found) write(json, provider);
  json.end_array();
  co_return json_response(std::move(body));
}

}  // namespace

void add_mesh_routes(RouteTable& table, Context& context) {
  const std::string base = "/api/v0/mesh";
  table.add({.method = "GET", .path = base, .summary = "Shows this node on the mesh: who it is, its links, its table, its services.", .gives = "Mesh",
             .statuses = {200}, .scope = "mesh"},
            [&context](Call&) { return show(context); });
  table.add({.method = "PUT", .path = base + "/choice", .policy = Policy::TokenAdministrator, .summary = "Joins or leaves the mesh; from a local connection only.",
             .takes = "MeshAnswer", .statuses = {204, 409, 503}, .scope = "mesh"},
            [&context](Call& call) { return choose(context, call); });
  table.add({.method = "GET", .path = base + "/links", .summary = "Lists the links to proven peers.", .gives = "MeshLink[]", .statuses = {200, 503}, .scope = "mesh"},
            [&context](Call&) { return links(context); });
  table.add({.method = "POST", .path = base + "/links", .policy = Policy::AnyAdministrator, .summary = "Links to a peer, at an endpoint where one is given.",
             .takes = "MeshLinkRequest", .statuses = {204, 429, 503, 504}, .scope = "mesh"},
            [&context](Call& call) { return connect(context, call); });
  table.add({.method = "DELETE", .path = base + "/links/{peer}", .policy = Policy::AnyAdministrator, .summary = "Ends the link to a peer.", .statuses = {204, 404, 503},
             .scope = "mesh"},
            [&context](Call& call) { return drop(context, call); });
  table.add({.method = "GET", .path = base + "/peers", .summary = "Lists the peers that are known.", .gives = "MeshPeer[]", .statuses = {200, 503}, .scope = "mesh"},
            [&context](Call&) { return peers(context); });
  table.add({.method = "GET", .path = base + "/services", .summary = "Finds who offers the service `name`.", .gives = "MeshProvider[]",
             .statuses = {200, 404, 429, 503, 504}, .scope = "mesh"},
            [&context](Call& call) { return providers(context, call); });
}

}  // namespace soulfabric::gateway

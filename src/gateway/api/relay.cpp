// SPDX-License-Identifier: GPL-3.0-or-later
// The relays at one glance: which of them run and why not, and what each setting lets others see or do. Settings are shown only: no
// route changes them (security rule S21).
#include <array>
#include <utility>

#include "api/dto_relay.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::array<std::pair<std::string_view, RelayPart>, 4> kParts{
    {{"catalogue", RelayPart::Catalogue}, {"copies", RelayPart::Copies}, {"content", RelayPart::Content}, {"tunnels", RelayPart::Tunnels}}};

class Switches {
 public:
  explicit Switches(JsonWriter& json) : json_(json) {}
  template <class T>
  void add(std::string_view key, const T& value, std::string_view exposes) {
    json_.begin_object().member("key", key).member("value", value).member("exposes", exposes).end_object();
  }
  void add_names(std::string_view key, const std::vector<std::string>& names, std::string_view exposes) {
    json_.begin_object().member("key", key).key("value").begin_array();
    for (const auto& name : names) json_.value(name);
    json_.end_array().member("exposes", exposes).end_object();
  }

 private:
  JsonWriter& json_;
};

void write_catalogue_switches(Switches& all, const RelayOptions::Catalogue& o) {
  all.add("relay.catalogue.enabled", o.enabled,
          "MusicBrainz and the Cover Art Archive see the address of the node that asks them, and what it asks for; nothing about you.");
  all.add("relay.catalogue.mesh", o.mesh, "The node that owns an id sees that this node looks it up; other nodes get answers here.");
  all.add("relay.catalogue.reduced_privacy", o.reduced_privacy, "One reputable node, drawn by lot, sees what is looked up instead of the owner of the id.");
  all.add("relay.catalogue.musicbrainz", o.musicbrainz, "Whoever runs this host sees what is looked up.");
  all.add("relay.catalogue.cover_art", o.cover_art, "Whoever runs this host sees which covers are looked at.");
  all.add_names("relay.catalogue.domains", o.domains, "These hosts too see what is looked up, where the archives send the program on to them.");
  all.add("relay.catalogue.contact", o.contact, "MusicBrainz is told this with every question, as it asks of all programs; empty: it is told name and version only.");
}

void write_content_switches(Switches& all, const RelayOptions::Content& o) {
  all.add("relay.content.enabled", o.enabled,
          "A node that names the content id of a file that is offered to the mesh gets the file; names and folders are never told.");
  all.add("relay.content.hashing", o.hashing, "Nothing: files offered to the mesh are read whole, once, on this machine. Without it nothing is served.");
  all.add("relay.content.records", o.records, "Of so many files at most other nodes are told that this one has them, by content id.");
}

void write_trusted_switches(Switches& all, const RelayOptions::Trusted& o) {
  all.add("relay.trusted.enabled", o.enabled, "Nodes with the right tunnel_targets reach the targets here; to all others there are none.");
  all.add("relay.trusted.gateway", o.gateway, "Of these nodes: the sign-in of this page and its API, never as if they were local.");
  all.add("relay.trusted.relay", o.relay, "Nodes with relay_for meet each other through this one, which sees who, when and how much, and ciphertext.");
  std::vector<std::string> targets;
  for (const auto& [name, port] : o.targets) targets.push_back(name);
  all.add_names("relay.trusted.targets", targets, "Of the same nodes: these ports of this machine, by name.");
}

Response show(Context& context) {
  const auto options = context.deps.configuration.options();
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("parts").begin_array();
  for (const auto& [name, part] : kParts) {
    const auto why = why_not(context, part);
    json.begin_object().member("name", name).member("running", why.empty());
    if (!why.empty()) json.member("why", why);
    json.end_object();
  }
  json.end_array();
  if (const auto* http = relays_of(context).http) {
    json.key("http");
    write_http(json, http->metrics());
  }
  json.key("switches").begin_array();
  Switches all(json);
  all.add("mesh.publish", options.mesh.publish,
          "Who is told the addresses of this node and which contents it has: none is nobody, linked whoever is linked, public everybody who keeps the table.");
  all.add_names("mesh.services", options.mesh.services, "Every node may call these services here, within limits; all others do not exist for it.");
  write_catalogue_switches(all, options.relay.catalogue);
  write_content_switches(all, options.relay.content);
  write_trusted_switches(all, options.relay.trusted);
  all.add("relay.ca_file", !options.relay.ca_file.empty(),
          "Who holds a key to a certificate in this file can pose as any host that is looked up at, to this program alone.");
  std::vector<std::string> hosts;
  for (const auto& [name, exception] : options.relay.exceptions) hosts.push_back(exception.host);
  all.add_names("relay.exceptions", hosts, "Look-ups may reach these hosts although they are on the local network.");
  std::vector<std::string> forwards;
  for (const auto& [name, forward] : options.forwards) forwards.push_back(name);
  all.add_names("forwards", forwards, "Whoever uses this machine reaches the other node's door under these names; signing in is asked there.");
  json.end_array().end_object();
  return json_response(std::move(body));
}

}  // namespace

void add_relay_routes(RouteTable& table, Context& context) {
  table.add({.method = "GET", .path = "/api/v0/relay", .summary = "Says which relays run and why not, and what each of their settings exposes.",
             .gives = "Relay", .statuses = {200}, .scope = "relay"},
            [&context](Call&) { return show(context); });
  add_catalogue_routes(table, context);
  add_content_routes(table, context);
  add_tunnel_routes(table, context);
}

}  // namespace soulfabric::gateway

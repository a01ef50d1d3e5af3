// SPDX-License-Identifier: GPL-3.0-or-later
// Names, ports and secrets of a demo as values and text.
#include "demo/network_plan.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "demo/generic_files.hpp"
#include "demo/songbook.hpp"
#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::daemon::demo {
namespace {

constexpr std::array<const char*, kMostNodes> kNames{"anna", "bela", "cleo", "dario", "elif", "fritz", "greta", "hugo",
                                                     "ines", "jonas", "kaya", "luca", "mina", "noor", "otto", "pia"};

constexpr unsigned kPortsPerNode = 3;
constexpr unsigned kOtherPorts = 2;  // the server and the catalogue
constexpr unsigned kPorts = 65535;
constexpr std::uint32_t kNetworks = 1'000'000;  // far from the number that nodes have by themselves
constexpr std::size_t kBootstrapNodes = 2;

std::string secret(Random& random, std::size_t bytes) {
  Bytes drawn(bytes);
  random.fill(drawn);
  return to_hex(drawn);
}

/// Where a node finds the mesh: at the first nodes, its own address left out.
std::string bootstrap_of(const NetworkPlan& plan, const NodePlan& node) {
  std::string out;
  for (std::size_t i = 0; i < std::min(plan.nodes.size(), kBootstrapNodes + 1); ++i) {
    const auto& other = plan.nodes[i];
    if (other.name != node.name) out += "    - \"127.0.0.1:" + std::to_string(other.mesh_port) + "\"\n";
  }
  return out.empty() ? "  bootstrap: []\n" : "  bootstrap:\n" + out;
}

/// These are the user's own nodes, all at one address, where strangers would share what one prefix gets: each trusts the others, believes
/// their answers, and may open their pages, where one still signs in.
std::string peers_yaml(const NetworkPlan& plan, const NodePlan& node) {
  std::string out;
  for (const auto& other : plan.nodes) {
    if (other.name == node.name) continue;
    out += "    " + other.peer_id + ":\n      trusted: true\n      rights: [tunnel_targets, believe_catalogue]\n";
  }
  return out.empty() ? "" : "  peers:\n" + out;
}

std::string mesh_yaml(const NetworkPlan& plan, const NodePlan& node) {
  return "mesh:\n"
         "  join: \"yes\"\n"
         "  ip_address: 127.0.0.1\n"
         "  port: " + std::to_string(node.mesh_port) + "\n"
         "  port_mapping: false\n"
         "  private_addresses: true\n"
         "  publish: public\n"
         "  network: " + std::to_string(plan.mesh_network) + "\n"
         "  record_life: " + std::to_string(plan.record_life) + "\n" + bootstrap_of(plan, node) +
         "  services: [mesh-introspect, pods, catalogue-fetch, content-relay]\n" + peers_yaml(plan, node) +
         "  gateway:\n"
         "    enabled: true\n"
         "    services:\n"
         "      mesh-introspect: [\"*\"]\n"
         "      pods: [\"*\"]\n";
}

/// A JSON string is a YAML string too.
std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

/// Each track lies on two nodes where there are enough, and no node has them all.
std::vector<std::size_t> leaves_of(std::size_t node, std::size_t nodes) {
  std::vector<std::size_t> out;
  const std::size_t piles = std::max<std::size_t>(nodes, 2);
  for (std::size_t track = 0; track < songbook()[scattered_album()].tracks.size(); ++track)
    if (track % piles == node || (piles > 2 && (track + 1) % piles == node)) out.push_back(track);
  return out;
}

std::string shares_yaml(const NetworkPlan& plan, const NodePlan& node) {
  const auto home = plan.folder / node.name;
  const auto share = [](const std::string& alias, const std::filesystem::path& path, const char* networks) {
    return "    - alias: " + alias + "\n      path: " + quoted(path.string()) + "\n      networks: [" + networks + "]\n";
  };
  std::string out = "shares:\n  directories:\n" + share("Music", home / "music", "soulseek, mesh");
  if (!node.files.empty()) out += share("Files", home / "files", "mesh");
  return out;
}

constexpr const char* kRelayYaml =
    "relay:\n"
    "  catalogue:\n"
    "    spot_check: 0\n"
    "  trusted:\n"
    "    enabled: true\n";

}  // namespace

Result<NetworkPlan> make_plan(const std::filesystem::path& folder, unsigned base_port, std::size_t nodes, Random& random) {
  if (nodes < 1 || nodes > kMostNodes) return fail(Errc::InvalidArgument, "--nodes takes a number from 1 to " + std::to_string(kMostNodes));
  if (base_port < 1024 || base_port + kPortsPerNode * nodes + kOtherPorts - 1 > kPorts) {
    const auto count = kPortsPerNode * nodes + kOtherPorts;
    return fail(Errc::InvalidArgument, "--base-port takes a number from 1024 to " + std::to_string(kPorts + 1 - count) + ": the demo uses the " + std::to_string(count) + " ports from there");
  }
  NetworkPlan plan;
  plan.folder = folder;
  plan.server_port = static_cast<std::uint16_t>(base_port);
  plan.mesh_network = kNetworks + base_port;
  plan.catalogue_port = static_cast<std::uint16_t>(base_port + 1 + kPortsPerNode * nodes);
  const auto albums = songbook().size() - 1;  // the scattered one is shared out apart
  for (std::size_t i = 0; i < nodes; ++i) {
    NodePlan node;
    node.name = kNames.at(i);
    node.web_port = static_cast<std::uint16_t>(base_port + 1 + i);
    node.listen_port = static_cast<std::uint16_t>(base_port + 1 + nodes + i);
    node.mesh_port = static_cast<std::uint16_t>(base_port + 1 + 2 * nodes + i);
    random.fill(node.identity);
    node.peer_id = PeerId::of(SigningKey(node.identity).public_key()).to_string();
    node.password = secret(random, 8);
    node.api_key = secret(random, 24);
    node.soulseek_password = secret(random, 12);
    // Neighbours share an album, so that most music has two sources.
    node.albums = {i % albums, (i + 1) % albums};
    node.leaves = leaves_of(i, nodes);
    for (std::size_t file = 0; file < generic_files().size(); ++file)
      if (has_generic(i, nodes, generic_files()[file])) node.files.push_back(file);
    node.has_broken_file = i == (nodes > 1 ? 1U : 0U);
    plan.nodes.push_back(std::move(node));
  }
  return plan;
}

std::string tool_url(const NodePlan& node) { return "http://127.0.0.1:" + std::to_string(node.web_port); }
std::string catalogue_url(const NetworkPlan& plan) { return "http://127.0.0.1:" + std::to_string(plan.catalogue_port); }
std::string browser_url(const NodePlan& node) { return "http://" + node.name + ".localhost:" + std::to_string(node.web_port); }

std::vector<std::string> node_command(const NetworkPlan& plan, const NodePlan& node) {
  return {"demo-node", "--catalogue", catalogue_url(plan), "--app-dir", (plan.folder / node.name).string()};
}

std::string node_yaml(const NetworkPlan& plan, const NodePlan& node) {
  return "# Made for the demo; made anew each time it starts.\n"
         "instance_name: " + quoted(node.name) + "\n"
         "metrics:\n"
         "  enabled: true\n"
         + shares_yaml(plan, node) +
         "web:\n"
         "  port: " + std::to_string(node.web_port) + "\n"
         "  ip_address: 127.0.0.1\n"
         "  authentication:\n"
         "    username: " + quoted(node.name) + "\n"
         "    password: " + quoted(node.password) + "\n"
         "    api_keys:\n"
         "      demo:\n"
         "        key: " + quoted(node.api_key) + "\n"
         "        role: administrator\n"
         "        cidr: 127.0.0.0/8\n"
         "        scopes: [mesh, guard, relay]\n"
         "soulseek:\n"
         "  address: 127.0.0.1\n"
         "  port: " + std::to_string(plan.server_port) + "\n"
         "  username: " + quoted(node.name) + "\n"
         "  password: " + quoted(node.soulseek_password) + "\n"
         "  description: " + quoted("I am " + node.name + ", part of a demo on one machine.") + "\n"
         "  listen_ip_address: 127.0.0.1\n"
         "  listen_port: " + std::to_string(node.listen_port) + "\n" + mesh_yaml(plan, node) + kRelayYaml;
}

std::string demo_json(const NetworkPlan& plan) {
  auto nodes = nlohmann::ordered_json::array();
  for (const auto& node : plan.nodes) {
    nlohmann::ordered_json one;
    one["name"] = node.name;
    one["url"] = tool_url(node);
    one["apiKey"] = node.api_key;
    one["username"] = node.name;
    one["password"] = node.password;
    one["peerId"] = node.peer_id;
    nodes.push_back(std::move(one));
  }
  nlohmann::ordered_json out;
  out["nodes"] = std::move(nodes);
  auto releases = nlohmann::ordered_json::array();
  releases.push_back(songbook()[scattered_album()].tracks.front().tags.release_id);
  for (std::size_t album = 0; album < songbook().size(); ++album)
    if (album != scattered_album()) releases.push_back(songbook()[album].tracks.front().tags.release_id);
  out["releases"] = std::move(releases);
  auto files = nlohmann::ordered_json::array();
  for (const auto& file : generic_files()) files.push_back({{"sha256", to_hex(id_of(file).sha256)}, {"size", file.size}});
  out["genericFiles"] = std::move(files);
  out["originStats"] = catalogue_url(plan) + "/stats";
  return out.dump(2) + "\n";
}

}  // namespace soulfabric::daemon::demo

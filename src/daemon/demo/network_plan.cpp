// SPDX-License-Identifier: GPL-3.0-or-later
// Names, ports and secrets of a demo as values and text.
#include "demo/network_plan.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "demo/songbook.hpp"
#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::daemon::demo {
namespace {

constexpr std::array<const char*, kMostNodes> kNames{"anna", "bela", "cleo", "dario", "elif", "fritz", "greta", "hugo",
                                                     "ines", "jonas", "kaya", "luca", "mina", "noor", "otto", "pia"};

constexpr unsigned kPortsPerNode = 3;
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
         "  services: [mesh-introspect, pods]\n"
         "  gateway:\n"
         "    enabled: true\n"
         "    services:\n"
         "      mesh-introspect: [\"*\"]\n"
         "      pods: [\"*\"]\n";
}

/// A JSON string is a YAML string too.
std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

}  // namespace

Result<NetworkPlan> make_plan(const std::filesystem::path& folder, unsigned base_port, std::size_t nodes, Random& random) {
  if (nodes < 1 || nodes > kMostNodes) return fail(Errc::InvalidArgument, "--nodes takes a number from 1 to " + std::to_string(kMostNodes));
  if (base_port < 1024 || base_port + kPortsPerNode * nodes > kPorts) {
    return fail(Errc::InvalidArgument, "--base-port takes a number from 1024 to " + std::to_string(kPorts - kPortsPerNode * nodes) + ": the demo uses the " + std::to_string(kPortsPerNode * nodes + 1) + " ports from there");
  }
  NetworkPlan plan;
  plan.folder = folder;
  plan.server_port = static_cast<std::uint16_t>(base_port);
  plan.mesh_network = kNetworks + base_port;
  const auto albums = songbook().size();
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
    node.has_broken_file = i == (nodes > 1 ? 1U : 0U);
    plan.nodes.push_back(std::move(node));
  }
  return plan;
}

std::string tool_url(const NodePlan& node) { return "http://127.0.0.1:" + std::to_string(node.web_port); }
std::string browser_url(const NodePlan& node) { return "http://" + node.name + ".localhost:" + std::to_string(node.web_port); }

std::string node_yaml(const NetworkPlan& plan, const NodePlan& node) {
  const auto music = (plan.folder / node.name / "music").string();
  return "# Made for the demo; made anew each time it starts.\n"
         "instance_name: " + quoted(node.name) + "\n"
         "shares:\n"
         "  directories:\n"
         "    - " + quoted("[Music]" + music) + "\n"
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
         "        scopes: [mesh, guard]\n"
         "soulseek:\n"
         "  address: 127.0.0.1\n"
         "  port: " + std::to_string(plan.server_port) + "\n"
         "  username: " + quoted(node.name) + "\n"
         "  password: " + quoted(node.soulseek_password) + "\n"
         "  description: " + quoted("I am " + node.name + ", part of a demo on one machine.") + "\n"
         "  listen_ip_address: 127.0.0.1\n"
         "  listen_port: " + std::to_string(node.listen_port) + "\n" + mesh_yaml(plan, node);
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
  return out.dump(2) + "\n";
}

}  // namespace soulfabric::daemon::demo

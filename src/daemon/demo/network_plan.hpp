// SPDX-License-Identifier: GPL-3.0-or-later
// Who takes part in a demo: names, ports, secrets, and the files that tell a daemon and a tool about them. Pure.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "soulfabric/base/ed25519.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::daemon::demo {

inline constexpr std::size_t kMostNodes = 16;

struct NodePlan {
  std::string name;  // its Soulseek name, its folder beneath the demo's, and the host part of its address in a browser
  std::uint16_t web_port = 0;
  std::uint16_t listen_port = 0;
  std::uint16_t mesh_port = 0;    // TCP and UDP
  SigningKey::Seed identity{};    // its key on the mesh, drawn here so that its id is known before it starts
  std::string peer_id;
  std::string password;           // of its web page; the user is its name
  std::string api_key;            // administrator
  std::string soulseek_password;
  std::vector<std::size_t> albums;  // indexes into songbook()
  std::vector<std::size_t> leaves;  // tracks that it has of the scattered album
  std::vector<std::size_t> files;   // indexes into generic_files()
  bool has_broken_file = false;
};

struct NetworkPlan {
  std::filesystem::path folder;  // absolute
  std::uint16_t server_port = 0;
  std::uint16_t catalogue_port = 0;  // of the stand-in for MusicBrainz and the Cover Art Archive
  std::uint32_t mesh_network = 0;  // of this demo alone: two demos on one machine do not meet
  unsigned record_life = 60;       // seconds after which a node that has gone is forgotten
  std::vector<NodePlan> nodes;
};

/// Ports: `base_port` for the server, then one per node for the web page, then one per node for its Soulseek peers, then one per node
/// for the mesh, then the catalogue.
/// InvalidArgument: nodes not 1..kMostNodes, or ports beyond 65535 or below 1024.
[[nodiscard]] Result<NetworkPlan> make_plan(const std::filesystem::path& folder, unsigned base_port, std::size_t nodes, Random& random);
/// "http://127.0.0.1:<port>", for tools.
[[nodiscard]] std::string tool_url(const NodePlan& node);
/// "http://<name>.localhost:<port>", for browsers: a host of its own for each node, so that cookies stay apart.
[[nodiscard]] std::string browser_url(const NodePlan& node);
/// Subcommand and arguments that start it.
[[nodiscard]] std::vector<std::string> node_command(const NetworkPlan& plan, const NodePlan& node);
/// The node's configuration file.
[[nodiscard]] std::string node_yaml(const NetworkPlan& plan, const NodePlan& node);
/// "http://127.0.0.1:<port>": where the nodes look up releases.
[[nodiscard]] std::string catalogue_url(const NetworkPlan& plan);
/// demo.json: {"nodes":[{"name","url","apiKey","username","password","peerId"}], "releases":[MBID], "genericFiles":[{"sha256","size"}],
/// "originStats":URL}. Of the first release no node has every track.
[[nodiscard]] std::string demo_json(const NetworkPlan& plan);

}  // namespace soulfabric::daemon::demo

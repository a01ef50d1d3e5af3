// SPDX-License-Identifier: GPL-3.0-or-later
// The relays that live as long as this node is on the mesh: content and tunnels. Network thread only.
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "soulfabric/base/files.hpp"
#include "soulfabric/base/options.hpp"
#include "soulfabric/library/verified.hpp"
#include "soulfabric/relay/catalogue.hpp"
#include "soulfabric/relay/content.hpp"
#include "soulfabric/relay/tunnels.hpp"

namespace soulfabric::daemon {

/// What they stand on, which outlives each stay on the mesh.
struct RelayBase {
  FileLayer& files;
  library::VerifiedCopies& copies;
  relay::Catalogue& catalogue;
  relay::GatewayDoor& door;
  Bytes secret;                   // chooses what is announced (security rule S8)
  std::function<void()> changed;  // for the page
  std::function<std::vector<std::uint16_t>()> bound_ports;  // where this program listens now, beside the mesh
};

/// All outlive the relays.
struct MeshRelayDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  WorkerPool& workers;
  guard::Guard& guard;
  net::Dialer& dialer;
  std::filesystem::path app_dir;
  fabric::Fabric& fabric;
  mesh::Links& links;
  mesh::PeerBook& peers;
  mesh::Dht& dht;
  SigningKey key;
};

class MeshRelays {
 public:
  /// Adds their services, and the catalogue's, to the fabric, which has not started yet.
  [[nodiscard]] static Result<std::unique_ptr<MeshRelays>> make(MeshRelayDependencies dependencies, RelayBase& base, const Options& options);
  /// After the fabric.
  [[nodiscard]] Task<Status> start();
  /// Before the fabric.
  [[nodiscard]] Task<void> stop();
  void configure(const Options& options);
  [[nodiscard]] relay::ContentRelay& content() { return *content_; }
  [[nodiscard]] relay::Tunnels& tunnels() { return *tunnels_; }

 private:
  MeshRelays(MeshRelayDependencies dependencies, RelayBase& base) : deps_(std::move(dependencies)), base_(base) {}
  [[nodiscard]] relay::TunnelSettings tunnels_now(const Options& options);

  MeshRelayDependencies deps_;
  RelayBase& base_;
  std::unique_ptr<relay::ContentRelay> content_;
  std::unique_ptr<relay::Tunnels> tunnels_;
  std::vector<std::string> told_;  // what was wrong, so that each is said once
};

}  // namespace soulfabric::daemon

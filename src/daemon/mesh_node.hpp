// SPDX-License-Identifier: GPL-3.0-or-later
// This node on the mesh, from joining to leaving: table, peer book, links, fabric, services put together. Network thread only.
#pragma once
#include <filesystem>
#include <memory>

#include "mesh_relays.hpp"
#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/base/options.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/fabric/fabric.hpp"
#include "soulfabric/gateway/gateway.hpp"
#include "soulfabric/mesh/control.hpp"
#include "soulfabric/net/port_mapping.hpp"
#include "soulfabric/net/tcp.hpp"
#include "soulfabric/services/introspect.hpp"
#include "soulfabric/services/pods.hpp"

namespace soulfabric::daemon {

/// All outlive the node.
struct MeshNodeDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  WorkerPool& workers;
  guard::Guard& guard;
  net::Dialer& dialer;
  DbWriter& store;  // mesh.db
  std::filesystem::path app_dir;
  std::string version;
  RelayBase* relays = nullptr;  // nothing: this node relays nothing (some tests)
};

class MeshNode {
 public:
  /// Blocking for a moment: the identity is read or made.
  [[nodiscard]] static Result<std::unique_ptr<MeshNode>> make(MeshNodeDependencies dependencies, const Options& options);
  MeshNode(const MeshNode&) = delete;
  MeshNode& operator=(const MeshNode&) = delete;
  ~MeshNode();

  [[nodiscard]] Task<Status> start();
  [[nodiscard]] Task<void> stop();
  void configure(const Options& options);
  [[nodiscard]] const gateway::MeshParts& parts() const { return *parts_; }
  [[nodiscard]] MeshRelays* relays() { return relays_.get(); }

 private:
  MeshNode(MeshNodeDependencies dependencies, const Options& options, SigningKey key);
  [[nodiscard]] Status assemble(const Options& options);
  [[nodiscard]] std::unique_ptr<net::PortMapper> make_mapper();
  [[nodiscard]] Task<void> watch_addresses();
  void tell_endpoints();
  void warn_of_unknown_services() const;

  MeshNodeDependencies deps_;
  MeshOptions options_;
  RelayOptions relay_options_;
  std::vector<std::uint16_t> web_ports_;  // never opened at a router
  SigningKey key_;
  std::unique_ptr<mesh::Dht> dht_;
  std::unique_ptr<mesh::PeerBook> peers_;
  std::unique_ptr<mesh::Links> links_;
  std::unique_ptr<mesh::Control> control_;
  std::unique_ptr<fabric::Fabric> fabric_;
  std::unique_ptr<fabric::MeshService> introspect_;
  std::unique_ptr<services::Pods> pods_;
  std::unique_ptr<MeshRelays> relays_;
  std::unique_ptr<net::PortMapper> mapper_;
  std::unique_ptr<gateway::MeshParts> parts_;
  std::vector<Endpoint> told_;
  TaskScope scope_;
};

}  // namespace soulfabric::daemon

// SPDX-License-Identifier: GPL-3.0-or-later
// The section `mesh` of the configuration in the terms of its rooms. Pure.
#pragma once
#include <filesystem>

#include "soulfabric/base/options.hpp"
#include "soulfabric/fabric/fabric.hpp"
#include "soulfabric/mesh/dht.hpp"
#include "soulfabric/mesh/links.hpp"
#include "soulfabric/mesh/peer_book.hpp"
#include "soulfabric/services/pods.hpp"

namespace soulfabric::daemon {

/// InvalidArgument names what cannot be: an address that is none.
[[nodiscard]] Result<Endpoint> mesh_endpoint(const MeshOptions& mesh);
[[nodiscard]] mesh::LinkSettings link_settings(const MeshOptions& mesh, const Endpoint& at);
[[nodiscard]] mesh::DhtSettings dht_settings(const MeshOptions& mesh, const Endpoint& at, const std::filesystem::path& data);
/// Peers whose name is no PeerId are left out and named in `wrong`.
[[nodiscard]] mesh::PeerBookSettings peer_book_settings(const MeshOptions& mesh, std::vector<std::string>& wrong);
[[nodiscard]] fabric::RouterSettings router_settings(const MeshOptions& mesh, const RelayOptions& relays);
/// Names in mesh.services and mesh.gateway.services that are neither `offered` nor a service that is switched off.
[[nodiscard]] std::vector<std::string> unknown_services(const MeshOptions& mesh, const std::vector<std::string>& offered);
[[nodiscard]] fabric::DirectorySettings directory_settings(const MeshOptions& mesh);
[[nodiscard]] services::PodSettings pod_settings(const MeshOptions& mesh);

/// Where others reach us, best first, at most 4: as configured, as the router mapped it, as our interfaces say.
[[nodiscard]] std::vector<Endpoint> own_endpoints(const MeshOptions& mesh, const Endpoint& listening, const std::optional<Endpoint>& mapped,
                                                  const std::vector<IpAddress>& interfaces);

}  // namespace soulfabric::daemon

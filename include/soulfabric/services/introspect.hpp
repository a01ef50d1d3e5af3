// SPDX-License-Identifier: GPL-3.0-or-later
// The service `mesh-introspect`: what a node tells about itself, without a host name, user, path or address in it.
#pragma once
#include <memory>

#include "soulfabric/fabric/fabric.hpp"

namespace soulfabric::services {

/// Methods: GetStatus, GetCapabilities, GetServices; all take an empty map. `fabric` and `links` outlive it.
[[nodiscard]] std::unique_ptr<fabric::MeshService> make_introspect(fabric::Fabric& fabric, mesh::Links& links, IoClock& clock,
                                                                   std::string version);

}  // namespace soulfabric::services

// SPDX-License-Identifier: GPL-3.0-or-later
// The fabric with the directory of this node.
#include "fabric_impl.hpp"

namespace soulfabric::fabric {

std::unique_ptr<Fabric> make_fabric(FabricDependencies dependencies, RouterSettings router, DirectorySettings directory) {
  const DirectoryFactory make = [&dependencies, &directory](DescriptorSource& source) {
    return make_directory({dependencies.context, dependencies.clock, dependencies.random, dependencies.guard, dependencies.dht,
                           dependencies.links, dependencies.peers, source, dependencies.key},
                          std::move(directory));
  };
  const FabricDependencies& kept = dependencies;
  return std::make_unique<FabricImpl>(kept, std::move(router), make);
}

}  // namespace soulfabric::fabric

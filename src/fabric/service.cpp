// SPDX-License-Identifier: GPL-3.0-or-later
// What a service does that has no streaming methods.
#include "soulfabric/fabric/service.hpp"

namespace soulfabric::fabric {

Task<CallStatus> MeshService::stream(CallContext& /*context*/, std::string /*method*/, ByteView /*payload*/, mesh::Stream& /*stream*/) {
  co_return CallStatus::MethodNotFound;
}

}  // namespace soulfabric::fabric

// SPDX-License-Identifier: GPL-3.0-or-later
// The service of the mesh that leads to the tunnels: three methods that stream. Network thread only.
#pragma once
#include "soulfabric/fabric/typed.hpp"
#include "tunnels_impl.hpp"

namespace soulfabric::relay {

class TunnelService final : public fabric::TypedService<TunnelService> {
 public:
  explicit TunnelService(TunnelsImpl& tunnels);
  /// A target here, for the peer of the link.
  [[nodiscard]] Task<fabric::CallStatus> open(fabric::CallContext& context, OpenQuestion question, mesh::Stream& stream);
  /// A way through here to another node.
  [[nodiscard]] Task<fabric::CallStatus> relay(fabric::CallContext& context, RelayQuestion question, mesh::Stream& stream);
  /// The far end of such a way: who is there, and for what, is said inside.
  [[nodiscard]] Task<fabric::CallStatus> relayed(fabric::CallContext& context, fabric::Nothing question, mesh::Stream& stream);

 private:
  TunnelsImpl& tunnels_;
};

}  // namespace soulfabric::relay

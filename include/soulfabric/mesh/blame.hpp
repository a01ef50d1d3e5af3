// SPDX-License-Identifier: GPL-3.0-or-later
// Whom to charge for what came over a link: its proven key, whoever dialled. Its address answers for it only where it opened the link to
// us (security rule S1); where nobody can tell any more who did, it is left alone.
#pragma once
#include "soulfabric/mesh/links.hpp"

namespace soulfabric::mesh {

[[nodiscard]] inline guard::Charge charge_of(guard::Violation violation, const PeerId& peer, Direction direction, const IpAddress& address) {
  const auto channel = direction == Direction::Inbound ? guard::Channel::TheyConnected : guard::Channel::WeDialled;
  return {violation, guard::Subject::peer(peer.text()), address, channel};
}

/// The stream tells also after its link is gone.
[[nodiscard]] inline guard::Charge charge_of(guard::Violation violation, const Stream& stream) {
  return charge_of(violation, stream.peer(), stream.direction(), stream.remote().address);
}

[[nodiscard]] inline guard::Charge charge_of(guard::Violation violation, const PeerId& peer, const Links& links) {
  if (const auto link = links.link(peer)) return charge_of(violation, peer, link->direction, link->remote.address);
  return {violation, guard::Subject::peer(peer.text()), std::nullopt, guard::Channel::WeDialled};
}

}  // namespace soulfabric::mesh

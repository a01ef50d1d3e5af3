// SPDX-License-Identifier: GPL-3.0-or-later
// Counting who has how many.
#include "core/stream_places.hpp"

namespace soulfabric::relay {

bool StreamPlaces::enter(const PeerId& peer, std::size_t per_peer, std::size_t all) {
  if (taken_ >= all) return false;
  const auto found = peers_.find(peer);
  if ((found == peers_.end() ? 0 : found->second) >= per_peer) return false;
  ++peers_[peer];
  ++taken_;
  return true;
}

void StreamPlaces::leave(const PeerId& peer) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  --taken_;
  if (--found->second == 0) peers_.erase(found);
}

}  // namespace soulfabric::relay

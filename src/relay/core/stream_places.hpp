// SPDX-License-Identifier: GPL-3.0-or-later
// Places for streams that are served: few for one peer, a few more in all. Sans-IO.
#pragma once
#include <cstddef>
#include <map>

#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::relay {

class StreamPlaces {
 public:
  /// False where the peer, or everybody together, has as many as may be. Limits that shrank take nobody's place away.
  [[nodiscard]] bool enter(const PeerId& peer, std::size_t per_peer, std::size_t all);
  /// One for each `enter` that said yes.
  void leave(const PeerId& peer);
  [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

 private:
  std::map<PeerId, std::size_t> peers_;
  std::size_t taken_ = 0;
};

}  // namespace soulfabric::relay

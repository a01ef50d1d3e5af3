// SPDX-License-Identifier: GPL-3.0-or-later
// When a peer that a link is wanted to is dialled again: the pause doubles, with jitter, and is forgotten once a link stood a while.
// Sans-IO.
#pragma once
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/peer_id.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::mesh {

class ReconnectPlan {
 public:
  ReconnectPlan(Random& random, Duration first, Duration longest) : random_(random), first_(first), longest_(longest) {}
  void configure(Duration first, Duration longest) {
    first_ = first;
    longest_ = longest;
  }
  /// Who may be dialled now, of those wanted and not `busy` (linked or being dialled), in their order; forgets who is no longer wanted.
  [[nodiscard]] std::vector<PeerId> due(std::span<const PeerId> wanted, const std::function<bool(const PeerId&)>& busy, MonoTime now,
                                        std::size_t most);
  /// A dial that did not lead to a link.
  void failed(const PeerId& peer, MonoTime now);
  /// A link that stood for `stood` is gone.
  void lost(const PeerId& peer, MonoTime now, Duration stood);

 private:
  struct Pause {
    unsigned failures = 0;
    MonoTime until{};
  };
  void pause(Pause& entry, MonoTime now);

  Random& random_;
  Duration first_;
  Duration longest_;
  std::map<PeerId, Pause> pauses_;
};

}  // namespace soulfabric::mesh

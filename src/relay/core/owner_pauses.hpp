// SPDX-License-Identifier: GPL-3.0-or-later
// Which nodes are not asked for a while because what they told was not what the origin says (security rule S17). Pure.
#pragma once
#include <map>
#include <vector>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::relay {

/// An hour after the first mismatch within a day, six after the second, a day after each further one: belief sinks at once, and the three
/// within a day that are a violation can still come together. Whoever has the right to be believed is paused like all others.
class OwnerPauses {
 public:
  void note(const PeerId& peer, MonoTime now);
  [[nodiscard]] std::vector<PeerId> paused(MonoTime now) const;

 private:
  struct Row {
    unsigned mismatches = 0;
    MonoTime last{};
    MonoTime until{};
  };
  std::map<PeerId, Row> rows_;
};

}  // namespace soulfabric::relay

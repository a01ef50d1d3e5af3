// SPDX-License-Identifier: GPL-3.0-or-later
// Half-open tunnels by way of a middle: whoever is behind one proves itself within seconds or leaves. Any linked peer may bring one, so
// middles that nobody vouches for share half of the places, and known ones always find the other half (security rules S2, S18). Pure.
#pragma once
#include <map>

#include "core/tunnel_book.hpp"

namespace soulfabric::relay {

class UnprovenPlaces {
 public:
  /// Why `middle` gets no place; `known`: named by the operator or reputable.
  [[nodiscard]] std::optional<NoPlace> refuses(const PeerId& middle, bool known, std::size_t per_peer, std::size_t total) const {
    const auto found = of_middle_.find(middle);
    if (found != of_middle_.end() && found->second >= per_peer) return NoPlace::PerPeer;
    if (held_ >= total || (!known && strangers_ >= total / 2)) return NoPlace::Total;
    return std::nullopt;
  }
  void enter(const PeerId& middle, bool known) {
    ++of_middle_[middle];
    ++held_;
    if (!known) ++strangers_;
  }
  /// With the same `known` as at `enter`.
  void leave(const PeerId& middle, bool known) {
    const auto found = of_middle_.find(middle);
    if (found == of_middle_.end()) return;
    --held_;
    if (!known) --strangers_;
    if (--found->second == 0) of_middle_.erase(found);
  }

 private:
  std::map<PeerId, std::size_t> of_middle_;
  std::size_t held_ = 0;
  std::size_t strangers_ = 0;
};

}  // namespace soulfabric::relay

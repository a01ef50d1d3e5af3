// SPDX-License-Identifier: GPL-3.0-or-later
// Turns by number: the peer whose last turn is oldest goes next.
#include "core/fair_bytes.hpp"

#include <algorithm>

namespace soulfabric::relay {
namespace {

constexpr std::chrono::milliseconds kLook{5};  // until one looks again whether its turn has come

}  // namespace

void FairBytes::leave(const PeerId& peer) {
  const auto found = peers_.find(peer);
  if (found != peers_.end() && found->second.waiting > 0) --found->second.waiting;
  if (std::ranges::all_of(peers_, [](const auto& entry) { return entry.second.waiting == 0; })) peers_.clear();
}

guard::ByteBucket::Taken FairBytes::take(const PeerId& peer, MonoTime now, std::uint64_t want) {
  if (!is_limited()) return bucket_.take(now, want);
  const auto self = peers_.find(peer);
  const std::uint64_t mine = self == peers_.end() ? 0 : self->second.served;
  const bool before = std::ranges::any_of(peers_, [&](const auto& entry) {
    const auto& [other, state] = entry;
    return other != peer && state.waiting > 0 && (state.served < mine || (state.served == mine && other < peer));
  });
  if (before) return {0, now + kLook};
  auto taken = bucket_.take(now, std::min(want, kTurn));
  if (taken.granted > 0) peers_[peer].served = ++turn_;
  return taken;
}

}  // namespace soulfabric::relay

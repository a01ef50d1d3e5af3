// SPDX-License-Identifier: GPL-3.0-or-later
// Counting who has how many.
#include "core/stream_places.hpp"

#include <algorithm>

namespace soulfabric::relay {
namespace {

constexpr std::size_t kKept = 4;       // one of so many is for trusted peers alone
constexpr std::size_t kStrangers = 2;  // one of so many may go to strangers

}  // namespace

std::size_t StreamPlaces::taken() const noexcept { return taken_[0] + taken_[1] + taken_[2]; }

StreamPlaces::Answer StreamPlaces::enter(const PeerId& peer, Standing standing, Limits limits) {
  const auto found = peers_.find(peer);
  if ((found == peers_.end() ? 0 : found->second) >= limits.per_peer) return Answer::Own;
  const std::size_t strangers = taken_[static_cast<std::size_t>(Standing::Stranger)];
  const std::size_t untrusted = strangers + taken_[static_cast<std::size_t>(Standing::Known)];
  // A single place is for whoever comes.
  const std::size_t for_strangers = std::max<std::size_t>(limits.all / kStrangers, std::min<std::size_t>(limits.all, 1));
  bool is_full = taken() >= limits.all;
  if (standing != Standing::Trusted) is_full = is_full || untrusted >= limits.all - limits.all / kKept;
  if (standing == Standing::Stranger) is_full = is_full || strangers >= for_strangers;
  if (is_full) return Answer::Full;
  ++peers_[peer];
  ++taken_[static_cast<std::size_t>(standing)];
  return Answer::Taken;
}

void StreamPlaces::leave(const PeerId& peer, Standing standing) {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return;
  --taken_[static_cast<std::size_t>(standing)];
  if (--found->second == 0) peers_.erase(found);
}

}  // namespace soulfabric::relay

// SPDX-License-Identifier: GPL-3.0-or-later
// The peer that has waited longest since its last grant goes first, unless its own bucket is what holds it up.
#include "core/byte_lanes.hpp"

#include <algorithm>

namespace soulfabric::relay {
namespace {

constexpr std::size_t kLanesKept = 256;  // of peers that send nothing now: what their buckets remember of the last second

/// When so many more bytes will be there.
MonoTime later(MonoTime now, std::uint64_t bytes, std::uint64_t rate) {
  const auto nanos = std::min<std::uint64_t>(bytes * 1'000'000 / std::max<std::uint64_t>(1, rate / 1000), 60'000'000'000);
  return now + std::chrono::nanoseconds(std::max<std::uint64_t>(nanos, 1'000'000));
}

}  // namespace

void ByteLanes::configure(std::uint64_t all, std::uint64_t per_peer) {
  all_.set_rate(all);
  per_peer_ = per_peer;
  for (auto& [peer, lane] : lanes_) lane.bucket.set_rate(per_peer);
}

ByteLanes::Ticket ByteLanes::join(const PeerId& peer) {
  const auto [found, added] = lanes_.try_emplace(peer);
  if (added) {
    found->second.bucket.set_rate(per_peer_);
    found->second.turn = turns_;  // a newcomer does not overtake those who wait
  }
  ++found->second.waiting;
  tickets_.emplace(next_, peer);
  return next_++;
}

void ByteLanes::leave(Ticket ticket) {
  const auto found = tickets_.find(ticket);
  if (found == tickets_.end()) return;
  --lanes_.at(found->second).waiting;
  tickets_.erase(found);
  if (lanes_.size() <= kLanesKept) return;
  std::erase_if(lanes_, [](const auto& entry) { return entry.second.waiting == 0; });
}

bool ByteLanes::is_first(const PeerId& peer, const Lane& lane, MonoTime now) const {
  return std::ranges::none_of(lanes_, [&](const auto& entry) {
    const Lane& other = entry.second;
    return entry.first != peer && other.waiting > 0 && other.blocked_until <= now && other.turn < lane.turn;
  });
}

ByteLanes::Turn ByteLanes::take(Ticket ticket, std::uint64_t want, MonoTime now) {
  const auto found = tickets_.find(ticket);
  if (found == tickets_.end()) return {};
  Lane& lane = lanes_.at(found->second);
  const std::uint64_t least = std::min(want, kLeast);
  if (all_.rate() != 0 && !is_first(found->second, lane, now)) return {0, now + kLookAgain};
  const std::uint64_t own = lane.bucket.take(now, want).granted;
  if (own < least) {
    lane.bucket.refund(own);
    lane.blocked_until = later(now, least - own, lane.bucket.rate());
    return {0, lane.blocked_until};
  }
  const std::uint64_t granted = all_.take(now, own).granted;
  if (granted < least) {
    all_.refund(granted);
    lane.bucket.refund(own);
    return {0, later(now, least - granted, all_.rate())};
  }
  lane.bucket.refund(own - granted);
  lane.turn = ++turns_;
  return {granted, {}};
}

}  // namespace soulfabric::relay

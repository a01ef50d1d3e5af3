// SPDX-License-Identifier: GPL-3.0-or-later
// Pauses of owners.
#include "core/owner_pauses.hpp"

#include <algorithm>
#include <array>

namespace soulfabric::relay {
namespace {

constexpr std::array<std::chrono::hours, 3> kPauses{std::chrono::hours(1), std::chrono::hours(6), std::chrono::hours(24)};
constexpr std::chrono::hours kDay{24};
constexpr std::size_t kPeers = 1024;

}  // namespace

void OwnerPauses::note(const PeerId& peer, MonoTime now) {
  std::erase_if(rows_, [now](const auto& one) { return one.second.last + kDay <= now; });
  if (rows_.size() >= kPeers && !rows_.contains(peer)) {
    rows_.erase(std::ranges::min_element(rows_, {}, [](const auto& one) { return one.second.until; }));
  }
  Row& row = rows_[peer];
  row.until = std::max(row.until, now + kPauses.at(std::min<std::size_t>(row.mismatches, kPauses.size() - 1)));
  ++row.mismatches;
  row.last = now;
}

std::vector<PeerId> OwnerPauses::paused(MonoTime now) const {
  std::vector<PeerId> out;
  for (const auto& [peer, row] : rows_)
    if (row.until > now) out.push_back(peer);
  return out;
}

}  // namespace soulfabric::relay

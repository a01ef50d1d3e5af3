// SPDX-License-Identifier: GPL-3.0-or-later
// The pause before dial n is half certain, half chance: two nodes that lost each other do not keep meeting.
#include "core/reconnect_plan.hpp"

#include <algorithm>

namespace soulfabric::mesh {
namespace {

constexpr unsigned kMostDoublings = 20;
constexpr std::chrono::seconds kStood{60};  // a link that old counts as a success

}  // namespace

void ReconnectPlan::pause(Pause& entry, MonoTime now) {
  const Duration full = std::min(longest_, first_ * (Duration::rep{1} << std::min(entry.failures, kMostDoublings)));
  const auto half = static_cast<std::uint64_t>(full.count() / 2);
  entry.until = now + full / 2 + Duration(static_cast<Duration::rep>(random_.below(half + 1)));
  ++entry.failures;
}

std::vector<PeerId> ReconnectPlan::due(std::span<const PeerId> wanted, const std::function<bool(const PeerId&)>& busy, MonoTime now,
                                       std::size_t most) {
  std::erase_if(pauses_, [&](const auto& entry) { return entry.second.until <= now && std::ranges::find(wanted, entry.first) == wanted.end(); });
  std::vector<PeerId> out;
  for (const PeerId& peer : wanted) {
    if (out.size() >= most) break;
    if (busy(peer)) continue;
    const auto found = pauses_.find(peer);
    if (found == pauses_.end() || found->second.until <= now) out.push_back(peer);
  }
  return out;
}

void ReconnectPlan::failed(const PeerId& peer, MonoTime now) { pause(pauses_[peer], now); }

void ReconnectPlan::lost(const PeerId& peer, MonoTime now, Duration stood) {
  Pause& entry = pauses_[peer];
  if (stood >= kStood) entry.failures = 0;
  pause(entry, now);
}

}  // namespace soulfabric::mesh

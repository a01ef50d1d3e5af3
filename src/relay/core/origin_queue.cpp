// SPDX-License-Identifier: GPL-3.0-or-later
// Order by rank, then by arrival.
#include "core/origin_queue.hpp"

#include <algorithm>

namespace soulfabric::relay {
namespace {

constexpr std::chrono::minutes kWindow{1};

}  // namespace

int OriginQueue::rank(guard::Origin origin) noexcept {
  switch (origin) {
    case guard::Origin::UserLocal:
    case guard::Origin::RemoteGateway: return 0;
    case guard::Origin::LocalAutomation: return 1;
    case guard::Origin::RemoteMesh: break;
  }
  return 2;
}

Result<OriginQueue::Ticket> OriginQueue::enter(guard::Origin origin, MonoTime now) {
  if (waiting_.size() >= limits_.waiting) return fail(Errc::Busy, "Too many requests wait for the catalogue; try again shortly.");
  if (origin == guard::Origin::RemoteMesh) {
    while (!remote_.empty() && remote_.front() + kWindow <= now) remote_.pop_front();
    if (remote_.size() >= limits_.remote_per_minute)
      return fail(Errc::RateLimited, "Other nodes have used up their share of the catalogue's requests for this minute.");
    remote_.push_back(now);
  }
  waiting_.emplace(++last_, rank(origin));
  return last_;
}

void OriginQueue::raise(Ticket ticket, guard::Origin origin) {
  const auto found = waiting_.find(ticket);
  if (found != waiting_.end()) found->second = std::min(found->second, rank(origin));
}

bool OriginQueue::may_start(Ticket ticket) {
  if (running_.contains(ticket)) return true;
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end() || running_.size() >= limits_.at_once) return false;
  const auto first = std::ranges::min_element(waiting_, {}, [](const auto& one) { return std::pair(one.second, one.first); });
  if (first != found) return false;
  running_.insert(*found);
  waiting_.erase(found);
  return true;
}

void OriginQueue::leave(Ticket ticket) {
  waiting_.erase(ticket);
  running_.erase(ticket);
}

}  // namespace soulfabric::relay

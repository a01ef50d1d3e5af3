// SPDX-License-Identifier: GPL-3.0-or-later
// The order of providers as a cost in milliseconds.
#include "core/provider_order.hpp"

#include <algorithm>

namespace soulfabric::fabric {
namespace {

constexpr std::chrono::milliseconds kUnknownRoundTrip{150};
constexpr std::chrono::milliseconds kDialling{150};        // what a new link costs on top
constexpr std::chrono::milliseconds kPerPointMissing{4};  // below a reputation of 100

Duration cost_of(const Candidate& candidate) {
  Duration cost = candidate.round_trip.value_or(kUnknownRoundTrip);
  if (!candidate.linked) cost += kDialling;
  return cost + kPerPointMissing * (100 - candidate.reputation);
}

}  // namespace

std::vector<PeerId> order_providers(std::vector<Candidate> candidates, Random& random) {
  struct Place {
    Duration cost;
    std::uint64_t lot;  // between equals: an id can be ground until it sorts first, a lot cannot
    PeerId peer;
  };
  std::vector<Place> places;
  places.reserve(candidates.size());
  for (const Candidate& candidate : candidates) places.push_back({cost_of(candidate), random.u64(), candidate.peer});
  std::ranges::sort(places, [](const Place& a, const Place& b) { return a.cost != b.cost ? a.cost < b.cost : a.lot < b.lot; });
  if (places.size() > 1 && random.below(kChanceOneIn) == 0) {
    const auto chosen = static_cast<std::ptrdiff_t>(random.below(places.size()));
    std::rotate(places.begin(), places.begin() + chosen, places.begin() + chosen + 1);
  }
  std::vector<PeerId> order;
  order.reserve(places.size());
  for (const Place& place : places) order.push_back(place.peer);
  return order;
}

bool may_try_elsewhere(const Try& last, bool idempotent) noexcept {
  if (last.error) return (*last.error != Errc::Forbidden && *last.error != Errc::InvalidArgument) && (idempotent || !last.sent);
  switch (last.status) {
    case CallStatus::ServiceNotFound: return true;  // nothing was done there
    case CallStatus::MethodNotFound:
    case CallStatus::RateLimited:
    case CallStatus::QuotaExceeded:
    case CallStatus::Timeout:
    case CallStatus::Unavailable:
    case CallStatus::Internal: return idempotent;
    case CallStatus::Ok:
    case CallStatus::InvalidPayload:
    case CallStatus::Unauthorized:
    case CallStatus::Forbidden:
    case CallStatus::NotFound:
    case CallStatus::PayloadTooLarge: return false;
  }
  return false;
}

}  // namespace soulfabric::fabric

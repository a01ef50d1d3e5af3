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
  std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
    const Duration left = cost_of(a);
    const Duration right = cost_of(b);
    return left != right ? left < right : a.peer < b.peer;
  });
  if (candidates.size() > 1 && random.below(kChanceOneIn) == 0) {
    const auto chosen = static_cast<std::ptrdiff_t>(random.below(candidates.size()));
    std::rotate(candidates.begin(), candidates.begin() + chosen, candidates.begin() + chosen + 1);
  }
  std::vector<PeerId> order;
  order.reserve(candidates.size());
  for (const Candidate& candidate : candidates) order.push_back(candidate.peer);
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

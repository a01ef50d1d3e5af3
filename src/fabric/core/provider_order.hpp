// SPDX-License-Identifier: GPL-3.0-or-later
// Whom to call first among those that offer a service: by reputation and latency, with a share left to chance. Sans-IO.
#pragma once
#include <optional>
#include <vector>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/base/peer_id.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/fabric/call.hpp"

namespace soulfabric::fabric {

struct Candidate {
  PeerId peer;
  bool linked = false;
  int reputation = 50;
  std::optional<Duration> round_trip;
};

/// One call in this many goes to anybody first, so that newcomers are tried and the best one does not carry all.
constexpr unsigned kChanceOneIn = 5;
constexpr std::size_t kProvidersTried = 3;

/// Best first.
[[nodiscard]] std::vector<PeerId> order_providers(std::vector<Candidate> candidates, Random& random);

/// What came of one try: an error of ours, or the other side's status.
struct Try {
  bool sent = false;  // the other side may have acted
  std::optional<Errc> error;
  CallStatus status = CallStatus::Ok;
};
/// Whether another provider may be asked the same.
[[nodiscard]] bool may_try_elsewhere(const Try& last, bool idempotent) noexcept;

}  // namespace soulfabric::fabric

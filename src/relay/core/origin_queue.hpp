// SPDX-License-Identifier: GPL-3.0-or-later
// Who may ask an origin next: the user before our automation before other nodes, and of these only so many a minute (security rule S16).
// Pure.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/guard/origin.hpp"

namespace soulfabric::relay {

struct OriginQueueLimits {
  unsigned at_once = 2;             // so that one slow answer does not stop all others
  unsigned remote_per_minute = 12;  // a fifth of one request a second
  std::size_t waiting = 256;
};

class OriginQueue {
 public:
  using Ticket = std::uint64_t;
  explicit OriginQueue(OriginQueueLimits limits) : limits_(limits) {}
  /// RateLimited: other nodes had their share of this minute; Busy: too many wait. Every ticket is given back by `leave`.
  [[nodiscard]] Result<Ticket> enter(guard::Origin origin, MonoTime now);
  /// Somebody of higher precedence waits for the same.
  void raise(Ticket ticket, guard::Origin origin);
  /// True once it is its turn; it runs from then on.
  [[nodiscard]] bool may_start(Ticket ticket);
  void leave(Ticket ticket);
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
  [[nodiscard]] std::size_t running() const noexcept { return running_.size(); }

 private:
  [[nodiscard]] static int rank(guard::Origin origin) noexcept;
  OriginQueueLimits limits_;
  Ticket last_ = 0;
  std::map<Ticket, int> waiting_;  // by rank: less goes first
  std::map<Ticket, int> running_;
  std::deque<MonoTime> remote_;  // when other nodes' requests came, of the last minute
};

}  // namespace soulfabric::relay

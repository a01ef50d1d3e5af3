// SPDX-License-Identifier: GPL-3.0-or-later
// Virtual time: who waits until when, in one order.
#include "support/sim_clock.hpp"

namespace soulfabric::testing {

WallTime SimClock::wall() const noexcept {
  constexpr WallTime kBegin{std::chrono::hours(24 * 365 * 56)};
  return kBegin + std::chrono::duration_cast<std::chrono::microseconds>(elapsed());
}

Task<void> SimClock::wait(boost::asio::steady_timer& timer, MonoTime deadline) {
  timer.expires_at(MonoTime::max());
  const std::pair<MonoTime, std::uint64_t> key{std::max(deadline, now_), next_++};
  struct Leave {
    SimClock& clock;
    std::pair<MonoTime, std::uint64_t> key;
    ~Leave() { clock.waiting_.erase(key); }
  };
  const Leave leave{*this, key};
  if (deadline != kNever) waiting_.emplace(key, &timer);
  co_await timer.async_wait(kAwait);
}

void SimClock::settle() {
  do {
    context_.restart();
  } while (context_.poll() > 0);
}

/// One deadline, the earliest; those who wait for the same instant wake in the order in which they began to wait.
bool SimClock::step(MonoTime until) {
  settle();
  if (waiting_.empty() || waiting_.begin()->first.first > until) return false;
  const auto first = waiting_.begin();
  now_ = first->first.first;
  boost::asio::steady_timer* timer = first->second;
  waiting_.erase(first);
  timer->cancel();
  return true;
}

bool SimClock::run_until(MonoTime until) {
  while (step(until)) {
  }
  const bool alive = !waiting_.empty();
  now_ = std::max(now_, until);
  return alive;
}

bool SimClock::run_while_not(const std::function<bool()>& done, Duration longest) {
  const MonoTime until = now_ + longest;
  settle();
  while (!done()) {
    if (!step(until)) {
      now_ = std::max(now_, until);
      return done();
    }
    settle();
  }
  return true;
}

}  // namespace soulfabric::testing

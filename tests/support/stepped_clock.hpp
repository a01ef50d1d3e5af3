// SPDX-License-Identifier: GPL-3.0-or-later
// A clock that a test moves: sleepers wake in the order of their deadlines. Wall time runs along from a day in 2027.
#pragma once
#include <algorithm>
#include <map>

#include "soulfabric/base/io.hpp"

namespace soulfabric::testing {

class SteppedClock final : public IoClock {
 public:
  static constexpr std::chrono::seconds kFirstWall{1'800'000'000};
  [[nodiscard]] MonoTime now() const noexcept override { return now_; }
  [[nodiscard]] WallTime wall() const noexcept override {
    return WallTime(kFirstWall + skew_) + std::chrono::duration_cast<std::chrono::microseconds>(now_ - kFirst);
  }
  /// The wall clock jumps; the monotonic one does not.
  void jump(std::chrono::seconds by) { skew_ += by; }
  Task<void> wait(boost::asio::steady_timer& timer, MonoTime deadline) override {
    timer.expires_at(MonoTime::max());
    const auto entry = sleepers_.emplace(deadline, &timer);
    struct Leave {
      SteppedClock& clock;
      std::multimap<MonoTime, boost::asio::steady_timer*>::iterator entry;
      ~Leave() { clock.sleepers_.erase(entry); }
    };
    const Leave leave{*this, entry};
    co_await timer.async_wait(kAwait);
  }
  /// Runs what is ready, then moves on to the next deadline, until `end`. Threads of others are not waited for.
  void run_until(IoContext& context, MonoTime end) {
    for (;;) {
      context.restart();
      context.poll();
      if (sleepers_.empty() || sleepers_.begin()->first > end) break;
      now_ = std::max(now_, sleepers_.begin()->first);
      sleepers_.begin()->second->cancel();
    }
    now_ = std::max(now_, end);
  }
  void run_for(IoContext& context, Duration time) { run_until(context, now_ + time); }

 private:
  static constexpr MonoTime kFirst{std::chrono::hours(1)};
  MonoTime now_ = kFirst;
  std::chrono::seconds skew_{0};
  std::multimap<MonoTime, boost::asio::steady_timer*> sleepers_;
};

}  // namespace soulfabric::testing

// SPDX-License-Identifier: GPL-3.0-or-later
// Virtual time: it stands still while anything is ready to run, then jumps to the next deadline. One thread, no sleeping.
#pragma once
#include <functional>
#include <map>
#include <utility>

#include "soulfabric/base/io.hpp"

namespace soulfabric::testing {

/// Outlives every coroutine that waits on it.
class SimClock final : public IoClock {
 public:
  explicit SimClock(IoContext& context) : context_(context) {}
  [[nodiscard]] MonoTime now() const noexcept override { return now_; }
  [[nodiscard]] WallTime wall() const noexcept override;
  [[nodiscard]] Task<void> wait(boost::asio::steady_timer& timer, MonoTime deadline) override;

  /// Runs what is ready and lets time pass until `until`. False where nobody waits for anything any more.
  bool run_until(MonoTime until);
  bool run_for(Duration duration) { return run_until(now_ + duration); }
  /// Until `done` (asked between events) or `longest` is over; what `done` says in the end.
  bool run_while_not(const std::function<bool()>& done, Duration longest);
  /// Runs what is ready without letting time pass.
  void settle();
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
  [[nodiscard]] Duration elapsed() const noexcept { return now_ - kStart; }

  static constexpr MonoTime kStart{std::chrono::hours(1000)};

 private:
  bool step(MonoTime until);
  IoContext& context_;
  MonoTime now_ = kStart;
  std::uint64_t next_ = 0;
  std::map<std::pair<MonoTime, std::uint64_t>, boost::asio::steady_timer*> waiting_;
};

}  // namespace soulfabric::testing

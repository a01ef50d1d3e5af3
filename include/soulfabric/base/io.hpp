// SPDX-License-Identifier: GPL-3.0-or-later
// What a coroutine is here, and the clock it waits on. Network thread only.
#pragma once
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <vector>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric {

template <class T>
using Task = boost::asio::awaitable<T>;
using IoContext = boost::asio::io_context;

/// Completion token of every asynchronous operation: the error comes back as a value.
inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);

/// Deadline that never comes, for waits that only their scope may end.
inline constexpr MonoTime kNever = MonoTime::max();

/// A clock that coroutines can wait on. Tests replace it by one whose time they move.
class IoClock : public Clock {
 public:
  /// Waits until `deadline` or until somebody cancels `timer`.
  [[nodiscard]] virtual Task<void> wait(boost::asio::steady_timer& timer, MonoTime deadline) = 0;
  [[nodiscard]] Task<void> sleep_until(MonoTime deadline);
  [[nodiscard]] Task<void> sleep_for(Duration duration);
};

class SystemIoClock final : public IoClock {
 public:
  [[nodiscard]] MonoTime now() const noexcept override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] WallTime wall() const noexcept override { return SystemClock{}.wall(); }
  [[nodiscard]] Task<void> wait(boost::asio::steady_timer& timer, MonoTime deadline) override;
};

/// Lets coroutines wait for "something changed". Notifications are not counted: look at the state after each wake-up.
class Notifier {
 public:
  Notifier() = default;
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;
  void notify_all();
  /// True when notified, false when the deadline came first.
  [[nodiscard]] Task<bool> wait(IoClock& clock, MonoTime deadline);

 private:
  struct Waiter {
    boost::asio::steady_timer* timer;
    bool notified = false;
  };
  std::vector<Waiter*> waiters_;
};

}  // namespace soulfabric

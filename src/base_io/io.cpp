// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting: sleeps, notifications.
#include "soulfabric/base/io.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace soulfabric {

Task<void> IoClock::sleep_until(MonoTime deadline) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor);
  co_await wait(timer, deadline);
}

Task<void> IoClock::sleep_for(Duration duration) { co_await sleep_until(now() + duration); }

Task<void> SystemIoClock::wait(boost::asio::steady_timer& timer, MonoTime deadline) {
  timer.expires_at(deadline);
  co_await timer.async_wait(kAwait);
}

void Notifier::notify_all() {
  for (Waiter* waiter : waiters_) {
    waiter->notified = true;
    waiter->timer->cancel();
  }
}

Task<bool> Notifier::wait(IoClock& clock, MonoTime deadline) {
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor);
  Waiter waiter{&timer};
  waiters_.push_back(&waiter);
  struct Leave {
    std::vector<Waiter*>& list;
    Waiter* self;
    ~Leave() { std::erase(list, self); }
  };
  const Leave leave{waiters_, &waiter};
  co_await clock.wait(timer, deadline);
  co_return waiter.notified;
}

}  // namespace soulfabric

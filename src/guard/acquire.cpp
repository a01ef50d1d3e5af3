// SPDX-License-Identifier: GPL-3.0-or-later
// The courtesy desk: wakes those whose turn may have come and tells the others their new place.
#include "soulfabric/guard/acquire.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

namespace soulfabric::guard {
namespace {
constexpr std::chrono::milliseconds kLeastSleep{10};  // a turn that is due but taken by somebody else is asked for again after this
}

CourtesyDesk::CourtesyDesk(Guard& guard, IoClock& clock) : guard_(guard), clock_(clock) {
  guard_.on_queue_changed([this] { queue_changed(); });
}

CourtesyDesk::~CourtesyDesk() { guard_.on_queue_changed({}); }

CourtesyDesk::Seat::Seat(CourtesyDesk& desk, Ticket ticket, PlaceCallback on_place)
    : desk_(desk), ticket_(ticket), on_place_(std::move(on_place)) {
  desk_.seats_.emplace(ticket_, this);
  if (on_place_) ++desk_.watching_;
}

CourtesyDesk::Seat::~Seat() {
  if (on_place_) --desk_.watching_;
  desk_.seats_.erase(ticket_);
  desk_.guard_.cancel(ticket_);
}

Task<bool> CourtesyDesk::wait_turn(Seat& seat, MonoTime deadline) {
  const MonoTime now = clock_.now();
  if (now >= deadline) co_return false;
  const std::size_t place = guard_.place(seat.ticket_).value_or(0);
  if (seat.on_place_ && place != seat.last_place_) {
    seat.last_place_ = place;
    seat.on_place_(place);
  }
  const MonoTime turn = std::max(guard_.ready_at(seat.ticket_), now + kLeastSleep);
  const auto executor = co_await boost::asio::this_coro::executor;
  boost::asio::steady_timer timer(executor);
  seat.timer_ = &timer;
  struct Clear {
    Seat& seat;
    ~Clear() { seat.timer_ = nullptr; }
  } clear{seat};
  co_await clock_.wait(timer, std::min(turn, deadline));
  co_return true;
}

void CourtesyDesk::queue_changed() {
  for (const Ticket ticket : guard_.heads()) {
    const auto found = seats_.find(ticket);
    if (found != seats_.end() && found->second->timer_ != nullptr) found->second->timer_->cancel();
  }
  if (watching_ == 0) return;
  guard_.for_each_waiting([this](Ticket ticket, std::size_t place) {
    const auto found = seats_.find(ticket);
    if (found == seats_.end() || !found->second->on_place_ || found->second->last_place_ == place) return;
    found->second->last_place_ = place;
    found->second->on_place_(place);
  });
}

}  // namespace soulfabric::guard

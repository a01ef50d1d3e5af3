// SPDX-License-Identifier: GPL-3.0-or-later
// Waiting for one's turn as a coroutine, over the ticket queue of Guard. Network thread only.
#pragma once
#include <functional>
#include <map>
#include <utility>

#include "soulfabric/base/io.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::guard {

/// Called with the place in the queue, 1 = next, when waiting begins and whenever it changes. Must not throw.
using PlaceCallback = std::function<void(std::size_t place)>;

/// One per Guard, made after it and dead before it; outlives every coroutine that waits in it.
class CourtesyDesk {
 public:
  CourtesyDesk(Guard& guard, IoClock& clock);
  CourtesyDesk(const CourtesyDesk&) = delete;
  CourtesyDesk& operator=(const CourtesyDesk&) = delete;
  ~CourtesyDesk();

  /// A permit when our turn has come. Errors as Guard::enqueue, TimedOut at `deadline`. Cancelled, it leaves the queue.
  template <CourtesyAct A>
  [[nodiscard]] Task<Result<Permit<A>>> acquire(ActRequest request, PlaceCallback on_place, MonoTime deadline) {
    const Result<Ticket> ticket = guard_.enqueue<A>(request);
    if (!ticket) co_return std::unexpected(ticket.error());
    Seat seat(*this, *ticket, std::move(on_place));
    for (;;) {
      std::optional<Permit<A>> permit = guard_.redeem<A>(*ticket);
      if (permit) co_return std::move(*permit);
      const bool again = co_await wait_turn(seat, deadline);
      if (!again) co_return fail(Errc::TimedOut, "The request waited too long for its turn; try again later.");
    }
  }

  [[nodiscard]] Guard& guard() const noexcept { return guard_; }

 private:
  /// A waiting coroutine's place in the queue; leaving its scope leaves the queue.
  class Seat {
   public:
    Seat(CourtesyDesk& desk, Ticket ticket, PlaceCallback on_place);
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    ~Seat();

   private:
    friend class CourtesyDesk;
    CourtesyDesk& desk_;
    Ticket ticket_;
    PlaceCallback on_place_;
    std::size_t last_place_ = 0;
    boost::asio::steady_timer* timer_ = nullptr;  // while it sleeps
  };
  /// Sleeps until the ticket may be ready; false when the deadline has passed.
  [[nodiscard]] Task<bool> wait_turn(Seat& seat, MonoTime deadline);
  void queue_changed();

  Guard& guard_;
  IoClock& clock_;
  std::map<Ticket, Seat*> seats_;
  std::size_t watching_ = 0;  // seats that want to hear their place
};

}  // namespace soulfabric::guard

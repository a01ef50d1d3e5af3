// SPDX-License-Identifier: GPL-3.0-or-later
// Who may send how many bytes now: one bucket for all, one for each peer, and where bytes are scarce the peers take turns. Sans-IO.
#pragma once
#include <deque>
#include <map>

#include "soulfabric/base/peer_id.hpp"
#include "soulfabric/guard/rates.hpp"

namespace soulfabric::relay {

class ByteLanes {
 public:
  using Ticket = std::uint64_t;
  /// Bytes per second, 0: without limit.
  void configure(std::uint64_t all, std::uint64_t per_peer);
  [[nodiscard]] bool is_limited() const noexcept { return all_.rate() != 0 || per_peer_ != 0; }

  /// A place in the row of those who want to send. `leave` it when the bytes were granted or nobody wants them any more.
  [[nodiscard]] Ticket join(const PeerId& peer);
  void leave(Ticket ticket);
  struct Turn {
    std::uint64_t granted = 0;  // 0, or kLeast..want (less where less was wanted)
    MonoTime retry_at{};        // where nothing was granted: try again then, or when somebody left the row
  };
  /// Before the bytes are read. A grant is a turn: the peer's next ticket stands behind those of the others.
  [[nodiscard]] Turn take(Ticket ticket, std::uint64_t want, MonoTime now);

  static constexpr std::uint64_t kLeast = 16 * 1024;  // smaller parts are not worth a frame
  static constexpr std::chrono::milliseconds kLookAgain{50};  // behind others: at the latest

 private:
  struct Lane {
    guard::ByteBucket bucket;
    std::size_t waiting = 0;
    std::uint64_t turn = 0;  // of its last grant: the lowest goes first
    MonoTime blocked_until = MonoTime::min();
  };
  [[nodiscard]] bool is_first(const PeerId& peer, const Lane& lane, MonoTime now) const;
  guard::ByteBucket all_;
  std::uint64_t per_peer_ = 0;
  std::map<PeerId, Lane> lanes_;
  std::map<Ticket, PeerId> tickets_;
  Ticket next_ = 1;
  std::uint64_t turns_ = 0;
};

}  // namespace soulfabric::relay

// SPDX-License-Identifier: GPL-3.0-or-later
// A byte rate shared by peers in turn: while several wait, nobody is served twice before the others were once. Pure.
#pragma once
#include <cstdint>
#include <map>

#include "soulfabric/base/peer_id.hpp"
#include "soulfabric/guard/rates.hpp"

namespace soulfabric::relay {

class FairBytes {
 public:
  /// Under a limit a turn gives at most so many bytes.
  static constexpr std::uint64_t kTurn = 16 * 1024;

  explicit FairBytes(std::uint64_t bytes_per_second = 0) noexcept : bucket_(bytes_per_second) {}
  void set_rate(std::uint64_t bytes_per_second) noexcept { bucket_.set_rate(bytes_per_second); }

  /// One who waits says so first, and that it left afterwards.
  void wait(const PeerId& peer) { ++peers_[peer].waiting; }
  void leave(const PeerId& peer);
  /// As ByteBucket::take; nothing while it is the turn of another peer that waits.
  [[nodiscard]] guard::ByteBucket::Taken take(const PeerId& peer, MonoTime now, std::uint64_t want);
  void refund(std::uint64_t bytes) noexcept { bucket_.refund(bytes); }
  [[nodiscard]] bool is_limited() const noexcept { return bucket_.rate() != 0; }

 private:
  struct Peer {
    unsigned waiting = 0;
    std::uint64_t served = 0;  // the number of its last turn
  };
  guard::ByteBucket bucket_;
  std::map<PeerId, Peer> peers_;  // those who wait, and the few who had a turn since somebody began to
  std::uint64_t turn_ = 0;
};

}  // namespace soulfabric::relay

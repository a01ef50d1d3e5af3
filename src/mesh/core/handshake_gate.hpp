// SPDX-License-Identifier: GPL-3.0-or-later
// Who may begin a handshake: work before proof is rationed (security rule S9). Sans-IO, network thread only.
#pragma once
#include <cstddef>
#include <list>
#include <map>
#include <utility>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/guard/rates.hpp"

namespace soulfabric::mesh {

struct HandshakeLimits {
  std::size_t half_open = 64;
  unsigned per_second = 100;  // in all; as many may come at once
  unsigned per_prefix = 5;    // a second, per /24 or /48; as many may come at once
  std::size_t tracked_prefixes = 4096;
};

class HandshakeGate;

/// The place of one connection between its accept and its proof.
class [[nodiscard]] HandshakePlace {
 public:
  HandshakePlace() noexcept = default;
  HandshakePlace(HandshakePlace&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
  HandshakePlace& operator=(HandshakePlace&& other) noexcept {
    if (this != &other) {
      release();
      gate_ = std::exchange(other.gate_, nullptr);
    }
    return *this;
  }
  ~HandshakePlace() { release(); }
  void release() noexcept;

 private:
  friend class HandshakeGate;
  explicit HandshakePlace(HandshakeGate& gate) noexcept : gate_(&gate) {}
  HandshakeGate* gate_ = nullptr;
};

/// A quarter of the places and a fifth of the rate are kept for addresses of known peers, who are not held by their prefix either:
/// a neighbour cannot shut them out. Outlives its places.
class HandshakeGate {
 public:
  explicit HandshakeGate(const HandshakeLimits& limits);
  /// Busy: too many are half open. RateLimited: they come too fast. The socket is to be closed unread in both cases.
  [[nodiscard]] Result<HandshakePlace> enter(const IpAddress& from, bool known, MonoTime now);
  void configure(const HandshakeLimits& limits);
  [[nodiscard]] std::size_t half_open() const noexcept { return half_open_; }
  [[nodiscard]] std::size_t tracked() const noexcept { return prefixes_.size(); }

 private:
  friend class HandshakePlace;
  struct Prefix {
    guard::TokenBucket rate;
    std::list<IpAddress>::iterator place;
  };
  guard::TokenBucket& prefix_rate(const IpAddress& prefix);

  HandshakeLimits limits_;
  std::size_t half_open_ = 0;
  guard::TokenBucket for_all_;
  guard::TokenBucket for_known_;
  std::map<IpAddress, Prefix> prefixes_;
  std::list<IpAddress> idlest_first_;
};

}  // namespace soulfabric::mesh

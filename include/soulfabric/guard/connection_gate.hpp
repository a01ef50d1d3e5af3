// SPDX-License-Identifier: GPL-3.0-or-later
// How many peer sockets may be open, in all and per address, and how fast they may come and go. Sans-IO, network thread only.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/guard/rates.hpp"

namespace soulfabric::guard {

struct ConnectionLimits {
  std::size_t total = 512;                  // open peer sockets, both directions (architecture, section 5)
  std::size_t inbound = 384;                // of these at most so many that others opened: strangers cannot use up what we dial with
  std::size_t per_address = 64;             // open inbound sockets of one address
  std::uint64_t accepts_per_second = 200;   // sustained; the burst is twice that
  std::uint64_t accepts_per_address = 20;   // per second, sustained; burst `per_address`
  std::uint64_t connects_per_second = 100;  // sustained; the burst is twice that
  std::size_t tracked_addresses = 16384;    // addresses whose rate is remembered; the idlest are forgotten first
};

class ConnectionGate;

/// One open socket's place. Held by whoever owns the socket, from before connect or right after accept until it is closed.
class [[nodiscard]] ConnectionSlot {
 public:
  ConnectionSlot() noexcept = default;
  ConnectionSlot(ConnectionSlot&& other) noexcept
      : gate_(std::exchange(other.gate_, nullptr)), address_(other.address_), inbound_(other.inbound_) {}
  ConnectionSlot& operator=(ConnectionSlot&& other) noexcept;
  ~ConnectionSlot() { release(); }
  /// Gives the place back before the end of life; harmless when repeated.
  void release() noexcept;
  [[nodiscard]] bool held() const noexcept { return gate_ != nullptr; }

 private:
  friend class ConnectionGate;
  ConnectionSlot(ConnectionGate& gate, const IpAddress& address, bool inbound) noexcept
      : gate_(&gate), address_(address), inbound_(inbound) {}
  ConnectionGate* gate_ = nullptr;
  IpAddress address_;
  bool inbound_ = false;
};

/// Outlives its slots.
class ConnectionGate {
 public:
  explicit ConnectionGate(const ConnectionLimits& limits);
  ConnectionGate(const ConnectionGate&) = delete;
  ConnectionGate& operator=(const ConnectionGate&) = delete;
  ~ConnectionGate();

  /// Busy: too many are open. RateLimited: they come too fast. The socket is to be closed unread in both cases.
  [[nodiscard]] Result<ConnectionSlot> accept(const IpAddress& from, MonoTime now);
  /// Busy or RateLimited; `next_connect` says when it is worth trying again.
  [[nodiscard]] Result<ConnectionSlot> connect(const IpAddress& to, MonoTime now);
  /// When the connect rate allows one more; `now` where it does already.
  [[nodiscard]] MonoTime next_connect(MonoTime now) noexcept;
  void configure(const ConnectionLimits& limits);

  [[nodiscard]] std::size_t open() const noexcept { return open_; }
  [[nodiscard]] std::size_t open_inbound() const noexcept { return inbound_; }
  [[nodiscard]] std::size_t open_from(const IpAddress& address) const noexcept;

 private:
  friend class ConnectionSlot;
  struct Source {
    std::size_t open = 0;
    MonoTime last{};
    TokenBucket rate;
  };
  void release(const IpAddress& address, bool inbound) noexcept;
  Source& source_of(const IpAddress& address, MonoTime now);

  ConnectionLimits limits_;
  std::size_t open_ = 0;
  std::size_t inbound_ = 0;
  TokenBucket accepts_;
  TokenBucket connects_;
  std::map<IpAddress, Source> sources_;
  std::set<std::pair<MonoTime, IpAddress>> idle_;  // sources without an open socket, idlest first
};

}  // namespace soulfabric::guard

// SPDX-License-Identifier: GPL-3.0-or-later
// What of a stranger's call is let in, decided before one byte of its payload is read: allow-list, rates, concurrency, sizes, breaker.
// Sans-IO, `now` passed in. One peer's doing never closes a service for another.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/base/peer_id.hpp"
#include "soulfabric/fabric/router_settings.hpp"
#include "soulfabric/guard/rates.hpp"
#include "soulfabric/guard/violations.hpp"

namespace soulfabric::fabric {

/// A call as its head states it, and what we know ourselves of who sent it.
struct Arrival {
  PeerId peer;
  IpAddress address;
  bool banned = false;
  guard::Standing standing = guard::Standing::Unproven;
  std::string service;
  std::string method;
  std::size_t payload = 0;
  std::chrono::milliseconds allowed{0};  // the caller's deadline, from now
};

/// A call that was let in, until `finish`.
struct Admitted {
  PeerId peer;
  std::size_t service = 0;  // the number `add` gave
  const MethodInfo* method = nullptr;
  std::size_t bytes = 0;  // held for it
  std::optional<IpAddress> prefix;  // whose share it takes; nothing: it is no stranger's
  MonoTime began{};
  MonoTime deadline{};
  bool deadline_is_ours = false;  // else the caller wanted it shorter than we do
  bool trial = false;             // the one call that shows whether an open breaker may close
};

struct Admission {
  CallStatus status = CallStatus::Ok;
  std::optional<Admitted> call;  // where Ok
  std::optional<guard::Violation> charge;
};

/// How a call ended. `caller_left`: it went away before there was an answer, which is nobody's failure.
struct CallEnd {
  CallStatus status = CallStatus::Ok;
  bool caller_left = false;
};

class CallGate {
 public:
  explicit CallGate(RouterSettings settings);
  void configure(RouterSettings settings);
  /// Conflict: the name is taken; InvalidArgument: a name, a cap or a version that cannot be. `info` outlives the gate. A hidden
  /// service is part of the fabric itself: exposed always, listed never.
  [[nodiscard]] Result<std::size_t> add(const ServiceInfo& info, bool hidden);
  [[nodiscard]] Admission admit(const Arrival& arrival, MonoTime now);
  /// A reply of this size stays in memory until it is sent. False where the peer or the node holds too much.
  [[nodiscard]] bool hold_reply(Admitted& call, std::size_t bytes);
  void finish(const Admitted& call, const CallEnd& end, MonoTime now);

  struct Service {
    const ServiceInfo* info = nullptr;
    bool hidden = false;
    bool exposed = false;
    ServiceMetrics metrics;
  };
  [[nodiscard]] const std::vector<Service>& services() const noexcept { return services_; }
  [[nodiscard]] std::size_t in_flight() const noexcept { return all_.in_flight; }
  [[nodiscard]] std::uint64_t held() const noexcept { return all_.held; }
  [[nodiscard]] std::size_t tracked_peers() const noexcept { return peers_.size(); }
  [[nodiscard]] std::size_t tracked_prefixes() const noexcept { return prefixes_.size(); }

 private:
  /// What is taken of something that is shared.
  struct Pool {
    std::size_t in_flight = 0;
    std::uint64_t held = 0;
  };
  /// A /24 or /48.
  struct Prefix {
    Pool pool;
    std::size_t peers = 0;  // tracked ones that were last seen there: with them it stays, so that no call makes it anew
  };
  using Prefixes = std::map<IpAddress, Prefix>;
  /// What one peer did to one service.
  struct Use {
    guard::TokenBucket rate;
    unsigned failures = 0;  // in a row
    MonoTime open_until = MonoTime::min();
    bool trying = false;  // that one call is under way
  };
  struct Peer {
    guard::TokenBucket rate;
    std::map<std::size_t, Use> uses;  // by service: never more than there are services
    Pool pool;
    guard::Standing standing = guard::Standing::Unproven;  // as the buckets were made
    Prefixes::iterator prefix;
    MonoTime last{};
    MonoTime charged = MonoTime::min();  // for its rate
  };
  Peer& peer_of(const Arrival& arrival, MonoTime now);
  Use& use_of(Peer& peer, std::size_t service);
  Prefixes::iterator enter(const IpAddress& prefix);
  void leave(Prefixes::iterator prefix);
  [[nodiscard]] bool has_room(const Pool& taken, std::size_t calls, std::uint64_t bytes, std::size_t payload) const;
  [[nodiscard]] Admission refuse(std::size_t service, CallStatus status);
  [[nodiscard]] Admission over_rate(Peer& peer, std::optional<std::size_t> service, MonoTime now);
  [[nodiscard]] std::optional<std::size_t> find(const std::string& name) const;
  [[nodiscard]] CallStatus check_service(const Arrival& arrival, const Peer& peer, const Use& use, const MethodInfo* method, MonoTime now) const;
  /// Everywhere that the call counts.
  template <class F>
  void for_each_pool(const Admitted& call, Peer& peer, F change) {
    change(peer.pool);
    change(all_);
    if (!call.prefix) return;
    change(strangers_);
    change(prefixes_.find(*call.prefix)->second.pool);
  }
  void forget_idle(MonoTime now);
  void count_outcome(Use& use, const Admitted& call, const CallEnd& end, MonoTime now);

  RouterSettings settings_;
  std::vector<Service> services_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::map<PeerId, Peer> peers_;
  std::set<std::pair<MonoTime, PeerId>> idle_;  // peers without a call in flight, idlest first
  Prefixes prefixes_;
  Pool all_;
  Pool strangers_;  // of it
};

}  // namespace soulfabric::fabric

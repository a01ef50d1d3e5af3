// SPDX-License-Identifier: GPL-3.0-or-later
// Places first, then the prefix, then the rate of all: what a flood is refused costs the others nothing.
#include "core/handshake_gate.hpp"

#include <algorithm>
#include <string>

namespace soulfabric::mesh {
namespace {

constexpr std::chrono::seconds kSecond{1};

constexpr unsigned kept_for_known(unsigned per_second) { return per_second / 5; }

}  // namespace

void HandshakePlace::release() noexcept {
  if (gate_ != nullptr) --std::exchange(gate_, nullptr)->half_open_;
}

HandshakeGate::HandshakeGate(const HandshakeLimits& limits)
    : limits_(limits),
      for_all_(limits.per_second - kept_for_known(limits.per_second), limits.per_second - kept_for_known(limits.per_second), kSecond),
      for_known_(kept_for_known(limits.per_second), kept_for_known(limits.per_second), kSecond) {}

void HandshakeGate::configure(const HandshakeLimits& limits) {
  limits_ = limits;
  const unsigned kept = kept_for_known(limits.per_second);
  for_all_.configure(limits.per_second - kept, limits.per_second - kept, kSecond);
  for_known_.configure(kept, kept, kSecond);
  for (auto& [address, prefix] : prefixes_) prefix.rate.configure(limits.per_prefix, limits.per_prefix, kSecond);
}

guard::TokenBucket& HandshakeGate::prefix_rate(const IpAddress& prefix) {
  const auto found = prefixes_.find(prefix);
  if (found != prefixes_.end()) {
    idlest_first_.splice(idlest_first_.end(), idlest_first_, found->second.place);
    return found->second.rate;
  }
  if (prefixes_.size() >= std::max<std::size_t>(limits_.tracked_prefixes, 1)) {
    prefixes_.erase(idlest_first_.front());
    idlest_first_.pop_front();
  }
  const auto place = idlest_first_.insert(idlest_first_.end(), prefix);
  return prefixes_.emplace(prefix, Prefix{guard::TokenBucket(limits_.per_prefix, limits_.per_prefix, kSecond), place}).first->second.rate;
}

Result<HandshakePlace> HandshakeGate::enter(const IpAddress& from, bool known, MonoTime now) {
  const std::size_t room = known ? limits_.half_open : limits_.half_open - limits_.half_open / 4;
  if (half_open_ >= room) return fail(Errc::Busy, "Too many connections have not proven who they are; the new one was closed.");
  // Past its network's rate a known address has the reserve, never what is there for all.
  const bool in_prefix = prefix_rate(from.prefix()).take(now, 1);
  if (!known && !in_prefix) return fail(Errc::RateLimited, "Connections from one network come too fast; the new one was closed.");
  const bool taken = (in_prefix && for_all_.take(now, 1)) || (known && for_known_.take(now, 1));
  if (!taken) return fail(Errc::RateLimited, "Connections come too fast; the new one was closed.");
  ++half_open_;
  return HandshakePlace(*this);
}

}  // namespace soulfabric::mesh

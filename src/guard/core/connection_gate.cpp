// SPDX-License-Identifier: GPL-3.0-or-later
// Connection places: totals first, then the address's own share, then the rates; refusals cost the refused one nothing more.
#include "soulfabric/guard/connection_gate.hpp"

#include <cassert>

namespace soulfabric::guard {
namespace {
constexpr std::chrono::seconds kSecond{1};
}

ConnectionSlot& ConnectionSlot::operator=(ConnectionSlot&& other) noexcept {
  if (this != &other) {
    release();
    gate_ = std::exchange(other.gate_, nullptr);
    address_ = other.address_;
    inbound_ = other.inbound_;
  }
  return *this;
}

void ConnectionSlot::release() noexcept {
  if (gate_ != nullptr) std::exchange(gate_, nullptr)->release(address_, inbound_);
}

ConnectionGate::ConnectionGate(const ConnectionLimits& limits)
    : limits_(limits),
      accepts_(2 * limits.accepts_per_second, limits.accepts_per_second, kSecond),
      connects_(2 * limits.connects_per_second, limits.connects_per_second, kSecond) {}

ConnectionGate::~ConnectionGate() { assert(open_ == 0 && "a connection slot outlives the gate"); }

void ConnectionGate::configure(const ConnectionLimits& limits) {
  limits_ = limits;
  accepts_.configure(2 * limits.accepts_per_second, limits.accepts_per_second, kSecond);
  connects_.configure(2 * limits.connects_per_second, limits.connects_per_second, kSecond);
  for (auto& [address, source] : sources_) source.rate.configure(limits.per_address, limits.accepts_per_address, kSecond);
}

ConnectionGate::Source& ConnectionGate::source_of(const IpAddress& address, MonoTime now) {
  const auto found = sources_.find(address);
  if (found != sources_.end()) {
    Source& source = found->second;
    if (source.open == 0) {
      idle_.erase({source.last, address});
      source.last = now;
      idle_.emplace(source.last, address);
    }
    return source;
  }
  if (sources_.size() >= limits_.tracked_addresses && !idle_.empty()) {
    sources_.erase(idle_.begin()->second);
    idle_.erase(idle_.begin());
  }
  Source& source = sources_[address];
  source.rate = TokenBucket(limits_.per_address, limits_.accepts_per_address, kSecond);
  source.last = now;
  idle_.emplace(now, address);
  return source;
}

Result<ConnectionSlot> ConnectionGate::accept(const IpAddress& from, MonoTime now) {
  if (open_ >= limits_.total || inbound_ >= limits_.inbound)
    return fail(Errc::Busy, "Too many peer connections are open; the new one was closed.");
  Source& source = source_of(from, now);
  if (source.open >= limits_.per_address)
    return fail(Errc::Busy, "Too many connections from one address are open; the new one was closed.");
  if (!source.rate.take(now, 1)) return fail(Errc::RateLimited, "Connections from one address come too fast; the new one was closed.");
  if (!accepts_.take(now, 1)) return fail(Errc::RateLimited, "Peer connections come too fast; the new one was closed.");
  if (source.open == 0) idle_.erase({source.last, from});
  ++source.open;
  source.last = now;
  ++open_;
  ++inbound_;
  return ConnectionSlot(*this, from, true);
}

Result<ConnectionSlot> ConnectionGate::connect(const IpAddress& to, MonoTime now) {
  if (open_ >= limits_.total) return fail(Errc::Busy, "Too many peer connections are open; try again when some have closed.");
  if (!connects_.take(now, 1)) return fail(Errc::RateLimited, "Too many peers are being dialled at once; try again in a second.");
  ++open_;
  return ConnectionSlot(*this, to, false);
}

MonoTime ConnectionGate::next_connect(MonoTime now) noexcept { return connects_.ready_at(now, 1); }

std::size_t ConnectionGate::open_from(const IpAddress& address) const noexcept {
  const auto found = sources_.find(address);
  return found == sources_.end() ? 0 : found->second.open;
}

void ConnectionGate::release(const IpAddress& address, bool inbound) noexcept {
  --open_;
  if (!inbound) return;
  --inbound_;
  const auto found = sources_.find(address);
  if (found == sources_.end()) return;
  if (--found->second.open == 0) idle_.emplace(found->second.last, address);
}

}  // namespace soulfabric::guard

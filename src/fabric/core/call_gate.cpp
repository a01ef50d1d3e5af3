// SPDX-License-Identifier: GPL-3.0-or-later
// The decisions of the router, in the order in which they cost least.
#include "core/call_gate.hpp"

#include <algorithm>

namespace soulfabric::fabric {
namespace {

using guard::scaled;

constexpr std::chrono::minutes kMinute{1};
/// Buckets are full again after a minute and breakers closed after five: nothing is lost by forgetting then.
constexpr std::chrono::minutes kForgetAfter{10};
constexpr std::size_t kVersionCap = 32;
constexpr std::size_t kMethodsCap = 64;

const MethodInfo* find_method(const ServiceInfo& info, const std::string& name) {
  const auto found = std::ranges::find(info.methods, name, &MethodInfo::name);
  return found == info.methods.end() ? nullptr : &*found;
}

Status check_info(const ServiceInfo& info) {
  if (!is_service_name(info.name)) return fail(Errc::InvalidArgument, "A service is named by small letters, digits and dashes.");
  if (info.version.empty() || info.version.size() > kVersionCap) return fail(Errc::InvalidArgument, "A service needs a version such as 1.0.0.");
  if (info.methods.empty() || info.methods.size() > kMethodsCap) return fail(Errc::InvalidArgument, "A service has 1 to 64 methods.");
  for (const MethodInfo& method : info.methods) {
    if (!is_method_name(method.name)) return fail(Errc::InvalidArgument, "A method is named by letters and digits.");
    if (method.request_cap > kPayloadCap || method.reply_cap > kPayloadCap) return fail(Errc::InvalidArgument, "A method carries at most 1 MiB.");
    if (std::ranges::count(info.methods, method.name, &MethodInfo::name) != 1) return fail(Errc::InvalidArgument, "Two methods have one name.");
  }
  return {};
}

}  // namespace

CallGate::CallGate(RouterSettings settings) : settings_(std::move(settings)) {}

void CallGate::configure(RouterSettings settings) {
  settings_ = std::move(settings);
  for (Service& service : services_) service.exposed = service.hidden || settings_.exposed.contains(service.info->name);
  for (auto& [id, peer] : peers_) {
    const std::uint64_t calls = scaled(settings_.calls_per_peer, peer.standing);
    peer.rate.configure(calls, calls, kMinute);
  }
}

Result<std::size_t> CallGate::add(const ServiceInfo& info, bool hidden) {
  SF_TRY(check_info(info));
  if (!by_name_.emplace(info.name, services_.size()).second) return fail(Errc::Conflict, "There is a service of this name already.");
  services_.push_back({&info, hidden, hidden || settings_.exposed.contains(info.name), {}});
  return services_.size() - 1;
}

std::optional<std::size_t> CallGate::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end() || !services_[found->second].exposed) return std::nullopt;
  return found->second;
}

void CallGate::forget_idle(MonoTime now) {
  while (!idle_.empty() && (now - idle_.begin()->first >= kForgetAfter || peers_.size() > settings_.tracked_peers)) {
    const auto peer = peers_.find(idle_.begin()->second);
    leave(peer->second.prefix);
    peers_.erase(peer);
    idle_.erase(idle_.begin());
  }
}

CallGate::Prefixes::iterator CallGate::enter(const IpAddress& prefix) {
  const auto found = prefixes_.try_emplace(prefix).first;
  ++found->second.peers;
  return found;
}

void CallGate::leave(Prefixes::iterator prefix) {
  if (--prefix->second.peers == 0 && prefix->second.pool.in_flight == 0) prefixes_.erase(prefix);
}

CallGate::Peer& CallGate::peer_of(const Arrival& arrival, MonoTime now) {
  const std::uint64_t calls = scaled(settings_.calls_per_peer, arrival.standing);
  const IpAddress prefix = arrival.address.prefix();
  const auto [found, added] = peers_.try_emplace(arrival.peer);
  Peer& peer = found->second;
  if (added) {
    peer.rate = guard::TokenBucket(calls, calls, kMinute);
    peer.prefix = enter(prefix);
  } else {
    if (peer.pool.in_flight == 0) idle_.erase({peer.last, arrival.peer});
    if (peer.standing != arrival.standing) peer.rate.configure(calls, calls, kMinute);
    if (peer.prefix->first != prefix) leave(std::exchange(peer.prefix, enter(prefix)));
  }
  if (peer.standing != arrival.standing) {
    for (auto& [service, use] : peer.uses) {
      const std::uint64_t most = scaled(services_[service].info->calls_per_minute, arrival.standing);
      use.rate.configure(most, most, kMinute);
    }
  }
  peer.standing = arrival.standing;
  peer.last = now;
  if (peer.pool.in_flight == 0) idle_.emplace(now, arrival.peer);
  return peer;
}

CallGate::Use& CallGate::use_of(Peer& peer, std::size_t service) {
  const auto [found, added] = peer.uses.try_emplace(service);
  const std::uint64_t most = scaled(services_[service].info->calls_per_minute, peer.standing);
  if (added) found->second.rate = guard::TokenBucket(most, most, kMinute);
  return found->second;
}

Admission CallGate::refuse(std::size_t service, CallStatus status) {
  ++services_[service].metrics.calls[status];
  return {status, std::nullopt, std::nullopt};
}

/// An overrun is charged once a minute: a burst by mistake costs one mark, keeping on costs the link.
Admission CallGate::over_rate(Peer& peer, std::optional<std::size_t> service, MonoTime now) {
  Admission refused{CallStatus::RateLimited, std::nullopt, std::nullopt};
  if (service) refused = refuse(*service, CallStatus::RateLimited);
  if (peer.charged != MonoTime::min() && now - peer.charged < kMinute) return refused;
  peer.charged = now;
  refused.charge = guard::Violation::RateExceeded;
  return refused;
}

bool CallGate::has_room(const Pool& taken, std::size_t calls, std::uint64_t bytes, std::size_t payload) const {
  return taken.in_flight < calls && (payload == 0 || taken.held + payload <= bytes);
}

/// The rest of the checks: what is refused here costs the caller nothing but the call. Strangers have a part of what there is, so that
/// however many keys they make there is room for those that we know (security rule S2).
CallStatus CallGate::check_service(const Arrival& arrival, const Peer& peer, const Use& use, const MethodInfo* method, MonoTime now) const {
  if (use.open_until != MonoTime::min() && (now < use.open_until || use.trying)) return CallStatus::Unavailable;
  if (method == nullptr) return CallStatus::MethodNotFound;
  if (arrival.payload > method->request_cap) return CallStatus::PayloadTooLarge;
  if (arrival.allowed <= std::chrono::milliseconds(0)) return CallStatus::Timeout;
  if (!has_room(peer.pool, scaled(settings_.concurrent_per_peer, peer.standing), settings_.bytes_held_per_peer, arrival.payload))
    return CallStatus::RateLimited;
  if (!has_room(all_, settings_.concurrent, settings_.bytes_held, arrival.payload)) return CallStatus::Unavailable;
  if (!guard::is_stranger(peer.standing)) return CallStatus::Ok;
  const auto& share = settings_.strangers;
  const bool fits = has_room(strangers_, share.of_all(settings_.concurrent), share.of_all(settings_.bytes_held), arrival.payload) &&
                    has_room(peer.prefix->second.pool, share.of_prefix(settings_.concurrent), share.of_prefix(settings_.bytes_held), arrival.payload);
  return fits ? CallStatus::Ok : CallStatus::Unavailable;
}

Admission CallGate::admit(const Arrival& arrival, MonoTime now) {
  if (arrival.banned) return {CallStatus::Forbidden, std::nullopt, guard::Violation::CallWhileBanned};
  Peer& peer = peer_of(arrival, now);
  if (!peer.rate.take(now, 1)) return over_rate(peer, std::nullopt, now);
  const auto service = find(arrival.service);
  if (!service) {
    forget_idle(now);
    return {CallStatus::ServiceNotFound, std::nullopt, std::nullopt};
  }
  Use& use = use_of(peer, *service);
  if (!use.rate.take(now, 1)) return over_rate(peer, service, now);
  const ServiceInfo& info = *services_[*service].info;
  const MethodInfo* method = find_method(info, arrival.method);
  const CallStatus status = check_service(arrival, peer, use, method, now);
  if (status != CallStatus::Ok) {
    forget_idle(now);
    return refuse(*service, status);
  }
  const bool trial = use.open_until != MonoTime::min();
  use.trying = trial;
  if (peer.pool.in_flight == 0) idle_.erase({peer.last, arrival.peer});
  Admitted call{arrival.peer, *service, method, arrival.payload, std::nullopt, now, {}, false, trial};
  if (guard::is_stranger(peer.standing)) call.prefix = peer.prefix->first;
  for_each_pool(call, peer, [&](Pool& pool) {
    ++pool.in_flight;
    pool.held += arrival.payload;
  });
  ++services_[*service].metrics.in_flight;
  call.deadline_is_ours = info.longest_call <= arrival.allowed;
  call.deadline = now + (call.deadline_is_ours ? info.longest_call : arrival.allowed);
  forget_idle(now);
  return {CallStatus::Ok, std::move(call), std::nullopt};
}

bool CallGate::hold_reply(Admitted& call, std::size_t bytes) {
  Peer& peer = peers_.at(call.peer);
  if (peer.pool.held + bytes > settings_.bytes_held_per_peer || all_.held + bytes > settings_.bytes_held) return false;
  if (call.prefix) {
    const auto& share = settings_.strangers;
    if (strangers_.held + bytes > share.of_all(settings_.bytes_held)) return false;
    if (prefixes_.at(*call.prefix).pool.held + bytes > share.of_prefix(settings_.bytes_held)) return false;
  }
  for_each_pool(call, peer, [&](Pool& pool) { pool.held += bytes; });
  call.bytes += bytes;
  return true;
}

/// Failures are ours alone: what we could not answer. A caller that left or set a deadline of its own proves nothing.
void CallGate::count_outcome(Use& use, const Admitted& call, const CallEnd& end, MonoTime now) {
  if (call.trial) use.trying = false;
  if (end.caller_left) return;
  const bool failed = end.status == CallStatus::Internal || (end.status == CallStatus::Timeout && call.deadline_is_ours);
  if (failed) {
    ++use.failures;
    if (call.trial || use.failures >= settings_.breaker_failures) use.open_until = now + settings_.breaker_open;
    return;
  }
  const bool open = use.open_until != MonoTime::min();
  if (end.status == CallStatus::Timeout || (open && !call.trial)) return;
  use.failures = 0;
  use.open_until = MonoTime::min();
}

void CallGate::finish(const Admitted& call, const CallEnd& end, MonoTime now) {
  Peer& peer = peers_.at(call.peer);
  for_each_pool(call, peer, [&](Pool& pool) {
    --pool.in_flight;
    pool.held -= call.bytes;
  });
  if (call.prefix) {  // nobody tracked may be there any more
    const auto prefix = prefixes_.find(*call.prefix);
    if (prefix->second.peers == 0 && prefix->second.pool.in_flight == 0) prefixes_.erase(prefix);
  }
  ServiceMetrics& metrics = services_[call.service].metrics;
  --metrics.in_flight;
  metrics.micros += static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now - call.began).count());
  ++metrics.calls[end.caller_left ? CallStatus::Unavailable : end.status];
  count_outcome(peer.uses.at(call.service), call, end, now);
  if (peer.pool.in_flight != 0) return;
  peer.last = now;
  idle_.emplace(now, call.peer);
}

}  // namespace soulfabric::fabric

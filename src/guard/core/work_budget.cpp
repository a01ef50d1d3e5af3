// SPDX-License-Identifier: GPL-3.0-or-later
// The unit budget: every level is looked at before any is touched, so a refusal costs nobody anything.
#include "core/work_budget.hpp"

#include <algorithm>

namespace soulfabric::guard {
namespace {

constexpr std::chrono::minutes kMinute{1};
constexpr std::size_t kPeersShown = 100;

unsigned shared_units(const BudgetLimits& limits) {
  const unsigned reserved = limits.user_reserve + limits.automation_reserve;
  return limits.node_minute > reserved ? limits.node_minute - reserved : 0;
}
unsigned stranger_units(const BudgetLimits& limits) {
  return std::min(static_cast<unsigned>(limits.strangers.of_all(limits.node_minute)), shared_units(limits));
}
unsigned prefix_units(const BudgetLimits& limits) { return stranger_units(limits) * limits.strangers.prefix_percent / 100; }
unsigned peer_units(const BudgetLimits& limits, const Payer& payer) {
  return static_cast<unsigned>(scaled(limits.per_peer_minute, payer.standing));
}
/// All who cannot be placed are one place.
IpAddress prefix_of(const Payer& payer) { return payer.address ? payer.address->prefix() : IpAddress{}; }

}  // namespace

WorkBudget::WorkBudget(const BudgetLimits& limits)
    : limits_(limits),
      user_(limits.user_reserve, limits.user_reserve, kMinute),
      automation_(limits.automation_reserve, limits.automation_reserve, kMinute),
      shared_(shared_units(limits), shared_units(limits), kMinute),
      strangers_(stranger_units(limits), stranger_units(limits), kMinute),
      peers_(limits.tracked_peers),
      prefixes_(limits.tracked_peers) {}

void WorkBudget::configure(const BudgetLimits& limits) {
  limits_ = limits;
  user_.configure(limits.user_reserve, limits.user_reserve, kMinute);
  automation_.configure(limits.automation_reserve, limits.automation_reserve, kMinute);
  shared_.configure(shared_units(limits), shared_units(limits), kMinute);
  strangers_.configure(stranger_units(limits), stranger_units(limits), kMinute);
  peers_.set_capacity(limits.tracked_peers);
  prefixes_.set_capacity(limits.tracked_peers);
  prefixes_.for_each([&](const IpAddress&, TokenBucket& bucket) { bucket.configure(prefix_units(limits), prefix_units(limits), kMinute); });
}

WorkBudget::Buckets WorkBudget::buckets_of(const Payer& payer, MonoTime now) {
  Buckets buckets;
  if (payer.origin == Origin::UserLocal) buckets.own = &user_;
  if (payer.origin == Origin::LocalAutomation) buckets.own = &automation_;
  if (!is_remote(payer.origin)) return buckets;
  const unsigned share = peer_units(limits_, payer);
  const bool known = peers_.find(payer.subject) != nullptr;
  TokenBucket& peer = peers_.put(payer.subject, now);
  if (known)
    peer.configure(share, share, kMinute);
  else
    peer = TokenBucket(share, share, kMinute);
  buckets.peer = &peer;
  if (!is_stranger(payer.standing)) return buckets;
  buckets.strangers = &strangers_;
  const IpAddress prefix = prefix_of(payer);
  const bool seen = prefixes_.find(prefix) != nullptr;
  TokenBucket& bucket = prefixes_.put(prefix, now);
  if (!seen) bucket = TokenBucket(prefix_units(limits_), prefix_units(limits_), kMinute);
  buckets.prefix = &bucket;
  return buckets;
}

unsigned WorkBudget::available(const Payer& /*payer*/, const Buckets& buckets, MonoTime now) {
  std::uint64_t units = shared_.level(now);
  if (buckets.own != nullptr) units += buckets.own->level(now);
  for (TokenBucket* bucket : {buckets.peer, buckets.strangers, buckets.prefix})
    if (bucket != nullptr) units = std::min(units, bucket->level(now));
  return static_cast<unsigned>(std::min<std::uint64_t>(units, limits_.node_minute));
}

Debit WorkBudget::take(const Payer& payer, const Buckets& buckets, unsigned units, MonoTime now) {
  Debit debit{payer, 0, 0};
  if (buckets.own != nullptr) debit.own = static_cast<unsigned>(buckets.own->take_up_to(now, units));
  debit.shared = static_cast<unsigned>(shared_.take_up_to(now, units - debit.own));
  for (TokenBucket* bucket : {buckets.peer, buckets.strangers, buckets.prefix})
    if (bucket != nullptr) (void)bucket->take_up_to(now, units);
  return debit;
}

std::optional<Debit> WorkBudget::reserve(const Payer& payer, unsigned units, MonoTime now) {
  if (units == 0) return Debit{payer, 0, 0};
  const Buckets buckets = buckets_of(payer, now);
  if (available(payer, buckets, now) < units) return std::nullopt;
  return take(payer, buckets, units, now);
}

std::optional<Debit> WorkBudget::reserve_up_to(const Payer& payer, unsigned most, MonoTime now) {
  if (most == 0) return Debit{payer, 0, 0};
  const Buckets buckets = buckets_of(payer, now);
  const unsigned units = std::min(available(payer, buckets, now), most);
  if (units == 0) return std::nullopt;
  return take(payer, buckets, units, now);
}

void WorkBudget::refund(const Debit& debit, unsigned units) {
  const unsigned shared = std::min(debit.shared, units);
  shared_.refund(shared);
  const unsigned own = std::min(debit.own, units - shared);
  if (debit.payer.origin == Origin::UserLocal) user_.refund(own);
  if (debit.payer.origin == Origin::LocalAutomation) automation_.refund(own);
  if (!is_remote(debit.payer.origin)) return;
  if (TokenBucket* peer = peers_.find(debit.payer.subject)) peer->refund(units);
  if (!is_stranger(debit.payer.standing)) return;
  strangers_.refund(units);
  if (TokenBucket* prefix = prefixes_.find(prefix_of(debit.payer))) prefix->refund(units);
}

BudgetLevels WorkBudget::levels(MonoTime now) {
  const auto level = [now](TokenBucket& bucket) {
    return BudgetLevel{static_cast<unsigned>(bucket.level(now)), static_cast<unsigned>(bucket.capacity())};
  };
  BudgetLevels out{level(user_), level(automation_), level(shared_), level(strangers_), {}};
  peers_.for_each([&](const Subject& subject, TokenBucket& bucket) {
    if (bucket.level(now) < bucket.capacity()) out.peers.push_back({subject, level(bucket)});
  });
  const auto emptier = [](const BudgetLevels::Peer& a, const BudgetLevels::Peer& b) {
    return a.level.left != b.level.left ? a.level.left < b.level.left : a.subject < b.subject;
  };
  std::ranges::sort(out.peers, emptier);
  if (out.peers.size() > kPeersShown) out.peers.resize(kPeersShown);
  return out;
}

void WorkBudget::follow(const Subject& before, const Subject& after, MonoTime now) {
  TokenBucket* old = peers_.find(before);
  if (old == nullptr) return;
  const TokenBucket spent = *old;
  if (TokenBucket* own = peers_.find(after); own != nullptr && own->level(now) < old->level(now)) return;
  peers_.put(after, now) = spent;
}

MonoTime WorkBudget::ready_at(const Payer& payer, unsigned units, MonoTime now) {
  if (units == 0) return now;
  const Buckets buckets = buckets_of(payer, now);
  if (available(payer, buckets, now) >= units) return now;
  const std::uint64_t own = buckets.own == nullptr ? 0 : std::min<std::uint64_t>(buckets.own->level(now), units);
  MonoTime ready = shared_.ready_at(now, units - own);
  if (buckets.own != nullptr) ready = std::min(ready, buckets.own->ready_at(now, units));
  for (TokenBucket* bucket : {buckets.peer, buckets.strangers, buckets.prefix})
    if (bucket != nullptr) ready = std::max(ready, bucket->ready_at(now, units));
  return ready;
}

}  // namespace soulfabric::guard

// SPDX-License-Identifier: GPL-3.0-or-later
// Units of work: one node-wide budget with reserves that no remote can touch, and shares within it (security rule S2).
#pragma once
#include <optional>

#include "core/bounded_map.hpp"
#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::guard {

/// Who pays, as far as the budget wants to know.
struct Payer {
  Origin origin = Origin::UserLocal;
  Subject subject;
  std::optional<IpAddress> address;
  Standing standing = Standing::Unproven;  // the operator's own, authenticated, is Welcome
};

/// Where units came from, so that they go back there.
struct Debit {
  Payer payer;
  unsigned own = 0;     // from the reserve of the user or of automation
  unsigned shared = 0;  // from what everybody shares
  [[nodiscard]] unsigned units() const noexcept { return own + shared; }
};

class WorkBudget {
 public:
  explicit WorkBudget(const BudgetLimits& limits);
  void configure(const BudgetLimits& limits);

  /// All or nothing.
  [[nodiscard]] std::optional<Debit> reserve(const Payer& payer, unsigned units, MonoTime now);
  /// At most `most` units, whatever is there; nothing where not even one is (0 asked gives an empty debit).
  [[nodiscard]] std::optional<Debit> reserve_up_to(const Payer& payer, unsigned most, MonoTime now);
  void refund(const Debit& debit, unsigned units);
  [[nodiscard]] BudgetLevels levels(MonoTime now);
  /// A new name does not buy a new minute.
  void follow(const Subject& before, const Subject& after, MonoTime now);
  [[nodiscard]] MonoTime ready_at(const Payer& payer, unsigned units, MonoTime now);

 private:
  struct Buckets {
    TokenBucket* own = nullptr;
    TokenBucket* peer = nullptr;
    TokenBucket* strangers = nullptr;
    TokenBucket* prefix = nullptr;
  };
  [[nodiscard]] Buckets buckets_of(const Payer& payer, MonoTime now);
  [[nodiscard]] unsigned available(const Payer& payer, const Buckets& buckets, MonoTime now);
  [[nodiscard]] Debit take(const Payer& payer, const Buckets& buckets, unsigned units, MonoTime now);

  BudgetLimits limits_;
  TokenBucket user_;
  TokenBucket automation_;
  TokenBucket shared_;
  TokenBucket strangers_;
  BoundedMap<Subject, TokenBucket, MonoTime> peers_;
  BoundedMap<IpAddress, TokenBucket, MonoTime> prefixes_;
};

}  // namespace soulfabric::guard

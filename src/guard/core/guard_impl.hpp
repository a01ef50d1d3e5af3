// SPDX-License-Identifier: GPL-3.0-or-later
// What stands behind the face: the books and queues, and the ledger of everything that was set aside.
#pragma once
#include <map>
#include <set>
#include <vector>

#include "core/clock_pair.hpp"
#include "core/courtesy_queue.hpp"
#include "core/held_book.hpp"
#include "core/reputation_book.hpp"
#include "core/violation_book.hpp"
#include "core/work_budget.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::guard {

inline constexpr std::size_t kTrackedByteBuckets = 4096;

struct Guard::Impl final : Ledger {
  struct Outstanding {
    Debit debit;
    std::uint64_t call = 0;    // the units belong to this call
    std::uint64_t ticket = 0;  // the act stands in the courtesy queue's books
  };
  struct Call {
    Debit debit;
    unsigned remaining = 0;
    unsigned spent = 0;
    std::size_t permits = 0;  // carved and not yet settled
    bool closed = false;
    std::vector<std::string_view> done;  // acts that a call buys only once
  };
  using PeerBytes = BoundedMap<Subject, ByteBucket, MonoTime>;

  Impl(const GuardOptions& given, const Clock& the_clock)
      : options(given),
        clock(the_clock),
        budget(given.budget),
        courtesy(given.courtesy),
        gate(given.connections),
        violations(given.violations),
        upload(given.bytes.upload),
        download(given.bytes.download),
        held(given.held) {}

  void settle(const Reservation& reservation, unsigned spent, bool used) noexcept override;
  void settle_call(std::uint64_t id);
  [[nodiscard]] Now now() const { return {clock.now(), clock.wall()}; }
  /// Banned, or on the operator's list.
  [[nodiscard]] bool is_unwanted(const Subject& subject) const;
  [[nodiscard]] Payer payer_of(const ActRequest& request) const;
  [[nodiscard]] Standing standing_of(const Subject& subject) const;
  [[nodiscard]] Status may_buy(const ActInfo& act, const ActRequest& request);
  [[nodiscard]] Reservation enter(const ActInfo& act, const ActRequest& request, Outstanding outstanding);
  [[nodiscard]] ByteBucket::Taken take_bytes(ByteBucket& node, PeerBytes& peers, std::uint64_t peer_rate, const Subject& peer,
                                             std::uint64_t want);
  void queue_changed() {
    if (changed) changed();
  }

  GuardOptions options;
  const Clock& clock;
  WorkBudget budget;
  CourtesyQueue courtesy;
  ConnectionGate gate;
  ViolationBook violations;
  ReputationBook reputations;
  Blacklist blacklist;
  std::set<Subject> vouched;
  ByteBucket upload;
  ByteBucket download;
  PeerBytes upload_peers{kTrackedByteBuckets};
  PeerBytes download_peers{kTrackedByteBuckets};
  HeldBook held;
  std::function<void()> changed;
  std::uint64_t last_id = 0;
  std::map<std::uint64_t, Outstanding> outstanding;
  std::map<std::uint64_t, Call> calls;
  GuardMetrics totals;
};

}  // namespace soulfabric::guard

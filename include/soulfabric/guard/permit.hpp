// SPDX-License-Identifier: GPL-3.0-or-later
// The right to do one act, as a move-only token. Only Guard and CallBudget make it, so a skipped check does not compile.
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "soulfabric/guard/acts.hpp"
#include "soulfabric/guard/origin.hpp"
#include "soulfabric/guard/subject.hpp"

namespace soulfabric::guard {

class Guard;
class CallBudget;

/// What was set aside for one act, and where it came from.
struct Reservation {
  ActInfo act;
  Origin origin = Origin::UserLocal;
  Subject subject;
  unsigned units = 0;
  std::uint64_t id = 0;  // the ledger's own number
};

/// Takes reservations back; implemented by guard only.
class Ledger {
 public:
  virtual ~Ledger() = default;
  /// `spent` <= reservation.units; `used` is whether the act took place at all.
  virtual void settle(const Reservation& reservation, unsigned spent, bool used) noexcept = 0;
};

/// The part of a permit that does not depend on the act. Network thread only; the ledger outlives it.
class Grant {
 public:
  Grant(Grant&& other) noexcept
      : ledger_(std::exchange(other.ledger_, nullptr)),
        reservation_(std::move(other.reservation_)),
        spent_(other.spent_),
        used_(other.used_) {}
  Grant& operator=(Grant&& other) noexcept {
    if (this != &other) {
      settle();
      ledger_ = std::exchange(other.ledger_, nullptr);
      reservation_ = std::move(other.reservation_);
      spent_ = other.spent_;
      used_ = other.used_;
    }
    return *this;
  }
  Grant(const Grant&) = delete;
  Grant& operator=(const Grant&) = delete;
  ~Grant() { settle(); }

 private:
  friend class Guard;
  friend class CallBudget;
  template <Act A>
  friend class Permit;
  Grant(Ledger& ledger, Reservation reservation) noexcept : ledger_(&ledger), reservation_(std::move(reservation)) {}
  void settle() noexcept {
    if (ledger_ != nullptr) std::exchange(ledger_, nullptr)->settle(reservation_, spent_, used_);
  }

  Ledger* ledger_;
  Reservation reservation_;
  unsigned spent_ = 0;
  bool used_ = false;
};

/// A function that acts on the outside takes one of these by value and calls `spend()` when the act takes place.
/// Dropped, it gives back the units that were not spent, the slot it held (downloads), and its place in the
/// courtesy window where nothing was spent. Network thread only.
template <Act A>
class [[nodiscard]] Permit {
 public:
  Permit(Permit&&) noexcept = default;
  Permit& operator=(Permit&&) noexcept = default;

  [[nodiscard]] Origin origin() const noexcept { return grant_.reservation_.origin; }
  /// On whose behalf: Node for the user and our automation.
  [[nodiscard]] const Subject& subject() const noexcept { return grant_.reservation_.subject; }
  /// Units that may still be spent.
  [[nodiscard]] unsigned remaining() const noexcept { return grant_.reservation_.units - grant_.spent_; }
  /// The act takes place now: everything set aside for it is used up.
  void spend() noexcept {
    grant_.used_ = true;
    grant_.spent_ = grant_.reservation_.units;
  }
  /// Uses up `units`; false, and nothing changes, where fewer remain.
  [[nodiscard]] bool spend(unsigned units) noexcept {
    if (units > remaining()) return false;
    grant_.used_ = true;
    grant_.spent_ += units;
    return true;
  }

 private:
  friend class Guard;
  friend class CallBudget;
  explicit Permit(Grant grant) noexcept : grant_(std::move(grant)) {}
  Grant grant_;
};

}  // namespace soulfabric::guard

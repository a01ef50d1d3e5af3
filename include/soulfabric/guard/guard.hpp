// SPDX-License-Identifier: GPL-3.0-or-later
// The one door to the outside: permits, courtesy, connection places, byte rates, blame, bans and reputation.
// Network thread only. Made by the daemon, outlives every permit, slot and ticket; others hold a reference.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/guard/blacklist.hpp"
#include "soulfabric/guard/connection_gate.hpp"
#include "soulfabric/guard/courtesy.hpp"
#include "soulfabric/guard/permit.hpp"
#include "soulfabric/guard/rates.hpp"
#include "soulfabric/guard/standing.hpp"
#include "soulfabric/guard/violations.hpp"

namespace soulfabric::guard {

class Guard;

/// Units, architecture section 4 and security rule S2.
struct BudgetLimits {
  unsigned per_call = 10;
  unsigned per_peer_minute = 50;  // half of it before a first verified result, twice for the reputable and trusted
  unsigned node_minute = 600;
  unsigned user_reserve = 180;       // of the node's: only for the user
  unsigned automation_reserve = 60;  // of the node's: only for our automation
  StrangersShare strangers{};        // of the node's
  std::size_t tracked_peers = 10'000;
};

/// Bytes per second, 0 = without limit.
struct ByteLimits {
  std::uint64_t upload = 0;
  std::uint64_t download = 0;
  std::uint64_t upload_per_peer = 0;
  std::uint64_t download_per_peer = 0;
};

/// Bytes kept in memory for others: requests, replies, what waits to be sent. Of `per_peer` each has what its standing gives.
struct HeldLimits {
  std::uint64_t per_peer = 8ULL * 1024 * 1024;
  std::uint64_t node = 64ULL * 1024 * 1024;
  StrangersShare strangers{};  // of the node's; the rest waits for those that we know
};

struct GuardOptions {
  BudgetLimits budget;
  HeldLimits held;
  CourtesyLimits courtesy;
  ConnectionLimits connections;
  ViolationLimits violations;
  ByteLimits bytes;
};

/// Running totals since the start; no name, address or hash in any of them.
struct GuardMetrics {
  std::uint64_t permits = 0;
  std::uint64_t permits_refused = 0;
  std::uint64_t units_spent = 0;
  std::uint64_t units_refunded = 0;
  std::array<std::uint64_t, kOriginCount> permits_by_origin{};
  std::array<std::uint64_t, 4> courtesy_granted{};  // by Courtesy
  std::array<std::uint64_t, 4> courtesy_waiting{};  // by Courtesy, now
  std::uint64_t connections_open = 0;               // now
  std::uint64_t connections_open_inbound = 0;       // now
  std::uint64_t connections_refused = 0;
  std::uint64_t violations = 0;
  std::uint64_t violations_ignored = 0;
  std::uint64_t bans = 0;         // made
  std::uint64_t bans_active = 0;  // now
  std::uint64_t bytes_held = 0;   // now
  std::uint64_t bytes_held_refused = 0;  // times
};

/// What is left of one budget now, in units.
struct BudgetLevel {
  unsigned left = 0;
  unsigned most = 0;
};

/// The budgets as they stand, for the operator's eyes.
struct BudgetLevels {
  BudgetLevel user;        // its reserve
  BudgetLevel automation;  // its reserve
  BudgetLevel shared;      // what everybody shares
  BudgetLevel strangers;   // of it, all strangers together
  struct Peer {
    Subject subject;
    BudgetLevel level;
  };
  std::vector<Peer> peers;  // those who have spent something of their minute, the emptiest first, at most 100
};

/// Room in memory taken for one peer; given back when it is dropped. Move-only, outlived by Guard.
class [[nodiscard]] HeldBytes {
 public:
  HeldBytes(HeldBytes&& other) noexcept
      : guard_(std::exchange(other.guard_, nullptr)),
        subject_(std::move(other.subject_)),
        prefix_(other.prefix_),
        bytes_(std::exchange(other.bytes_, 0)) {}
  HeldBytes& operator=(HeldBytes&& other) noexcept;
  ~HeldBytes() { release(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// Takes more; false, and nothing changes, where there is no room.
  [[nodiscard]] bool grow(std::uint64_t bytes);
  /// Gives everything back before the end of life; harmless when repeated.
  void release() noexcept;

 private:
  friend class Guard;
  HeldBytes(Guard& guard, Subject subject, std::optional<IpAddress> prefix, std::uint64_t bytes) noexcept
      : guard_(&guard), subject_(std::move(subject)), prefix_(prefix), bytes_(bytes) {}
  Guard* guard_;
  Subject subject_;
  std::optional<IpAddress> prefix_;  // of a stranger
  std::uint64_t bytes_ = 0;
};

/// What one call of a remote peer may cost, set aside from the peer's and the node's budget at once; the rest goes back
/// when the call and every permit carved from it have ended. Move-only; outlived by Guard.
class [[nodiscard]] CallBudget {
 public:
  CallBudget(CallBudget&& other) noexcept : guard_(std::exchange(other.guard_, nullptr)), id_(other.id_) {}
  CallBudget& operator=(CallBudget&& other) noexcept;
  ~CallBudget() { close(); }
  /// Forbidden where a remote node may not buy the act (S3), RateLimited where the call has too little left.
  template <Act A>
  [[nodiscard]] Result<Permit<A>> permit() {
    auto grant = carve(A::kInfo);
    if (!grant) return std::unexpected(std::move(grant).error());
    return Permit<A>(std::move(*grant));
  }
  [[nodiscard]] unsigned remaining() const noexcept;

 private:
  friend class Guard;
  CallBudget(Guard& guard, std::uint64_t id) noexcept : guard_(&guard), id_(id) {}
  [[nodiscard]] Result<Grant> carve(const ActInfo& act);
  void close() noexcept;
  Guard* guard_;
  std::uint64_t id_ = 0;
};

class Guard {
 public:
  /// `clock` outlives the guard.
  Guard(const GuardOptions& options, const Clock& clock);
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard();
  /// Live change of limits; what is already granted stays granted.
  void configure(const GuardOptions& options);
  [[nodiscard]] const GuardOptions& options() const noexcept;

  // ---- permits -------------------------------------------------------------------------------------------------
  /// At once or not at all. RateLimited (budget or courtesy used up, or others wait before us), Banned, Forbidden
  /// (a remote node may not buy the act), Exists (the key is in use).
  template <Act A>
  [[nodiscard]] Result<Permit<A>> try_permit(const ActRequest& request) {
    auto grant = reserve(A::kInfo, request);
    if (!grant) return std::unexpected(std::move(grant).error());
    return Permit<A>(std::move(*grant));
  }
  /// Takes a place in the queue; same errors as try_permit except that limits make it wait. Must be redeemed or cancelled.
  template <CourtesyAct A>
  [[nodiscard]] Result<Ticket> enqueue(const ActRequest& request) {
    return enqueue(A::kInfo, request);
  }
  /// The permit once the ticket's turn has come (the ticket is used up then), nothing while it waits.
  /// `A` is the act that the ticket was taken for. See acquire.hpp for the awaitable form.
  template <CourtesyAct A>
  [[nodiscard]] std::optional<Permit<A>> redeem(Ticket ticket) {
    auto grant = redeem(A::kInfo, ticket);
    if (!grant) return std::nullopt;
    return Permit<A>(std::move(*grant));
  }
  void cancel(Ticket ticket) noexcept;
  /// 1 = next; nothing where the ticket is unknown, used up or cancelled.
  [[nodiscard]] std::optional<std::size_t> place(Ticket ticket) const;
  /// When the ticket can be redeemed at the earliest, as things stand; MonoTime::max() where only a released slot helps.
  [[nodiscard]] MonoTime ready_at(Ticket ticket) const;
  /// Called (on the network thread) whenever places changed: something was redeemed, cancelled, released or given back.
  void on_queue_changed(std::function<void()> callback);
  /// Tickets that may be next: of searches and browses the first that no limit of its own holds up, of downloads as many
  /// as there are free slots.
  [[nodiscard]] std::vector<Ticket> heads() const;
  /// Everyone who waits, with their place, kind by kind.
  void for_each_waiting(const std::function<void(Ticket, std::size_t place)>& visit) const;
  /// How long ago the same words were searched (case and spacing ignored), where within `same_query`. A question only.
  [[nodiscard]] std::optional<Duration> since_same_search(std::string_view query) const;
  void note_search(std::string_view query);
  /// Budget for one call of a remote peer: min(limit, what the caller stated, what the peer has left).
  [[nodiscard]] Result<CallBudget> begin_call(const Subject& peer, const IpAddress& address, unsigned stated_units);

  // ---- connections and bytes -----------------------------------------------------------------------------------
  /// For a socket just accepted, before a byte is read. Banned, Busy or RateLimited: close it.
  [[nodiscard]] Result<ConnectionSlot> accept(const IpAddress& from);
  /// Before dialling. Busy or RateLimited; a ban by address does not stop us from dialling.
  [[nodiscard]] Result<ConnectionSlot> connect(const IpAddress& to);
  [[nodiscard]] MonoTime next_connect();
  /// The node's buckets first, then the peer's; what the second refuses goes back to the first.
  [[nodiscard]] ByteBucket::Taken take_upload(const Subject& peer, std::uint64_t want);
  [[nodiscard]] ByteBucket::Taken take_download(const Subject& peer, std::uint64_t want);
  void refund_upload(const Subject& peer, std::uint64_t bytes);
  void refund_download(const Subject& peer, std::uint64_t bytes);
  /// Before memory is allocated for what a peer sends or asks for. RateLimited: the peer holds too much; Busy: the node does, or
  /// strangers together or those of its prefix do. All strangers without an address are one prefix.
  [[nodiscard]] Result<HeldBytes> hold(const Subject& peer, const std::optional<IpAddress>& address, std::uint64_t bytes);
  [[nodiscard]] BudgetLevels budget();

  // ---- blame ---------------------------------------------------------------------------------------------------
  /// The server gave (or TLS proved) this address for the subject: from there on it is charged under its own name.
  void prove(const Subject& subject, const IpAddress& address);
  [[nodiscard]] bool is_proven(const Subject& subject, const IpAddress& address) const;
  /// Whom to charge on a connection: the user where proven at this address, else the address.
  [[nodiscard]] Subject subject_for(std::string_view claimed_user, const IpAddress& address) const;
  Verdict charge(const Charge& charge);
  [[nodiscard]] bool is_banned(const Subject& subject) const;
  /// After the other side named itself: Banned where the name is, or where its address is and the name is not proven there.
  [[nodiscard]] Status admit(const Subject& subject, const IpAddress& address) const;
  /// Never charged nor banned: the server, the gateway, configured bootstrap nodes (addresses), trusted peers and users.
  void protect(const Subject& subject);
  void unprotect(const Subject& subject);
  /// Named by the operator, though not trusted: no new key that costs nothing. It starts where others are after their first good result.
  void vouch(const Subject& subject);
  void unvouch(const Subject& subject);
  /// Whom the configuration shuts out: refused wherever a ban is, never counted as one. Protected subjects stay welcome.
  void set_blacklist(Blacklist blacklist);
  /// By the operator; nothing for `length` is for good (an address: at most 24 h). Forbidden for what is protected.
  Status ban(const Subject& subject, std::optional<Duration> length, std::string_view reason);
  /// True where there was one; the count of earlier bans is forgotten too.
  bool unban(const Subject& subject);
  /// Bans in force, in the order of their subjects.
  [[nodiscard]] std::vector<BanRow> bans() const;
  /// Rows as `bans()` or the store gave them; protected subjects are left out, expired rows only carry history. The
  /// number taken.
  std::size_t import_bans(const std::vector<BanRow>& rows);
  void import_violations(const std::vector<ViolationRow>& rows);
  /// Violations within the hour that have not led to a ban, in the order of their subjects.
  [[nodiscard]] std::vector<ViolationRow> violations() const;
  /// A peer goes on under a new key (security rule S10): what is held against it counts for both ids, what it earned and what it has
  /// spent goes over to the new one. Trust and proven addresses stay behind.
  void move_subject(const Subject& before, const Subject& after);

  // ---- reputation, 0..100, start 50, local only ----------------------------------------------------------------
  [[nodiscard]] int reputation(const Subject& subject) const;
  /// What it gets of all that is shared out: one answer for units, calls and bytes.
  [[nodiscard]] Standing standing(const Subject& subject) const;
  [[nodiscard]] bool is_reputable(const Subject& subject) const { return reputation(subject) >= kReputable; }
  /// A result that we verified: +1, at most 3 in any 24 hours per subject and per prefix of its address; all without one are one prefix.
  void reward(const Subject& subject, const std::optional<IpAddress>& address);
  /// 1..100 points down.
  void lower_reputation(const Subject& subject, int points);
  [[nodiscard]] std::vector<ReputationRow> reputations() const;
  void import_reputations(const std::vector<ReputationRow>& rows);

  /// What is to be stored since the last time; see store.hpp.
  [[nodiscard]] StoredChanges take_changes();
  [[nodiscard]] GuardMetrics metrics() const;

 private:
  friend class CallBudget;
  friend class HeldBytes;
  struct Impl;
  [[nodiscard]] Result<Grant> reserve(const ActInfo& act, const ActRequest& request);
  [[nodiscard]] Result<Ticket> enqueue(const ActInfo& act, const ActRequest& request);
  [[nodiscard]] std::optional<Grant> redeem(const ActInfo& act, Ticket ticket);
  std::unique_ptr<Impl> impl_;
};

}  // namespace soulfabric::guard

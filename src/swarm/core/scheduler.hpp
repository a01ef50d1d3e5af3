// SPDX-License-Identifier: GPL-3.0-or-later
// Who fetches which piece, who is believed, and who was found out: decisions of one download as a value. No I/O, no clock of its own.
#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/meter.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::swarm::core {

using SourceId = std::uint32_t;
using Ticket = std::uint64_t;  // one piece asked of one source; never used twice

struct Rules {
  Duration silence = std::chrono::milliseconds(1'800);
  double slow_share = 0.1;
  Duration judge_after = std::chrono::milliseconds(1'500);
  Duration settle = std::chrono::milliseconds(300);  // after the first claim, for the others to state theirs
  std::size_t sources = 32;                          // open at the same time
  std::uint64_t memory = 48 * 1024 * 1024;           // pieces asked for or being checked; one is always allowed
};

/// What a source states: pieces of a file of this size have these proofs. Claims with one size and one root are one claim.
struct Claim {
  std::uint64_t size = 0;
  std::uint64_t piece_length = 1;
  crypto::Sha256 root{};
  std::vector<crypto::Sha256> proofs;  // one per piece
  [[nodiscard]] std::uint64_t pieces() const noexcept { return proofs.size(); }
  [[nodiscard]] std::uint64_t piece_size(std::uint64_t piece) const noexcept;
};

/// Pieces that an earlier run left on the disk.
struct Kept {
  std::uint64_t size = 0;
  crypto::Sha256 root{};
  std::vector<bool> pieces;
};

struct SourceFacts {
  std::string prefix;
  bool reputable = false;
  std::size_t depth = 2;
};

enum class Fault : std::uint8_t { WrongBytes, FalseRoot, Malformed, Slow };
enum class SourceState : std::uint8_t { Waiting, Opening, Ready, Slow, Dead, Lying, Refused };
enum class Lost : std::uint8_t { Refused, Malformed, Gone };  // how an opening or a fetch may fail

struct Open { SourceId source; };
struct Fetch { SourceId source; std::uint64_t piece; Ticket ticket; };
struct Abandon { Ticket ticket; };  // whatever still comes of it is thrown away
struct Blame { SourceId source; Fault fault; };
struct Praise { SourceId source; };
struct Close { SourceId source; };
struct Prepare { std::size_t group; };  // the file and its bitmap, holding what `done` says; then `prepared`
struct CheckWhole {};                   // every piece is there; then `whole_ok`, `root_was_false` or `lost`
struct Fail { Error error; };           // nothing follows
using Action = std::variant<Open, Fetch, Abandon, Blame, Praise, Close, Prepare, CheckWhole, Fail>;

struct Source {
  SourceFacts facts;
  SourceState state = SourceState::Waiting;
  std::optional<std::size_t> group;
  std::deque<Ticket> asked;  // in the order in which the pieces will come
  Meter meter;
  MonoTime last_sign{};
  std::uint64_t bytes = 0;   // proven
  std::uint64_t pieces = 0;
  bool called_slow = false;
  [[nodiscard]] bool alive() const noexcept { return state == SourceState::Ready || state == SourceState::Slow; }
};

class Scheduler {
 public:
  enum class Phase : std::uint8_t { Gathering, Draining, Preparing, Fetching, Checking, Ended };
  explicit Scheduler(Rules rules) : rules_(rules) {}

  void keep(Kept kept) { kept_ = std::move(kept); }
  void add(SourceId id, SourceFacts facts, MonoTime now);
  /// What is known of it by now; before `opened`.
  void describe(SourceId id, SourceFacts facts);
  void no_more_sources(MonoTime now);
  void opened(SourceId id, Claim claim, MonoTime now);
  void open_failed(SourceId id, Lost how, MonoTime now);
  void prepared(MonoTime now);
  /// No bytes: a sign of life only.
  void arrived(Ticket ticket, std::size_t bytes, MonoTime now);
  /// The piece is in memory. False: nobody wants it any more; true: it is to be checked, then `checked`.
  [[nodiscard]] bool fetched(Ticket ticket, MonoTime now);
  void fetch_failed(Ticket ticket, Lost how, MonoTime now);
  void checked(Ticket ticket, bool good, MonoTime now);
  /// The disk gave back other bytes than were proven.
  void lost(const std::vector<std::uint64_t>& pieces, MonoTime now);
  void whole_ok();
  void root_was_false(MonoTime now);
  void tick(MonoTime now);
  /// When `tick` has something to decide; MonoTime::max() where never.
  [[nodiscard]] MonoTime deadline() const;
  [[nodiscard]] std::vector<Action> take() { return std::exchange(actions_, {}); }

  [[nodiscard]] Phase phase() const noexcept { return phase_; }
  [[nodiscard]] const Claim* claim() const noexcept { return current_ ? &groups_[*current_].claim : nullptr; }
  [[nodiscard]] const Source& source(SourceId id) const { return sources_.at(id); }
  [[nodiscard]] bool is_of_other_root(SourceId id) const;
  [[nodiscard]] const std::vector<bool>& done() const noexcept { return done_; }
  [[nodiscard]] std::uint64_t done_count() const noexcept { return done_count_; }
  [[nodiscard]] std::uint64_t wrong_pieces() const noexcept { return wrong_pieces_; }
  [[nodiscard]] std::uint64_t under_way() const noexcept { return under_way_; }
  [[nodiscard]] std::size_t orders() const noexcept { return orders_.size(); }

 private:
  struct Group {
    Claim claim;
    bool is_false = false;
  };
  struct Order {
    SourceId source = 0;
    std::uint64_t piece = 0;
    std::uint64_t got = 0;
    bool checking = false;
  };
  /// What speaks for a group, most weighty first (security rule S11).
  struct Standing {
    std::size_t reputable = 0;    // independent of each other
    bool has_pieces = false;      // on our disk
    std::size_t independent = 0;
    friend auto operator<=>(const Standing&, const Standing&) = default;
  };

  void decide(MonoTime now);
  void open_more();
  void choose(MonoTime now);
  [[nodiscard]] Standing standing_of(std::size_t group) const;
  [[nodiscard]] std::optional<std::size_t> best_group() const;
  [[nodiscard]] bool has_living(std::size_t group) const;
  [[nodiscard]] bool more_may_come() const;
  void give_up();
  void turn_to(std::size_t group);
  void prepare();
  void drop(SourceId id, SourceState state);
  void blame(SourceId id, Fault fault) { actions_.emplace_back(Blame{id, fault}); }
  void abandon(Ticket ticket);
  void release(std::map<Ticket, Order>::iterator order);
  void check_if_whole();

  // scheduler_assign.cpp
  void assign(MonoTime now);
  [[nodiscard]] bool may_ask(const Source& source) const;
  [[nodiscard]] std::optional<std::uint64_t> pick(const Source& source) const;
  [[nodiscard]] std::optional<std::uint64_t> pick_double(SourceId id, MonoTime now) const;
  [[nodiscard]] bool ask(SourceId id, std::uint64_t piece, MonoTime now);
  [[nodiscard]] double seconds_left(Ticket ticket, MonoTime now) const;
  [[nodiscard]] double median_rate(SourceId except, MonoTime now) const;
  void judge(MonoTime now);
  void forgive_own_pause(MonoTime now);

  Rules rules_;
  Phase phase_ = Phase::Gathering;
  std::map<SourceId, Source> sources_;
  std::vector<Group> groups_;
  std::optional<std::size_t> current_;
  std::optional<std::size_t> next_;  // while draining
  std::optional<Kept> kept_;
  std::optional<std::size_t> done_group_;  // whose proofs `done_` was checked against
  std::vector<bool> done_;
  std::vector<std::uint8_t> asked_;  // orders per piece
  std::vector<SourceId> holder_;     // the first of them
  std::map<Ticket, Order> orders_;
  std::vector<Action> actions_;
  std::uint64_t done_count_ = 0;
  std::uint64_t first_open_ = 0;  // no piece before it is missing
  std::uint64_t under_way_ = 0;
  std::uint64_t wrong_pieces_ = 0;
  std::uint64_t times_lost_ = 0;
  Ticket last_ticket_ = 0;
  bool no_more_ = false;
  bool any_false_ = false;
  MonoTime settle_until_ = MonoTime::max();
  MonoTime last_tick_ = MonoTime::max();
};

}  // namespace soulfabric::swarm::core

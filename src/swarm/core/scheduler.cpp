// SPDX-License-Identifier: GPL-3.0-or-later
// Sources come, state their roots and are found out; groups are chosen and dropped (security rule S11).
#include "core/scheduler.hpp"

#include <algorithm>
#include <set>

namespace soulfabric::swarm::core {
namespace {

constexpr std::uint64_t kMostLosses = 16;  // pieces that the disk may lose before it is not trusted any more

}  // namespace

std::uint64_t Claim::piece_size(std::uint64_t piece) const noexcept { return std::min(piece_length, size - piece * piece_length); }

void Scheduler::add(SourceId id, SourceFacts facts, MonoTime now) {
  if (phase_ == Phase::Ended) return;
  (void)sources_[id];
  describe(id, std::move(facts));
  decide(now);
}

void Scheduler::describe(SourceId id, SourceFacts facts) {
  const auto found = sources_.find(id);
  if (found == sources_.end()) return;
  found->second.facts = std::move(facts);
  found->second.facts.depth = std::max<std::size_t>(found->second.facts.depth, 1);
}

void Scheduler::no_more_sources(MonoTime now) {
  no_more_ = true;
  decide(now);
}

void Scheduler::open_more() {
  std::size_t open = 0;
  for (const auto& [id, source] : sources_) open += source.alive() || source.state == SourceState::Opening ? 1 : 0;
  for (auto& [id, source] : sources_) {
    if (open >= rules_.sources) return;
    if (source.state != SourceState::Waiting) continue;
    source.state = SourceState::Opening;
    actions_.emplace_back(Open{id});
    ++open;
  }
}

void Scheduler::opened(SourceId id, Claim claim, MonoTime now) {
  const auto found = sources_.find(id);
  if (found == sources_.end() || found->second.state != SourceState::Opening) return;
  std::size_t group = 0;
  while (group < groups_.size() && (groups_[group].claim.size != claim.size || groups_[group].claim.root != claim.root)) ++group;
  if (group == groups_.size()) groups_.push_back(Group{std::move(claim)});
  found->second.group = group;
  if (groups_[group].is_false) {
    blame(id, Fault::FalseRoot);
    drop(id, SourceState::Lying);
  } else {
    found->second.state = SourceState::Ready;
    if (settle_until_ == MonoTime::max()) settle_until_ = now + rules_.settle;
  }
  decide(now);
}

void Scheduler::open_failed(SourceId id, Lost how, MonoTime now) {
  const auto found = sources_.find(id);
  if (found == sources_.end() || found->second.state != SourceState::Opening) return;
  if (how == Lost::Malformed) blame(id, Fault::Malformed);
  drop(id, how == Lost::Malformed ? SourceState::Lying : how == Lost::Refused ? SourceState::Refused : SourceState::Dead);
  decide(now);
}

bool Scheduler::is_of_other_root(SourceId id) const {
  const Source& source = sources_.at(id);
  return source.alive() && current_ && source.group != current_;
}

// ---- which root is believed ----------------------------------------------------------------------------------------

Scheduler::Standing Scheduler::standing_of(std::size_t group) const {
  std::set<std::string_view> reputable;
  std::set<std::string_view> all;
  for (const auto& [id, source] : sources_) {
    if (!source.alive() || source.group != group) continue;
    all.insert(source.facts.prefix);
    if (source.facts.reputable) reputable.insert(source.facts.prefix);
  }
  const Claim& claim = groups_[group].claim;
  const bool kept = kept_ && kept_->size == claim.size && kept_->root == claim.root;
  return Standing{reputable.size(), kept || (done_group_ == group && done_count_ > 0), all.size()};
}

bool Scheduler::has_living(std::size_t group) const {
  return std::ranges::any_of(sources_, [group](const auto& entry) { return entry.second.alive() && entry.second.group == group; });
}

/// The first stated one of those that stand equal.
std::optional<std::size_t> Scheduler::best_group() const {
  std::optional<std::size_t> best;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    if (groups_[group].is_false || !has_living(group)) continue;
    if (!best || standing_of(group) > standing_of(*best)) best = group;
  }
  return best;
}

bool Scheduler::more_may_come() const {
  return !no_more_ || std::ranges::any_of(sources_, [](const auto& entry) {
    return entry.second.state == SourceState::Waiting || entry.second.state == SourceState::Opening;
  });
}

void Scheduler::give_up() {
  phase_ = Phase::Ended;
  const bool nothing_else = any_false_ && done_count_ == 0;
  actions_.emplace_back(Fail{nothing_else ? Error{Errc::Corrupt, "Every source gave bytes that are not the content asked for."}
                                          : Error{Errc::Unavailable, "No source is left for this content; what has come is kept, try again later."}});
}

void Scheduler::decide(MonoTime now) {
  if (phase_ == Phase::Ended || phase_ == Phase::Checking) return;
  open_more();
  if (phase_ == Phase::Gathering || phase_ == Phase::Fetching) choose(now);
  if (phase_ == Phase::Draining && orders_.empty()) prepare();
  if (phase_ == Phase::Fetching) assign(now);
}

void Scheduler::choose(MonoTime now) {
  const auto best = best_group();
  if (!best) {
    if (!more_may_come() && orders_.empty()) give_up();
    return;
  }
  if (phase_ == Phase::Gathering) {
    const bool asking = std::ranges::any_of(sources_, [](const auto& entry) { return entry.second.state == SourceState::Opening; });
    if (!asking || now >= settle_until_) turn_to(*best);
    return;
  }
  if (*best == *current_) return;
  // New keys cannot turn a running download away from a root: only sources of good standing, or the last one's end, do.
  if (!has_living(*current_) || standing_of(*best).reputable > standing_of(*current_).reputable) turn_to(*best);
}

void Scheduler::turn_to(std::size_t group) {
  next_ = group;
  phase_ = Phase::Draining;
  std::vector<Ticket> asked;
  for (const auto& [ticket, order] : orders_) {
    if (!order.checking) asked.push_back(ticket);
  }
  for (const Ticket ticket : asked) abandon(ticket);
}

void Scheduler::prepare() {
  const Claim& claim = groups_[*next_].claim;
  std::vector<bool> held(claim.pieces(), false);
  if (done_group_) {
    const Claim& before = groups_[*done_group_].claim;
    // The last piece of a file of another size is of another length: its proof differs.
    for (std::uint64_t i = 0; before.size == claim.size && i < held.size(); ++i) held[i] = done_[i] && before.proofs[i] == claim.proofs[i];
  } else if (kept_ && kept_->size == claim.size && kept_->root == claim.root && kept_->pieces.size() == held.size()) {
    held = kept_->pieces;
  }
  kept_.reset();
  current_ = done_group_ = std::exchange(next_, std::nullopt);
  done_ = std::move(held);
  done_count_ = static_cast<std::uint64_t>(std::ranges::count(done_, true));
  asked_.assign(claim.pieces(), 0);
  holder_.assign(claim.pieces(), 0);
  first_open_ = 0;
  phase_ = Phase::Preparing;
  actions_.emplace_back(Prepare{*current_});
}

void Scheduler::prepared(MonoTime now) {
  if (phase_ != Phase::Preparing) return;
  phase_ = Phase::Fetching;
  check_if_whole();
  decide(now);
}

void Scheduler::whole_ok() {
  if (phase_ == Phase::Checking) phase_ = Phase::Ended;
}

void Scheduler::root_was_false(MonoTime now) {
  if (phase_ != Phase::Checking) return;
  phase_ = Phase::Fetching;
  groups_[*current_].is_false = any_false_ = true;
  for (auto& [id, source] : sources_) {
    if (source.group != current_) continue;
    blame(id, Fault::FalseRoot);
    if (source.alive()) drop(id, SourceState::Lying);
    source.state = SourceState::Lying;
  }
  if (!best_group()) done_count_ = 0;  // what is on the disk is nothing
  decide(now);
}

// ---- pieces --------------------------------------------------------------------------------------------------------

void Scheduler::arrived(Ticket ticket, std::size_t bytes, MonoTime now) {
  const auto order = orders_.find(ticket);
  if (order == orders_.end()) return;
  Source& source = sources_.at(order->second.source);
  order->second.got += bytes;
  source.last_sign = now;
  source.meter.add(bytes, now);
}

bool Scheduler::fetched(Ticket ticket, MonoTime now) {
  const auto order = orders_.find(ticket);
  if (order == orders_.end() || order->second.checking) return false;
  Source& source = sources_.at(order->second.source);
  std::erase(source.asked, ticket);
  source.last_sign = now;
  if (source.asked.empty()) source.meter.stop(now);
  order->second.checking = true;
  decide(now);
  return true;
}

void Scheduler::fetch_failed(Ticket ticket, Lost how, MonoTime now) {
  const auto order = orders_.find(ticket);
  if (order == orders_.end()) return;
  const SourceId id = order->second.source;
  if (how == Lost::Malformed) blame(id, Fault::Malformed);
  drop(id, how == Lost::Malformed ? SourceState::Lying : SourceState::Dead);
  decide(now);
}

void Scheduler::checked(Ticket ticket, bool good, MonoTime now) {
  const auto found = orders_.find(ticket);
  if (found == orders_.end()) return;
  const Order order = found->second;
  Source& source = sources_.at(order.source);
  release(found);
  if (good) {
    actions_.emplace_back(Praise{order.source});
    source.bytes += groups_[*current_].claim.piece_size(order.piece);
    ++source.pieces;
    if (!done_[order.piece]) ++done_count_;
    done_[order.piece] = true;
    std::vector<Ticket> others;
    for (const auto& [other, also] : orders_) {
      if (also.piece == order.piece && !also.checking) others.push_back(other);
    }
    for (const Ticket other : others) abandon(other);
  } else {
    ++wrong_pieces_;
    if (source.state != SourceState::Lying) {
      blame(order.source, Fault::WrongBytes);
      drop(order.source, SourceState::Lying);
    }
  }
  if (phase_ == Phase::Fetching) check_if_whole();
  decide(now);
}

void Scheduler::check_if_whole() {
  if (done_count_ < done_.size() || !orders_.empty()) return;
  phase_ = Phase::Checking;
  actions_.emplace_back(CheckWhole{});
}

void Scheduler::lost(const std::vector<std::uint64_t>& pieces, MonoTime now) {
  if (phase_ == Phase::Ended || !current_) return;
  for (const std::uint64_t piece : pieces) {
    if (!done_[piece]) continue;
    done_[piece] = false;
    --done_count_;
    ++times_lost_;
    first_open_ = std::min(first_open_, piece);
  }
  if (times_lost_ > kMostLosses + done_.size()) {
    phase_ = Phase::Ended;
    actions_.emplace_back(Fail{Error{Errc::Io, "The disk gives back other bytes than were written to it; look after it, then try again."}});
    return;
  }
  if (phase_ == Phase::Checking) phase_ = Phase::Fetching;
  decide(now);
}

void Scheduler::release(std::map<Ticket, Order>::iterator order) {
  --asked_[order->second.piece];
  under_way_ -= groups_[*current_].claim.piece_size(order->second.piece);
  orders_.erase(order);
}

void Scheduler::abandon(Ticket ticket) {
  const auto order = orders_.find(ticket);
  std::erase(sources_.at(order->second.source).asked, ticket);
  release(order);
  actions_.emplace_back(Abandon{ticket});
}

void Scheduler::drop(SourceId id, SourceState state) {
  Source& source = sources_.at(id);
  source.state = state;
  source.meter = Meter{};
  while (!source.asked.empty()) abandon(source.asked.front());
  actions_.emplace_back(Close{id});
}

}  // namespace soulfabric::swarm::core

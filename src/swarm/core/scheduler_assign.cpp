// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces to sources: the lowest missing one first, so that the whole file is hashed as it grows; who is silent, who is slow.
#include <algorithm>

#include "core/scheduler.hpp"

namespace soulfabric::swarm::core {
namespace {

constexpr Duration kLook = std::chrono::milliseconds(250);      // how often rates are judged
constexpr Duration kOwnPause = std::chrono::milliseconds(700);  // later than that we were stopped, not they
constexpr Duration kJustNow = std::chrono::milliseconds(500);
constexpr double kWorthDoubling = 0.6;                          // of the holder's time, for another to be asked too
constexpr double kNotWorthSeconds = 0.05;
constexpr double kNever = 1e12;  // seconds
constexpr std::uint8_t kMostAsked = 2;

}  // namespace

/// A slow source is kept for the case that no other is left.
bool Scheduler::may_ask(const Source& source) const {
  if (!source.alive() || source.group != current_ || source.asked.size() >= source.facts.depth) return false;
  if (source.state == SourceState::Ready) return true;
  return std::ranges::none_of(sources_, [this](const auto& entry) {
    return entry.second.state == SourceState::Ready && entry.second.group == current_;
  });
}

void Scheduler::assign(MonoTime now) {
  while (first_open_ < done_.size() && done_[first_open_]) ++first_open_;
  // Everyone gets a first piece before anyone gets a second one.
  std::size_t deepest = 0;
  for (const auto& [id, source] : sources_) deepest = std::max(deepest, source.facts.depth);
  for (std::size_t level = 0; level < deepest; ++level) {
    for (auto& [id, source] : sources_) {
      if (source.asked.size() != level || !may_ask(source)) continue;
      auto piece = pick(source);
      if (!piece && level == 0) piece = pick_double(id, now);
      if (piece && !ask(id, *piece, now)) return;
    }
  }
}

std::optional<std::uint64_t> Scheduler::pick(const Source& source) const {
  for (std::uint64_t piece = first_open_; piece < done_.size(); ++piece) {
    if (done_[piece]) continue;
    if (asked_[piece] == 0) return piece;
    const bool with_slow = asked_[piece] < kMostAsked && sources_.at(holder_[piece]).state == SourceState::Slow;
    if (with_slow && source.state != SourceState::Slow) return piece;
  }
  return std::nullopt;
}

/// Nothing is left to be asked: the piece that would take longest where it is.
std::optional<std::uint64_t> Scheduler::pick_double(SourceId id, MonoTime now) const {
  const double own_rate = sources_.at(id).meter.rate(now);
  std::optional<std::uint64_t> worst;
  double worst_left = 0;
  for (const auto& [ticket, order] : orders_) {
    if (order.checking || order.source == id || asked_[order.piece] >= kMostAsked) continue;
    const double left = seconds_left(ticket, now);
    const double own = own_rate > 0 ? static_cast<double>(groups_[*current_].claim.piece_size(order.piece)) / own_rate : kNever;
    if (left < kNotWorthSeconds || own > left * kWorthDoubling || left <= worst_left) continue;
    worst = order.piece;
    worst_left = left;
  }
  return worst;
}

bool Scheduler::ask(SourceId id, std::uint64_t piece, MonoTime now) {
  const std::uint64_t size = groups_[*current_].claim.piece_size(piece);
  if (!orders_.empty() && under_way_ + size > rules_.memory) return false;
  Source& source = sources_.at(id);
  const Ticket ticket = ++last_ticket_;
  orders_.emplace(ticket, Order{id, piece});
  under_way_ += size;
  if (asked_[piece]++ == 0) holder_[piece] = id;
  if (source.asked.empty()) {
    source.last_sign = now;
    source.meter.start(now);
  }
  source.asked.push_back(ticket);
  actions_.emplace_back(Fetch{id, piece, ticket});
  return true;
}

double Scheduler::seconds_left(Ticket ticket, MonoTime now) const {
  const Source& holder = sources_.at(orders_.at(ticket).source);
  std::uint64_t bytes = 0;
  for (const Ticket before : holder.asked) {
    const Order& order = orders_.at(before);
    bytes += groups_[*current_].claim.piece_size(order.piece) - std::min(order.got, groups_[*current_].claim.piece_size(order.piece));
    if (before == ticket) break;
  }
  const double rate = holder.meter.rate(now);
  return rate > 0 ? static_cast<double>(bytes) / rate : kNever;
}

double Scheduler::median_rate(SourceId except, MonoTime now) const {
  std::vector<double> rates;
  for (const auto& [id, source] : sources_) {
    if (id != except && source.state == SourceState::Ready && source.group == current_ && source.meter.rate(now) > 0)
      rates.push_back(source.meter.rate(now));
  }
  if (rates.empty()) return 0;
  std::ranges::nth_element(rates, rates.begin() + static_cast<std::ptrdiff_t>(rates.size() / 2));
  return rates[rates.size() / 2];
}

void Scheduler::judge(MonoTime now) {
  std::vector<SourceId> silent;
  for (auto& [id, source] : sources_) {
    if (!source.alive() || source.asked.empty()) continue;
    if (now - source.last_sign >= rules_.silence) {
      silent.push_back(id);
      continue;
    }
    // One that has just fallen silent is not slow: it is about to be found out as dead.
    if (now - source.last_sign > kJustNow) continue;
    if (source.state == SourceState::Slow || source.meter.running_for(now) < rules_.judge_after) continue;
    if (source.meter.rate(now) >= rules_.slow_share * median_rate(id, now)) continue;
    source.state = SourceState::Slow;
    if (!source.called_slow) blame(id, Fault::Slow);
    source.called_slow = true;
  }
  for (const SourceId id : silent) drop(id, SourceState::Dead);
}

/// A machine that slept, or a loop that was held up, says nothing about the sources.
void Scheduler::forgive_own_pause(MonoTime now) {
  if (last_tick_ != MonoTime::max() && now - last_tick_ > kOwnPause) {
    for (auto& [id, source] : sources_) source.last_sign = std::min(now, source.last_sign + (now - last_tick_));
  }
  last_tick_ = now;
}

void Scheduler::tick(MonoTime now) {
  forgive_own_pause(now);
  if (phase_ == Phase::Fetching || phase_ == Phase::Draining) judge(now);
  decide(now);
}

MonoTime Scheduler::deadline() const {
  if (phase_ == Phase::Ended) return MonoTime::max();
  MonoTime first = phase_ == Phase::Gathering && best_group() ? settle_until_ : MonoTime::max();
  for (const auto& [id, source] : sources_) {
    if (!source.alive() || source.asked.empty()) continue;
    first = std::min(first, source.last_sign + rules_.silence);
    if (last_tick_ != MonoTime::max()) first = std::min(first, last_tick_ + kLook);
  }
  return first;
}

}  // namespace soulfabric::swarm::core

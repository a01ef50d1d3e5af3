// SPDX-License-Identifier: GPL-3.0-or-later
// Kademlia's lookup: always the nearest that are known; whoever does not answer is passed over. A few lost datagrams cost one short wait.
#include "core/dht_search.hpp"

#include <algorithm>

namespace soulfabric::mesh {

DhtSearch::DhtSearch(DhtKey key, std::optional<ValueId> slot, const NodeId& self, const std::vector<NodeContact>& start, SearchSettings settings)
    : key_(key), slot_(slot), self_(self), settings_(settings) {
  for (const auto& node : start) learn(node);
}

NodeId DhtSearch::distance(const NodeId& id) const noexcept {
  NodeId out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(id[i] ^ key_[i]);
  return out;
}

void DhtSearch::learn(const NodeContact& node) {
  if (node.id == self_ && node.endpoint != own_store()) return;
  // The first that claims an id keeps it, and one endpoint is one candidate: claims are free.
  const auto is_there = [&](const auto& entry) { return entry.second.node.endpoint == node.endpoint; };
  if (std::ranges::any_of(candidates_, is_there)) return;
  Candidate fresh;
  fresh.node = node;
  candidates_.try_emplace(distance(node.id), std::move(fresh));
  if (candidates_.size() <= settings_.candidates) return;
  const auto farthest = std::prev(candidates_.end());
  if (farthest->second.state == State::Fresh || farthest->second.state == State::Dead) candidates_.erase(farthest);
}

std::vector<const DhtSearch::Candidate*> DhtSearch::nearest() const {
  std::vector<const Candidate*> out;
  for (const auto& [far, candidate] : candidates_) {
    if (out.size() == settings_.closest) break;
    if (candidate.state != State::Dead && !is_late(candidate)) out.push_back(&candidate);
  }
  return out;
}

/// One that missed its first attempt holds up nobody: the next nearest is asked as well, and its answer is still welcome.
bool DhtSearch::is_late(const Candidate& candidate) noexcept { return candidate.state == State::Asked && candidate.attempts > 1; }

/// Those that may well answer the second time are waited for, where there are not enough others.
std::size_t DhtSearch::hopeful() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(candidates_, [](const auto& entry) { return is_late(entry.second) && entry.second.attempts == 2; }));
}

MonoTime::duration DhtSearch::patience(const Candidate& candidate) const {
  MonoTime::duration wait = settings_.patience;
  for (unsigned i = 1; i < candidate.attempts; ++i) wait += wait / 2;
  return wait;
}

void DhtSearch::settle(Candidate& candidate, MonoTime now) const {
  if (candidate.state == State::Asked && now >= candidate.asked + patience(candidate) && candidate.attempts >= settings_.attempts) {
    candidate.state = State::Dead;
  }
  if (candidate.state == State::Answered && !candidate.is_complete && now >= candidate.progress + settings_.gap &&
      candidate.attempts >= settings_.attempts && candidate.got.count() == candidate.got_before) {
    candidate.is_complete = true;  // it brings no more
  }
}

void DhtSearch::ask(Candidate& candidate, MonoTime now, Random& random, std::vector<SearchAsk>& out) {
  if (asked_ >= settings_.requests) {
    if (candidate.state != State::Answered) candidate.state = State::Dead;
    candidate.is_complete = true;
    return;
  }
  ++asked_;
  ++candidate.attempts;
  candidate.asked = now;
  candidate.progress = now;
  candidate.got_before = candidate.got.count();
  if (candidate.state == State::Fresh) candidate.state = State::Asked;
  out.push_back({candidate.node, random.u32()});
}

std::vector<SearchAsk> DhtSearch::step(MonoTime now, Random& random) {
  std::vector<SearchAsk> out;
  std::size_t on_the_way = 0;
  for (auto& [far, candidate] : candidates_) {
    settle(candidate, now);
    const bool is_overdue = candidate.state == State::Asked && now >= candidate.asked + patience(candidate);
    const bool has_gap = candidate.state == State::Answered && !candidate.is_complete && now >= candidate.progress + settings_.gap;
    if (is_overdue || has_gap) ask(candidate, now, random, out);
    // One that is late holds up nobody else.
    if (candidate.state == State::Asked && candidate.attempts < 2) ++on_the_way;
  }
  std::size_t alive = 0;
  for (auto& [far, candidate] : candidates_) {
    if (candidate.state == State::Dead || is_late(candidate)) continue;
    if (++alive > settings_.closest || on_the_way >= settings_.parallel) break;
    if (candidate.state != State::Fresh) continue;
    ask(candidate, now, random, out);
    ++on_the_way;
  }
  note_quorum(now);
  return out;
}

DatagramMessage DhtSearch::request_to(const SearchAsk& ask) const {
  DatagramMessage out;
  out.kind = DatagramKind::Get;
  out.transaction = ask.transaction;
  out.target = key_;
  if (slot_) out.query = DatagramQuery{{}, {{std::uint8_t{1}, *slot_}}};
  return out;
}

void DhtSearch::take_answer(Candidate& candidate, const DatagramMessage& message, MonoTime now) {
  if (candidate.state != State::Answered && candidate.node.endpoint != own_store()) ++answered_;
  candidate.state = State::Answered;
  candidate.token.assign(message.token.begin(), message.token.end());
  candidate.parts = message.parts;
  candidate.progress = now;
  candidate.is_complete = candidate.got.count() >= message.parts;
  for (const auto& node : message.nodes) learn(node);
}

std::vector<PackedValue> DhtSearch::answer(const Endpoint& from, const DatagramMessage& message, MonoTime now) {
  const auto found = std::ranges::find_if(candidates_, [&](const auto& entry) { return entry.second.node.endpoint == from; });
  if (found == candidates_.end() || found->second.state == State::Fresh) return {};
  auto& candidate = found->second;
  std::vector<PackedValue> out;
  if (message.kind == DatagramKind::Reply) {
    // An id other than the one we asked, or no token: nothing that a node of ours does.
    if (message.sender != candidate.node.id || message.token.empty()) {
      candidate.state = State::Dead;
      return {};
    }
    take_answer(candidate, message, now);
    out = message.values;
  } else if (message.kind == DatagramKind::Part && candidate.state == State::Answered) {
    if (message.part_index < candidate.got.size()) candidate.got.set(message.part_index);
    candidate.progress = now;
    if (candidate.got.count() >= candidate.parts) candidate.is_complete = true;
    // A value of ours is whole in one fragment.
    if (message.part_offset == 0) {
      if (const auto value = parse_value(message.part_data)) out.push_back(*value);
    }
  } else if (message.kind == DatagramKind::Error) {
    candidate.state = State::Dead;
  }
  if (candidate.values + out.size() > settings_.values_of_node * 8) out.clear();
  candidate.values += out.size();
  note_quorum(now);
  return out;
}

void DhtSearch::note_quorum(MonoTime now) {
  const auto near = nearest();
  const auto complete = static_cast<std::size_t>(std::ranges::count_if(near, [](const Candidate* one) { return one->is_complete; }));
  if (complete == 0 || complete < std::min(settings_.quorum, near.size() + hopeful())) {
    quorum_at_.reset();
  } else if (!quorum_at_) {
    quorum_at_ = now;
  }
}

bool DhtSearch::finished(MonoTime now) const {
  const auto near = nearest();
  const bool is_asking = std::ranges::any_of(candidates_, [](const auto& entry) { return entry.second.state == State::Asked; });
  if (near.empty()) return !is_asking;
  const bool has_all = std::ranges::all_of(near, [](const Candidate* one) { return one->is_complete; });
  if (has_all && (!is_asking || near.size() >= settings_.closest)) return true;
  return quorum_at_ && now >= *quorum_at_ + settings_.grace;
}

MonoTime DhtSearch::next(MonoTime now) const {
  MonoTime out = now + settings_.patience;
  if (quorum_at_) out = std::min(out, *quorum_at_ + settings_.grace);
  for (const auto& [far, candidate] : candidates_) {
    if (candidate.state == State::Asked) out = std::min(out, candidate.asked + patience(candidate));
    if (candidate.state == State::Answered && !candidate.is_complete) out = std::min(out, candidate.progress + settings_.gap);
  }
  return std::max(out, now + std::chrono::milliseconds(1));
}

std::vector<DhtSearch::Holder> DhtSearch::holders() const {
  std::vector<Holder> out;
  for (const auto& [far, candidate] : candidates_) {
    if (out.size() == settings_.closest) break;
    if (candidate.state == State::Answered) out.push_back({candidate.node, candidate.token});
  }
  return out;
}

std::vector<NodeContact> DhtSearch::silent() const {
  std::vector<NodeContact> out;
  for (const auto& [far, candidate] : candidates_) {
    if (candidate.state == State::Dead) out.push_back(candidate.node);
  }
  return out;
}

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// The messages of one pod: insertion in any order, removals, caps.
#include "core/pod_log.hpp"

namespace soulfabric::services {
namespace {

std::size_t text_of_entry(const PodEntry& entry) {
  const auto* message = std::get_if<SignedMessage>(&entry.item);
  return message == nullptr ? 0 : message->body.size();
}

}  // namespace

PodLog::Change PodLog::insert(PodEntry entry, const MessageId& id) {
  Change change;
  raise_head(entry.seq);
  if (entries_.contains(entry.seq)) return change;
  const bool removal = std::holds_alternative<Removal>(entry.item);
  const auto known = by_id_.find(id);
  if (known != by_id_.end()) {
    // Of a message and its removal the removal stays, whichever came first.
    if (!removal || std::holds_alternative<Removal>(entries_.at(known->second).item)) return change;
    drop(known->second, change);
  }
  by_id_[id] = entry.seq;
  text_bytes_ += text_of_entry(entry);
  change.stored.push_back(entry.seq);
  const std::uint64_t seq = entry.seq;
  entries_.emplace(seq, std::move(entry));
  return change;
}

void PodLog::drop(std::uint64_t seq, Change& change) {
  const auto at = entries_.find(seq);
  text_bytes_ -= text_of_entry(at->second);
  std::erase_if(by_id_, [seq](const auto& row) { return row.second == seq; });
  entries_.erase(at);
  change.erased.push_back(seq);
}

PodLog::Change PodLog::prune(std::uint64_t oldest, std::size_t entries) {
  Change change;
  while (!entries_.empty()) {
    const auto first = entries_.begin()->first;
    if (first >= oldest && entries_.size() <= entries && text_bytes_ <= kLogBytes) break;
    drop(first, change);
  }
  return change;
}

std::vector<PodEntry> PodLog::page(std::uint64_t since, std::size_t entries, std::size_t bytes) const {
  std::vector<PodEntry> out;
  std::size_t size = 0;
  for (auto at = entries_.upper_bound(since); at != entries_.end() && out.size() < entries; ++at) {
    size += text_of_entry(at->second) + (kEntryCap - kBodyCap);
    if (!out.empty() && size > bytes) break;
    out.push_back(at->second);
  }
  return out;
}

const PodEntry* PodLog::find(const MessageId& id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : &entries_.at(at->second);
}

void PodLog::follow(const PodEntry& entry) noexcept {
  if (entry.previous <= known_until_) raise_known(entry.seq);
}

}  // namespace soulfabric::services

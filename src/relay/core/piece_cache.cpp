// SPDX-License-Identifier: GPL-3.0-or-later
// Two orders: of use for what is here, of asking for what may come in.
#include "core/piece_cache.hpp"

#include <utility>

namespace soulfabric::relay {

void PieceCache::configure(std::uint64_t most) {
  most_ = most;
  shrink(most_);
}

PieceCache::Part PieceCache::find(const Key& key) {
  const auto found = pieces_.find(key);
  if (found == pieces_.end()) return nullptr;
  uses_.splice(uses_.begin(), uses_, found->second.use);
  return found->second.part;
}

bool PieceCache::note(const Key& key) {
  if (most_ == 0) return false;
  if (asked_.contains(key)) return true;
  asked_.emplace(key, asked_order_.insert(asked_order_.end(), key));
  if (asked_.size() > kAskedKept) {
    asked_.erase(asked_order_.front());
    asked_order_.pop_front();
  }
  return false;
}

void PieceCache::insert(const Key& key, Part part) {
  const std::uint64_t size = part->size();
  if (size > most_ / 8 || pieces_.contains(key)) return;
  shrink(most_ - size);
  uses_.push_front(key);
  pieces_.emplace(key, Entry{std::move(part), uses_.begin()});
  bytes_ += size;
}

void PieceCache::shrink(std::uint64_t most) {
  while (bytes_ > most) {
    const auto last = pieces_.find(uses_.back());
    bytes_ -= last->second.part->size();
    pieces_.erase(last);
    uses_.pop_back();
  }
}

void PieceCache::drop(const library::ContentId& id) {
  const Key first{id, 0};
  for (auto at = pieces_.lower_bound(first); at != pieces_.end() && at->first.id == id;) {
    bytes_ -= at->second.part->size();
    uses_.erase(at->second.use);
    at = pieces_.erase(at);
  }
  for (auto at = asked_.lower_bound(first); at != asked_.end() && at->first.id == id;) {
    asked_order_.erase(at->second);
    at = asked_.erase(at);
  }
}

std::set<library::ContentId> PieceCache::contents() const {
  std::set<library::ContentId> out;
  for (const auto& [key, entry] : pieces_) out.insert(out.end(), key.id);
  return out;
}

}  // namespace soulfabric::relay

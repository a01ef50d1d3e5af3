// SPDX-License-Identifier: GPL-3.0-or-later
// A list in the order of use and an index into it.
#include "core/catalogue_memory.hpp"

#include <utility>

namespace soulfabric::relay {
namespace {

constexpr std::uint64_t kSlotCost = 512;  // of keys, nodes and the signed head

}  // namespace

void CatalogueMemory::resize(std::uint64_t cap) {
  cap_ = cap;
  while (bytes_ > cap_ && !slots_.empty()) drop(std::prev(slots_.end()));
}

void CatalogueMemory::put(const CatalogueKey& key, CatalogueEntry entry) {
  erase(key);
  const std::uint64_t bytes = kSlotCost + (entry.answer.body ? entry.answer.body->size() : 0) + entry.etag.size();
  if (bytes > cap_) return;
  while (bytes_ + bytes > cap_ && !slots_.empty()) drop(std::prev(slots_.end()));
  slots_.push_front({key, std::move(entry), bytes});
  by_key_[key] = slots_.begin();
  bytes_ += bytes;
}

CatalogueEntry* CatalogueMemory::find(const CatalogueKey& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  slots_.splice(slots_.begin(), slots_, found->second);
  return &found->second->entry;
}

CatalogueEntry* CatalogueMemory::fresh(const CatalogueKey& key, WallTime now) {
  CatalogueEntry* const entry = find(key);
  // A clock that was set back must not keep an answer for longer than it was good for.
  if (entry == nullptr || now >= entry->answer.expires || now + std::chrono::minutes(5) < entry->answer.fetched) return nullptr;
  return entry;
}

void CatalogueMemory::erase(const CatalogueKey& key) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) drop(found->second);
}

void CatalogueMemory::clear() {
  slots_.clear();
  by_key_.clear();
  bytes_ = 0;
}

void CatalogueMemory::drop(Slots::iterator slot) {
  bytes_ -= slot->bytes;
  by_key_.erase(slot->key);
  slots_.erase(slot);
}

}  // namespace soulfabric::relay

// SPDX-License-Identifier: GPL-3.0-or-later
// Answers kept in memory: the least used leave first, a bound in bytes holds, what nobody has is remembered for a short while. Pure.
#pragma once
#include <list>
#include <map>
#include <optional>
#include <string>

#include "soulfabric/relay/catalogue_answer.hpp"

namespace soulfabric::relay {

/// An answer and what belongs to it here.
struct CatalogueEntry {
  CatalogueAnswer answer;
  std::string etag;   // of the origin; empty: none
  Bytes signed_head;  // what is sent before the body when others ask, once it was signed
  bool ours = true;   // fetched at the origin by this node, so that others may have it under our signature
};

class CatalogueMemory {
 public:
  explicit CatalogueMemory(std::uint64_t cap) : cap_(cap) {}
  void resize(std::uint64_t cap);
  /// Replaces what was there; what is larger than all the room is not kept.
  void put(const CatalogueKey& key, CatalogueEntry entry);
  /// Also where its time is over: for a question whether it changed. Moves it to the front.
  [[nodiscard]] CatalogueEntry* find(const CatalogueKey& key);
  /// Only while its time lasts.
  [[nodiscard]] CatalogueEntry* fresh(const CatalogueKey& key, WallTime now);
  void erase(const CatalogueKey& key);
  void clear();
  [[nodiscard]] std::size_t entries() const noexcept { return slots_.size(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

 private:
  struct Slot {
    CatalogueKey key;
    CatalogueEntry entry;
    std::uint64_t bytes = 0;
  };
  using Slots = std::list<Slot>;
  void drop(Slots::iterator slot);
  std::uint64_t cap_;
  std::uint64_t bytes_ = 0;
  Slots slots_;  // the last used first
  std::map<CatalogueKey, Slots::iterator> by_key_;
};

}  // namespace soulfabric::relay

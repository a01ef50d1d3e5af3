// SPDX-License-Identifier: GPL-3.0-or-later
// A table that never grows past its size: a newcomer takes the place of the entry with the lowest rank, so it is never blind when full.
#pragma once
#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

namespace soulfabric::guard {

template <class Key, class Value, class Rank>
class BoundedMap {
  struct Entry;
  using Order = std::multimap<Rank, const Key*>;
  struct Entry {
    Value value;
    typename Order::iterator place;
  };

 public:
  explicit BoundedMap(std::size_t capacity) : capacity_(std::max<std::size_t>(capacity, 1)) {}

  [[nodiscard]] Value* find(const Key& key) {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second.value;
  }
  [[nodiscard]] const Value* find(const Key& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second.value;
  }
  /// The entry under `key`, made by default where there is none, with `rank` from now on; `evicted` tells who made room.
  Value& put(const Key& key, const Rank& rank, std::optional<Key>* evicted = nullptr) {
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
      order_.erase(found->second.place);
      found->second.place = order_.emplace(rank, &found->first);
      return found->second.value;
    }
    if (entries_.size() >= capacity_) {
      const auto lowest = entries_.find(*order_.begin()->second);
      if (evicted != nullptr) *evicted = lowest->first;
      order_.erase(order_.begin());
      entries_.erase(lowest);
    }
    const auto made = entries_.emplace(key, Entry{Value{}, {}}).first;
    made->second.place = order_.emplace(rank, &made->first);
    return made->second.value;
  }
  bool erase(const Key& key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) return false;
    order_.erase(found->second.place);
    entries_.erase(found);
    return true;
  }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  /// Takes effect with the next newcomer.
  void set_capacity(std::size_t capacity) { capacity_ = std::max<std::size_t>(capacity, 1); }
  template <class F>
  void for_each(F&& visit) const {
    for (const auto& [key, entry] : entries_) visit(key, entry.value);
  }
  template <class F>
  void for_each(F&& visit) {
    for (auto& [key, entry] : entries_) visit(key, entry.value);
  }

 private:
  std::size_t capacity_;
  std::map<Key, Entry> entries_;
  Order order_;
};

}  // namespace soulfabric::guard

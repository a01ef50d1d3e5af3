// SPDX-License-Identifier: GPL-3.0-or-later
// A table that never grows: sets of four, the longest untouched of a set makes room. Where an entry falls is salted. Sans-IO.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/ip.hpp"

namespace soulfabric::mesh {

/// Key: comparable, `mix(salt)` gives 64 bits. Value: default constructible.
template <class Key, class Value>
class FixedTable {
 public:
  static constexpr std::size_t kWays = 4;
  FixedTable(std::size_t sets, std::uint64_t salt) : salt_(salt), slots_(sets * kWays) {}

  [[nodiscard]] Value* find(const Key& key) {
    Slot* slot = lookup(key);
    return slot != nullptr ? &slot->value : nullptr;
  }
  /// The entry of `key`, made where there is none; the oldest of its set is forgotten then.
  [[nodiscard]] Value& obtain(const Key& key, MonoTime now) {
    Slot* slot = lookup(key);
    if (slot == nullptr) {
      slot = first_of(key);
      for (std::size_t i = 1; i < kWays; ++i) {
        Slot* other = first_of(key) + i;
        if (!slot->used) break;
        if (!other->used || other->touched < slot->touched) slot = other;
      }
      *slot = Slot{key, Value{}, now, true};
    }
    slot->touched = now;
    return slot->value;
  }
  void erase(const Key& key) {
    if (Slot* slot = lookup(key)) *slot = Slot{};
  }
  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }

 private:
  struct Slot {
    Key key{};
    Value value{};
    MonoTime touched{};
    bool used = false;
  };
  [[nodiscard]] Slot* first_of(const Key& key) { return &slots_[key.mix(salt_) % (slots_.size() / kWays) * kWays]; }
  [[nodiscard]] Slot* lookup(const Key& key) {
    Slot* first = first_of(key);
    for (std::size_t i = 0; i < kWays; ++i) {
      if (first[i].used && first[i].key == key) return first + i;
    }
    return nullptr;
  }

  std::uint64_t salt_;
  std::vector<Slot> slots_;
};

/// 64 well mixed bits of some bytes (FNV-1a, then the finish of SplitMix64); the salt keeps others from aiming at a set.
[[nodiscard]] inline std::uint64_t mix_bytes(ByteView bytes, std::uint64_t salt) noexcept {
  std::uint64_t word = salt ^ 0xCBF29CE484222325ULL;
  for (const auto b : bytes) word = (word ^ b) * 0x100000001B3ULL + (word >> 29);
  word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9ULL;
  word = (word ^ (word >> 27)) * 0x94D049BB133111EBULL;
  return word ^ (word >> 31);
}

/// One source as security rule S6 counts it: an IPv4 address or an IPv6 /64.
struct SourceKey {
  IpAddress address;
  SourceKey() = default;
  explicit SourceKey(const IpAddress& from) : address(from) {
    if (from.is_v4()) return;
    auto bytes = from.bytes();
    for (std::size_t i = 8; i < bytes.size(); ++i) bytes[i] = 0;
    address = IpAddress::v6(bytes);
  }
  friend bool operator==(const SourceKey&, const SourceKey&) = default;
  [[nodiscard]] std::uint64_t mix(std::uint64_t salt) const noexcept { return mix_bytes(address.bytes(), salt); }
};

/// A node by its id.
struct NodeKey {
  std::array<std::uint8_t, 20> id{};
  friend bool operator==(const NodeKey&, const NodeKey&) = default;
  [[nodiscard]] std::uint64_t mix(std::uint64_t salt) const noexcept { return mix_bytes(id, salt); }
};

/// An exchange with one endpoint.
struct ExchangeKey {
  Endpoint endpoint;
  std::uint32_t transaction = 0;
  friend bool operator==(const ExchangeKey&, const ExchangeKey&) = default;
  [[nodiscard]] std::uint64_t mix(std::uint64_t salt) const noexcept {
    return mix_bytes(endpoint.address.bytes(), salt ^ (std::uint64_t{transaction} << 16) ^ endpoint.port);
  }
};

/// What may still pass: full at the start, refilled evenly. `capacity` 0: everything.
struct Allowance {
  std::uint64_t used = 0;
  MonoTime since{};

  [[nodiscard]] bool take(MonoTime now, std::uint64_t want, std::uint64_t capacity, std::chrono::milliseconds refill) {
    if (capacity == 0) return true;
    if (used == 0) since = now;
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - since);
    const auto gained = passed >= refill ? used : capacity * static_cast<std::uint64_t>(passed.count()) / static_cast<std::uint64_t>(refill.count());
    if (gained > 0) {
      used -= std::min(used, gained);
      since = now;
    }
    if (used + want > capacity) return false;
    used += want;
    return true;
  }
};

}  // namespace soulfabric::mesh

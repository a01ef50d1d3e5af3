// SPDX-License-Identifier: GPL-3.0-or-later
// Pieces that several ask for, kept in memory: the least lately used go first. A piece comes in when it is asked for a second time, so
// that one long transfer does not wash the others out. Sans-IO.
#pragma once
#include <list>
#include <map>
#include <memory>
#include <set>

#include "soulfabric/library/manifest.hpp"

namespace soulfabric::relay {

class PieceCache {
 public:
  using Part = std::shared_ptr<const Bytes>;  // a piece as it is sent, its head in front
  struct Key {
    library::ContentId id;
    std::uint32_t piece = 0;
    friend auto operator<=>(const Key&, const Key&) = default;
  };
  explicit PieceCache(std::uint64_t most) : most_(most) {}
  /// Bytes; what is too much goes at once.
  void configure(std::uint64_t most);

  /// Counts as a use. Nothing where it is not here.
  [[nodiscard]] Part find(const Key& key);
  /// Somebody asks for a piece that is not here: whether it was asked for lately and so is worth keeping.
  [[nodiscard]] bool note(const Key& key);
  /// Proven bytes only. What takes more than an eighth of the room is not kept.
  void insert(const Key& key, Part part);
  /// The content is not served any more.
  void drop(const library::ContentId& id);
  /// Ids of which something is here.
  [[nodiscard]] std::set<library::ContentId> contents() const;
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t size() const noexcept { return pieces_.size(); }

  static constexpr std::size_t kAskedKept = 16 * 1024;  // pieces that were asked for once

 private:
  struct Entry {
    Part part;
    std::list<Key>::iterator use;
  };
  void shrink(std::uint64_t most);
  std::uint64_t most_;
  std::uint64_t bytes_ = 0;
  std::map<Key, Entry> pieces_;
  std::list<Key> uses_;  // the last one first
  std::map<Key, std::list<Key>::iterator> asked_;
  std::list<Key> asked_order_;  // the oldest first
};

}  // namespace soulfabric::relay

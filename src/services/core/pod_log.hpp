// SPDX-License-Identifier: GPL-3.0-or-later
// The messages of one pod as a node has them: in the owner's order, each once, removals applied, no more and no longer than allowed. Pure.
#pragma once
#include <algorithm>
#include <map>
#include <vector>

#include "wire/pod_signed.hpp"

namespace soulfabric::services {

constexpr std::size_t kLogBytes = 1024 * 1024;  // of message text, per pod

class PodLog {
 public:
  /// What is to be done in the database.
  struct Change {
    std::vector<std::uint64_t> stored;
    std::vector<std::uint64_t> erased;
    [[nodiscard]] bool empty() const noexcept { return stored.empty() && erased.empty(); }
  };

  /// An entry whose signatures were checked, `id` its message's or removal's. Nothing happens where it is known or was removed.
  Change insert(PodEntry entry, const MessageId& id);
  /// Drops what is older than `oldest` (sequences are the host's microseconds), then the oldest over the caps.
  Change prune(std::uint64_t oldest, std::size_t entries);
  /// Entries after `since`, ascending, within both caps; at least one where there is any.
  [[nodiscard]] std::vector<PodEntry> page(std::uint64_t since, std::size_t entries, std::size_t bytes) const;
  [[nodiscard]] const PodEntry* find(const MessageId& id) const;
  [[nodiscard]] const std::map<std::uint64_t, PodEntry>& entries() const noexcept { return entries_; }
  /// The highest sequence seen, also where its entry is gone; 0 before the first.
  [[nodiscard]] std::uint64_t head() const noexcept { return head_; }
  void raise_head(std::uint64_t seq) noexcept { head_ = std::max(head_, seq); }

  /// Everything up to here is known: catching up goes on after it. An entry that follows it directly moves it on.
  [[nodiscard]] std::uint64_t known_until() const noexcept { return known_until_; }
  void follow(const PodEntry& entry) noexcept;
  void raise_known(std::uint64_t seq) noexcept { known_until_ = std::max(known_until_, seq); }

 private:
  void drop(std::uint64_t seq, Change& change);
  std::map<std::uint64_t, PodEntry> entries_;
  std::map<MessageId, std::uint64_t> by_id_;
  std::size_t text_bytes_ = 0;
  std::uint64_t head_ = 0;
  std::uint64_t known_until_ = 0;
};

}  // namespace soulfabric::services

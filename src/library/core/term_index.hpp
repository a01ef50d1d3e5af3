// SPDX-License-Identifier: GPL-3.0-or-later
// The words of a snapshot, in order of their reversed bytes: one word by hash, all words with an ending as one range.
#pragma once
#include <optional>
#include <string_view>

#include "core/snapshot_parts.hpp"

namespace soulfabric::library {

/// Order of the vocabulary: by bytes from the end of the word.
[[nodiscard]] bool is_before_reversed(std::string_view a, std::string_view b) noexcept;

/// Words [first, end).
struct TermRange {
  std::uint32_t first = 0;
  std::uint32_t end = 0;
};

class TermIndex {
 public:
  explicit TermIndex(const Snapshot& snapshot) noexcept;
  [[nodiscard]] std::uint32_t size() const noexcept { return count_; }
  [[nodiscard]] std::string_view text(std::uint32_t term) const noexcept;
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view word) const noexcept;
  [[nodiscard]] TermRange with_suffix(std::string_view suffix) const noexcept;
  [[nodiscard]] ByteView posting(std::uint32_t term) const noexcept { return postings({term, term + 1}); }
  /// All postings of the range: they follow each other.
  [[nodiscard]] ByteView postings(TermRange range) const noexcept;

 private:
  std::uint32_t count_;
  ByteView text_, postings_;
  Table<std::uint32_t> text_offsets_, posting_offsets_;
  Table<std::uint64_t> hash_;
};

}  // namespace soulfabric::library

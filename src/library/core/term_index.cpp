// SPDX-License-Identifier: GPL-3.0-or-later
// Looking up words.
#include "core/term_index.hpp"

#include <algorithm>

namespace soulfabric::library {

bool is_before_reversed(std::string_view a, std::string_view b) noexcept {
  return std::lexicographical_compare(a.rbegin(), a.rend(), b.rbegin(), b.rend(),
                                      [](char x, char y) { return static_cast<unsigned char>(x) < static_cast<unsigned char>(y); });
}

TermIndex::TermIndex(const Snapshot& snapshot) noexcept
    : count_(snapshot.parts_->header.term_count),
      text_(snapshot.parts_->section(Section::TermText)),
      postings_(snapshot.parts_->section(Section::Postings)),
      text_offsets_(snapshot.parts_->term_text_offsets),
      posting_offsets_(snapshot.parts_->term_postings),
      hash_(snapshot.parts_->term_hash) {}

std::string_view TermIndex::text(std::uint32_t term) const noexcept {
  return text_of(slice(text_, text_offsets_[term], text_offsets_[std::size_t{term} + 1]));
}

std::optional<std::uint32_t> TermIndex::find(std::string_view word) const noexcept {
  constexpr std::uint64_t kIdBits = 0xFFFFFFFFULL;
  const std::uint64_t hash = hash64(bytes_of(word));
  std::size_t slot = hash & (hash_.size() - 1);
  for (std::size_t probed = 0; probed < hash_.size(); ++probed, slot = (slot + 1) & (hash_.size() - 1)) {
    const std::uint64_t entry = hash_[slot];
    if (entry == 0) break;
    const auto term = static_cast<std::uint32_t>((entry & kIdBits) - 1);
    if (((entry ^ hash) & ~kIdBits) == 0 && term < count_ && text(term) == word) return term;
  }
  return std::nullopt;
}

TermRange TermIndex::with_suffix(std::string_view suffix) const noexcept {
  const auto first_where = [&](auto is_past) {
    std::uint32_t low = 0;
    for (std::uint32_t high = count_; low < high;) {
      const std::uint32_t middle = low + (high - low) / 2;
      if (is_past(text(middle))) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  };
  TermRange range;
  range.first = first_where([&](std::string_view word) { return !is_before_reversed(word, suffix); });
  range.end = first_where([&](std::string_view word) { return !is_before_reversed(word, suffix) && !word.ends_with(suffix); });
  return range;
}

ByteView TermIndex::postings(TermRange range) const noexcept {
  return slice(postings_, std::uint64_t{posting_offsets_[range.first]} * 2, std::uint64_t{posting_offsets_[range.end]} * 2);
}

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// From words in file order to postings in order of reversed words.
#include "core/posting_builder.hpp"

#include <algorithm>
#include <numeric>

#include "core/term_index.hpp"
#include "core/words.hpp"

namespace soulfabric::library {
namespace {

constexpr std::size_t kLinkBytes = 6;  // u32 next block, u16 capacity
constexpr unsigned kFirstCapacity = 8;
constexpr unsigned kLastCapacity = 256;

}  // namespace

std::uint32_t PostingBuilder::term_of(std::string_view word) {
  const std::uint32_t term = words_.intern(word);
  if (term == chains_.size()) {
    chains_.emplace_back();
    folder_mark_.push_back(0);
    file_mark_.push_back(0);
  }
  return term;
}

void PostingBuilder::add_folder(std::string_view virtual_path, std::uint32_t first, std::uint32_t end) {
  ++folder_;
  lower_into(virtual_path, lowered_);
  for_each_word(lowered_, [&](std::string_view word) {
    const std::uint32_t term = term_of(word);
    if (std::exchange(folder_mark_[term], folder_) != folder_) append(term, {first, end});
  });
}

bool PostingBuilder::add_file(std::uint32_t id, std::string_view leaf) {
  lower_into(leaf, lowered_);
  for_each_word(lowered_, [&](std::string_view word) {
    const std::uint32_t term = term_of(word);
    if (folder_mark_[term] == folder_) return;
    if (std::exchange(file_mark_[term], id + 1) != id + 1) append(term, {id, id + 1});
  });
  return !is_full_;
}

void PostingBuilder::append(std::uint32_t term, FileRun run) {
  Chain& chain = chains_[term];
  const std::uint32_t gap = run.first - chain.next_file;
  const bool is_long = run.end - run.first > 1;
  put(chain, (std::uint64_t{gap} << 1U) | (is_long ? 1U : 0U));
  if (is_long) put(chain, run.end - run.first);
  chain.next_file = run.end;
}

void PostingBuilder::put(Chain& chain, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) put_byte(chain, static_cast<std::uint8_t>(value | 0x80U));
  put_byte(chain, static_cast<std::uint8_t>(value));
}

void PostingBuilder::put_byte(Chain& chain, std::uint8_t byte) {
  if (chain.used == chain.capacity) {
    const unsigned capacity = chain.capacity == 0 ? kFirstCapacity : std::min(chain.capacity * 2U, kLastCapacity);
    std::uint32_t block = 0;
    std::uint8_t* at = blocks_.take(kLinkBytes + capacity, block);
    if (at == nullptr) {
      is_full_ = true;
      return;
    }
    if (chain.capacity == 0) {
      chain.first_block = block;
    } else {
      std::memcpy(blocks_.at(chain.last_block), &block, sizeof block);
    }
    chain.last_block = block;
    chain.capacity = static_cast<std::uint16_t>(capacity);
    chain.used = 0;
    std::memcpy(at + 4, &chain.capacity, sizeof chain.capacity);
  }
  blocks_.at(chain.last_block)[kLinkBytes + chain.used++] = byte;
}

void PostingBuilder::read(const Chain& chain, std::vector<FileRun>& runs) const {
  runs.clear();
  std::uint32_t block = chain.first_block;
  unsigned at = 0;
  const auto end_of = [&](std::uint32_t b) { return b == chain.last_block ? unsigned{chain.used} : load<std::uint16_t>(blocks_.at(b) + 4); };
  const auto has_more = [&] { return block != chain.last_block || at < chain.used; };
  const auto next = [&] {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      if (at == end_of(block)) {
        block = load<std::uint32_t>(blocks_.at(block));
        at = 0;
      }
      const std::uint8_t byte = blocks_.at(block)[kLinkBytes + at++];
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
  };
  std::uint32_t file = 0;
  while (chain.capacity != 0 && has_more()) {
    const std::uint64_t head = next();
    file += static_cast<std::uint32_t>(head >> 1U);
    const std::uint32_t length = (head & 1U) != 0 ? static_cast<std::uint32_t>(next()) : 1;
    if (!runs.empty() && runs.back().end == file) {
      runs.back().end += length;
    } else {
      runs.push_back({file, file + length});
    }
    file += length;
  }
}

Result<std::uint32_t> PostingBuilder::write(BlobWriter& blob) {
  const auto too_large = [] { return fail(Errc::TooLarge, "The shares have too many different words to be searched: share fewer files."); };
  if (is_full_) return too_large();
  std::vector<std::uint32_t> order(words_.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return is_before_reversed(words_[a], words_[b]); });
  std::vector<std::uint64_t> slots(std::bit_ceil(order.size() * 4 / 3 + 2), 0);
  std::vector<FileRun> runs;
  PagedBytes& text = blob[Section::TermText];
  PagedBytes& postings = blob[Section::Postings];
  constexpr std::uint64_t kMaxOffset = 0xFFFFFFFFULL;
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    const std::string_view word = words_[order[i]];
    blob[Section::TermTextOffsets].put(static_cast<std::uint32_t>(text.size()));
    blob[Section::TermPostings].put(static_cast<std::uint32_t>(postings.size() / 2));
    text.append(bytes_of(word));
    read(chains_[order[i]], runs);
    if (!write_posting(runs, postings) || text.size() > kMaxOffset || postings.size() / 2 > kMaxOffset) return too_large();
    const std::uint64_t hash = hash64(bytes_of(word));
    std::size_t slot = hash & (slots.size() - 1);
    while (slots[slot] != 0) slot = (slot + 1) & (slots.size() - 1);
    slots[slot] = (hash & ~kMaxOffset) | (i + 1);
  }
  blob[Section::TermTextOffsets].put(static_cast<std::uint32_t>(text.size()));
  blob[Section::TermPostings].put(static_cast<std::uint32_t>(postings.size() / 2));
  for (const std::uint64_t slot : slots) blob[Section::TermHash].put(slot);
  return static_cast<std::uint32_t>(order.size());
}

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// Searching a snapshot: words are intersected chunk by chunk of 65,536 files, in order, until the answer is full.
#include <algorithm>

#include "core/path_text.hpp"
#include "core/postings.hpp"
#include "core/snapshot_parts.hpp"
#include "core/term_index.hpp"

namespace soulfabric::library {
namespace {

// Measured on the bench corpus: looking at the text of one file; adding to a union one word, a byte of its lists, a byte of its bitmaps.
constexpr double kInspectNs = 300;
constexpr double kUnionWordNs = 15;
constexpr double kUnionListByteNs = 0.5;
constexpr double kUnionByteNs = 0.1;
constexpr double kMostListBytes = 4'096;  // of one word, on average
/// A union that is cheaper than this is made at once.
constexpr double kCheapUnionNs = 15'000;
/// Up to so many words the union is made chunk by chunk, where a chunk has more than so many candidates.
constexpr std::uint32_t kFewWords = 16;
constexpr std::size_t kFewCandidates = 16;

/// One `*x` or `-*x`. Either candidates are looked at one by one, or the files of all words with the ending are united first: which is
/// cheaper depends on how soon the answer is full, so it looks first, and unites when it has looked for as long as uniting takes.
struct EndingFilter {
  std::string_view suffix;
  TermRange terms;
  bool is_wanted = true;
  double looks_left = 0;
  std::vector<std::uint64_t> files;    // the union, empty until made
  std::vector<PostingCursor> cursors;  // few words only
  std::uint32_t done_chunk = PostingCursor::kNoChunk;
};

/// The words of the query, or of one exclusion.
class Conjunction {
 public:
  /// False where one of the words is in no path.
  bool add(const TermIndex& terms, std::string_view word) {
    const auto term = terms.find(word);
    if (!term) return false;
    cursors_.emplace_back(terms.posting(*term));
    return true;
  }
  /// The first chunk at or after `chunk` in which every word has files.
  std::uint32_t next_chunk(std::uint32_t chunk) noexcept {
    for (std::size_t agreed = 0, i = 0; agreed < cursors_.size(); i = (i + 1) % cursors_.size()) {
      const std::uint32_t next = cursors_[i].next_chunk(chunk);
      if (next == PostingCursor::kNoChunk) return next;
      agreed = next == chunk ? agreed + 1 : 1;
      chunk = next;
    }
    return chunk;
  }
  /// False where some word has no file in the chunk; else the files that have all.
  bool files_of(std::uint32_t chunk, ChunkSet& out) {
    containers_.clear();
    for (PostingCursor& cursor : cursors_) {
      const Container* container = cursor.seek(chunk);
      if (container == nullptr) return false;
      containers_.push_back(container);
    }
    std::sort(containers_.begin(), containers_.end(),
              [](const Container* a, const Container* b) { return a->cardinality < b->cardinality; });
    if (containers_.size() == 1) {
      out.assign(*containers_.front());
      return true;
    }
    out.assign_both(*containers_[0], *containers_[1]);
    for (std::size_t i = 2; i < containers_.size() && !out.is_empty(); ++i) {
      if (containers_[i]->cardinality < kChunkFiles) out.intersect(*containers_[i]);
    }
    return !out.is_empty();
  }
  void subtract_from(std::uint32_t chunk, ChunkSet& set) {
    if (cursors_.size() == 1) {
      const Container* container = cursors_.front().seek(chunk);
      if (container != nullptr) set.subtract(*container);
      return;
    }
    ChunkSet excluded;
    if (files_of(chunk, excluded)) set.subtract(excluded);
  }

 private:
  std::vector<PostingCursor> cursors_;
  std::vector<const Container*> containers_;
};

}  // namespace

class SnapshotSearch {
 public:
  SnapshotSearch(const Snapshot& snapshot, const Query& query, const SearchLimits& limits)
      : snapshot_(snapshot), query_(query), limits_(limits), terms_(snapshot), text_(snapshot) {}

  std::vector<FileId> run() {
    if (limits_.max_files == 0 || snapshot_.visible_file_count(limits_.network) == 0 || !prepare()) return {};
    ChunkSet set;
    for (std::uint32_t chunk = 0; (chunk = words_.next_chunk(chunk)) != PostingCursor::kNoChunk; ++chunk) {
      if (!words_.files_of(chunk, set)) continue;
      narrow(chunk, set);
      const bool goes_on = set.for_each([&](std::uint32_t offset) { return consider(chunk * kChunkFiles + offset); });
      if (!goes_on) break;
    }
    return std::move(found_);
  }

 private:
  /// False where nothing can match.
  bool prepare() {
    if (query_.words.empty()) return false;
    for (const std::string& word : query_.words) {
      if (!words_.add(terms_, word)) return false;
    }
    for (const std::string& suffix : query_.suffixes) {
      const TermRange range = terms_.with_suffix(suffix);
      if (range.first == range.end) return false;
      if (range.end - range.first == 1) {
        words_.add(terms_, terms_.text(range.first));
      } else {
        add_ending(suffix, range, true);
      }
    }
    for (const Query::Exclusion& exclusion : query_.excluded) add_exclusion(exclusion);
    needs_text_ = !query_.phrases.empty() || !text_exclusions_.empty() || (limits_.excluded != nullptr && !limits_.excluded->empty());
    return true;
  }

  void add_exclusion(const Query::Exclusion& exclusion) {
    if (exclusion.words.empty()) {
      const TermRange range = terms_.with_suffix(exclusion.suffix);
      if (range.first != range.end) add_ending(exclusion.suffix, range, false);
      return;
    }
    if (exclusion.is_phrase || !exclusion.suffix.empty()) {
      text_exclusions_.push_back(&exclusion);
      return;
    }
    Conjunction words;
    for (const std::string& word : exclusion.words) {
      if (!words.add(terms_, word)) return;  // a word of no path excludes nothing
    }
    exclusions_.push_back(std::move(words));
  }

  void add_ending(std::string_view suffix, TermRange range, bool is_wanted) {
    EndingFilter filter;
    filter.suffix = suffix;
    filter.terms = range;
    filter.is_wanted = is_wanted;
    const std::uint32_t words = range.end - range.first;
    const auto bytes = static_cast<double>(terms_.postings(range).size());
    const double union_ns = words * kUnionWordNs + std::min(bytes, words * kMostListBytes) * kUnionListByteNs + bytes * kUnionByteNs;
    filter.looks_left = union_ns / kInspectNs;
    if (words <= kFewWords) {
      for (std::uint32_t term = range.first; term < range.end; ++term) filter.cursors.emplace_back(terms_.posting(term));
    } else if (union_ns < kCheapUnionNs) {
      unite(filter);
    }
    endings_.push_back(std::move(filter));
  }

  void unite(EndingFilter& filter) const {
    filter.files.assign((std::size_t{snapshot_.file_count()} + 63) / 64, 0);
    for (std::uint32_t term = filter.terms.first; term < filter.terms.end; ++term) add_to_bitmap(terms_.posting(term), filter.files);
  }

  /// What can be decided for a whole chunk.
  void narrow(std::uint32_t chunk, ChunkSet& set) {
    const auto words_of_chunk = [chunk](ByteView bitmap) { return slice(bitmap, std::uint64_t{chunk} * (kChunkFiles / 8), bitmap.size()); };
    if (const ByteView visible = snapshot_.parts_->visible(limits_.network); !visible.empty()) set.intersect_words(words_of_chunk(visible));
    for (EndingFilter& filter : endings_) {
      if (!filter.files.empty()) {
        const ByteView bitmap(reinterpret_cast<const std::uint8_t*>(filter.files.data()), filter.files.size() * 8);
        keep(set, words_of_chunk(bitmap), filter.is_wanted);
      } else if (!filter.cursors.empty() && !set.is_small(kFewCandidates)) {
        ChunkSet with_ending;
        with_ending.clear();
        for (PostingCursor& cursor : filter.cursors) {
          if (const Container* container = cursor.seek(chunk)) with_ending.unite(*container);
        }
        keep(set, with_ending.words(), filter.is_wanted);
        filter.done_chunk = chunk;
      }
    }
    for (Conjunction& exclusion : exclusions_) {
      if (!set.is_empty()) exclusion.subtract_from(chunk, set);
    }
  }

  static void keep(ChunkSet& set, ByteView words, bool is_wanted) {
    if (is_wanted) {
      set.intersect_words(words);
    } else {
      set.subtract_words(words);
    }
  }

  /// Takes the file or not; false when the answer is complete.
  bool consider(std::uint32_t id) {
    if (id >= snapshot_.file_count()) return true;
    for (EndingFilter& filter : endings_) {
      if (!passes(filter, id)) return true;
    }
    if (needs_text_) {
      if (++inspected_ > limits_.max_inspected) return false;
      text_.look_at(FileId{id});
      if (!passes_text()) return true;
    }
    found_.push_back(FileId{id});
    return found_.size() < limits_.max_files;
  }

  bool passes(EndingFilter& filter, std::uint32_t id) {
    if (filter.files.empty()) {
      if (filter.done_chunk == id / kChunkFiles) return true;
      if (!filter.cursors.empty() || filter.looks_left-- > 0) {
        text_.look_at(FileId{id});
        return text_.has_word_ending_in(filter.suffix) == filter.is_wanted;
      }
      unite(filter);
    }
    return (((filter.files[id / 64] >> (id % 64)) & 1U) != 0) == filter.is_wanted;
  }

  bool passes_text() {
    for (const auto& phrase : query_.phrases) {
      if (!text_.has_phrase(phrase)) return false;
    }
    for (const Query::Exclusion* exclusion : text_exclusions_) {
      if (text_.is_excluded_by(*exclusion)) return false;
    }
    return limits_.excluded == nullptr || !limits_.excluded->matches(text_.lowered());
  }

  const Snapshot& snapshot_;
  const Query& query_;
  const SearchLimits& limits_;
  TermIndex terms_;
  PathText text_;
  Conjunction words_;
  std::vector<EndingFilter> endings_;
  std::vector<Conjunction> exclusions_;
  std::vector<const Query::Exclusion*> text_exclusions_;
  bool needs_text_ = false;
  std::size_t inspected_ = 0;
  std::vector<FileId> found_;
};

std::vector<FileId> Snapshot::search(const Query& query, const SearchLimits& limits) const {
  return SnapshotSearch(*this, query, limits).run();
}

}  // namespace soulfabric::library

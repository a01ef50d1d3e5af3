// SPDX-License-Identifier: GPL-3.0-or-later
// Which files have a word: the stored form, and sets of files within one chunk of 65,536 ids.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "core/blob.hpp"
#include "core/paged_bytes.hpp"

namespace soulfabric::library {

/// Files [first, end).
struct FileRun {
  std::uint32_t first;
  std::uint32_t end;
};

inline constexpr std::uint32_t kChunkFiles = 65'536;
inline constexpr std::size_t kChunkWords = kChunkFiles / 64;
/// Rare words list their files as u32, without chunks.
inline constexpr std::size_t kMaxListed = 32;
/// Beyond this many entries a bitmap is used although an array or runs would be smaller: popular words are intersected word by word.
inline constexpr std::size_t kMaxArray = 512;
inline constexpr std::size_t kMaxRuns = 256;

enum class ContainerKind : std::uint8_t { Array, Runs, Bitmap };

/// The files of one word in one chunk. Array: u16 each; Runs: u16 first, u16 length - 1 each; Bitmap: 8 KiB.
struct Container {
  std::uint32_t chunk = 0;
  ContainerKind kind = ContainerKind::Array;
  std::uint32_t count = 0;        // array entries or runs
  std::uint32_t cardinality = 0;  // files
  const std::uint8_t* data = nullptr;
};

/// Stored form: u16 head. Top bit clear: that many u32 ids follow. Top bit set: that many container heads of three u16 (chunk, kind << 14 |
/// count, cardinality - 1), then their data in the same order. `runs` ascend and do not touch. Returns false where there are too many.
[[nodiscard]] bool write_posting(const std::vector<FileRun>& runs, PagedBytes& out);

/// Goes through the containers of one posting in ascending order.
class PostingCursor {
 public:
  PostingCursor() = default;
  explicit PostingCursor(ByteView posting) noexcept;
  /// The container of `chunk`, or null; chunks must be asked for in ascending order. Valid until the next
  /// call, or until the cursor is moved.
  [[nodiscard]] const Container* seek(std::uint32_t chunk) noexcept;
  /// The chunk of the first container at or after `chunk`; kNoChunk at the end.
  [[nodiscard]] std::uint32_t next_chunk(std::uint32_t chunk) noexcept;
  static constexpr std::uint32_t kNoChunk = 0xFFFFFFFFU;

 private:
  void advance() noexcept;
  Container current_;
  bool has_current_ = false;
  bool is_listed_ = false;
  std::uint32_t left_ = 0;  // containers, or listed ids, not yet taken
  ByteView heads_;
  ByteView data_;
  std::array<std::uint16_t, kMaxListed> listed_{};  // low halves of the listed ids of the current chunk
};

/// Sets the bit of every file of a posting; ids beyond the bitmap are left out.
void add_to_bitmap(ByteView posting, std::vector<std::uint64_t>& bitmap) noexcept;

/// Some files of one chunk, as sorted array or as bitmap.
class ChunkSet {
 public:
  void assign(const Container& container) noexcept;
  /// The files of both.
  void assign_both(const Container& a, const Container& b) noexcept;
  /// No file, ready for unite().
  void clear() noexcept;
  /// Adds files; only after clear().
  void unite(const Container& container) noexcept;
  void intersect(const Container& container) noexcept;
  void subtract(const Container& container) noexcept;
  /// `words` covers this chunk's files from the first; what lies beyond is not in it.
  void intersect_words(ByteView words) noexcept;
  void subtract_words(ByteView words) noexcept;
  void subtract(const ChunkSet& other) noexcept;
  /// The bitmap made by clear() and unite().
  [[nodiscard]] ByteView words() const noexcept { return {reinterpret_cast<const std::uint8_t*>(bits_.data()), sizeof bits_}; }
  /// A bitmap counts as not empty.
  [[nodiscard]] bool is_empty() const noexcept { return !is_bitmap_ && size_ == 0; }
  [[nodiscard]] bool is_small(std::size_t most) const noexcept { return !is_bitmap_ && size_ <= most; }
  /// Calls take(u32 offset in the chunk) in ascending order until it returns false; false then.
  template <class Take>
  bool for_each(Take&& take) const {
    if (!is_bitmap_) {
      for (std::size_t i = 0; i < size_; ++i) {
        if (!take(std::uint32_t{array_[i]})) return false;
      }
      return true;
    }
    for (std::uint32_t w = 0; w < kChunkWords; ++w) {
      for (std::uint64_t word = bits_[w]; word != 0; word &= word - 1) {
        if (!take(w * 64 + static_cast<std::uint32_t>(std::countr_zero(word)))) return false;
      }
    }
    return true;
  }

 private:
  [[nodiscard]] bool has_bit(std::uint32_t i) const noexcept { return ((bits_[i / 64] >> (i % 64)) & 1U) != 0; }
  void set_range(std::uint32_t first, std::uint32_t end) noexcept;
  void clear_range(std::uint32_t first, std::uint32_t end) noexcept;
  /// First entry of the array at or after `from` that is not below `value`.
  [[nodiscard]] std::size_t find_entry(std::size_t from, std::uint32_t value) const noexcept;
  /// Keeps the entries of the array whose membership in bits_ is `wanted`.
  void probe_array(bool wanted) noexcept;
  /// Keeps the entries of the array whose membership in `container` is `wanted`.
  void filter_array(const Container& container, bool wanted) noexcept;

  static constexpr std::size_t kCapacity = kMaxArray;
  bool is_bitmap_ = false;
  std::size_t size_ = 0;
  std::array<std::uint16_t, kCapacity> array_;
  std::array<std::uint64_t, kChunkWords> bits_;  // of no meaning while the array is used
};

}  // namespace soulfabric::library

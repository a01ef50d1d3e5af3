// SPDX-License-Identifier: GPL-3.0-or-later
// The flat form of a snapshot: a header, then sections, each with its checksum; every read of it is bounds-checked.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::library {

static_assert(std::endian::native == std::endian::little, "the cache file is little-endian as it lies in memory");

enum class Section : std::uint8_t {
  Shares,            // per share: varint length, alias, varint length, root
  FolderPaths,       // u32 offset into FolderText, count + 1
  FolderText,        // virtual paths, one after the other, in byte order
  FolderFirstFile,   // u32, count + 1
  FolderShare,       // u32 each
  FolderHash,        // power of two slots of u32: 0 or folder id + 1, by hash of the lower-cased path
  FileBlocks,        // u32 offset into FileRecords for every 4th file, and the end
  FileRecords,       // varint length, leaf, varint size, varint format, varint duration where the format has one
  Formats,           // Format each
  RawFolders,        // u32 folder id, u32 offset into RawText: real names that differ from the shown ones
  RawFiles,          // u32 file id, u32 offset into RawText
  RawText,           // varint length, bytes
  SoulseekFiles,     // bitmap of u64, absent where all files are visible
  MeshFiles,         // the same
  TermTextOffsets,   // u32 offset into TermText, count + 1
  TermText,          // words in order of their reversed bytes
  TermPostings,      // u32 offset into Postings in units of two bytes, count + 1
  TermHash,          // power of two slots of u64: 0 or (hash & ~0xffffffff) | term id + 1
  Postings,
  kCount,
};
inline constexpr std::size_t kSectionCount = static_cast<std::size_t>(Section::kCount);
inline constexpr std::uint64_t kBlobMagic = 0x3130584449424653ULL;  // "SFBIDX01"
inline constexpr std::uint32_t kFilesPerBlock = 4;
inline constexpr std::size_t kSectionAlignment = 64;

struct BlobHeader {
  struct Range {
    std::uint64_t offset;
    std::uint64_t size;
    std::uint64_t hash;
  };
  std::uint64_t magic;
  std::uint64_t header_hash;  // of all that follows in the header
  std::uint64_t total_size;
  std::uint64_t stamp;
  std::uint32_t file_count;
  std::uint32_t folder_count;
  std::uint32_t term_count;
  std::uint32_t share_count;
  std::uint32_t visible_files[2];    // Soulseek, mesh
  std::uint32_t visible_folders[2];
  std::array<Range, kSectionCount> sections;
};
static_assert(std::is_trivially_copyable_v<BlobHeader> && sizeof(BlobHeader) == 64 + kSectionCount * 24);

/// All of a file's properties that many files share.
struct Format {
  enum Flag : std::uint8_t { kBitrate = 1, kDuration = 2, kVbrKnown = 4, kVbr = 8, kSampleRate = 16, kBitDepth = 32 };
  std::uint8_t flags;
  std::uint8_t networks;
  std::uint16_t unused;
  std::uint32_t bitrate;
  std::uint32_t sample_rate;
  std::uint32_t bit_depth;
  bool operator==(const Format&) const = default;
};
static_assert(sizeof(Format) == 16);

template <class T>
[[nodiscard]] T load(const std::uint8_t* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

/// Array of T in a section; an index out of range reads as T{}.
template <class T>
class Table {
 public:
  Table() = default;
  explicit Table(ByteView bytes) noexcept : data_(bytes.data()), size_(bytes.size() / sizeof(T)) {}
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] T operator[](std::size_t i) const noexcept { return i < size_ ? load<T>(data_ + i * sizeof(T)) : T{}; }

 private:
  const std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

/// Reads forward within a section; past its end everything is 0 or empty.
class Reader {
 public:
  Reader(ByteView bytes, std::uint64_t at) noexcept : bytes_(bytes), at_(at < bytes.size() ? at : bytes.size()) {}
  [[nodiscard]] std::uint64_t varint() noexcept {
    if (at_ < bytes_.size() && bytes_[at_] < 0x80) return bytes_[at_++];
    return long_varint();
  }
  [[nodiscard]] std::string_view text(std::uint64_t length) noexcept {
    const std::uint64_t left = bytes_.size() - at_;
    const std::uint64_t taken = length < left ? length : left;
    const std::string_view out = text_of(bytes_.subspan(at_, taken));
    at_ += taken;
    return out;
  }
  [[nodiscard]] std::uint64_t at() const noexcept { return at_; }

 private:
  [[nodiscard]] std::uint64_t long_varint() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && at_ < bytes_.size(); shift += 7) {
      const std::uint8_t byte = bytes_[at_++];
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
  ByteView bytes_;
  std::uint64_t at_;
};

/// Bytes [offset, end) of a section, cut to what there is.
[[nodiscard]] inline ByteView slice(ByteView section, std::uint64_t offset, std::uint64_t end) noexcept {
  if (end > section.size()) end = section.size();
  if (offset >= end) return {};
  return section.subspan(offset, end - offset);
}

/// Not cryptographic: finds accidents, at memory speed.
[[nodiscard]] std::uint64_t hash64(ByteView bytes) noexcept;

/// A header whose sections lie inside `blob` and whose checksum is right; the sections' own checksums only if `verify`.
[[nodiscard]] Result<BlobHeader> read_header(ByteView blob, bool verify);

}  // namespace soulfabric::library

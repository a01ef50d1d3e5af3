// SPDX-License-Identifier: GPL-3.0-or-later
// Collects which files have which word while files go by in order, each word's files packed as it grows.
#pragma once
#include <string_view>
#include <vector>

#include "core/blob_writer.hpp"
#include "core/postings.hpp"
#include "core/string_pool.hpp"

namespace soulfabric::library {

class PostingBuilder {
 public:
  /// The words of a folder's path stand for all its files [first, end).
  void add_folder(std::string_view virtual_path, std::uint32_t first, std::uint32_t end);
  /// A file of the folder added last; files come in ascending order. False when memory for postings is used up.
  [[nodiscard]] bool add_file(std::uint32_t id, std::string_view leaf);
  /// Writes all term sections; returns the number of words, or nothing where they are too many.
  [[nodiscard]] Result<std::uint32_t> write(BlobWriter& blob);

 private:
  /// A word's runs as varints (gap << 1 | is longer than one file, then the length), in blocks that follow each other.
  struct Chain {
    std::uint32_t first_block = 0;
    std::uint32_t last_block = 0;
    std::uint16_t used = 0;      // bytes of the last block
    std::uint16_t capacity = 0;  // of the last block; 0 when there is none
    std::uint32_t next_file = 0;
  };
  std::uint32_t term_of(std::string_view word);
  void append(std::uint32_t term, FileRun run);
  void put(Chain& chain, std::uint64_t value);
  void put_byte(Chain& chain, std::uint8_t byte);
  void read(const Chain& chain, std::vector<FileRun>& runs) const;

  StringPool words_;
  std::vector<Chain> chains_;
  std::vector<std::uint32_t> folder_mark_;  // per word: the folder, or file, that had it last, + 1
  std::vector<std::uint32_t> file_mark_;
  std::uint32_t folder_ = 0;
  ByteArena blocks_;
  std::string lowered_;
  bool is_full_ = false;
};

}  // namespace soulfabric::library

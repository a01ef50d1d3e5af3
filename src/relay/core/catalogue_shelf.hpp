// SPDX-License-Identifier: GPL-3.0-or-later
// The last good answers on disk: what a file holds, and which files leave when there are too many bytes. Nothing in them says who asked.
// Pure.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/catalogue_memory.hpp"

namespace soulfabric::relay {

constexpr std::size_t kShelfFileCap = 256 * 1024 + 1024;
constexpr std::size_t kShelfNameLength = 64;

/// SHA-256 of the key's text in hexadecimal.
[[nodiscard]] std::string shelf_name(const CatalogueKey& key);
[[nodiscard]] bool is_shelf_name(std::string_view name) noexcept;
[[nodiscard]] Bytes encode_shelved(const CatalogueKey& key, const CatalogueEntry& entry);
/// Corrupt: not an answer to this key, or not as it was written.
[[nodiscard]] Result<CatalogueEntry> decode_shelved(const CatalogueKey& key, ByteView file);

/// Which files there are, by name; the ones written longest ago leave first.
class CatalogueShelf {
 public:
  explicit CatalogueShelf(std::uint64_t cap) : cap_(cap) {}
  void resize(std::uint64_t cap) noexcept { cap_ = cap; }
  /// `order`: less was written earlier; a file that is written anew moves to the end.
  void found(const std::string& name, std::uint64_t bytes, std::int64_t order);
  void written(const std::string& name, std::uint64_t bytes);
  void gone(const std::string& name);
  [[nodiscard]] bool has(const std::string& name) const { return files_.contains(name); }
  /// Names to delete so that the cap holds; they count as gone.
  [[nodiscard]] std::vector<std::string> surplus();
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] std::size_t size() const noexcept { return files_.size(); }

 private:
  struct File {
    std::uint64_t bytes = 0;
    std::int64_t order = 0;
  };
  std::uint64_t cap_;
  std::uint64_t bytes_ = 0;
  std::int64_t last_ = 0;
  std::map<std::string, File> files_;
  std::set<std::pair<std::int64_t, std::string>> by_age_;
};

}  // namespace soulfabric::relay

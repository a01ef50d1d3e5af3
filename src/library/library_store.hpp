// SPDX-License-Identifier: GPL-3.0-or-later
// library.db: one row per folder with what is known of its files. One thread at a time; blocking.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/sqlite.hpp"

namespace soulfabric::library {

struct StoredFolder {
  std::int64_t id = 0;
  std::int64_t root = 0;
  std::string path;  // relative to the root, raw bytes
  Bytes record;      // see core/folder_record.hpp
};

class LibraryStore {
 public:
  [[nodiscard]] static Result<LibraryStore> open(const std::filesystem::path& file);

  /// The number of a share's root by its absolute path; made where new.
  [[nodiscard]] Result<std::int64_t> root_number(const std::string& path);
  /// Forgets every root that is not in `keep`, with its folders.
  [[nodiscard]] Status keep_only_roots(const std::vector<std::int64_t>& keep);

  [[nodiscard]] Result<std::optional<StoredFolder>> find(std::int64_t root, std::string_view path);
  [[nodiscard]] Result<std::optional<StoredFolder>> find(std::int64_t id);
  /// Returns the id.
  [[nodiscard]] Result<std::int64_t> insert(std::int64_t root, std::string_view path, std::uint32_t pending, ByteView record);
  [[nodiscard]] Status update(std::int64_t id, std::uint32_t pending, ByteView record);
  [[nodiscard]] Status remove(std::int64_t id);
  /// Ids of a root's folders, or those of `path` and below only.
  [[nodiscard]] Result<std::vector<std::int64_t>> ids_of(std::int64_t root);
  [[nodiscard]] Result<std::vector<std::int64_t>> ids_below(std::int64_t root, std::string_view path);
  /// The folders directly in `path`.
  [[nodiscard]] Result<std::vector<std::string>> subfolders(std::int64_t root, std::string_view path);
  /// The next folder after `id` that has files whose tags are to be read.
  [[nodiscard]] Result<std::optional<StoredFolder>> next_pending(std::int64_t id);
  [[nodiscard]] Result<std::uint64_t> pending_files();
  [[nodiscard]] Status for_each(const std::function<bool(const StoredFolder&)>& visit);

  /// Changes from here to `commit` are one. Harmless when already begun or not begun.
  [[nodiscard]] Status begin();
  [[nodiscard]] Status commit();

  /// Whether anything changed since the last snapshot was made of it; true also after a crash in between.
  [[nodiscard]] Result<bool> is_stale();
  /// A snapshot with this stamp shows all there is.
  [[nodiscard]] Status mark_built(std::uint64_t stamp);

  [[nodiscard]] Result<std::int64_t> number(std::string_view name, std::int64_t otherwise);
  [[nodiscard]] Status set_number(std::string_view name, std::int64_t value);

 private:
  explicit LibraryStore(Database db) : db_(std::move(db)) {}
  [[nodiscard]] Status prepare_all();
  /// Before the first change after a snapshot, in the same transaction.
  [[nodiscard]] Status mark_stale();
  [[nodiscard]] static Result<std::optional<StoredFolder>> one(SqlStatement& statement);
  [[nodiscard]] static Result<std::vector<std::int64_t>> ids(SqlStatement& statement);

  Database db_;
  SqlStatement find_by_path_;
  SqlStatement find_by_id_;
  SqlStatement insert_;
  SqlStatement update_;
  SqlStatement remove_;
  SqlStatement next_pending_;
  bool is_begun_ = false;
  bool is_marked_ = false;
};

}  // namespace soulfabric::library

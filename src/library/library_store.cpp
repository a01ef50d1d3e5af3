// SPDX-License-Identifier: GPL-3.0-or-later
// The statements behind the rows of library.db.
#include "library_store.hpp"

#include <algorithm>

namespace soulfabric::library {
namespace {

constexpr std::string_view kMigrations[] = {
    "CREATE TABLE numbers(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE roots(id INTEGER PRIMARY KEY AUTOINCREMENT, path BLOB NOT NULL UNIQUE);"
    "CREATE TABLE folders(id INTEGER PRIMARY KEY AUTOINCREMENT, root INTEGER NOT NULL, path BLOB NOT NULL,"
    " pending INTEGER NOT NULL, record BLOB NOT NULL);"
    "CREATE UNIQUE INDEX folders_by_path ON folders(root, path);"
    "CREATE INDEX folders_pending ON folders(id) WHERE pending > 0"};

constexpr std::string_view kColumns = "SELECT id, root, path, record FROM folders ";

std::string from_blob(const Bytes& bytes) { return std::string(text_of(bytes)); }

/// Paths strictly below `path` lie between these two; for the root itself that is every path but "".
std::pair<std::string, std::string> range_below(std::string_view path) {
  if (path.empty()) return {std::string(1, '\0'), std::string(4, '\xFF')};
  return {std::string(path) + "/", std::string(path) + "0"};
}

}  // namespace

Result<LibraryStore> LibraryStore::open(const std::filesystem::path& file) {
  SqlOptions options;
  options.full_sync = false;
  SF_TRY_ASSIGN(Database db, Database::open(file, kMigrations, options));
  LibraryStore store(std::move(db));
  SF_TRY(store.prepare_all());
  return store;
}

Status LibraryStore::prepare_all() {
  const std::string columns(kColumns);
  SF_TRY_ASSIGN(find_by_path_, db_.prepare(columns + "WHERE root=? AND path=?"));
  SF_TRY_ASSIGN(find_by_id_, db_.prepare(columns + "WHERE id=?"));
  SF_TRY_ASSIGN(insert_, db_.prepare("INSERT INTO folders(root, path, pending, record) VALUES(?,?,?,?)"));
  SF_TRY_ASSIGN(update_, db_.prepare("UPDATE folders SET pending=?, record=? WHERE id=?"));
  SF_TRY_ASSIGN(remove_, db_.prepare("DELETE FROM folders WHERE id=?"));
  SF_TRY_ASSIGN(next_pending_, db_.prepare(columns + "WHERE pending > 0 AND id > ? ORDER BY id LIMIT 1"));
  return {};
}

Result<std::optional<StoredFolder>> LibraryStore::one(SqlStatement& statement) {
  SF_TRY_ASSIGN(const bool has_row, statement.step());
  std::optional<StoredFolder> folder;
  if (has_row) folder = StoredFolder{statement.integer(0), statement.integer(1), from_blob(statement.blob(2)), statement.blob(3)};
  statement.reset();
  return folder;
}

Result<std::vector<std::int64_t>> LibraryStore::ids(SqlStatement& statement) {
  std::vector<std::int64_t> out;
  for (;;) {
    SF_TRY_ASSIGN(const bool has_row, statement.step());
    if (!has_row) return out;
    out.push_back(statement.integer(0));
  }
}

Result<std::int64_t> LibraryStore::root_number(const std::string& path) {
  SF_TRY_ASSIGN(SqlStatement select, db_.prepare("SELECT id FROM roots WHERE path=?"));
  SF_TRY_ASSIGN(const bool has_row, select.bind(1, bytes_of(path)).step());
  if (has_row) return select.integer(0);
  SF_TRY_ASSIGN(SqlStatement insert, db_.prepare("INSERT INTO roots(path) VALUES(?)"));
  SF_TRY(insert.bind(1, bytes_of(path)).run());
  return db_.last_row_id();
}

Status LibraryStore::keep_only_roots(const std::vector<std::int64_t>& keep) {
  SF_TRY_ASSIGN(SqlStatement select, db_.prepare("SELECT id FROM roots"));
  SF_TRY_ASSIGN(const std::vector<std::int64_t> known, ids(select));
  for (const std::int64_t id : known) {
    if (std::find(keep.begin(), keep.end(), id) != keep.end()) continue;
    SF_TRY(mark_stale());
    for (const std::string_view sql : {"DELETE FROM folders WHERE root=?", "DELETE FROM roots WHERE id=?"}) {
      SF_TRY_ASSIGN(SqlStatement forget, db_.prepare(sql));
      SF_TRY(forget.bind(1, id).run());
    }
  }
  return {};
}

Result<std::optional<StoredFolder>> LibraryStore::find(std::int64_t root, std::string_view path) {
  return one(find_by_path_.bind(1, root).bind(2, bytes_of(path)));
}
Result<std::optional<StoredFolder>> LibraryStore::find(std::int64_t id) { return one(find_by_id_.bind(1, id)); }
Result<std::optional<StoredFolder>> LibraryStore::next_pending(std::int64_t id) { return one(next_pending_.bind(1, id)); }

Result<std::int64_t> LibraryStore::insert(std::int64_t root, std::string_view path, std::uint32_t pending, ByteView record) {
  SF_TRY(mark_stale());
  SF_TRY(insert_.bind(1, root).bind(2, bytes_of(path)).bind(3, std::int64_t{pending}).bind(4, record).run());
  return db_.last_row_id();
}
Status LibraryStore::update(std::int64_t id, std::uint32_t pending, ByteView record) {
  SF_TRY(mark_stale());
  return update_.bind(1, std::int64_t{pending}).bind(2, record).bind(3, id).run();
}
Status LibraryStore::remove(std::int64_t id) {
  SF_TRY(mark_stale());
  return remove_.bind(1, id).run();
}

Result<std::vector<std::int64_t>> LibraryStore::ids_of(std::int64_t root) {
  SF_TRY_ASSIGN(SqlStatement select, db_.prepare("SELECT id FROM folders WHERE root=?"));
  return ids(select.bind(1, root));
}

Result<std::vector<std::int64_t>> LibraryStore::ids_below(std::int64_t root, std::string_view path) {
  SF_TRY_ASSIGN(SqlStatement select, db_.prepare("SELECT id FROM folders WHERE root=?1 AND (path=?2 OR (path>=?3 AND path<?4))"));
  const auto [from, to] = range_below(path);
  return ids(select.bind(1, root).bind(2, bytes_of(path)).bind(3, bytes_of(from)).bind(4, bytes_of(to)));
}

Result<std::vector<std::string>> LibraryStore::subfolders(std::int64_t root, std::string_view path) {
  SF_TRY_ASSIGN(SqlStatement select, db_.prepare("SELECT path FROM folders WHERE root=? AND path>=? AND path<?"));
  const auto [from, to] = range_below(path);
  select.bind(1, root).bind(2, bytes_of(from)).bind(3, bytes_of(to));
  const std::size_t skip = path.empty() ? 0 : path.size() + 1;
  std::vector<std::string> out;
  for (;;) {
    SF_TRY_ASSIGN(const bool has_row, select.step());
    if (!has_row) return out;
    const std::string found = from_blob(select.blob(0)).substr(skip);
    if (found.find('/') == std::string::npos) out.push_back(found);
  }
}

Result<std::uint64_t> LibraryStore::pending_files() {
  SF_TRY_ASSIGN(SqlStatement select, db_.prepare("SELECT coalesce(sum(pending), 0) FROM folders WHERE pending > 0"));
  SF_TRY(select.step());
  return static_cast<std::uint64_t>(select.integer(0));
}

Status LibraryStore::for_each(const std::function<bool(const StoredFolder&)>& visit) {
  SF_TRY_ASSIGN(SqlStatement select, db_.prepare(std::string(kColumns) + "ORDER BY id"));
  for (;;) {
    SF_TRY_ASSIGN(const bool has_row, select.step());
    if (!has_row) return {};
    const StoredFolder folder{select.integer(0), select.integer(1), from_blob(select.blob(2)), select.blob(3)};
    if (!visit(folder)) return {};
  }
}

Status LibraryStore::begin() {
  if (is_begun_) return {};
  SF_TRY(db_.execute("BEGIN IMMEDIATE"));
  is_begun_ = true;
  return {};
}

Status LibraryStore::commit() {
  if (!is_begun_) return {};
  is_begun_ = false;
  return db_.execute("COMMIT");
}

Status LibraryStore::mark_stale() {
  if (is_marked_) return {};
  is_marked_ = true;
  return set_number("stale", 1);
}

Result<bool> LibraryStore::is_stale() {
  SF_TRY_ASSIGN(const std::int64_t stale, number("stale", 1));
  return stale != 0;
}

Status LibraryStore::mark_built(std::uint64_t stamp) {
  SF_TRY(begin());
  SF_TRY(set_number("stale", 0));
  SF_TRY(set_number("stamp", static_cast<std::int64_t>(stamp)));
  is_marked_ = false;
  return commit();
}

Result<std::int64_t> LibraryStore::number(std::string_view name, std::int64_t otherwise) {
  SF_TRY_ASSIGN(SqlStatement select, db_.prepare("SELECT value FROM numbers WHERE name=?"));
  SF_TRY_ASSIGN(const bool has_row, select.bind(1, name).step());
  return has_row ? select.integer(0) : otherwise;
}

Status LibraryStore::set_number(std::string_view name, std::int64_t value) {
  SF_TRY_ASSIGN(SqlStatement put, db_.prepare("INSERT INTO numbers VALUES(?,?) ON CONFLICT(name) DO UPDATE SET value=excluded.value"));
  return put.bind(1, name).bind(2, value).run();
}

}  // namespace soulfabric::library

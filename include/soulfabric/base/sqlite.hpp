// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite behind values and Results: WAL, migrations by user_version, one thread at a time per database.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/error.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace soulfabric {

/// One prepared statement. Parameters count from 1, columns from 0. Not thread-safe.
class SqlStatement {
 public:
  SqlStatement() = default;
  SqlStatement(sqlite3* db, sqlite3_stmt* statement) noexcept : db_(db), statement_(statement) {}
  SqlStatement(SqlStatement&& other) noexcept;
  SqlStatement& operator=(SqlStatement&& other) noexcept;
  ~SqlStatement();

  SqlStatement& bind(int index, std::int64_t value);
  SqlStatement& bind(int index, std::string_view text);  // stored as TEXT
  SqlStatement& bind(int index, ByteView blob);          // stored as BLOB
  SqlStatement& bind(int index, double value);
  SqlStatement& bind_null(int index);
  /// True while there is a row; after the last one the statement is reset and can be bound again.
  [[nodiscard]] Result<bool> step();
  /// Runs to the end, dropping rows.
  [[nodiscard]] Status run();
  void reset() noexcept;

  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] double real(int column) const noexcept;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] Bytes blob(int column) const;
  [[nodiscard]] bool is_null(int column) const noexcept;

 private:
  sqlite3* db_ = nullptr;
  sqlite3_stmt* statement_ = nullptr;
};

struct SqlOptions {
  bool full_sync = true;        // synchronous=FULL, else NORMAL
  std::string vfs;              // empty: the default one; tests name one that forgets what was not synced
  int cache_kib = 2048;
};

class Database {
 public:
  /// Creates the file (0600) where missing, switches to WAL, runs the migrations above the stored user_version, each in a
  /// transaction. A file system on which locks or WAL do not work gives Errc::Io with a sentence that names the file.
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& file, std::span<const std::string_view> migrations,
                                             const SqlOptions& options = {});
  Database(Database&& other) noexcept;
  Database& operator=(Database&& other) noexcept;
  ~Database();

  [[nodiscard]] Status execute(std::string_view sql);
  [[nodiscard]] Result<SqlStatement> prepare(std::string_view sql);
  /// Runs `body` between BEGIN IMMEDIATE and COMMIT; rolls back when it fails.
  [[nodiscard]] Status transaction(const std::function<Status()>& body);
  [[nodiscard]] std::int64_t last_row_id() const noexcept;
  [[nodiscard]] std::int64_t changes() const noexcept;
  /// PRAGMA quick_check; an error names the first fault.
  [[nodiscard]] Status quick_check();

 private:
  explicit Database(sqlite3* db) noexcept : db_(db) {}
  sqlite3* db_ = nullptr;
};

}  // namespace soulfabric

// SPDX-License-Identifier: GPL-3.0-or-later
// The only file that knows SQLite's interface.
#include "soulfabric/base/sqlite.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace soulfabric {
namespace {

Error sql_error(sqlite3* db, std::string_view what) {
  const int code = db != nullptr ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
  const int primary = code & 0xFF;
  Errc errc = Errc::Io;
  if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) errc = Errc::Corrupt;
  if (primary == SQLITE_FULL) errc = Errc::NoSpace;
  if (primary == SQLITE_CONSTRAINT) errc = Errc::Exists;
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) errc = Errc::Busy;
  return Error{errc, std::string(what) + ": " + (db != nullptr ? sqlite3_errmsg(db) : "out of memory")};
}

void touch_private(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0) ::close(fd);
}

}  // namespace

SqlStatement::SqlStatement(SqlStatement&& other) noexcept
    : db_(std::exchange(other.db_, nullptr)), statement_(std::exchange(other.statement_, nullptr)) {}

SqlStatement& SqlStatement::operator=(SqlStatement&& other) noexcept {
  std::swap(db_, other.db_);
  std::swap(statement_, other.statement_);
  return *this;
}

SqlStatement::~SqlStatement() { sqlite3_finalize(statement_); }

SqlStatement& SqlStatement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_, index, value);
  return *this;
}
SqlStatement& SqlStatement::bind(int index, std::string_view text) {
  sqlite3_bind_text64(statement_, index, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  return *this;
}
SqlStatement& SqlStatement::bind(int index, ByteView blob) {
  sqlite3_bind_blob64(statement_, index, blob.data() != nullptr ? static_cast<const void*>(blob.data()) : "", blob.size(), SQLITE_TRANSIENT);
  return *this;
}
SqlStatement& SqlStatement::bind(int index, double value) {
  sqlite3_bind_double(statement_, index, value);
  return *this;
}
SqlStatement& SqlStatement::bind_null(int index) {
  sqlite3_bind_null(statement_, index);
  return *this;
}

Result<bool> SqlStatement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  const bool done = code == SQLITE_DONE;
  Error failure = done ? Error{} : sql_error(db_, "the database refused a statement");
  sqlite3_reset(statement_);
  if (done) return false;
  return std::unexpected(std::move(failure));
}

Status SqlStatement::run() {
  for (;;) {
    const auto more = step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
  }
}

void SqlStatement::reset() noexcept { sqlite3_reset(statement_); }

std::int64_t SqlStatement::integer(int column) const noexcept { return sqlite3_column_int64(statement_, column); }
double SqlStatement::real(int column) const noexcept { return sqlite3_column_double(statement_, column); }

std::string SqlStatement::text(int column) const {
  const auto* data = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data != nullptr ? std::string(static_cast<const char*>(data), size) : std::string();
}

Bytes SqlStatement::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return data != nullptr ? Bytes(data, data + size) : Bytes();
}

bool SqlStatement::is_null(int column) const noexcept { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

Result<Database> Database::open(const std::filesystem::path& file, std::span<const std::string_view> migrations, const SqlOptions& options) {
  if (options.vfs.empty()) touch_private(file);
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  Database db(raw);
  const std::string name = "the database " + file.string();
  if (code != SQLITE_OK) return std::unexpected(sql_error(raw, name + " could not be opened, check its folder and its owner"));
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, 2000);
  auto mode = db.prepare("PRAGMA journal_mode=WAL");
  if (!mode) return std::unexpected(mode.error());
  const auto row = mode->step();
  if (!row || !*row || mode->text(0) != "wal") {
    return fail(Errc::Io, name + " cannot be used: locks or shared memory do not work on its file system (network or copy-on-write), move it to a local disk");
  }
  mode->reset();
  SF_TRY(db.execute(options.full_sync ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
  SF_TRY(db.execute("PRAGMA cache_size=-" + std::to_string(options.cache_kib)));
  SF_TRY(db.execute("PRAGMA foreign_keys=ON"));
  SF_TRY_ASSIGN(SqlStatement version, db.prepare("PRAGMA user_version"));
  SF_TRY_ASSIGN(const bool has_version, version.step());
  const std::int64_t stored = has_version ? version.integer(0) : 0;
  version.reset();
  if (stored > static_cast<std::int64_t>(migrations.size())) {
    return fail(Errc::Unsupported, name + " was written by a newer version of soulfabric, install that version again");
  }
  for (auto step = static_cast<std::size_t>(stored); step < migrations.size(); ++step) {
    SF_TRY(db.transaction([&]() -> Status {
      SF_TRY(db.execute(migrations[step]));
      return db.execute("PRAGMA user_version=" + std::to_string(step + 1));
    }));
  }
  return db;
}

Database::Database(Database&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
Database& Database::operator=(Database&& other) noexcept {
  std::swap(db_, other.db_);
  return *this;
}
Database::~Database() { sqlite3_close_v2(db_); }

Status Database::execute(std::string_view sql) {
  const std::string owned(sql);
  if (sqlite3_exec(db_, owned.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) return std::unexpected(sql_error(db_, "the database refused a statement"));
  return {};
}

Result<SqlStatement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
    return std::unexpected(sql_error(db_, "the database refused a statement"));
  }
  return SqlStatement(db_, statement);
}

Status Database::transaction(const std::function<Status()>& body) {
  SF_TRY(execute("BEGIN IMMEDIATE"));
  auto done = body();
  if (done) done = execute("COMMIT");
  if (!done && sqlite3_get_autocommit(db_) == 0) {
    const auto undone = execute("ROLLBACK");
    if (!undone) return undone;
  }
  return done;
}

std::int64_t Database::last_row_id() const noexcept { return sqlite3_last_insert_rowid(db_); }
std::int64_t Database::changes() const noexcept { return sqlite3_changes64(db_); }

Status Database::quick_check() {
  SF_TRY_ASSIGN(SqlStatement check, prepare("PRAGMA quick_check(1)"));
  SF_TRY_ASSIGN(const bool row, check.step());
  if (row && check.text(0) == "ok") return {};
  return fail(Errc::Corrupt, row ? check.text(0) : "quick_check gave no answer");
}

}  // namespace soulfabric

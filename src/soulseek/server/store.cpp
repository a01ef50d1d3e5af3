// SPDX-License-Identifier: GPL-3.0-or-later
// The server's tables. Names and texts are raw bytes of strangers, so they are stored as BLOB.
#include "server/store.hpp"

#include <array>
#include <system_error>

namespace soulfabric::soulseek::server_store {
namespace {

constexpr std::array<std::string_view, 1> kMigrations{
    "CREATE TABLE accounts (name BLOB PRIMARY KEY, password_hash TEXT NOT NULL, avg_speed INTEGER NOT NULL, uploads INTEGER NOT NULL,"
    " privileged_until INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE messages (id INTEGER PRIMARY KEY, sent INTEGER NOT NULL, sender BLOB NOT NULL, addressee BLOB NOT NULL, text BLOB NOT "
    "NULL);"
    "CREATE TABLE rooms (name BLOB PRIMARY KEY, owner BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE room_members (room BLOB NOT NULL REFERENCES rooms(name), user BLOB NOT NULL, is_operator INTEGER NOT NULL,"
    " PRIMARY KEY (room, user)) WITHOUT ROWID;"};

[[nodiscard]] std::string text(const SqlStatement& row, int column) { return std::string(text_of(row.blob(column))); }
[[nodiscard]] std::uint32_t number(const SqlStatement& row, int column) { return static_cast<std::uint32_t>(row.integer(column)); }

[[nodiscard]] Status load_accounts(Database& database, ServerMemory& memory) {
  SF_TRY_ASSIGN(SqlStatement rows, database.prepare("SELECT name, password_hash, avg_speed, uploads, privileged_until FROM accounts"));
  while (true) {
    SF_TRY_ASSIGN(const bool more, rows.step());
    if (!more) return {};
    memory.accounts.push_back({text(rows, 0), rows.text(1), number(rows, 2), number(rows, 3), number(rows, 4)});
  }
}

[[nodiscard]] Status load_messages(Database& database, ServerMemory& memory) {
  SF_TRY_ASSIGN(SqlStatement rows, database.prepare("SELECT id, sent, sender, addressee, text FROM messages ORDER BY id"));
  while (true) {
    SF_TRY_ASSIGN(const bool more, rows.step());
    if (!more) return {};
    memory.messages.push_back({number(rows, 0), number(rows, 1), text(rows, 2), text(rows, 3), text(rows, 4)});
  }
}

[[nodiscard]] Status load_rooms(Database& database, ServerMemory& memory) {
  SF_TRY_ASSIGN(SqlStatement rows, database.prepare("SELECT r.name, r.owner, m.user, m.is_operator FROM rooms r LEFT JOIN room_members m"
                                                    " ON m.room = r.name ORDER BY r.name"));
  while (true) {
    SF_TRY_ASSIGN(const bool more, rows.step());
    if (!more) return {};
    const std::string name = text(rows, 0);
    if (memory.rooms.empty() || memory.rooms.back().name != name) memory.rooms.push_back({name, text(rows, 1), {}, {}});
    if (rows.is_null(2)) continue;
    memory.rooms.back().members.push_back(text(rows, 2));
    if (rows.integer(3) != 0) memory.rooms.back().operators.push_back(text(rows, 2));
  }
}

[[nodiscard]] Status drop_room(Database& database, const std::string& name) {
  for (const std::string_view sql : {"DELETE FROM room_members WHERE room = ?", "DELETE FROM rooms WHERE name = ?"}) {
    SF_TRY_ASSIGN(SqlStatement statement, database.prepare(sql));
    SF_TRY(statement.bind(1, bytes_of(name)).run());
  }
  return {};
}

}  // namespace

Result<Database> open(const std::filesystem::path& folder) {
  std::error_code code;
  std::filesystem::create_directories(folder, code);
  if (code) return fail(Errc::Io, "The folder " + folder.string() + " cannot be created: " + code.message() + ".");
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, code);
  if (code) return fail(Errc::Io, "The folder " + folder.string() + " cannot be made private: " + code.message() + ".");
  return Database::open(folder / "server.db", kMigrations);
}

Result<ServerMemory> load(Database& database) {
  ServerMemory memory;
  SF_TRY(load_accounts(database, memory));
  SF_TRY(load_messages(database, memory));
  SF_TRY(load_rooms(database, memory));
  return memory;
}

Status apply(Database& database, const ServerSaveAccount& change) {
  SF_TRY_ASSIGN(SqlStatement statement,
                database.prepare("INSERT INTO accounts (name, password_hash, avg_speed, uploads, privileged_until) VALUES (?, ?, ?, ?, ?)"
                                 " ON CONFLICT(name) DO UPDATE SET password_hash = excluded.password_hash, avg_speed = excluded.avg_speed,"
                                 " uploads = excluded.uploads, privileged_until = excluded.privileged_until"));
  const ServerAccount& account = change.account;
  statement.bind(1, bytes_of(account.name)).bind(2, std::string_view(account.password_hash)).bind(3, std::int64_t{account.avg_speed});
  return statement.bind(4, std::int64_t{account.uploads}).bind(5, std::int64_t{account.privileged_until}).run();
}

Status apply(Database& database, const ServerSaveMessage& change) {
  SF_TRY_ASSIGN(SqlStatement statement,
                database.prepare("INSERT OR REPLACE INTO messages (id, sent, sender, addressee, text) VALUES (?, ?, ?, ?, ?)"));
  const ServerMessage& message = change.message;
  statement.bind(1, std::int64_t{message.id}).bind(2, std::int64_t{message.unix_seconds}).bind(3, bytes_of(message.from));
  return statement.bind(4, bytes_of(message.to)).bind(5, bytes_of(message.text)).run();
}

Status apply(Database& database, const ServerDropMessage& change) {
  SF_TRY_ASSIGN(SqlStatement statement, database.prepare("DELETE FROM messages WHERE id = ?"));
  return statement.bind(1, std::int64_t{change.id}).run();
}

Status apply(Database& database, const ServerSaveRoom& change) {
  const ServerPrivateRoom& room = change.room;
  SF_TRY(drop_room(database, room.name));
  SF_TRY_ASSIGN(SqlStatement insert, database.prepare("INSERT INTO rooms (name, owner) VALUES (?, ?)"));
  SF_TRY(insert.bind(1, bytes_of(room.name)).bind(2, bytes_of(room.owner)).run());
  SF_TRY_ASSIGN(SqlStatement member, database.prepare("INSERT INTO room_members (room, user, is_operator) VALUES (?, ?, 0)"));
  for (const std::string& user : room.members) SF_TRY(member.bind(1, bytes_of(room.name)).bind(2, bytes_of(user)).run());
  SF_TRY_ASSIGN(SqlStatement op, database.prepare("UPDATE room_members SET is_operator = 1 WHERE room = ? AND user = ?"));
  for (const std::string& user : room.operators) SF_TRY(op.bind(1, bytes_of(room.name)).bind(2, bytes_of(user)).run());
  return {};
}

Status apply(Database& database, const ServerDropRoom& change) { return drop_room(database, change.name); }

}  // namespace soulfabric::soulseek::server_store

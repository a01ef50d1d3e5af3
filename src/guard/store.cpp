// SPDX-License-Identifier: GPL-3.0-or-later
// guard.db: one row per subject and table; times are microseconds since 1970, lists of times are joined by commas.
#include "soulfabric/guard/store.hpp"

#include <array>
#include <memory>
#include <string>

#include "soulfabric/base/text.hpp"

namespace soulfabric::guard {
namespace {

constexpr std::array<std::string_view, 1> kMigrations{R"(
CREATE TABLE bans(kind INTEGER NOT NULL, name TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER, times INTEGER NOT NULL,
  reason TEXT NOT NULL, address TEXT, by_operator INTEGER NOT NULL, PRIMARY KEY(kind, name)) WITHOUT ROWID;
CREATE TABLE violations(kind INTEGER NOT NULL, name TEXT NOT NULL, times TEXT NOT NULL, PRIMARY KEY(kind, name)) WITHOUT ROWID;
CREATE TABLE reputation(kind INTEGER NOT NULL, name TEXT NOT NULL, score INTEGER NOT NULL, gains TEXT NOT NULL,
  PRIMARY KEY(kind, name)) WITHOUT ROWID;
)"};

std::string join_times(const std::vector<WallTime>& times) {
  std::string out;
  for (const WallTime at : times) {
    if (!out.empty()) out.push_back(',');
    out += std::to_string(to_unix_micros(at));
  }
  return out;
}

std::vector<WallTime> split_times(std::string_view text) {
  std::vector<WallTime> times;
  for (const std::string_view part : split(text, ',')) {
    const auto micros = parse_u64(part);
    if (micros && *micros < (std::uint64_t{1} << 62)) times.push_back(from_unix_micros(static_cast<std::int64_t>(*micros)));
  }
  return times;
}

bool read_subject(const SqlStatement& row, Subject& subject) {
  const std::int64_t kind = row.integer(0);
  if (kind < static_cast<std::int64_t>(SubjectKind::Peer) || kind > static_cast<std::int64_t>(SubjectKind::Address)) return false;
  subject = {static_cast<SubjectKind>(kind), row.text(1)};
  return !subject.name.empty();
}

std::int64_t number_of(SubjectKind kind) { return static_cast<std::int64_t>(kind); }

Status write_bans(Database& db, const std::vector<BanRow>& rows) {
  if (rows.empty()) return {};
  SF_TRY_ASSIGN(SqlStatement insert, db.prepare("INSERT OR REPLACE INTO bans VALUES(?,?,?,?,?,?,?,?)"));
  for (const BanRow& row : rows) {
    insert.bind(1, number_of(row.subject.kind)).bind(2, std::string_view(row.subject.name)).bind(3, to_unix_micros(row.since));
    if (row.until)
      insert.bind(4, to_unix_micros(*row.until));
    else
      insert.bind_null(4);
    insert.bind(5, static_cast<std::int64_t>(row.times)).bind(6, std::string_view(row.reason));
    if (row.address)
      insert.bind(7, std::string_view(row.address->to_string()));
    else
      insert.bind_null(7);
    insert.bind(8, static_cast<std::int64_t>(row.by_operator ? 1 : 0));
    SF_TRY(insert.run());
  }
  return {};
}

Status write_violations(Database& db, const std::vector<ViolationRow>& rows) {
  if (rows.empty()) return {};
  SF_TRY_ASSIGN(SqlStatement insert, db.prepare("INSERT OR REPLACE INTO violations VALUES(?,?,?)"));
  for (const ViolationRow& row : rows) {
    insert.bind(1, number_of(row.subject.kind))
        .bind(2, std::string_view(row.subject.name))
        .bind(3, std::string_view(join_times(row.times)));
    SF_TRY(insert.run());
  }
  return {};
}

Status write_reputations(Database& db, const std::vector<ReputationRow>& rows) {
  if (rows.empty()) return {};
  SF_TRY_ASSIGN(SqlStatement insert, db.prepare("INSERT OR REPLACE INTO reputation VALUES(?,?,?,?)"));
  for (const ReputationRow& row : rows) {
    insert.bind(1, number_of(row.subject.kind)).bind(2, std::string_view(row.subject.name)).bind(3, static_cast<std::int64_t>(row.score));
    insert.bind(4, std::string_view(join_times(row.gains)));
    SF_TRY(insert.run());
  }
  return {};
}

Status erase(Database& db, std::string_view table, const std::vector<Subject>& subjects) {
  if (subjects.empty()) return {};
  SF_TRY_ASSIGN(SqlStatement remove, db.prepare("DELETE FROM " + std::string(table) + " WHERE kind=? AND name=?"));
  for (const Subject& subject : subjects) {
    remove.bind(1, number_of(subject.kind)).bind(2, std::string_view(subject.name));
    SF_TRY(remove.run());
  }
  return {};
}

Result<std::vector<BanRow>> read_bans(Database& db) {
  SF_TRY_ASSIGN(SqlStatement select, db.prepare("SELECT kind,name,since,until,times,reason,address,by_operator FROM bans"));
  std::vector<BanRow> rows;
  for (;;) {
    SF_TRY_ASSIGN(const bool more, select.step());
    if (!more) return rows;
    BanRow row;
    if (!read_subject(select, row.subject)) continue;
    row.since = from_unix_micros(select.integer(2));
    if (!select.is_null(3)) row.until = from_unix_micros(select.integer(3));
    row.times = static_cast<unsigned>(select.integer(4));
    row.reason = select.text(5);
    if (!select.is_null(6)) row.address = IpAddress::parse(select.text(6));
    row.by_operator = select.integer(7) != 0;
    rows.push_back(std::move(row));
  }
}

}  // namespace

Result<Database> open_guard_db(const std::filesystem::path& file, const SqlOptions& options) {
  return Database::open(file, kMigrations, options);
}

Status load_guard(Database& db, Guard& guard) {
  SF_TRY_ASSIGN(const std::vector<BanRow> bans, read_bans(db));
  guard.import_bans(bans);
  std::vector<ViolationRow> violations;
  std::vector<ReputationRow> reputations;
  {
    SF_TRY_ASSIGN(SqlStatement select, db.prepare("SELECT kind,name,times FROM violations"));
    for (;;) {
      SF_TRY_ASSIGN(const bool more, select.step());
      if (!more) break;
      ViolationRow row;
      if (!read_subject(select, row.subject)) continue;
      row.times = split_times(select.text(2));
      violations.push_back(std::move(row));
    }
  }
  {
    SF_TRY_ASSIGN(SqlStatement select, db.prepare("SELECT kind,name,score,gains FROM reputation"));
    for (;;) {
      SF_TRY_ASSIGN(const bool more, select.step());
      if (!more) break;
      ReputationRow row;
      if (!read_subject(select, row.subject)) continue;
      row.score = static_cast<int>(select.integer(2));
      row.gains = split_times(select.text(3));
      reputations.push_back(std::move(row));
    }
  }
  guard.import_violations(violations);
  guard.import_reputations(reputations);
  (void)guard.take_changes();  // what was just read is stored already
  return {};
}

Status write_changes(Database& db, const StoredChanges& changes) {
  SF_TRY(write_bans(db, changes.bans));
  SF_TRY(write_violations(db, changes.violations));
  SF_TRY(write_reputations(db, changes.reputations));
  SF_TRY(erase(db, "bans", changes.bans_gone));
  SF_TRY(erase(db, "violations", changes.violations_gone));
  return erase(db, "reputation", changes.reputations_gone);
}

void save_guard(Guard& guard, DbWriter& writer) {
  StoredChanges changes = guard.take_changes();
  if (changes.empty()) return;
  auto shared = std::make_shared<const StoredChanges>(std::move(changes));
  writer.submit([shared](Database& db) { return write_changes(db, *shared); });
}

Task<void> keep_guard_saved(Guard& guard, DbWriter& writer, IoClock& clock) {
  for (;;) {
    co_await clock.sleep_for(kGuardSaveInterval);
    save_guard(guard, writer);
  }
}

}  // namespace soulfabric::guard

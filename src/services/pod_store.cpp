// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of pods: statements, rosters and log lines are kept as they were signed.
#include "pod_store.hpp"

#include <memory>

#include "soulfabric/base/log.hpp"

namespace soulfabric::services {
namespace {

std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }
std::uint64_t unsigned_of(std::int64_t value) { return static_cast<std::uint64_t>(value); }

Status write(Database& db, const PodRow& row) {
  SF_TRY_ASSIGN(SqlStatement put, db.prepare("INSERT OR REPLACE INTO pods VALUES(?,?,?,?,?,?,?)"));
  put.bind(1, std::string_view(row.id)).bind(2, ByteView(row.statement)).bind(3, ByteView(row.roster));
  put.bind(4, static_cast<std::int64_t>(row.ours)).bind(5, signed_of(row.head)).bind(6, signed_of(row.known_until));
  return put.bind(7, signed_of(row.read_until)).run();
}

Status write(Database& db, const PodErased& row) {
  SF_TRY_ASSIGN(SqlStatement entries, db.prepare("DELETE FROM pod_entries WHERE pod=?"));
  SF_TRY(entries.bind(1, std::string_view(row.id)).run());
  SF_TRY_ASSIGN(SqlStatement erase, db.prepare("DELETE FROM pods WHERE id=?"));
  return erase.bind(1, std::string_view(row.id)).run();
}

Status write(Database& db, const EntryRow& row) {
  SF_TRY_ASSIGN(SqlStatement put, db.prepare("INSERT OR REPLACE INTO pod_entries VALUES(?,?,?)"));
  return put.bind(1, std::string_view(row.pod)).bind(2, signed_of(row.seq)).bind(3, ByteView(row.entry)).run();
}

Status write(Database& db, const EntryErased& row) {
  SF_TRY_ASSIGN(SqlStatement erase, db.prepare("DELETE FROM pod_entries WHERE pod=? AND seq=?"));
  return erase.bind(1, std::string_view(row.pod)).bind(2, signed_of(row.seq)).run();
}

Status write(Database& db, const OutboxItem& row) {
  SF_TRY_ASSIGN(SqlStatement put, db.prepare("INSERT OR REPLACE INTO pod_outbox VALUES(?,?,?,?,?)"));
  const auto* message = std::get_if<SignedMessage>(&row.what);
  const Bytes payload = message != nullptr ? encode_message(*message) : encode_act(std::get<PodAct>(row.what));
  put.bind(1, signed_of(row.number)).bind(2, std::string_view(row.pod)).bind(3, row.host.text());
  return put.bind(4, static_cast<std::int64_t>(row.what.index())).bind(5, ByteView(payload)).run();
}

Status write(Database& db, const OutboxErased& row) {
  SF_TRY_ASSIGN(SqlStatement erase, db.prepare("DELETE FROM pod_outbox WHERE number=?"));
  return erase.bind(1, signed_of(row.number)).run();
}

struct Stored {
  std::vector<PodRow> pods;
  std::vector<EntryRow> entries;
  std::vector<OutboxItem> outbox;
};

Status read_pods(Database& db, Stored& stored) {
  SF_TRY_ASSIGN(SqlStatement select, db.prepare("SELECT id,statement,roster,ours,head,known_until,read_until FROM pods"));
  for (;;) {
    SF_TRY_ASSIGN(const bool more, select.step());
    if (!more) return {};
    const std::int64_t ours = select.integer(3);
    if (ours < 0 || ours > static_cast<std::int64_t>(MemberState::Left)) continue;
    stored.pods.push_back({select.text(0), select.blob(1), select.blob(2), static_cast<MemberState>(ours), unsigned_of(select.integer(4)),
                           unsigned_of(select.integer(5)), unsigned_of(select.integer(6))});
  }
}

Status read_entries(Database& db, Stored& stored) {
  SF_TRY_ASSIGN(SqlStatement select, db.prepare("SELECT pod,seq,entry FROM pod_entries ORDER BY pod,seq"));
  for (;;) {
    SF_TRY_ASSIGN(const bool more, select.step());
    if (!more) return {};
    stored.entries.push_back({select.text(0), unsigned_of(select.integer(1)), select.blob(2)});
  }
}

Status read_outbox(Database& db, Stored& stored) {
  SF_TRY_ASSIGN(SqlStatement select, db.prepare("SELECT number,pod,host,kind,payload FROM pod_outbox ORDER BY number"));
  for (;;) {
    SF_TRY_ASSIGN(const bool more, select.step());
    if (!more) return {};
    const auto host = PeerId::parse(select.text(2));
    const Bytes payload = select.blob(4);
    if (!host) continue;
    OutboxItem item{unsigned_of(select.integer(0)), select.text(1), *host, {}};
    if (select.integer(3) == 0) {
      auto message = read_message(payload);
      if (!message) continue;
      item.what = std::move(*message);
    } else {
      auto act = read_act(payload);
      if (!act) continue;
      item.what = std::move(*act);
    }
    stored.outbox.push_back(std::move(item));
  }
}

Result<Stored> read_all(Database& db) {
  Stored stored;
  SF_TRY(read_pods(db, stored));
  SF_TRY(read_entries(db, stored));
  SF_TRY(read_outbox(db, stored));
  return stored;
}

void warn(const Status& status) {
  if (!status) log::warning("pods", "A row of the pods' tables was left out: " + status.error().message);
}

}  // namespace

void save_pods(DbWriter& store, std::vector<PodChange> changes) {
  if (changes.empty()) return;
  store.submit([changes = std::make_shared<const std::vector<PodChange>>(std::move(changes))](Database& db) -> Status {
    for (const PodChange& change : *changes) {
      const Status written = std::visit([&db](const auto& row) { return write(db, row); }, change);
      if (!written) return written;
    }
    return {};
  });
}

Task<Status> load_pods(DbWriter& store, PodBook& book) {
  auto stored = co_await store.query([](Database& db) { return read_all(db); });
  SF_CO_TRY(stored);
  for (const PodRow& row : stored->pods) warn(book.restore(row));
  for (const EntryRow& row : stored->entries) warn(book.restore(row));
  for (OutboxItem& item : stored->outbox) book.restore(std::move(item));
  co_return Status{};
}

}  // namespace soulfabric::services

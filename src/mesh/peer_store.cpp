// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of peers, read and written.
#include "peer_store.hpp"

#include <algorithm>

#include "soulfabric/base/endpoint.hpp"

namespace soulfabric::mesh {
namespace {

Status load_rotations(Database& db, StoredBook& out) {
  SF_TRY_ASSIGN(SqlStatement rows, db.prepare("SELECT before, after, void, revoked, matters, prefix, heard FROM rotations"));
  for (;;) {
    SF_TRY_ASSIGN(const bool more, rows.step());
    if (!more) return {};
    const auto before = PeerId::parse(rows.text(0));
    const auto after = PeerId::parse(rows.text(1));
    const auto prefix = IpAddress::parse(rows.text(5)).value_or(IpAddress{});
    if (before && after)
      out.rotations.push_back({*before, {*after, rows.integer(2) != 0, rows.integer(3) != 0, rows.integer(4) != 0, prefix, from_unix_micros(rows.integer(6))}});
  }
}

}  // namespace

Result<StoredBook> load_peers(Database& db, std::size_t cap) {
  StoredBook out;
  SF_TRY_ASSIGN(SqlStatement surplus, db.prepare("DELETE FROM peers WHERE id NOT IN "
                                                 "(SELECT id FROM peers ORDER BY endpoint = '', last_seen DESC LIMIT ?1)"));
  SF_TRY(surplus.bind(1, static_cast<std::int64_t>(cap)).run());
  SF_TRY(load_rotations(db, out));
  SF_TRY_ASSIGN(SqlStatement rows, db.prepare("SELECT id, public_key, record, endpoint, first_seen, last_seen, first_linked FROM peers"));
  for (;;) {
    SF_TRY_ASSIGN(const bool more, rows.step());
    if (!more) break;
    const auto peer = PeerId::parse(rows.text(0));
    if (!peer) continue;
    StoredPeer row{*peer, {}};
    const Bytes key = rows.blob(1);
    if (key.size() == sizeof(PublicKey)) std::ranges::copy(key, row.entry.key.emplace().begin());
    if (row.entry.key && PeerId::of(*row.entry.key) != *peer) continue;
    if (auto record = decode_record(rows.blob(2)); record && PeerId::of(record->signer) == *peer) row.entry.record = std::move(*record);
    row.entry.worked = parse_endpoint(rows.text(3));
    row.entry.first_seen = from_unix_micros(rows.integer(4));
    row.entry.last_seen = from_unix_micros(rows.integer(5));
    row.entry.first_linked = from_unix_micros(rows.integer(6));
    out.peers.push_back(std::move(row));
  }
  SF_TRY_ASSIGN(SqlStatement counter, db.prepare("SELECT value FROM counters WHERE name = 'own_record'"));
  SF_TRY_ASSIGN(const bool known, counter.step());
  if (known) out.own_sequence = static_cast<std::uint64_t>(counter.integer(0));
  return out;
}

Status store_peer(Database& db, const StoredPeer& row) {
  SF_TRY_ASSIGN(SqlStatement statement, db.prepare("INSERT OR REPLACE INTO peers(id, public_key, record, endpoint, first_seen, last_seen, first_linked) "
                                                   "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"));
  statement.bind(1, row.peer.text());
  row.entry.key ? statement.bind(2, ByteView(*row.entry.key)) : statement.bind_null(2);
  const Bytes record = row.entry.record ? encode_record(*row.entry.record) : Bytes{};
  row.entry.record ? statement.bind(3, ByteView(record)) : statement.bind_null(3);
  statement.bind(4, row.entry.worked ? row.entry.worked->to_string() : std::string());
  statement.bind(5, to_unix_micros(row.entry.first_seen));
  statement.bind(6, to_unix_micros(row.entry.last_seen));
  statement.bind(7, to_unix_micros(row.entry.first_linked));
  return statement.run();
}

Status store_rotation(Database& db, const StoredRotation& row, ByteView statement) {
  SF_TRY_ASSIGN(SqlStatement insert, db.prepare("INSERT INTO rotations(before, after, statement, void, revoked, matters, prefix, heard) "
                                                "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(before) DO UPDATE SET "
                                                "void = excluded.void, revoked = excluded.revoked, matters = excluded.matters"));
  insert.bind(1, row.before.text()).bind(2, row.entry.after.text()).bind(3, statement).bind(4, static_cast<std::int64_t>(row.entry.is_void));
  insert.bind(5, static_cast<std::int64_t>(row.entry.is_revoked)).bind(6, static_cast<std::int64_t>(row.entry.matters));
  insert.bind(7, row.entry.prefix.to_string()).bind(8, to_unix_micros(row.entry.heard));
  return insert.run();
}

Status forget_rotation(Database& db, const PeerId& before) {
  SF_TRY_ASSIGN(SqlStatement statement, db.prepare("DELETE FROM rotations WHERE before = ?1"));
  statement.bind(1, before.text());
  return statement.run();
}

Status store_own_sequence(Database& db, std::uint64_t sequence) {
  SF_TRY_ASSIGN(SqlStatement statement, db.prepare("INSERT OR REPLACE INTO counters(name, value) VALUES('own_record', ?1)"));
  statement.bind(1, static_cast<std::int64_t>(sequence));
  return statement.run();
}

}  // namespace soulfabric::mesh

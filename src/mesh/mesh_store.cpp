// SPDX-License-Identifier: GPL-3.0-or-later
// The tables of mesh.db.
#include <array>

#include "soulfabric/mesh/peer_book.hpp"

namespace soulfabric::mesh {

std::span<const std::string_view> mesh_migrations() {
  static constexpr std::array<std::string_view, 5> kMigrations = {
      "CREATE TABLE peers("
      "id TEXT PRIMARY KEY, public_key BLOB, record BLOB, endpoint TEXT NOT NULL DEFAULT '', "
      "first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE rotations(before TEXT PRIMARY KEY, after TEXT NOT NULL, statement BLOB NOT NULL, void INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
      "CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;",
      "CREATE TABLE pods("
      "id TEXT PRIMARY KEY, statement BLOB NOT NULL, roster BLOB NOT NULL, ours INTEGER NOT NULL, head INTEGER NOT NULL, "
      "known_until INTEGER NOT NULL, read_until INTEGER NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE pod_entries(pod TEXT NOT NULL, seq INTEGER NOT NULL, entry BLOB NOT NULL, PRIMARY KEY(pod, seq)) WITHOUT ROWID;"
      "CREATE TABLE pod_outbox(number INTEGER PRIMARY KEY, pod TEXT NOT NULL, host TEXT NOT NULL, kind INTEGER NOT NULL, payload BLOB NOT NULL);",
      "ALTER TABLE rotations ADD COLUMN revoked INTEGER NOT NULL DEFAULT 0;",
      "ALTER TABLE peers ADD COLUMN first_linked INTEGER NOT NULL DEFAULT 0;",
      "ALTER TABLE rotations ADD COLUMN matters INTEGER NOT NULL DEFAULT 0;"
      "ALTER TABLE rotations ADD COLUMN prefix TEXT NOT NULL DEFAULT '';"
      "ALTER TABLE rotations ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;"
      "UPDATE rotations SET heard = CAST(strftime('%s', 'now') AS INTEGER) * 1000000;",
  };
  return kMigrations;
}

}  // namespace soulfabric::mesh

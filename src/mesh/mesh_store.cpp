// SPDX-License-Identifier: GPL-3.0-or-later
// The tables of mesh.db.
#include <array>

#include "soulfabric/mesh/peer_book.hpp"

namespace soulfabric::mesh {

std::span<const std::string_view> mesh_migrations() {
  static constexpr std::array<std::string_view, 2> kMigrations = {
      "CREATE TABLE peers("
      "id TEXT PRIMARY KEY, public_key BLOB, record BLOB, endpoint TEXT NOT NULL DEFAULT '', "
      "first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL) WITHOUT ROWID;"
      "CREATE TABLE rotations(before TEXT PRIMARY KEY, after TEXT NOT NULL, statement BLOB NOT NULL, void INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
      "CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;",
      "CREATE TABLE pods("
      "id TEXT PRIMARY KEY, name TEXT NOT NULL, visibility INTEGER NOT NULL, owner TEXT NOT NULL, host TEXT NOT NULL, approval INTEGER NOT NULL, "
      "keep INTEGER NOT NULL, created INTEGER NOT NULL, ours INTEGER NOT NULL, statement BLOB NOT NULL, read_until INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;"
      "CREATE TABLE pod_members(pod TEXT NOT NULL, peer TEXT NOT NULL, role INTEGER NOT NULL, state INTEGER NOT NULL, since INTEGER NOT NULL, "
      "PRIMARY KEY(pod, peer)) WITHOUT ROWID;"
      "CREATE TABLE pod_messages(pod TEXT NOT NULL, id TEXT NOT NULL, sender TEXT NOT NULL, sender_key BLOB NOT NULL, body TEXT NOT NULL, "
      "sent INTEGER NOT NULL, received INTEGER NOT NULL, signature BLOB NOT NULL, removed INTEGER NOT NULL DEFAULT 0, "
      "PRIMARY KEY(pod, id)) WITHOUT ROWID;"
      "CREATE INDEX pod_messages_by_time ON pod_messages(pod, sent);",
  };
  return kMigrations;
}

}  // namespace soulfabric::mesh

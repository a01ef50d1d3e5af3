// SPDX-License-Identifier: GPL-3.0-or-later
// The tables of soulseek.db: users, paths and addresses of others live in this file only. One entry per schema version;
// a released entry never changes, new tables are new entries.
#pragma once
#include <array>
#include <string_view>

namespace soulfabric::soulseek {

// Times are microseconds since 1970 UTC. Names and paths of peers are raw bytes: BLOB.
inline constexpr std::string_view kTransferTables = R"sql(
CREATE TABLE transfer_batches(
  id TEXT PRIMARY KEY,
  username BLOB NOT NULL,
  search_id TEXT,
  destination TEXT,
  external_id TEXT,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE transfers(
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  batch_id TEXT,
  direction INTEGER NOT NULL,
  username BLOB NOT NULL,
  filename BLOB NOT NULL,
  size INTEGER NOT NULL,
  start_offset INTEGER NOT NULL,
  state INTEGER NOT NULL,
  requested_at INTEGER NOT NULL,
  enqueued_at INTEGER,
  started_at INTEGER,
  ended_at INTEGER,
  bytes_transferred INTEGER NOT NULL,
  average_speed REAL NOT NULL,
  exception TEXT,
  attempts INTEGER NOT NULL,
  next_attempt_at INTEGER,
  local_path BLOB,
  removed INTEGER NOT NULL,
  synced INTEGER NOT NULL,
  target BLOB
);
CREATE INDEX transfers_unfinished ON transfers(state) WHERE state < 16;
)sql";

inline constexpr std::array<std::string_view, 1> kSoulseekMigrations = {kTransferTables};

}  // namespace soulfabric::soulseek

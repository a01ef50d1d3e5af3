// SPDX-License-Identifier: GPL-3.0-or-later
// Peers in mesh.db. On the database's thread.
#pragma once
#include <vector>

#include "core/peer_table.hpp"
#include "core/rotation_book.hpp"
#include "soulfabric/base/sqlite.hpp"

namespace soulfabric::mesh {

struct StoredPeer {
  PeerId peer;
  PeerEntry entry;
};

struct StoredRotation {
  PeerId before;
  RotationBook::Entry entry;
};

struct StoredBook {
  std::vector<StoredPeer> peers;
  std::vector<StoredRotation> rotations;
  std::uint64_t own_sequence = 0;
};

/// Rows that make no sense are skipped.
/// At most `cap` peers, those that were dialled first, then the last seen; the rows of the rest are removed.
[[nodiscard]] Result<StoredBook> load_peers(Database& db, std::size_t cap);
[[nodiscard]] Status store_peer(Database& db, const StoredPeer& row);
[[nodiscard]] Status store_rotation(Database& db, const StoredRotation& row, ByteView statement);
[[nodiscard]] Status forget_rotation(Database& db, const PeerId& before);
[[nodiscard]] Status store_own_sequence(Database& db, std::uint64_t sequence);

}  // namespace soulfabric::mesh

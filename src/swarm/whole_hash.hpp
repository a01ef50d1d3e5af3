// SPDX-License-Identifier: GPL-3.0-or-later
// The hash of the whole file while it grows: pieces in order, straight from memory where they are still there, else from the disk.
#pragma once
#include <map>

#include "soulfabric/library/manifest.hpp"

namespace soulfabric::swarm {

/// One at a time uses `hasher`: whoever found `busy` false and set it, on the network thread.
struct WholeHash {
  explicit WholeHash(std::uint64_t size) : hasher(size, false) {}
  library::ContentHasher hasher;
  std::uint64_t next = 0;              // piece; those before it are hashed
  bool busy = false;
  std::map<std::uint64_t, Bytes> held;  // proven, waiting for those before them
  std::uint64_t held_bytes = 0;
  std::vector<bool> unproven;          // kept from an earlier run: looked at again when they are hashed
};

}  // namespace soulfabric::swarm

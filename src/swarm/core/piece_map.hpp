// SPDX-License-Identifier: GPL-3.0-or-later
// The bitmap beside a partial file as bytes: which pieces are proven and safe on the disk (docs/swarm.md).
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::swarm::core {

inline constexpr std::size_t kMostMapPieces = 4096;   // of a manifest (architecture, section 6)
inline constexpr std::size_t kLongestMapPath = 16 * 1024;
inline constexpr std::size_t kMapHeader = 8 + 32 + 8 + 32 + 4 + 32;  // magic, sha256, size, root, pieces, checksum of those before
inline constexpr std::size_t kLargestMap = kMapHeader + kMostMapPieces / 8 + 4 + kLongestMapPath + 32;

struct PieceMap {
  crypto::Sha256 sha256{};
  std::uint64_t size = 0;
  crypto::Sha256 root{};
  std::vector<bool> pieces;
  std::string placing;  // where the finished file was about to go; else empty

  [[nodiscard]] Bytes encode() const;
  /// The bits alone, which stand at kMapHeader: they are written over old ones in place.
  [[nodiscard]] Bytes bits() const;
  /// Malformed. A torn end costs the name only; bits of an old writing are good ones, since bits are only ever set.
  [[nodiscard]] static Result<PieceMap> parse(ByteView bytes);
};

}  // namespace soulfabric::swarm::core

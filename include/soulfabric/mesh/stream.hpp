// SPDX-License-Identifier: GPL-3.0-or-later
// One stream over a link: a byte stream whose other end is a proven peer. Network thread only.
#pragma once
#include <memory>

#include "soulfabric/base/peer_id.hpp"
#include "soulfabric/net/stream.hpp"

namespace soulfabric::mesh {

/// What a stream is for: its first byte.
enum class Protocol : std::uint8_t {
  Control = 1,  // between the mesh rooms of two nodes: records, connect-back
  Call = 2,     // a call of a service (fabric)
};

/// Who dialled.
enum class Direction : std::uint8_t { Outbound, Inbound };

/// shutdown_write() sends a FIN, close() resets what is not finished. Reads and writes as net::ByteStream; send_file reads on the way.
class Stream : public net::ByteStream {
 public:
  [[nodiscard]] virtual const PeerId& peer() const noexcept = 0;
  [[nodiscard]] virtual Protocol protocol() const noexcept = 0;
  /// Of its link, as it was when the stream was opened.
  [[nodiscard]] virtual Direction direction() const noexcept { return Direction::Outbound; }
};

using StreamPtr = std::unique_ptr<Stream>;

}  // namespace soulfabric::mesh

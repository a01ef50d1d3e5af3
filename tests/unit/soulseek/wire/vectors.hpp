// SPDX-License-Identifier: GPL-3.0-or-later
// The captured frames of tests/data/soulseek, read into memory.
#pragma once
#include <string>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulseek/wire/frame_reader.hpp"

namespace soulfabric::soulseek::wire {

struct Vector {
  std::string name;
  std::string message;
  std::string connection;  // server, init, P, F, D
  std::string direction;   // client_to_server, server_to_client, peer_to_peer
  std::string file;
  Bytes bytes;         // as sent
  Bytes plain;         // the frame without obfuscation
  std::string fields;  // JSON text
  [[nodiscard]] FrameKind kind() const;
};

/// All vectors; the file of F connections included.
[[nodiscard]] const std::vector<Vector>& all_vectors();

/// The one frame that `bytes` hold: code and body (a streamed body put together); code 0xFFFFFFFF where it is not exactly one frame.
struct WholeFrame {
  std::uint32_t code = 0xFFFF'FFFF;
  Bytes body;
};
[[nodiscard]] WholeFrame read_one_frame(FrameKind kind, ByteView bytes, std::size_t chunk, bool obfuscated);

}  // namespace soulfabric::soulseek::wire

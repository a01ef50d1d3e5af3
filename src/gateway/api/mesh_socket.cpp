// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of a mesh stream to frames and back; a side that takes nothing makes the other wait.
#include "api/mesh_socket.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::size_t kPiece = 16 * 1024;
constexpr std::chrono::minutes kQuiet{1};  // how long one read waits; a quiet stream is read again, pings tell whether the page is there
constexpr std::chrono::minutes kStuck{1};  // how long the far side may take nothing

}  // namespace

Task<std::optional<std::string>> MeshSocket::next() {
  Bytes piece(kPiece);
  while (!ended_) {
    const auto got = co_await stream_->read_some(piece, clock_.now() + kQuiet);
    if (got) co_return std::string(text_of(ByteView(piece).first(*got)));
    if (got.error().code != Errc::TimedOut) break;
  }
  co_return std::nullopt;
}

Task<bool> MeshSocket::take(std::string bytes) {
  if (ended_) co_return false;
  const auto written = co_await stream_->write(bytes_of(bytes), clock_.now() + kStuck);
  co_return written.has_value();
}

void MeshSocket::end() {
  if (std::exchange(ended_, true)) return;
  stream_->close();
}

}  // namespace soulfabric::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// Bytes of a tunnel, both ways at once: half-close and back-pressure as between two sockets. Network thread only.
#pragma once
#include <memory>
#include <vector>

#include "core/fair_bytes.hpp"
#include "core/tunnel_book.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/net/stream.hpp"

namespace soulfabric::relay {

/// Buffers in use only while bytes are between two streams; a few are kept for the next.
class PumpBuffers {
 public:
  static constexpr std::size_t kSize = 256 * 1024;
  static constexpr std::size_t kKept = 4;
  using Buffer = std::unique_ptr<std::uint8_t[]>;
  [[nodiscard]] Buffer take();
  void give_back(Buffer buffer);

 private:
  std::vector<Buffer> free_;
};

/// What the tunnels of a node share.
struct PumpRoom {
  IoClock& clock;
  PumpBuffers buffers{};
  FairBytes inward{};   // from peers
  FairBytes outward{};  // to peers
};

/// Until both directions have ended. An end of one side is passed on and the other direction goes on; an error of one side ends both.
/// Both streams stay the caller's; cancelled, they are left as they are.
[[nodiscard]] Task<void> pump_both_ways(PumpRoom& room, std::shared_ptr<TunnelEntry> entry, net::ByteStream& peer, net::ByteStream& target);

}  // namespace soulfabric::relay

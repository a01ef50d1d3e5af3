// SPDX-License-Identifier: GPL-3.0-or-later
// A WebSocket that carries bytes both ways: nothing more is read from the page's side until what it sent was taken.
#pragma once
#include "http/message.hpp"

namespace soulfabric::gateway {

inline constexpr std::size_t kMaxBinaryMessage = 64 * 1024;

/// `next` gives bytes; they travel as binary frames. Network thread only.
class BinarySource : public SocketSource {
 public:
  /// Called for one message at a time. False closes the socket.
  [[nodiscard]] virtual Task<bool> take(std::string bytes) = 0;
  /// Texts have no place here: they close the socket.
  void received(std::string_view /*text*/) final { end(); }
};

}  // namespace soulfabric::gateway

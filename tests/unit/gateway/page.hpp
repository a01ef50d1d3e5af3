// SPDX-License-Identifier: GPL-3.0-or-later
// A page's end of the event stream, by hand over a blocking socket.
#pragma once
#include <string>
#include <string_view>

#include "wire.hpp"

namespace soulfabric::gateway::testing {

class Page {
 public:
  Page(std::uint16_t port, const std::string& headers) : wire_(port) { open(port, headers); }
  /// Over one end of a socket pair; `port` is that of the Host header.
  Page(Wire::Joined end, std::uint16_t port, const std::string& headers) : wire_(end) { open(port, headers); }
  /// The next text; empty when the stream ended.
  std::string text() {
    for (;;) {
      const auto start = wire_.raw(2);
      if (start.size() < 2) return "";
      const auto code = static_cast<unsigned char>(start[0]) & 0x0FU;
      std::size_t size = static_cast<unsigned char>(start[1]) & 0x7FU;
      if (size >= 126) {
        const auto more = wire_.raw(size == 126 ? 2 : 8);
        size = 0;
        for (const char c : more) size = size * 256 + static_cast<unsigned char>(c);
      }
      const auto payload = wire_.raw(size);
      if (code == 8) return "";
      if (code == 9) pings += 1;
      if (code == 9) send(10, payload);
      if (code == 1) return payload;
    }
  }
  /// The next text of this type; others are dropped.
  std::string text(const std::string& type) {
    for (;;) {
      const auto next = text();
      if (next.empty() || next.starts_with(R"({"type":")" + type + "\"")) return next;
    }
  }
  void send(int code, std::string_view payload) {
    std::string frame{static_cast<char>(0x80 | code), static_cast<char>(0x80U | payload.size()), 0, 0, 0, 0};
    wire_.send(frame + std::string(payload));
  }
  Reply reply;
  int pings = 0;

 private:
  void open(std::uint16_t port, const std::string& headers) {
    wire_.send("GET /api/v0/events/ws HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" + headers + "\r\n");
    reply = wire_.read();
  }
  Wire wire_;
};

}  // namespace soulfabric::gateway::testing

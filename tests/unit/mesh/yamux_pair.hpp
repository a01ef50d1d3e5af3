// SPDX-License-Identifier: GPL-3.0-or-later
// Two yamux sessions joined in memory, and frames written by hand.
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "core/yamux_session.hpp"
#include "wire/yamux_frame.hpp"

namespace soulfabric::mesh {

inline Bytes frame(wire::YamuxType type, unsigned flags, std::uint32_t stream, std::uint32_t length, std::size_t payload = 0) {
  const auto header = wire::encode_yamux_header({type, static_cast<std::uint16_t>(flags), stream, length});
  Bytes out(header.begin(), header.end());
  out.resize(out.size() + payload, 0x5A);
  return out;
}

inline Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const Bytes& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

inline Bytes pull_all(YamuxSession& session, std::size_t piece = 16 * 1024) {
  Bytes out;
  Bytes buffer(piece);
  while (const std::size_t n = session.pull(buffer)) out.insert(out.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(n));
  return out;
}

struct SeenFrame {
  wire::YamuxHeader header;
  std::size_t payload = 0;
};

/// Cuts what a session sent into its frames; fails where it ends within one.
inline std::vector<SeenFrame> frames_of(ByteView bytes) {
  std::vector<SeenFrame> out;
  while (!bytes.empty()) {
    const auto header = wire::decode_yamux_header(bytes);
    if (!header) {
      ADD_FAILURE() << header.error().message;
      return out;
    }
    const std::size_t payload = header->type == wire::YamuxType::Data ? header->length : 0;
    if (bytes.size() < wire::kYamuxHeaderSize + payload) {
      ADD_FAILURE() << "cut frame";
      return out;
    }
    bytes = bytes.subspan(wire::kYamuxHeaderSize + payload);
    out.push_back({*header, payload});
  }
  return out;
}

inline std::vector<MuxEvent> events_of(YamuxSession& session) {
  std::vector<MuxEvent> out;
  while (const auto event = session.next_event()) out.push_back(*event);
  return out;
}

inline std::size_t count(const std::vector<MuxEvent>& events, MuxEventKind kind) {
  return static_cast<std::size_t>(std::count_if(events.begin(), events.end(), [&](const MuxEvent& e) { return e.kind == kind; }));
}

struct YamuxPair {
  explicit YamuxPair(const MuxLimits& limits = {}) : client(MuxRole::Client, limits), server(MuxRole::Server, limits) {}

  /// Until neither has anything to say.
  void settle() {
    for (bool moved = true; moved;) {
      const Bytes forth = pull_all(client);
      const Bytes back = pull_all(server);
      moved = !forth.empty() || !back.empty();
      now += std::chrono::milliseconds(1);
      ASSERT_TRUE(server.receive(forth, now));
      ASSERT_TRUE(client.receive(back, now));
    }
  }
  StreamId open() {
    const auto id = client.open();
    EXPECT_TRUE(id);
    return id.value_or(0);
  }

  YamuxSession client;
  YamuxSession server;
  MonoTime now{};
};

inline Bytes read_all(YamuxSession& session, StreamId id) {
  Bytes out;
  Bytes buffer(8192);
  while (true) {
    const auto n = session.read(id, buffer);
    if (!n || *n == 0) return out;
    out.insert(out.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*n));
  }
}

}  // namespace soulfabric::mesh

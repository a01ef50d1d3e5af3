// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the captured frames.
#include "vectors.hpp"

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

namespace soulfabric::soulseek::wire {

FrameKind Vector::kind() const {
  if (connection == "init") return FrameKind::Init;
  if (connection == "P") return FrameKind::Peer;
  if (connection == "D") return FrameKind::Distributed;
  return direction == "client_to_server" ? FrameKind::ServerRequests : FrameKind::ServerReplies;
}

const std::vector<Vector>& all_vectors() {
  static const std::vector<Vector> vectors = [] {
    std::vector<Vector> out;
    for (const std::string name : {"server", "peer_init", "peer", "file", "distributed", "obfuscated"}) {
      std::ifstream in(std::string(SF_SOURCE_DIR) + "/tests/data/soulseek/" + name + ".json");
      for (const auto& entry : nlohmann::json::parse(in)) {
        Vector vector{entry["name"], entry["message"], entry["connection"], entry["direction"], name, {}, {}, entry["fields"].dump()};
        if (!from_hex(entry["hex"].get<std::string>(), vector.bytes)) vector.bytes.clear();
        vector.plain = vector.bytes;
        if (name == "obfuscated") vector.plain = deobfuscate(vector.bytes);
        out.push_back(std::move(vector));
      }
    }
    return out;
  }();
  return vectors;
}

WholeFrame read_one_frame(FrameKind kind, ByteView bytes, std::size_t chunk, bool obfuscated) {
  FrameReader reader(kind, obfuscated);
  reader.expect(5);
  reader.expect(16);
  WholeFrame out;
  std::size_t frames = 0;
  Bytes streamed;
  for (std::size_t at = 0; at < bytes.size(); at += chunk) {
    reader.feed(bytes.subspan(at, std::min(chunk, bytes.size() - at)));
    while (true) {
      const auto next = reader.next();
      if (!next) return {};
      if (!next->has_value()) break;
      const Frame& frame = **next;
      if (frame.part == Frame::Part::Chunk) streamed.insert(streamed.end(), frame.body.begin(), frame.body.end());
      if (frame.part == Frame::Part::Whole) out.body.assign(frame.body.begin(), frame.body.end());
      if (frame.part == Frame::Part::End) out.body = streamed;
      if (frame.part == Frame::Part::Whole || frame.part == Frame::Part::End) {
        ++frames;
        out.code = frame.code;
      }
    }
  }
  if (frames != 1 || reader.buffered() != 0) return {};
  return out;
}

}  // namespace soulfabric::soulseek::wire

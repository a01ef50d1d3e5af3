// SPDX-License-Identifier: GPL-3.0-or-later
// Two yamux sessions against a model of what streams promise: random calls, random splits of the wire, a seed that repeats them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "soulfabric/base/random.hpp"
#include "yamux_pair.hpp"

namespace soulfabric::mesh {
namespace {

/// What one side said on one stream, seen from outside. Bytes are numbered, so that order and loss show.
struct Said {
  std::uint64_t written = 0;
  std::uint64_t read = 0;
  bool finished = false;
  bool end_seen = false;
};

struct Model {
  struct Stream {
    Said by[2];
    bool known[2] = {false, false};  // has an owner there
    bool cut = false;                // a reset or a forgetting: bytes may be lost from here on
  };

  explicit Model(std::uint64_t seed) : random(seed) {
    MuxLimits limits;
    limits.window = 4096;
    limits.window_most = 64 * 1024;
    limits.link_window = 256 * 1024;
    limits.frame = 1500;
    limits.inbound_streams = 20;
    limits.ack_backlog = 8;
    side.emplace_back(MuxRole::Client, limits);
    side.emplace_back(MuxRole::Server, limits);
  }

  static std::uint8_t byte_at(StreamId id, std::size_t who, std::uint64_t at) {
    return static_cast<std::uint8_t>(id * 31U + who * 17U + at * 7U + (at >> 8U));
  }

  StreamId pick(std::size_t who) {
    std::vector<StreamId> own;
    for (const auto& [id, stream] : streams) {
      if (stream.known[who]) own.push_back(id);
    }
    return own.empty() ? 0 : own[random.below(own.size())];
  }

  void take_events(std::size_t who) {
    for (const MuxEvent& event : events_of(side[who])) {
      if (event.kind == MuxEventKind::Opened) streams[event.stream].known[who] = true;
      if (event.kind == MuxEventKind::Reset) {
        ASSERT_TRUE(streams.contains(event.stream));
        streams[event.stream].cut = true;
      }
    }
  }

  void open(std::size_t who) {
    const auto id = side[who].open();
    if (!id) {
      ASSERT_EQ(id.error().code, Errc::Busy);
      return;
    }
    ASSERT_FALSE(streams.contains(*id));
    streams[*id].known[who] = true;
  }

  void write(std::size_t who, StreamId id) {
    Stream& stream = streams[id];
    Bytes bytes(random.below(3000));
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = byte_at(id, who, stream.by[who].written + i);
    const auto n = side[who].write(id, bytes);
    if (!n) {
      ASSERT_TRUE(stream.by[who].finished || stream.cut) << id;
      return;
    }
    ASSERT_LE(*n, bytes.size());
    stream.by[who].written += *n;
  }

  void read(std::size_t who, StreamId id) {
    Stream& stream = streams[id];
    Said& other = stream.by[1 - who];
    Bytes bytes(random.below(5000) + 1);
    const auto n = side[who].read(id, bytes);
    if (!n) {
      if (n.error().code == Errc::Rejected) {
        ASSERT_TRUE(stream.cut) << id;
        return;
      }
      ASSERT_EQ(n.error().code, Errc::Closed);
      ASSERT_TRUE(other.finished) << id;
      ASSERT_EQ(other.read, other.written) << id;  // an end is only told after the last byte
      other.end_seen = true;
      return;
    }
    for (std::size_t i = 0; i < *n; ++i) ASSERT_EQ(bytes[i], byte_at(id, 1 - who, other.read + i)) << id;
    other.read += *n;
    ASSERT_LE(other.read, other.written);
  }

  void act() {
    const std::size_t who = random.below(2);
    const StreamId id = pick(who);
    const std::uint64_t lot = random.below(100);
    if (lot < 8 || id == 0) return open(who);
    if (lot < 40) return write(who, id);
    if (lot < 80) return read(who, id);
    if (lot < 84) {
      side[who].finish(id);
      streams[id].by[who].finished = true;
    } else if (lot < 85) {
      side[who].reset(id);
      streams[id].cut = true;
    } else if (lot < 88) {
      side[who].forget(id);
      streams[id].known[who] = false;
      streams[id].cut = true;
    } else if (lot < 90) {
      side[who].ping(now);
    } else if (lot < 91) {
      side[who].allow_growth(random.below(2) == 0);
    }
  }

  /// Some bytes leave, some arrive.
  void move(std::size_t from) {
    Bytes piece(random.below(4000) + 1);
    const std::size_t n = side[from].pull(piece);
    wire[from].insert(wire[from].end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(n));
    const std::size_t due = random.below(wire[from].size() + 1);
    const auto status = side[1 - from].receive(ByteView(wire[from]).first(due), now);
    ASSERT_TRUE(status) << status.error().message;
    wire[from].erase(wire[from].begin(), wire[from].begin() + static_cast<std::ptrdiff_t>(due));
    take_events(from);
    take_events(1 - from);
    ASSERT_LE(side[1 - from].unread(), 256U * 1024);
  }

  void drain() {
    for (bool moved = true; moved;) {
      moved = false;
      for (const std::size_t from : {std::size_t{0}, std::size_t{1}}) {
        moved = moved || side[from].wants_to_send() || !wire[from].empty();
        move(from);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }

  bool all_over() const {
    for (const auto& [id, stream] : streams) {
      for (const std::size_t who : {std::size_t{0}, std::size_t{1}}) {
        if (stream.known[who] && !(stream.by[who].finished && (stream.cut || stream.by[1 - who].end_seen))) return false;
      }
    }
    return true;
  }

  /// Everybody finishes and reads on until nothing is left.
  void end() {
    for (int round = 0; round < 400 && !all_over(); ++round) {
      drain();
      if (testing::Test::HasFatalFailure()) return;
      for (auto& [id, stream] : streams) {
        for (const std::size_t who : {std::size_t{0}, std::size_t{1}}) {
          if (!stream.known[who]) continue;
          side[who].finish(id);
          stream.by[who].finished = true;
          read(who, id);
          if (testing::Test::HasFatalFailure()) return;
        }
      }
    }
    for (auto& [id, stream] : streams) {
      for (const std::size_t who : {std::size_t{0}, std::size_t{1}}) {
        if (!stream.cut && stream.known[who]) {
          ASSERT_TRUE(stream.by[1 - who].end_seen) << id;
        }
        if (stream.known[who]) side[who].forget(id);
      }
    }
    drain();
    for (const YamuxSession& session : side) {
      ASSERT_EQ(session.streams(), 0U);
      ASSERT_EQ(session.unread(), 0U);
    }
  }

  SeededRandom random;
  std::vector<YamuxSession> side;
  Bytes wire[2];
  std::map<StreamId, Stream> streams;
  MonoTime now{};
};

TEST(YamuxModel, TwoSessionsKeepThePromisesOfStreams) {
  std::uint64_t first = SystemRandom{}.u32();
  if (const char* given = std::getenv("SF_SEED")) first = std::strtoull(given, nullptr, 10);
  for (std::uint64_t seed = first; seed < first + 16; ++seed) {
    SCOPED_TRACE("SF_SEED=" + std::to_string(seed));
    Model model(seed);
    for (int step = 0; step < 1500; ++step) {
      model.now += std::chrono::microseconds(model.random.below(2000));
      model.act();
      if (model.random.below(3) == 0) model.move(model.random.below(2));
      if (HasFatalFailure()) return;
    }
    model.end();
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace soulfabric::mesh

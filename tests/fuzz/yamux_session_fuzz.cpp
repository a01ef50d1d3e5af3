// SPDX-License-Identifier: GPL-3.0-or-later
// A yamux session that reads anything: the first byte chooses the role and how the rest is cut, an owner answers all it is told.
#include <algorithm>
#include <cstdlib>

#include "mesh/core/yamux_session.hpp"

using namespace soulfabric;
using namespace soulfabric::mesh;

namespace {

void require(bool held) {
  if (!held) std::abort();
}

void own(YamuxSession& session, const MuxEvent& event, std::size_t taste) {
  Bytes buffer(taste % 3 == 0 ? 7 : 4096);
  switch (event.kind) {
    case MuxEventKind::Opened:
      if (taste % 5 == 4) session.reset(event.stream);
      if (taste % 7 == 6) session.forget(event.stream);
      break;
    case MuxEventKind::Readable: {
      const auto n = session.read(event.stream, buffer);
      if (n) require(*n <= buffer.size());
      if (n && *n > 0) {
        (void)session.write(event.stream, ByteView(buffer).first(*n));
      } else if (!n) {
        session.finish(event.stream);
      }
      break;
    }
    case MuxEventKind::Reset: session.forget(event.stream); break;
    case MuxEventKind::Accepted:
    case MuxEventKind::Writable: (void)session.write(event.stream, buffer); break;
    case MuxEventKind::Pong:
    case MuxEventKind::GoAway: break;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t taste = data[0];
  MuxLimits limits;
  limits.inbound_streams = 8;
  limits.link_window = 512 * 1024;
  YamuxSession session(taste % 2 == 0 ? MuxRole::Client : MuxRole::Server, limits);
  for (int i = 0; i < 3; ++i) {
    const auto id = session.open();
    require(id.has_value());
    (void)session.write(*id, Bytes(100));
  }
  session.ping(MonoTime{});
  ByteView rest(data + 1, size - 1);
  const std::size_t piece = 1 + taste % 64;
  Bytes out(1 + taste * 5);
  bool alive = true;
  while (!rest.empty() && alive) {
    const std::size_t n = std::min(piece, rest.size());
    alive = session.receive(rest.first(n), MonoTime{}).has_value();
    rest = rest.subspan(n);
    while (const auto event = session.next_event()) own(session, *event, taste);
    for (int i = 0; i < 4; ++i) require(session.pull(out) <= out.size());
    require(session.unread() <= limits.link_window);
    require(session.streams() <= limits.inbound_streams + 3);
  }
  for (int i = 0; i < 100'000 && session.wants_to_send(); ++i) (void)session.pull(out);
  require(alive || !session.open().has_value());
  return 0;
}

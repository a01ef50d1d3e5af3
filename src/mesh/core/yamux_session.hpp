// SPDX-License-Identifier: GPL-3.0-or-later
// Symmetric streams over one ordered byte stream, by the yamux specification (hashicorp/yamux, spec.md): bytes in, events and bytes
// out. Sans-IO; credit is the only thing that holds a sender back. Network thread only.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::mesh {

using StreamId = std::uint32_t;  // odd ids are the client's

enum class MuxRole : std::uint8_t { Client, Server };

struct MuxLimits {
  std::uint32_t window = 256 * 1024;                // initial credit of a stream, as the specification fixes it
  std::uint32_t window_most = 16 * 1024 * 1024;     // grows while the reader keeps up
  std::uint64_t link_window = 32ULL * 1024 * 1024;  // unread bytes and credit beyond the initial one, all streams together
  std::size_t inbound_streams = 1024;               // opened by the other side, until finished and forgotten here; more are reset
  std::size_t frame = 64 * 1024;                    // payload of a data frame that we send
  std::size_t ack_backlog = 256;                    // own streams that the other side has not accepted yet; `open` is Busy beyond
  std::size_t replies = 16 * 1024;                  // owed refusals and pongs; a peer that causes more and reads none is Malformed
  StreamId first_id = 0;                            // of our own streams; 0: the first one of the role
};

enum class MuxEventKind : std::uint8_t {
  Opened,    // the other side opened `stream`
  Accepted,  // the other side accepted ours
  Readable,  // bytes or an end arrived
  Writable,  // credit came back, or the queued frame left
  Reset,     // the stream is gone
  Pong,      // `round_trip` is known
  GoAway,    // no new streams will be accepted
};

struct MuxEvent {
  MuxEventKind kind = MuxEventKind::Opened;
  StreamId stream = 0;
  Duration round_trip{};
};

class YamuxSession {
 public:
  YamuxSession(MuxRole role, const MuxLimits& limits);
  YamuxSession(YamuxSession&&) noexcept;
  YamuxSession& operator=(YamuxSession&&) noexcept;
  ~YamuxSession();

  /// Bytes from the other side, in any pieces. Malformed: the session is over; what `pull` gives then is the goodbye. Rejected: the
  /// other side ended the session because of an error that it found (nobody is to blame for it here).
  [[nodiscard]] Status receive(ByteView bytes, MonoTime now);
  /// Until empty, after `receive` and after `pull`: both make events.
  [[nodiscard]] std::optional<MuxEvent> next_event();
  /// Fills `into` with whole or partial frames: control first, then one frame per stream in turn. 0: nothing to send.
  [[nodiscard]] std::size_t pull(MutableByteView into);
  [[nodiscard]] bool wants_to_send() const noexcept;

  /// Unavailable after a goodbye of either side or when ids are used up. Busy: too many streams wait to be accepted, wait for
  /// Accepted. The SYN leaves with the first bytes where they are written before the next `pull`.
  [[nodiscard]] Result<StreamId> open();
  /// Takes as much as credit and the one queued frame allow; 0: wait for Writable. Closed after finish, reset or death.
  [[nodiscard]] Result<std::size_t> write(StreamId stream, ByteView bytes);
  /// 0: nothing at present, wait for Readable. Closed: the other side finished and all was read. Rejected: it was reset (what came
  /// before an end of the other side stays readable).
  [[nodiscard]] Result<std::size_t> read(StreamId stream, MutableByteView into);
  /// Whether `read` has something to say: bytes, an end or an error.
  [[nodiscard]] bool is_readable(StreamId stream) const noexcept;
  void finish(StreamId stream);
  void reset(StreamId stream);
  /// No more events and no more calls for this id: the owner is gone. Resets what is not finished on both sides; what was written
  /// before `finish` still leaves.
  void forget(StreamId stream);
  /// One question at a time: a later one takes the place of the unanswered one before. The round trip guides the growth of credit,
  /// so ask once when the link stands.
  void ping(MonoTime now);
  void go_away();
  [[nodiscard]] std::size_t streams() const noexcept;
  /// Bytes that arrived and were not read, all streams.
  [[nodiscard]] std::uint64_t unread() const noexcept;
  /// Whether credit may grow beyond the initial one (bytes over all links are counted by the owner); false also takes grown credit
  /// back as it is used.
  void allow_growth(bool allowed) noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// What a yamux session remembers; shared by its sending and its receiving half, nobody else.
#pragma once
#include <algorithm>
#include <unordered_map>
#include <vector>

#include "core/chunk_queue.hpp"
#include "core/yamux_session.hpp"
#include "wire/yamux_frame.hpp"

namespace soulfabric::mesh {

struct YamuxSession::State {
  struct MuxStream {
    StreamId id = 0;
    bool ours = false;
    bool syn_due = false;
    bool ack_due = false;
    bool rst_due = false;
    bool accepted = false;        // ours: the other side answered
    bool local_finished = false;  // the owner has no more to say
    bool fin_sent = false;
    bool remote_finished = false;
    bool reset = false;          // by either side: no more frames but perhaps our RST
    bool forgotten = false;      // the owner is gone
    bool gone = false;           // only waits to be taken off a list
    bool blocked = false;        // a write was cut short
    bool readable_told = false;  // an event waits
    bool in_ready = false;
    bool in_control = false;
    std::uint32_t send_credit = 0;
    std::uint32_t receive_credit = 0;  // what the other side may still announce
    std::uint32_t used = 0;            // read by the owner and not yet given back
    std::uint32_t judged = 0;          // read since the window's size was last judged
    std::uint32_t debt = 0;            // credit to be taken back from `used`
    std::uint32_t target = 0;          // credit and unread bytes together
    std::uint32_t credit_due = 0;      // of the next window update
    MonoTime epoch{};                  // when the size was last judged
    Bytes out;                         // the one queued frame; its credit is taken
    ChunkQueue in;
    MuxStream* next_ready = nullptr;
    MuxStream* next_control = nullptr;
  };

  template <MuxStream* MuxStream::*Next, bool MuxStream::*Member>
  struct List {
    MuxStream* first = nullptr;
    MuxStream* last = nullptr;
    void push(MuxStream& stream) noexcept {
      if (stream.*Member) return;
      stream.*Member = true;
      stream.*Next = nullptr;
      (last == nullptr ? first : last->*Next) = &stream;
      last = &stream;
    }
    MuxStream* pop() noexcept {
      MuxStream* stream = first;
      if (stream == nullptr) return nullptr;
      first = stream->*Next;
      if (first == nullptr) last = nullptr;
      stream->*Member = false;
      return stream;
    }
  };

  State(MuxRole role, const MuxLimits& given);

  // Both halves.
  [[nodiscard]] MuxStream* find(StreamId id) noexcept;
  void tell(MuxEventKind kind, StreamId stream, Duration round_trip = {});
  void tell_readable(MuxStream& stream);
  void tell_writable(MuxStream& stream);
  /// Drops unread bytes and takes back what the stream holds of the link's window.
  void release(MuxStream& stream);
  void release_extra(MuxStream& stream);
  /// Out of the table, once on no list any more. The reference may dangle afterwards.
  void erase(MuxStream& stream);
  /// Erases what its owner forgot and both sides are done with.
  void settle(MuxStream& stream);
  void reset_locally(MuxStream& stream);

  // Receiving.
  [[nodiscard]] Status take_header(const wire::YamuxHeader& header);
  [[nodiscard]] Status take_ping(const wire::YamuxHeader& header);
  [[nodiscard]] Status take_goodbye(const wire::YamuxHeader& header);
  [[nodiscard]] Status take_stream_frame(const wire::YamuxHeader& header);
  [[nodiscard]] Result<MuxStream*> take_syn(const wire::YamuxHeader& header);
  [[nodiscard]] Status take_unknown(const wire::YamuxHeader& header);
  [[nodiscard]] Status take_length(MuxStream& stream, const wire::YamuxHeader& header);
  void take_flags(MuxStream& stream, const wire::YamuxHeader& header);
  void take_payload(ByteView bytes);
  void payload_done();
  void make_room();
  [[nodiscard]] Status reply(const wire::YamuxHeader& header);
  [[nodiscard]] std::unexpected<Error> die(std::string_view why);

  // Reading: gives credit back, and more of it where the reader keeps up.
  void give_back(MuxStream& stream, std::size_t read);
  void grow(MuxStream& stream);

  // Sending.
  [[nodiscard]] bool next_frame();
  void start_frame(const wire::YamuxHeader& header);
  [[nodiscard]] bool start_control(MuxStream& stream);
  [[nodiscard]] bool start_data(MuxStream& stream);
  [[nodiscard]] std::uint16_t flags_due(MuxStream& stream, bool with_end);
  void frame_left();

  MuxRole role;
  MuxLimits limits;
  std::unordered_map<StreamId, MuxStream> streams;
  StreamId next_id = 0;  // 0: used up
  StreamId highest_remote = 0;
  std::size_t inbound = 0;
  std::size_t unaccepted = 0;
  std::uint64_t unread = 0;
  std::uint64_t extra = 0;  // granted beyond the initial windows
  bool growth = true;
  bool said_goodbye = false;
  bool heard_goodbye = false;
  bool dead = false;
  MonoTime now{};

  std::uint32_t ping_id = 0;
  bool ping_out = false;
  MonoTime ping_sent{};
  Duration round_trip{};  // smoothed; 0: unknown

  std::vector<MuxEvent> events;
  std::size_t events_read = 0;

  // What arrives: a header in pieces, then the payload of one frame.
  wire::YamuxHeaderBytes header{};
  std::size_t header_have = 0;
  StreamId payload_stream = 0;
  std::uint32_t payload_left = 0;
  bool payload_fin = false;
  bool payload_dropped = false;

  // What leaves: the frame on its way, frames of no stream, streams with control frames, streams with data.
  wire::YamuxHeaderBytes out_header{};
  std::size_t out_header_left = 0;
  Bytes out_payload;
  std::size_t out_payload_sent = 0;
  Bytes spare;  // a used buffer for the next writer
  std::vector<wire::YamuxHeader> replies;
  std::size_t replies_sent = 0;
  List<&MuxStream::next_control, &MuxStream::in_control> control;
  List<&MuxStream::next_ready, &MuxStream::in_ready> ready;
};

}  // namespace soulfabric::mesh

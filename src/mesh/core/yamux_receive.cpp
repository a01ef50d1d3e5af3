// SPDX-License-Identifier: GPL-3.0-or-later
// Yamux session: what arrives. Every claim of the other side is judged when its header is whole, before a byte is kept for it.
#include <limits>

#include "core/yamux_state.hpp"

namespace soulfabric::mesh {

using wire::YamuxGoodbye;
using wire::YamuxHeader;
using wire::YamuxType;

Status YamuxSession::receive(ByteView bytes, MonoTime now) {
  State& state = *state_;
  if (state.dead) return fail(Errc::Malformed, "the link is over");
  state.now = now;
  while (!bytes.empty()) {
    if (state.payload_left > 0) {
      const std::size_t n = std::min(bytes.size(), std::size_t{state.payload_left});
      state.take_payload(bytes.first(n));
      state.payload_left -= static_cast<std::uint32_t>(n);
      if (state.payload_left == 0) state.payload_done();
      bytes = bytes.subspan(n);
      continue;
    }
    const std::size_t n = std::min(bytes.size(), state.header.size() - state.header_have);
    std::copy_n(bytes.begin(), n, state.header.begin() + static_cast<std::ptrdiff_t>(state.header_have));
    state.header_have += n;
    bytes = bytes.subspan(n);
    if (state.header_have < state.header.size()) break;
    state.header_have = 0;
    const auto header = wire::decode_yamux_header(state.header);
    if (!header) return state.die(header.error().message);
    SF_TRY(state.take_header(*header));
  }
  return {};
}

/// The goodbye is all that still leaves, behind the frame that is on its way.
std::unexpected<Error> YamuxSession::State::die(std::string_view why) {
  dead = true;
  replies.clear();
  replies_sent = 0;
  replies.push_back({YamuxType::GoAway, 0, 0, static_cast<std::uint32_t>(YamuxGoodbye::ProtocolError)});
  return fail(Errc::Malformed, std::string(why));
}

Status YamuxSession::State::reply(const YamuxHeader& answer) {
  if (replies.size() - replies_sent >= limits.replies) return die("the other side causes answers and reads none of them");
  replies.push_back(answer);
  return {};
}

Status YamuxSession::State::take_header(const YamuxHeader& got) {
  switch (got.type) {
    case YamuxType::Ping: return take_ping(got);
    case YamuxType::GoAway: return take_goodbye(got);
    case YamuxType::Data:
    case YamuxType::WindowUpdate: break;
  }
  return take_stream_frame(got);
}

Status YamuxSession::State::take_ping(const YamuxHeader& got) {
  if (got.has(wire::kYamuxSyn)) return reply({YamuxType::Ping, wire::kYamuxAck, 0, got.length});
  if (!ping_out || got.length != ping_id) return {};  // an answer that came after the next question
  ping_out = false;
  const Duration trip = std::max(now - ping_sent, Duration(1));
  round_trip = round_trip == Duration::zero() ? trip : (7 * round_trip + trip) / 8;
  tell(MuxEventKind::Pong, 0, trip);
  return {};
}

Status YamuxSession::State::take_goodbye(const YamuxHeader& got) {
  switch (got.length) {
    case static_cast<std::uint32_t>(YamuxGoodbye::Normal):
      if (!heard_goodbye) tell(MuxEventKind::GoAway, 0);
      heard_goodbye = true;
      return {};
    case static_cast<std::uint32_t>(YamuxGoodbye::ProtocolError):
    case static_cast<std::uint32_t>(YamuxGoodbye::InternalError):
      dead = true;
      replies.clear();
      replies_sent = 0;
      return fail(Errc::Rejected, "the other side ended the link because of an error");
    default: return die("the other side said goodbye for an unknown reason");
  }
}

Status YamuxSession::State::take_stream_frame(const YamuxHeader& got) {
  payload_stream = got.stream;
  payload_left = got.type == YamuxType::Data ? got.length : 0;
  payload_fin = false;
  payload_dropped = false;
  MuxStream* stream = nullptr;
  if (got.has(wire::kYamuxSyn)) {
    SF_TRY_ASSIGN(stream, take_syn(got));
  } else {
    stream = find(got.stream);
  }
  if (stream == nullptr) return take_unknown(got);
  if (stream->ours && stream->syn_due) return die("the other side wrote to a stream that was never opened");
  if ((got.has(wire::kYamuxFin) || payload_left > 0) && stream->remote_finished) return die("a stream goes on after its end");
  SF_TRY(take_length(*stream, got));
  take_flags(*stream, got);
  return {};
}

/// Nothing where the stream is refused: over the cap, or after our goodbye.
Result<YamuxSession::State::MuxStream*> YamuxSession::State::take_syn(const YamuxHeader& got) {
  const bool of_a_client = got.stream % 2 == 1;
  if (of_a_client == (role == MuxRole::Client)) return die("the other side opened a stream with a number that is ours");
  if (streams.contains(got.stream)) return die("the other side opened a stream twice");
  highest_remote = std::max(highest_remote, got.stream);
  if (got.has(wire::kYamuxRst)) return nullptr;
  if (said_goodbye || inbound >= limits.inbound_streams) {
    SF_TRY(reply({YamuxType::WindowUpdate, wire::kYamuxRst, got.stream, 0}));
    return nullptr;
  }
  MuxStream& stream = streams[got.stream];
  stream.id = got.stream;
  stream.accepted = true;
  stream.ack_due = true;
  stream.send_credit = limits.window;
  stream.receive_credit = limits.window;
  stream.target = limits.window;
  stream.epoch = now;
  ++inbound;
  tell(MuxEventKind::Opened, got.stream);
  control.push(stream);
  return &stream;
}

/// Frames of a stream that is not there any more were on their way when it ended. A stream that never was is a lie.
Status YamuxSession::State::take_unknown(const YamuxHeader& got) {
  const bool ours = (got.stream % 2 == 1) == (role == MuxRole::Client);
  const bool was = ours ? (next_id == 0 || got.stream < next_id) : got.stream <= highest_remote;
  if (!was) return die("the other side wrote to a stream that was never opened");
  if (payload_left > (got.has(wire::kYamuxSyn) ? limits.window : limits.window_most)) return die("a frame is longer than any credit");
  payload_dropped = true;
  return {};
}

Status YamuxSession::State::take_length(MuxStream& stream, const YamuxHeader& got) {
  if (got.type == YamuxType::Data) {
    if (got.length > stream.receive_credit) return die("a frame is longer than the credit of its stream");
    stream.receive_credit -= got.length;
    return {};
  }
  if (got.length > std::numeric_limits<std::uint32_t>::max() - stream.send_credit) return die("a stream was given more credit than can be");
  stream.send_credit += got.length;
  return {};
}

void YamuxSession::State::take_flags(MuxStream& stream, const YamuxHeader& got) {
  const bool reset_now = got.has(wire::kYamuxRst);
  if (stream.ours && !stream.accepted) {
    stream.accepted = true;
    --unaccepted;
    if (!reset_now && !stream.reset) tell(MuxEventKind::Accepted, stream.id);
  }
  if (reset_now) {
    payload_dropped = true;
    stream.rst_due = false;
    stream.credit_due = 0;
    stream.out = Bytes{};
    if (!stream.remote_finished) release(stream);
    if (!stream.reset) tell(MuxEventKind::Reset, stream.id);
    stream.reset = true;
    return settle(stream);
  }
  if (got.type == YamuxType::WindowUpdate && got.length > 0 && !stream.reset) tell_writable(stream);
  payload_fin = got.has(wire::kYamuxFin);
  if (payload_left == 0) payload_done();
}

void YamuxSession::State::take_payload(ByteView bytes) {
  if (payload_dropped) return;
  MuxStream* stream = find(payload_stream);
  if (stream == nullptr || stream->reset || stream->forgotten) return;
  while (unread + bytes.size() > limits.link_window && unread > 0) make_room();
  if (stream->reset) return;
  stream->in.append(bytes);
  unread += bytes.size();
  tell_readable(*stream);
}

/// The link holds too much: the stream that nobody reads most is given up, never the small ones beside it.
void YamuxSession::State::make_room() {
  MuxStream* fullest = nullptr;
  for (auto& [id, stream] : streams) {
    if (fullest == nullptr || stream.in.size() > fullest->in.size() || (stream.in.size() == fullest->in.size() && id < fullest->id)) {
      fullest = &stream;
    }
  }
  if (fullest->reset) {
    release(*fullest);
    fullest->remote_finished = false;  // a reader must not take what is left for the whole
    return;
  }
  reset_locally(*fullest);
  tell(MuxEventKind::Reset, fullest->id);
}

void YamuxSession::State::payload_done() {
  if (!payload_fin) return;
  payload_fin = false;
  MuxStream* stream = find(payload_stream);
  if (stream == nullptr || stream->reset) return;
  stream->remote_finished = true;
  stream->credit_due = 0;
  release_extra(*stream);
  tell_readable(*stream);
  settle(*stream);
}

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// Yamux session: what leaves. Control first, then one frame per stream in turn.
#include <cstring>

#include "core/yamux_state.hpp"

namespace soulfabric::mesh {

using wire::YamuxHeader;
using wire::YamuxType;

namespace {

/// An idle session keeps no more than this for its next writer.
constexpr std::size_t kSpareKept = 2048;

std::size_t copy_into(MutableByteView into, const std::uint8_t* from, std::size_t size) {
  const std::size_t n = std::min(into.size(), size);
  if (n > 0) std::memcpy(into.data(), from, n);
  return n;
}

}  // namespace

std::size_t YamuxSession::pull(MutableByteView into) {
  State& state = *state_;
  std::size_t done = 0;
  while (done < into.size()) {
    const MutableByteView room = into.subspan(done);
    if (state.out_header_left > 0) {
      const std::size_t n = copy_into(room, state.out_header.end() - state.out_header_left, state.out_header_left);
      state.out_header_left -= n;
      done += n;
    } else if (state.out_payload_sent < state.out_payload.size()) {
      const std::size_t left = state.out_payload.size() - state.out_payload_sent;
      const std::size_t n = copy_into(room, state.out_payload.data() + state.out_payload_sent, left);
      state.out_payload_sent += n;
      done += n;
      if (n == left) state.frame_left();
    } else if (!state.next_frame()) {
      break;
    }
  }
  if (state.spare.capacity() > kSpareKept && !wants_to_send()) state.spare = Bytes{};
  return done;
}

bool YamuxSession::wants_to_send() const noexcept {
  const State& state = *state_;
  if (state.out_header_left > 0 || state.out_payload_sent < state.out_payload.size()) return true;
  if (state.replies_sent < state.replies.size()) return true;
  return !state.dead && (state.control.first != nullptr || state.ready.first != nullptr);
}

void YamuxSession::State::frame_left() {
  out_payload.clear();
  if (spare.capacity() < out_payload.capacity()) spare.swap(out_payload);
  out_payload = Bytes{};
  out_payload_sent = 0;
}

void YamuxSession::State::start_frame(const YamuxHeader& frame) {
  out_header = wire::encode_yamux_header(frame);
  out_header_left = out_header.size();
}

bool YamuxSession::State::next_frame() {
  if (replies_sent < replies.size()) {
    start_frame(replies[replies_sent++]);
    if (replies_sent == replies.size()) {
      if (replies.capacity() > 64) replies = {};
      replies.clear();
      replies_sent = 0;
    }
    return true;
  }
  if (dead) return false;
  while (MuxStream* stream = control.pop()) {
    if (start_control(*stream)) return true;
  }
  while (MuxStream* stream = ready.pop()) {
    if (start_data(*stream)) return true;
  }
  return false;
}

/// What the next frame of the stream says beside its length; `with_end`: no bytes of ours come after it.
std::uint16_t YamuxSession::State::flags_due(MuxStream& stream, bool with_end) {
  unsigned flags = 0;
  if (stream.syn_due) flags |= wire::kYamuxSyn;
  if (stream.ack_due) flags |= wire::kYamuxAck;
  if (with_end && stream.local_finished && !stream.fin_sent) {
    flags |= wire::kYamuxFin;
    stream.fin_sent = true;
  }
  stream.syn_due = false;
  stream.ack_due = false;
  return static_cast<std::uint16_t>(flags);
}

bool YamuxSession::State::start_control(MuxStream& stream) {
  if (stream.gone) {
    erase(stream);
    return false;
  }
  if (stream.rst_due) {
    stream.rst_due = false;
    start_frame({YamuxType::WindowUpdate, wire::kYamuxRst, stream.id, 0});
    settle(stream);
    return true;
  }
  if (stream.reset) return false;
  if (stream.credit_due == 0 && !stream.out.empty()) return false;  // its data frame says it all
  const std::uint32_t credit = stream.credit_due;
  const std::uint16_t flags = flags_due(stream, stream.out.empty());
  if (credit == 0 && flags == 0) return false;
  stream.credit_due = 0;
  start_frame({YamuxType::WindowUpdate, flags, stream.id, credit});
  settle(stream);
  return true;
}

bool YamuxSession::State::start_data(MuxStream& stream) {
  if (stream.gone) {
    erase(stream);
    return false;
  }
  if (stream.out.empty()) return false;  // it was reset meanwhile
  out_payload = std::move(stream.out);
  stream.out = Bytes{};
  out_payload_sent = 0;
  start_frame({YamuxType::Data, flags_due(stream, true), stream.id, static_cast<std::uint32_t>(out_payload.size())});
  if (stream.send_credit > 0) tell_writable(stream);
  settle(stream);
  return true;
}

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// Yamux session: the owner's calls and the credit that its reading gives back.
#include "core/yamux_session.hpp"

#include "core/yamux_state.hpp"

namespace soulfabric::mesh {
namespace {

/// Below this a round trip says more about scheduling than about the line.
constexpr Duration kLeastRoundTrip = std::chrono::milliseconds(1);
/// Taken where no pong came yet.
constexpr Duration kUnknownRoundTrip = std::chrono::milliseconds(100);
/// A large window is given back in parts of this size: half of it at once would leave the sender waiting and then bursting into the line.
constexpr std::uint32_t kCreditStep = 256 * 1024;

}  // namespace

YamuxSession::State::State(MuxRole given_role, const MuxLimits& given)
    : role(given_role), limits(given), next_id(given.first_id != 0 ? given.first_id : (given_role == MuxRole::Client ? 1U : 2U)) {
  limits.window_most = std::max(limits.window_most, limits.window);
}

YamuxSession::State::MuxStream* YamuxSession::State::find(StreamId id) noexcept {
  const auto found = streams.find(id);
  return found == streams.end() || found->second.gone ? nullptr : &found->second;
}

void YamuxSession::State::tell(MuxEventKind kind, StreamId stream, Duration trip) { events.push_back({kind, stream, trip}); }

void YamuxSession::State::tell_readable(MuxStream& stream) {
  if (stream.readable_told || stream.forgotten) return;
  stream.readable_told = true;
  tell(MuxEventKind::Readable, stream.id);
}

void YamuxSession::State::tell_writable(MuxStream& stream) {
  if (!stream.blocked || stream.forgotten) return;
  stream.blocked = false;
  tell(MuxEventKind::Writable, stream.id);
}

void YamuxSession::State::release(MuxStream& stream) {
  unread -= stream.in.size();
  stream.in.clear();
  release_extra(stream);
}

void YamuxSession::State::release_extra(MuxStream& stream) {
  extra -= stream.target - std::min(stream.target, limits.window);
  stream.target = std::min(stream.target, limits.window);
}

void YamuxSession::State::erase(MuxStream& stream) {
  if (!stream.gone) {
    release(stream);
    stream.out = Bytes{};
    if (stream.ours && !stream.accepted) --unaccepted;
    stream.accepted = true;
    stream.gone = true;
  }
  if (stream.in_ready || stream.in_control) return;
  if (!stream.ours) --inbound;
  streams.erase(stream.id);
}

void YamuxSession::State::settle(MuxStream& stream) {
  if (!stream.forgotten || stream.rst_due) return;
  if (stream.reset || (stream.fin_sent && stream.remote_finished)) return erase(stream);
  if (stream.fin_sent) reset_locally(stream);
}

void YamuxSession::State::reset_locally(MuxStream& stream) {
  if (stream.reset) return;
  const bool unknown_outside = stream.ours && stream.syn_due;
  const bool over_anyway = stream.fin_sent && stream.remote_finished;
  stream.reset = true;
  stream.remote_finished = false;  // a reader must not take what is left for the whole
  stream.out = Bytes{};
  stream.credit_due = 0;
  release(stream);
  if (unknown_outside || over_anyway) return;
  stream.rst_due = true;
  control.push(stream);
}

YamuxSession::YamuxSession(MuxRole role, const MuxLimits& limits) : state_(std::make_unique<State>(role, limits)) {}
YamuxSession::YamuxSession(YamuxSession&&) noexcept = default;
YamuxSession& YamuxSession::operator=(YamuxSession&&) noexcept = default;
YamuxSession::~YamuxSession() = default;

std::optional<MuxEvent> YamuxSession::next_event() {
  State& state = *state_;
  while (state.events_read < state.events.size()) {
    const MuxEvent event = state.events[state.events_read++];
    if (event.stream != 0) {
      State::MuxStream* stream = state.find(event.stream);
      if (stream == nullptr || stream->forgotten) continue;
      if (event.kind == MuxEventKind::Readable) stream->readable_told = false;
    }
    return event;
  }
  if (state.events.capacity() > 64) state.events = {};
  state.events.clear();
  state.events_read = 0;
  return std::nullopt;
}

Result<StreamId> YamuxSession::open() {
  State& state = *state_;
  if (state.dead || state.said_goodbye || state.heard_goodbye) {
    return fail(Errc::Unavailable, "the link is being closed; open the stream over a new one");
  }
  if (state.next_id == 0) return fail(Errc::Unavailable, "the link has used up its stream numbers; open the stream over a new one");
  if (state.unaccepted >= state.limits.ack_backlog) return fail(Errc::Busy, "the other side is slow to accept streams; try again soon");
  const StreamId id = state.next_id;
  state.next_id = id > 0xFFFFFFFFU - 2U ? 0 : id + 2;
  State::MuxStream& stream = state.streams[id];
  stream.id = id;
  stream.ours = true;
  stream.syn_due = true;
  stream.send_credit = state.limits.window;
  stream.receive_credit = state.limits.window;
  stream.target = state.limits.window;
  stream.epoch = state.now;
  ++state.unaccepted;
  state.control.push(stream);
  return id;
}

Result<std::size_t> YamuxSession::write(StreamId id, ByteView bytes) {
  State& state = *state_;
  State::MuxStream* stream = state.find(id);
  if (stream == nullptr || stream->reset || stream->local_finished || state.dead) {
    return fail(Errc::Closed, "the stream is closed for writing");
  }
  const std::size_t room = state.limits.frame - std::min(state.limits.frame, stream->out.size());
  const std::size_t taken = std::min({bytes.size(), room, std::size_t{stream->send_credit}});
  if (taken < bytes.size()) stream->blocked = true;
  if (taken == 0) return std::size_t{0};
  if (stream->out.capacity() == 0) stream->out.swap(state.spare);
  stream->out.insert(stream->out.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(taken));
  stream->send_credit -= static_cast<std::uint32_t>(taken);
  state.ready.push(*stream);
  return taken;
}

Result<std::size_t> YamuxSession::read(StreamId id, MutableByteView into) {
  State& state = *state_;
  State::MuxStream* stream = state.find(id);
  if (stream == nullptr || state.dead) return fail(Errc::Rejected, "the other side reset the stream");
  if (stream->in.size() == 0) {
    if (stream->remote_finished) return fail(Errc::Closed, "the other side finished the stream");
    if (stream->reset) return fail(Errc::Rejected, "the other side reset the stream");
    return std::size_t{0};
  }
  const std::size_t n = stream->in.take(into);
  state.unread -= n;
  if (!stream->remote_finished && !stream->reset) state.give_back(*stream, n);
  return n;
}

bool YamuxSession::is_readable(StreamId id) const noexcept {
  const State::MuxStream* stream = state_->find(id);
  return stream == nullptr || state_->dead || stream->in.size() != 0 || stream->remote_finished || stream->reset;
}

void YamuxSession::finish(StreamId id) {
  State::MuxStream* stream = state_->find(id);
  if (stream == nullptr || stream->reset || stream->local_finished) return;
  stream->local_finished = true;
  stream->blocked = false;
  if (stream->out.empty()) state_->control.push(*stream);
}

void YamuxSession::reset(StreamId id) {
  State::MuxStream* stream = state_->find(id);
  if (stream != nullptr) state_->reset_locally(*stream);
}

void YamuxSession::forget(StreamId id) {
  State::MuxStream* stream = state_->find(id);
  if (stream == nullptr || stream->forgotten) return;
  stream->forgotten = true;
  if (!stream->local_finished) {
    state_->reset_locally(*stream);
  } else {
    state_->release(*stream);
  }
  state_->settle(*stream);
}

void YamuxSession::ping(MonoTime now) {
  State& state = *state_;
  if (state.dead) return;
  ++state.ping_id;
  state.ping_out = true;
  state.ping_sent = now;
  state.replies.push_back({wire::YamuxType::Ping, wire::kYamuxSyn, 0, state.ping_id});
}

void YamuxSession::go_away() {
  State& state = *state_;
  if (state.dead || state.said_goodbye) return;
  state.said_goodbye = true;
  state.replies.push_back({wire::YamuxType::GoAway, 0, 0, static_cast<std::uint32_t>(wire::YamuxGoodbye::Normal)});
}

std::size_t YamuxSession::streams() const noexcept { return state_->streams.size(); }
std::uint64_t YamuxSession::unread() const noexcept { return state_->unread; }
void YamuxSession::allow_growth(bool allowed) noexcept { state_->growth = allowed; }

void YamuxSession::State::give_back(MuxStream& stream, std::size_t read) {
  stream.used += static_cast<std::uint32_t>(read);
  stream.judged += static_cast<std::uint32_t>(read);
  const bool is_half = stream.judged >= stream.target / 2;
  if (is_half) {
    stream.judged = 0;
    grow(stream);
  }
  if (!is_half && stream.used < kCreditStep) return;
  const std::uint32_t kept = std::min(stream.debt, stream.used);
  stream.debt -= kept;
  const std::uint32_t delta = stream.used - kept;
  stream.used = 0;
  if (delta == 0) return;
  stream.receive_credit += delta;
  stream.credit_due += delta;
  control.push(stream);
}

/// Half a window was read. Where that took less than two round trips the window is what holds the sender back.
void YamuxSession::State::grow(MuxStream& stream) {
  const Duration took = now - stream.epoch;
  stream.epoch = now;
  if (!growth) {
    const std::uint32_t more = stream.target - std::min(stream.target, limits.window);
    stream.target -= more;
    stream.debt += more;
    extra -= more;
    return;
  }
  const Duration trip = round_trip == Duration::zero() ? kUnknownRoundTrip : std::max(round_trip, kLeastRoundTrip);
  if (took > 2 * trip || stream.target >= limits.window_most || stream.in.size() > stream.target / 2) return;
  const std::uint64_t half = limits.link_window / 2;
  const std::uint64_t of_half = half - std::min(half, extra);
  const std::uint64_t of_all = limits.link_window - std::min(limits.link_window, extra + unread);
  // Within one round trip: the line holds far more than the window, so that doubling would take a long time to fill it.
  const std::uint64_t step = took <= trip ? std::uint64_t{3} * stream.target : stream.target;
  const std::uint64_t wanted = std::min<std::uint64_t>(step, limits.window_most - stream.target);
  const auto more = static_cast<std::uint32_t>(std::min({wanted, of_half, of_all}));
  stream.target += more;
  extra += more;
  // What was owed is not taken back, the rest is given on top of what was read.
  const std::uint32_t forgiven = std::min(stream.debt, more);
  stream.debt -= forgiven;
  stream.used += more - forgiven;
}

}  // namespace soulfabric::mesh

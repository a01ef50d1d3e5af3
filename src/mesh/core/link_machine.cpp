// SPDX-License-Identifier: GPL-3.0-or-later
// What a link does with bytes and time. A ping is unanswered for as long as nothing at all is heard after it; only a peer that talks
// and never answers is given four times as long.
#include "core/link_machine.hpp"

#include <algorithm>
#include <utility>

namespace soulfabric::mesh {
namespace {

constexpr int kPatience = 4;  // ping timeouts, for a pong from a peer that is heard

MuxRole role_of(net::TlsSide side) { return side == net::TlsSide::Client ? MuxRole::Client : MuxRole::Server; }

}  // namespace

LinkMachine::LinkMachine(std::shared_ptr<const net::TlsIdentity> identity, net::TlsSide side, std::optional<PeerId> expected,
                         const MuxLimits& limits, const LinkTimes& times, MonoTime now)
    : tls_(std::move(identity), side, expected),
      mux_(role_of(side), limits),
      side_(side),
      times_(times),
      started_(now),
      last_heard_(now),
      asked_(now) {}

Status LinkMachine::over(Error error) {
  phase_ = LinkPhase::Over;
  return std::unexpected(std::move(error));
}

Status LinkMachine::receive(ByteView wire, MutableByteView scratch, MonoTime now) {
  if (phase_ == LinkPhase::Over) return fail(Errc::Closed, "The link is closed.");
  last_heard_ = now;
  for (;;) {
    auto got = tls_.read(wire, scratch);
    if (!got) return over(std::move(got).error());
    if (*got == 0) break;
    if (phase_ == LinkPhase::Handshaking) phase_ = LinkPhase::Proven;
    if (auto taken = mux_.receive(scratch.first(*got), now); !taken) {
      to_blame_ = taken.error().code == Errc::Malformed;
      return over(std::move(taken).error());
    }
  }
  if (tls_.ended()) return over(Error{Errc::Closed, "The other side said goodbye."});
  if (tls_.established() && side_ == net::TlsSide::Client && !std::exchange(greeted_, true)) ask(now);
  return {};
}

void LinkMachine::flush_tls(Bytes& out) {
  const auto waiting = tls_.pending();
  out.insert(out.end(), waiting.begin(), waiting.end());
  tls_.sent(waiting.size());
}

void LinkMachine::produce(Bytes& out, MutableByteView scratch, std::size_t most, MonoTime) {
  flush_tls(out);
  if (farewell_sent_ || !tls_.established()) return;
  // After a breach only the reason goes out, and only to a peer that was admitted.
  const bool may_speak = side_ == net::TlsSide::Client || phase_ == LinkPhase::Open || phase_ == LinkPhase::Leaving ||
                         (phase_ == LinkPhase::Over && to_blame_);
  while (may_speak && out.size() < most) {
    const std::size_t count = mux_.pull(scratch);
    if (count == 0) break;
    if (!tls_.write(scratch.first(count), out)) return;
  }
  const bool last = phase_ == LinkPhase::Leaving || phase_ == LinkPhase::Over;
  if (!last || (may_speak && mux_.wants_to_send())) return;
  farewell_sent_ = true;
  tls_.close();
  flush_tls(out);
}

bool LinkMachine::wants_to_send() const noexcept {
  if (!tls_.pending().empty()) return true;
  if (farewell_sent_ || !tls_.established()) return false;
  if (phase_ == LinkPhase::Leaving) return true;
  return (phase_ == LinkPhase::Open || side_ == net::TlsSide::Client) && mux_.wants_to_send();
}

void LinkMachine::admit(MonoTime now) {
  if (phase_ != LinkPhase::Proven) return;
  phase_ = LinkPhase::Open;
  if (!std::exchange(greeted_, true)) ask(now);
}

void LinkMachine::refuse() { phase_ = LinkPhase::Over; }

void LinkMachine::leave(MonoTime now) {
  if (phase_ != LinkPhase::Open) return;
  phase_ = LinkPhase::Leaving;
  left_ = now;
  mux_.go_away();
}

void LinkMachine::ask(MonoTime now) {
  asked_ = now;
  if (!waiting_) waiting_ = now;
  mux_.ping(now);
}

void LinkMachine::probe(MonoTime now) {
  if (phase_ == LinkPhase::Open) ask(now);
}

MonoTime LinkMachine::due() const noexcept {
  switch (phase_) {
    case LinkPhase::Handshaking:
    case LinkPhase::Proven: return started_ + times_.handshake;
    case LinkPhase::Leaving: return left_.value_or(started_) + times_.goodbye;
    case LinkPhase::Over: return MonoTime::max();
    case LinkPhase::Open: break;
  }
  MonoTime next = asked_ + times_.ping_interval;
  if (waiting_) next = std::min({next, std::max(*waiting_, last_heard_) + times_.ping_timeout, *waiting_ + kPatience * times_.ping_timeout});
  return next;
}

Status LinkMachine::tick(MonoTime now) {
  if (phase_ == LinkPhase::Over || now < due()) return {};
  if (phase_ == LinkPhase::Leaving) return over(Error{Errc::Closed, "The link was closed."});
  if (phase_ != LinkPhase::Open) return over(Error{Errc::TimedOut, "The other side took too long to prove who it is."});
  if (waiting_) {
    const bool silent = now >= std::max(*waiting_, last_heard_) + times_.ping_timeout;
    if (silent || now >= *waiting_ + kPatience * times_.ping_timeout)
      return over(Error{Errc::TimedOut, "The other side does not answer any more."});
  }
  if (now >= asked_ + times_.ping_interval) ask(now);
  return {};
}

std::optional<MuxEvent> LinkMachine::next_event() {
  for (;;) {
    auto event = mux_.next_event();
    if (!event || event->kind != MuxEventKind::Pong) return event;
    waiting_.reset();
    round_trip_ = event->round_trip;
  }
}

}  // namespace soulfabric::mesh

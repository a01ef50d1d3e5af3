// SPDX-License-Identifier: GPL-3.0-or-later
// Dialling: one attempt per peer, its endpoints one beside the other after a short wait, everybody who asks waits for the same.
#include <algorithm>

#include "links_room.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::mesh {
namespace {

constexpr std::size_t kEndpoints = 4;
constexpr std::size_t kWrongPlaces = 4096;
constexpr std::chrono::seconds kCallBackTime{6};  // for a peer that was asked to dial us

}  // namespace

Status LinksRoom::may_dial(const PeerId& peer) const {
  if (peer == self_) return fail(Errc::InvalidArgument, "This is the node's own id; there is nobody to dial.");
  if (!running_) return fail(Errc::Unavailable, "The mesh is not running.");
  if (deps_.locator.is_revoked(peer))
    return fail(Errc::Forbidden, "The owner of this id gave its key up as stolen; ask for the new id and link with that.");
  if (deps_.guard.is_banned(guard::Subject::peer(peer.text()))) return fail(Errc::Banned, "This peer is banned; lift the ban to link with it.");
  const auto place = place_for_guest(peer, {{}, false});
  return place ? Status{} : std::unexpected(place.error());
}

Task<Result<StreamPtr>> LinksRoom::open(PeerId peer, Protocol protocol, guard::Origin origin, MonoTime deadline) {
  for (;;) {
    auto connected = co_await connect(peer, origin, deadline);
    if (!connected) co_return std::unexpected(std::move(connected).error());
    const auto link = find(peer);
    if (!link) co_return fail(Errc::Offline, "The link to this peer broke again at once.");
    auto stream = link->open(protocol);
    if (stream) ++metrics_.streams_opened;
    if (stream) co_return stream;
    if (stream.error().code == Errc::Unavailable) {
      drop(peer);  // it takes no more streams: the next round dials
    } else {
      const bool again = co_await link->accepted().wait(deps_.clock, deadline);
      if (!again && clock().now() >= deadline) co_return fail(Errc::Busy, "The peer is slow to accept streams; try again soon.");
    }
    if (clock().now() >= deadline) co_return fail(Errc::TimedOut, "No stream to the peer could be opened in time.");
  }
}

Task<Status> LinksRoom::connect(PeerId peer, guard::Origin origin, MonoTime deadline) {
  if (is_linked(peer)) co_return Status{};
  if (auto may = may_dial(peer); !may) co_return may;
  // A stranger's call buys no call of ours (security rule S3).
  if (origin == guard::Origin::RemoteMesh) co_return fail(Errc::Forbidden, "There is no link to this peer, and a remote call may not dial one.");
  const auto attempt = attempt_for(peer);
  if (!std::exchange(attempt->located, true)) {
    ++attempt->pending;
    scope_.spawn("locate", locate(attempt, origin));
  }
  auto outcome = co_await outcome_of(attempt, deadline);
  if (outcome || outcome.error().code != Errc::Offline || !call_back_) co_return outcome;
  co_return co_await be_called(peer, origin, std::move(outcome), deadline);
}

Task<Status> LinksRoom::be_called(PeerId peer, guard::Origin origin, Status outcome, MonoTime deadline) {
  const bool asked = co_await call_back_(peer, origin, deadline);
  const MonoTime patience = std::min(deadline, clock().now() + kCallBackTime);
  while (asked && !is_linked(peer) && clock().now() < patience) co_await changed_.wait(deps_.clock, patience);
  if (is_linked(peer)) co_return Status{};
  co_return outcome;
}

Task<Status> LinksRoom::dial(PeerId peer, Endpoint endpoint, MonoTime deadline) {
  if (is_linked(peer)) co_return Status{};
  if (auto may = may_dial(peer); !may) co_return may;
  const auto attempt = attempt_for(peer);
  try_endpoint(attempt, endpoint, 0);
  auto outcome = co_await outcome_of(attempt, deadline);
  co_return outcome;
}

Task<Status> LinksRoom::outcome_of(std::shared_ptr<DialAttempt> attempt, MonoTime deadline) {
  while (!attempt->done && clock().now() < deadline) co_await attempt->changed.wait(deps_.clock, deadline);
  if (is_linked(attempt->peer)) co_return Status{};
  if (!attempt->done) co_return fail(Errc::TimedOut, "The peer could not be reached in time.");
  if (attempt->outcome) co_return fail(Errc::Offline, "The link to this peer broke again at once.");
  co_return attempt->outcome;
}

std::shared_ptr<DialAttempt> LinksRoom::attempt_for(const PeerId& peer) {
  auto& attempt = dials_[peer];
  if (!attempt) attempt = std::make_shared<DialAttempt>(peer);
  return attempt;
}

Task<void> LinksRoom::locate(std::shared_ptr<DialAttempt> attempt, guard::Origin origin) {
  auto endpoints = co_await deps_.locator.locate(attempt->peer, origin, clock().now() + settings_.dial_time);
  if (endpoints.size() > kEndpoints) endpoints.resize(kEndpoints);
  attempt->has_endpoints = !endpoints.empty();
  for (std::size_t i = 0; i < endpoints.size() && !attempt->done; ++i) try_endpoint(attempt, endpoints[i], i);
  one_done(*attempt, {Errc::Offline, "No address of this peer is known."});
}

void LinksRoom::try_endpoint(const std::shared_ptr<DialAttempt>& attempt, Endpoint endpoint, std::size_t place) {
  ++attempt->pending;
  if (!scope_.spawn("dial", try_at(attempt, endpoint, place))) one_done(*attempt, {Errc::Unavailable, "The mesh is stopping."});
}

Task<void> LinksRoom::try_at(std::shared_ptr<DialAttempt> attempt, Endpoint endpoint, std::size_t place) {
  const MonoTime turn = clock().now() + static_cast<int>(place) * settings_.dial_stagger;
  while (!attempt->done && attempt->failed < place && clock().now() < turn) co_await attempt->changed.wait(deps_.clock, turn);
  if (attempt->done) co_return;
  auto outcome = co_await dial_once(attempt, endpoint);
  if (!outcome) ++metrics_.dial_failures;
  if (outcome || !attempt->done) deps_.locator.dialled(attempt->peer, endpoint, outcome);
  if (outcome) co_return;
  ++attempt->failed;
  one_done(*attempt, std::move(outcome).error());
}

Task<Status> LinksRoom::dial_once(std::shared_ptr<DialAttempt> attempt, Endpoint endpoint) {
  if (is_wrong_place(endpoint, clock().now()))
    co_return fail(Errc::Forbidden, "Somebody else answered at this address a short while ago; it is left alone for some minutes.");
  ++metrics_.dialled;
  auto stream = co_await deps_.dialer.connect(endpoint, clock().now() + settings_.handshake_time);
  if (!stream) co_return std::unexpected(std::move(stream).error());
  if (attempt->done) co_return fail(Errc::Cancelled, "Another dial was faster.");
  const MonoTime deadline = clock().now() + settings_.handshake_time;
  const auto link = make_link(std::move(*stream), Direction::Outbound, attempt->peer);
  attempt->handshakes.push_back(link);
  auto proven = co_await link->handshake(deadline);
  std::erase(attempt->handshakes, link);
  if (proven && attempt->done) proven = fail(Errc::Cancelled, "Another link was faster.");
  if (proven) proven = may_dial(attempt->peer);
  if (proven) {
    adopt(link);
    co_return Status{};
  }
  blame(*link);
  if (proven.error().code == Errc::Unauthorized) note_wrong_place(endpoint, clock().now());
  link->end(proven.error());
  attempt->changed.notify_all();
  co_return proven;
}

/// A caller's own endpoint fails for its own reason; of several that were found somewhere only this is worth telling.
Status LinksRoom::summary(const DialAttempt& attempt) {
  if (!attempt.located && attempt.reason) return std::unexpected(*attempt.reason);
  if (attempt.has_endpoints)
    return fail(Errc::Offline, "None of the peer's addresses answered; if it sits behind a NAT it has to dial us, or needs a relay.");
  return fail(Errc::Offline, "No address of this peer is known; it may be away, or sit behind a NAT and need a relay.");
}

void LinksRoom::one_done(DialAttempt& attempt, Error reason) {
  if (attempt.done) return;
  --attempt.pending;
  attempt.reason = std::move(reason);
  attempt.changed.notify_all();
  if (attempt.pending > 0) return;
  plan_.failed(attempt.peer, clock().now());
  finish(attempt, summary(attempt));
}

void LinksRoom::finish(DialAttempt& attempt, Status outcome) {
  const auto found = dials_.find(attempt.peer);
  const auto self = found == dials_.end() ? nullptr : found->second;
  if (self.get() == &attempt) dials_.erase(found);
  attempt.done = true;
  attempt.outcome = std::move(outcome);
  const auto handshakes = attempt.handshakes;
  for (const auto& link : handshakes) link->end({Errc::Cancelled, "Another link was faster."});
  attempt.changed.notify_all();
  wake();
}

bool LinksRoom::is_wrong_place(const Endpoint& endpoint, MonoTime now) const {
  const auto found = wrong_places_.find(endpoint);
  return found != wrong_places_.end() && found->second > now;
}

void LinksRoom::note_wrong_place(const Endpoint& endpoint, MonoTime now) {
  std::erase_if(wrong_places_, [&](const auto& entry) { return entry.second <= now; });
  if (wrong_places_.size() >= kWrongPlaces) wrong_places_.erase(wrong_places_.begin());
  wrong_places_[endpoint] = now + settings_.wrong_identity_pause;
}

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// The door: rationed before the first byte, judged after the proof, and which of two links to one peer stays (security rule S9).
#include "links_room.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::mesh {
namespace {

constexpr std::chrono::milliseconds kAcceptPause{100};  // where the system has no descriptor left

}  // namespace

std::optional<Endpoint> LinksRoom::listening() const {
  if (!listener_) return std::nullopt;
  return listener_->local();
}

Status LinksRoom::listen() {
  SF_TRY_ASSIGN(auto listener, deps_.listen(*settings_.listen));
  listener_ = std::move(listener);
  scope_.spawn("accept", accept_loop(listener_));
  return {};
}

Task<void> LinksRoom::accept_loop(std::shared_ptr<net::Listener> listener) {
  for (;;) {
    auto stream = co_await listener->accept();
    if (!stream) {
      if (stream.error().code == Errc::Cancelled) co_return;
      co_await deps_.clock.sleep_for(kAcceptPause);
      continue;
    }
    const IpAddress from = (*stream)->remote().address;
    const bool known = deps_.locator.is_known_address(from);
    auto place = gate_.enter(from, known, clock().now());
    const bool has_place = place_for_guest(self_, {from, false}).has_value();  // for somebody: who it is shows after the proof
    if (!place || (!has_place && !known)) {  // a known one may come in its own old link's place
      ++metrics_.refused_before_tls;
      continue;
    }
    ++metrics_.accepted;
    scope_.spawn("handshake", receive(std::move(*stream), std::move(*place)));
  }
}

/// Nobody is charged for a handshake that fails before a key is proven (security rule S1).
Task<void> LinksRoom::receive(std::unique_ptr<net::ByteStream> stream, HandshakePlace place) {
  const MonoTime deadline = clock().now() + settings_.handshake_time;
  const auto link = make_link(std::move(stream), Direction::Inbound, std::nullopt);
  auto proven = co_await link->handshake(deadline);
  if (!proven) {
    ++metrics_.handshake_failures;
    blame(*link);
    co_return link->end(std::move(proven).error());
  }
  auto settled = admit_inbound(*link);
  if (settled) settled = co_await settle(link, deadline);
  if (settled) settled = admit_inbound(*link);  // time went by
  if (settled && running_) co_return adopt(link);
  co_await link->turn_away(deadline);
  link->end({Errc::Closed, "The link was not wanted."});
}

Status LinksRoom::admit_inbound(const Link& link) {
  const PeerId peer = link.peer();
  if (peer == self_) return fail(Errc::InvalidArgument, "This node reached itself.");
  if (deps_.locator.is_revoked(peer)) return fail(Errc::Forbidden, "This key was given up as stolen.");
  const auto place = place_for_guest(peer, {link.remote().address, !deps_.locator.is_cared_for(peer)});
  if (!place) return std::unexpected(place.error());
  return deps_.guard.admit(guard::Subject::peer(peer.text()), link.remote().address);
}

LinkSeat LinksRoom::seat_of(const Link& link) const {
  const LinkInfo info = link.info();
  return {info.peer, info.remote.address, !deps_.locator.is_cared_for(info.peer), static_cast<std::uint32_t>(info.streams), info.bytes_in + info.bytes_out};
}

Result<std::optional<PeerId>> LinksRoom::place_for_guest(const PeerId& peer, const LinkGuest& guest) const {
  if (table_.contains(peer)) return std::nullopt;  // the new link takes the old one's
  std::vector<LinkSeat> seats;
  seats.reserve(table_.size());
  for (const auto& [other, link] : table_) seats.push_back(seat_of(*link));
  return place_for(guest, seats, {settings_.links});
}

/// The acceptor decides. Both ends dialled at once: the smaller id's dial wins, so that one waits for its own where the other side
/// has already answered it. A link that is there and answers stays.
Task<Status> LinksRoom::settle(std::shared_ptr<Link> link, MonoTime deadline) {
  const PeerId peer = link->peer();
  for (;;) {
    const auto dialling = dials_.find(peer);
    if (self_ < peer && dialling != dials_.end()) {
      const auto attempt = dialling->second;
      const bool answered = std::ranges::any_of(attempt->handshakes, [](const auto& one) { return one->machine().is_established(); });
      if (answered && clock().now() < deadline) {
        co_await attempt->changed.wait(deps_.clock, deadline);
        if (link->is_over()) co_return fail(Errc::Closed, "The other side left.");
        continue;
      }
    }
    const auto present = find(peer);
    if (!present) co_return Status{};
    const bool alive = co_await is_alive(present, std::min(deadline, clock().now() + settings_.handshake_time / 2));
    if (alive) co_return fail(Errc::Exists, "There is a link to this peer.");
    if (find(peer) == present) co_return Status{};
  }
}

Task<bool> LinksRoom::is_alive(std::shared_ptr<Link> link, MonoTime deadline) {
  const MonoTime asked = clock().now();
  link->probe();
  while (!link->is_over() && clock().now() < deadline) {
    if (link->machine().last_heard() > asked) co_return true;
    co_await link->heard().wait(deps_.clock, deadline);
  }
  co_return !link->is_over() && link->machine().last_heard() > asked;
}

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// The table of links, their times, and what the outside asks about them.
#include "links_room.hpp"

#include "soulfabric/base/log.hpp"

namespace soulfabric::mesh {
namespace {

constexpr std::chrono::seconds kLookOften{1};
constexpr std::size_t kDialsAtOnce = 4;  // of our own accord

}  // namespace

LinksRoom::LinksRoom(LinkDependencies dependencies, LinkSettings settings)
    : deps_(std::move(dependencies)),
      settings_(std::move(settings)),
      self_(PeerId::of(deps_.identity->public_key())),
      scope_(deps_.context, "links"),
      gate_(handshake_limits()),
      plan_(deps_.random, settings_.reconnect_first, settings_.reconnect_longest) {}

LinksRoom::~LinksRoom() {
  const auto links = std::exchange(all_, {});
  for (const auto& link : links) link->end({Errc::Cancelled, "The node stops."});
}

Status LinksRoom::start() {
  if (running_) return {};
  if (settings_.listen) SF_TRY(listen());
  running_ = true;
  scope_.spawn("keep", keep_loop());
  return {};
}

Task<void> LinksRoom::stop() {
  running_ = false;
  if (listener_) listener_->close();
  const auto present = table_;
  for (const auto& [peer, link] : present) drop(peer);
  const MonoTime until = clock().now() + times().goodbye;
  while (!all_.empty() && clock().now() < until) co_await changed_.wait(deps_.clock, until);
  const auto rest = all_;
  for (const auto& link : rest) link->end({Errc::Cancelled, "The node stops."});
  const auto dials = dials_;
  for (const auto& [peer, attempt] : dials) finish(*attempt, fail(Errc::Cancelled, "The node stops."));
  co_await scope_.close();
}

MuxLimits LinksRoom::mux_limits() const {
  MuxLimits limits;
  limits.window = settings_.stream_window;
  limits.window_most = settings_.stream_window_most;
  limits.link_window = settings_.link_window;
  limits.inbound_streams = settings_.streams_per_link;
  return limits;
}

LinkTimes LinksRoom::times() const {
  LinkTimes times;
  times.handshake = settings_.handshake_time;
  times.ping_interval = settings_.ping_interval;
  times.ping_timeout = settings_.ping_timeout;
  return times;
}

HandshakeLimits LinksRoom::handshake_limits() const {
  HandshakeLimits limits;
  limits.half_open = settings_.half_open;
  limits.per_second = settings_.handshakes_per_second;
  limits.per_prefix = settings_.handshakes_per_prefix;
  return limits;
}

void LinksRoom::configure(const LinkSettings& settings) {
  const bool moved = settings.listen != settings_.listen;
  settings_ = settings;
  gate_.configure(handshake_limits());
  plan_.configure(settings_.reconnect_first, settings_.reconnect_longest);
  for (const auto& link : all_) link->machine().set_times(times());
  if (moved && running_) {
    if (listener_) listener_->close();
    listener_.reset();
    if (settings_.listen) {
      if (const auto heard = listen(); !heard) log::error("mesh", heard.error().message);
    }
  }
  wake();
}

std::shared_ptr<Link> LinksRoom::make_link(std::unique_ptr<net::ByteStream> stream, Direction direction, std::optional<PeerId> expected) {
  const auto side = direction == Direction::Outbound ? net::TlsSide::Client : net::TlsSide::Server;
  LinkMachine machine(deps_.identity, side, expected, mux_limits(), times(), clock().now());
  LinkHost& host = *this;
  return std::make_shared<Link>(host, std::move(stream), direction, std::move(machine));
}

std::shared_ptr<Link> LinksRoom::find(const PeerId& peer) const {
  const auto found = table_.find(peer);
  return found == table_.end() ? nullptr : found->second;
}

/// The acceptor of the new link decided for it: what there was before is worth nothing any more.
void LinksRoom::adopt(const std::shared_ptr<Link>& link) {
  const PeerId peer = link->peer();
  const bool is_stranger = link->direction() == Direction::Inbound && !deps_.locator.is_cared_for(peer);
  if (const auto place = place_for_guest(peer, {link->remote().address, is_stranger}); place && *place) drop(**place);
  if (const auto before = find(peer)) before->end({Errc::Closed, "A newer link took its place."});
  table_[peer] = link;
  all_.push_back(link);
  deps_.guard.prove(guard::Subject::peer(peer.text()), link->remote().address);
  if (const auto dial = dials_.find(peer); dial != dials_.end()) finish(*std::shared_ptr(dial->second), {});
  link->start();
  if (find(peer) != link) return;  // a handler ended it at once
  deps_.locator.linked(peer, link->info().key, link->remote(), link->direction());
  for (std::size_t i = 0; i < listeners_.size(); ++i) listeners_[i](peer, true);
  wake();
}

void LinksRoom::take_off(Link& link) {
  const auto found = table_.find(link.peer());
  if (found == table_.end() || found->second.get() != &link) return;
  const PeerId peer = link.peer();
  plan_.lost(peer, clock().now(), link.stood());
  table_.erase(found);
  for (std::size_t i = 0; i < listeners_.size(); ++i) listeners_[i](peer, false);
}

void LinksRoom::leaving(Link& link) { take_off(link); }

/// The key was proven, so what came after it is its owner's doing, also where the link was not admitted yet.
void LinksRoom::blame(const Link& link) {
  const auto key = link.machine().peer_key();
  if (!link.machine().is_to_blame() || !key) return;
  const auto channel = link.direction() == Direction::Inbound ? guard::Channel::TheyConnected : guard::Channel::WeDialled;
  (void)deps_.guard.charge({guard::Violation::Protocol, guard::Subject::peer(PeerId::of(*key).text()), link.remote().address, channel});
}

void LinksRoom::ended(Link& link, const Error& reason) {
  const auto self = link.shared_from_this();
  if (reason.code == Errc::TimedOut) ++metrics_.dead_links;
  blame(link);
  std::erase(all_, self);
  take_off(link);
  wake();
}

bool LinksRoom::account_unread(std::int64_t change, std::uint64_t unread) noexcept {
  unread_ = static_cast<std::uint64_t>(static_cast<std::int64_t>(unread_) + change);
  return unread < settings_.link_window && unread_ < settings_.node_window;
}

void LinksRoom::accept_stream(StreamPtr stream) {
  ++metrics_.streams_accepted;
  const auto found = handlers_.find(stream->protocol());
  if (found != handlers_.end()) found->second(std::move(stream));
}

void LinksRoom::drop(const PeerId& peer) {
  const auto link = find(peer);
  if (!link) return;
  link->leave();
  take_off(*link);
}

std::optional<LinkInfo> LinksRoom::link(const PeerId& peer) const {
  const auto found = find(peer);
  if (!found) return std::nullopt;
  return found->info();
}

std::vector<LinkInfo> LinksRoom::links() const {
  std::vector<LinkInfo> out;
  out.reserve(table_.size());
  for (const auto& [peer, link] : table_) out.push_back(link->info());
  return out;
}

LinkMetrics LinksRoom::metrics() const {
  LinkMetrics out = metrics_;
  out.half_open = gate_.half_open();
  out.links = table_.size();
  return out;
}

MonoTime LinksRoom::next_look(MonoTime now) const {
  MonoTime next = now + kLookOften;
  for (const auto& link : all_) next = std::min(next, link->due());
  return next;
}

Task<void> LinksRoom::keep_loop() {
  for (;;) {
    const MonoTime now = clock().now();
    look_at_links(now);
    if (running_) reconnect(now);
    co_await changed_.wait(deps_.clock, next_look(now));
  }
}

void LinksRoom::look_at_links(MonoTime now) {
  const auto links = all_;
  for (const auto& link : links) {
    link->tick(now);
    if (!link->is_over() && deps_.guard.is_banned(guard::Subject::peer(link->peer().text()))) drop(link->peer());
  }
}

void LinksRoom::reconnect(MonoTime now) {
  if (dials_.size() >= kDialsAtOnce) return;
  auto wanted = deps_.locator.wanted();
  if (wanted.size() > settings_.keep_links) wanted.resize(settings_.keep_links);
  const auto busy = [this](const PeerId& peer) { return peer == self_ || is_linked(peer) || dials_.contains(peer) || !may_dial(peer); };
  for (const PeerId& peer : plan_.due(wanted, busy, now, kDialsAtOnce - dials_.size())) {
    const auto attempt = attempt_for(peer);
    ++attempt->pending;
    attempt->located = true;
    scope_.spawn("locate", locate(attempt, guard::Origin::LocalAutomation));
  }
}

std::unique_ptr<Links> make_links(LinkDependencies dependencies, LinkSettings settings) {
  return std::make_unique<LinksRoom>(std::move(dependencies), std::move(settings));
}

}  // namespace soulfabric::mesh

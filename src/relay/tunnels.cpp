// SPDX-License-Identifier: GPL-3.0-or-later
// What stands and for how long; start, stop, settings.
#include <algorithm>
#include <utility>

#include "forwards.hpp"
#include "soulfabric/base/log.hpp"
#include "tunnel_service.hpp"
#include "tunnels_impl.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::chrono::seconds kLookAgain{5};  // rights change without a word

TunnelRole role_of(TunnelSide side) noexcept {
  switch (side) {
    case TunnelSide::Near: return TunnelRole::Near;
    case TunnelSide::Far: return TunnelRole::Far;
    case TunnelSide::Middle: return TunnelRole::Middle;
  }
  return TunnelRole::Near;
}

}  // namespace

std::string_view name_of(TunnelRefusal why) noexcept {
  switch (why) {
    case TunnelRefusal::Disabled: return "disabled";
    case TunnelRefusal::NoRight: return "no_right";
    case TunnelRefusal::Target: return "target";
    case TunnelRefusal::OwnPort: return "own_port";
    case TunnelRefusal::PerPeer: return "per_peer";
    case TunnelRefusal::Total: return "total";
    case TunnelRefusal::Identity: return "identity";
    case TunnelRefusal::Down: return "down";
    case TunnelRefusal::Loop: return "loop";
    case TunnelRefusal::Host: return "host";
    case TunnelRefusal::Rate: return "rate";
    case TunnelRefusal::Count_: break;
  }
  return "unknown";
}

TunnelsImpl::TunnelsImpl(TunnelDependencies dependencies, TunnelSettings settings)
    : deps_(std::move(dependencies)),
      room_{deps_.clock},
      near_room_{deps_.clock},
      service_(std::make_unique<TunnelService>(*this)),
      forwards_(std::make_unique<Forwards>(*this)),
      scope_(deps_.context, "tunnels") {
  configure(settings);
}

TunnelsImpl::~TunnelsImpl() = default;

Task<Status> TunnelsImpl::start() {
  started_ = true;
  scope_.spawn("silence", watch_silence());
  forwards_->apply(settings_.forwards);
  co_return Status{};
}

Task<void> TunnelsImpl::stop() {
  started_ = false;
  for (const auto& entry : book_.all()) {
    if (entry->close) entry->close();
  }
  co_await forwards_->stop();
  co_await scope_.close();
}

void TunnelsImpl::configure(const TunnelSettings& settings) {
  settings_ = settings;
  book_.configure({settings.per_peer, settings.total, settings.idle});
  room_.inward.set_rate(settings.bytes_per_second);
  room_.outward.set_rate(settings.bytes_per_second);
  own_targets_.clear();
  for (const auto& [name, port] : settings_.targets) {
    if (!is_own_port(port)) continue;
    own_targets_.insert(name);
    log::warning("tunnels", "The target " + name + " leads to port " + std::to_string(port) +
                                ", where this program itself listens, so it is never reached; give it the port of another program.");
  }
  if (started_) forwards_->apply(settings_.forwards);
  judge_again();
  entered_.notify_all();
  changed();
}

bool TunnelsImpl::is_own_port(std::uint16_t port) const {
  return std::ranges::find(settings_.own_ports, port) != settings_.own_ports.end() || forwards_->has_port(port);
}

bool TunnelsImpl::is_gateway(const std::string& target) const {
  return deps_.gateway != nullptr && settings_.gateway_targets && (target == kApiTarget || target == kUiTarget);
}

mesh::PeerRights TunnelsImpl::rights_of(const PeerId& peer) const {
  const auto known = deps_.peers.find(peer);
  return known ? known->rights : mesh::PeerRights{};
}

void TunnelsImpl::changed() const {
  for (const auto& callback : changed_) callback();
}

std::shared_ptr<BookPlace> TunnelsImpl::enter(TunnelEntry entry) {
  const auto made = book_.enter(std::move(entry), deps_.clock.now());
  entered_.notify_all();
  changed();
  return std::make_shared<BookPlace>(book_, made, [this] {
    left_.notify_all();
    changed();
  });
}

Task<void> TunnelsImpl::watch_silence() {
  for (;;) {
    const MonoTime now = deps_.clock.now();
    for (const auto& entry : book_.silent(now)) {
      entry->state = TunnelState::Closing;
      entry->moved = now;  // told once; it leaves by itself
      if (entry->close) entry->close();
    }
    judge_again();
    MonoTime next = book_.next_silence();
    if (book_.size() > 0) next = std::min(next, now + kLookAgain);
    co_await entered_.wait(deps_.clock, next);
  }
}

void TunnelsImpl::judge_again() {
  for (const auto& entry : book_.all()) {
    if (!entry->close) continue;
    // Our own wish is judged once, unless the key at the other end is a thief's by now.
    const bool is_stolen = deps_.peers.is_revoked(entry->peer);
    if (entry->side == TunnelSide::Near && !is_stolen) continue;
    const bool far = entry->side == TunnelSide::Far;
    const auto refusal = is_stolen ? std::optional(TunnelRefusal::Identity)
                         : far     ? judge(entry->peer, entry->target)
                                   : judge_relay(entry->peer, *entry->via);
    if (!refusal) continue;
    refused(*refusal);
    entry->state = TunnelState::Closing;
    entry->close();
  }
}

std::vector<TunnelInfo> TunnelsImpl::tunnels() const {
  const MonoTime now = deps_.clock.now();
  std::vector<TunnelInfo> out;
  for (const auto& entry : book_.all()) {
    out.push_back({entry->id, role_of(entry->side), entry->peer, entry->via, entry->target, entry->forward, now - entry->began,
                   now - entry->moved, entry->bytes_in, entry->bytes_out, std::string(name_of(entry->state))});
  }
  return out;
}

Status TunnelsImpl::close(std::uint64_t id) {
  TunnelEntry* const entry = book_.find(id);
  if (entry == nullptr) return fail(Errc::NotFound, "There is no such tunnel; it may have ended.");
  entry->state = TunnelState::Closing;
  if (entry->close) entry->close();
  return {};
}

std::vector<ForwardInfo> TunnelsImpl::forwards() const { return forwards_->infos(); }
Result<ForwardInfo> TunnelsImpl::open_forward(ForwardSettings settings) { return forwards_->open(std::move(settings)); }
Status TunnelsImpl::close_forward(const std::string& name) { return forwards_->close(name); }
fabric::MeshService& TunnelsImpl::service() { return *service_; }

TunnelMetrics TunnelsImpl::metrics() const {
  TunnelMetrics out;
  out.opened = book_.opened();
  out.open = book_.size();
  out.bytes = book_.bytes();
  out.refused = refusals_.all();
  return out;
}

std::unique_ptr<Tunnels> make_tunnels(TunnelDependencies dependencies, TunnelSettings settings) {
  return std::make_unique<TunnelsImpl>(std::move(dependencies), std::move(settings));
}

}  // namespace soulfabric::relay

// SPDX-License-Identifier: GPL-3.0-or-later
// Few enough to be looked through.
#include "tunnel_pool.hpp"

#include <algorithm>

#include "tunnels_impl.hpp"

namespace soulfabric::relay {

void TunnelPool::forget_ended() {
  std::erase_if(idle_, [](const Idle& entry) { return !entry.stream->is_open(); });
}

std::unique_ptr<net::ByteStream> TunnelPool::find(const ForwardSettings& forward, Duration age) {
  const MonoTime now = tunnels_.deps().clock.now();
  for (auto at = idle_.rbegin(); at != idle_.rend(); ++at) {  // the one used last is the least likely to have ended
    if (at->forward != forward || now - at->since >= age) continue;
    auto stream = std::move(at->stream);
    idle_.erase(std::next(at).base());
    return stream;
  }
  return nullptr;
}

bool TunnelPool::make_room(const PeerId& peer) {
  const auto found = std::ranges::find_if(idle_, [&](const Idle& entry) { return entry.forward.peer == peer; });
  if (found == idle_.end()) return false;
  idle_.erase(found);
  return true;
}

Task<Result<TunnelPool::Taken>> TunnelPool::take(ForwardSettings forward, Duration age, MonoTime deadline) {
  IoClock& clock = tunnels_.deps().clock;
  for (;;) {
    forget_ended();
    auto waiting = find(forward, age);
    if (waiting) co_return Taken{std::move(waiting), true};
    const bool full = tunnels_.book().refuses(TunnelSide::Near, forward.peer).has_value();
    if (!full || make_room(forward.peer)) {
      TunnelsImpl::Wish wish{forward.peer, forward.target, forward.via, forward.name};
      auto opened = co_await tunnels_.open_wish(std::move(wish), deadline);
      if (!opened) co_return std::unexpected(std::move(opened).error());
      co_return Taken{std::move(*opened), false};
    }
    const bool woken = co_await tunnels_.left().wait(clock, deadline);
    if (!woken && clock.now() >= deadline) {
      tunnels_.refused(TunnelRefusal::PerPeer);
      co_return fail(Errc::Busy, "All tunnels to the other node are in use; close a page of it and try again.");
    }
  }
}

void TunnelPool::give_back(const ForwardSettings& forward, std::unique_ptr<net::ByteStream> stream) {
  if (!stream->is_open()) return;
  idle_.push_back({forward, std::move(stream), tunnels_.deps().clock.now()});
  tunnels_.left().notify_all();
}

void TunnelPool::drop(const std::string& forward) {
  std::erase_if(idle_, [&](const Idle& entry) { return entry.forward.name == forward; });
}

}  // namespace soulfabric::relay

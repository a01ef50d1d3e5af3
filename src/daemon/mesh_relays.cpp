// SPDX-License-Identifier: GPL-3.0-or-later
// Composition of content relay and tunnels.
#include "mesh_relays.hpp"

#include "relay_settings.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::daemon {

Result<std::unique_ptr<MeshRelays>> MeshRelays::make(MeshRelayDependencies dependencies, RelayBase& base, const Options& options) {
  SF_TRY_ASSIGN(std::shared_ptr<const net::TlsIdentity> inner, net::TlsIdentity::make(dependencies.key, relay::kInnerAlpn));
  std::unique_ptr<MeshRelays> relays(new MeshRelays(std::move(dependencies), base));
  const MeshRelayDependencies& d = relays->deps_;
  relays->content_ = relay::make_content_relay({d.context, d.clock, d.random, d.workers, base.files, d.guard, base.copies, d.fabric, d.links,
                                                d.peers, d.dht, d.key, base.secret},
                                               content_settings(options, d.app_dir));
  relays->tunnels_ = relay::make_tunnels({d.context, d.clock, d.random, d.guard, d.dialer, d.fabric, d.links, d.peers, std::move(inner), &base.door},
                                         relays->tunnels_now(options));
  relays->content_->on_change(base.changed);
  relays->tunnels_->on_change(base.changed);
  SF_TRY(d.fabric.add(base.catalogue.service()));
  SF_TRY(d.fabric.add(relays->content_->service()));
  SF_TRY(d.fabric.add(relays->tunnels_->service()));
  return relays;
}

relay::TunnelSettings MeshRelays::tunnels_now(const Options& options) {
  std::vector<std::uint16_t> bound = base_.bound_ports ? base_.bound_ports() : std::vector<std::uint16_t>{};
  if (const auto listening = deps_.links.listening()) bound.push_back(listening->port);
  std::vector<std::string> wrong;
  auto settings = tunnel_settings(options, bound, wrong);
  for (const auto& sentence : wrong) {
    if (std::ranges::find(told_, sentence) != told_.end()) continue;
    log::warning("configuration", sentence);
    told_.push_back(sentence);
  }
  return settings;
}

Task<Status> MeshRelays::start() {
  base_.catalogue.use(&deps_.fabric, &deps_.peers, &deps_.links);
  auto content = co_await content_->start();
  if (!content) co_return content;
  auto tunnels = co_await tunnels_->start();
  co_return tunnels;
}

Task<void> MeshRelays::stop() {
  base_.catalogue.use(nullptr, nullptr, nullptr);
  co_await tunnels_->stop();
  co_await content_->stop();
}

void MeshRelays::configure(const Options& options) {
  content_->configure(content_settings(options, deps_.app_dir));
  tunnels_->configure(tunnels_now(options));
}

}  // namespace soulfabric::daemon

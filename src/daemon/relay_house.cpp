// SPDX-License-Identifier: GPL-3.0-or-later
// Composition of what all relays stand on.
#include "relay_house.hpp"

#include <unistd.h>

#include "relay_settings.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/mesh/identity.hpp"

namespace soulfabric::daemon {
namespace {

constexpr std::size_t kSecretSize = 32;

Result<Bytes> load_or_make_secret(const std::filesystem::path& file, Random& random) {
  if (auto kept = read_whole(file, kSecretSize); kept && kept->size() == kSecretSize) return kept;
  Bytes made(kSecretSize);
  random.fill(made);
  SF_TRY(write_whole(file, made, 0600));
  return made;
}

}  // namespace

Result<std::unique_ptr<RelayHouse>> RelayHouse::make(RelayHouseDependencies dependencies, const Options& options) {
  std::unique_ptr<RelayHouse> house(new RelayHouse(std::move(dependencies)));
  const RelayHouseDependencies& d = house->deps_;
  SF_TRY_ASSIGN(SigningKey key, mesh::load_or_make_identity(d.app_dir / "secrets", d.random));
  SF_TRY_ASSIGN(Bytes secret, load_or_make_secret(d.app_dir / "secrets" / "announce-key", d.random));
  SF_TRY_ASSIGN(house->http_, net::make_http_client({d.context, d.clock, d.dialer}, http_settings(options, d.stand_in)));
  house->copies_ = library::make_verified_copies(d.context, d.clock, d.shares, verified_settings(options, d.app_dir));
  house->catalogue_ = relay::make_catalogue({d.context, d.clock, d.random, d.workers, d.guard, *house->http_, std::move(key)},
                                            catalogue_settings(options, d.app_dir, d.stand_in));
  house->base_ = std::make_unique<RelayBase>(RelayBase{d.files, *house->copies_, *house->catalogue_, *house, std::move(secret),
                                                       [self = house.get()] { self->changed(); },
                                                       [self = house.get()] { return self->web_ports(); }});
  house->copies_->on_change([self = house.get()] { self->changed(); });
  return house;
}

Task<Status> RelayHouse::start() {
  const auto copies = co_await copies_->start();
  // The private marks are in there too: without them nothing is served, and all else goes on.
  if (!copies) log::error("relay", "no verified copy is served to the mesh, for what is kept of them cannot be read: restore data/verified.db "
                                   "from a backup, or remove it and set your private marks again: " + copies.error().message);
  copies_started_ = copies.has_value();
  started_ = true;
  auto catalogue = co_await catalogue_->start();
  co_return catalogue;
}

Task<void> RelayHouse::stop() {
  if (!started_) co_return;
  co_await catalogue_->stop();
  co_await copies_->stop();
}

void RelayHouse::configure(const Options& options) {
  http_->configure(http_settings(options, deps_.stand_in));
  copies_->configure(verified_settings(options, deps_.app_dir));
  catalogue_->configure(catalogue_settings(options, deps_.app_dir, deps_.stand_in));
}

gateway::RelayControl::Parts RelayHouse::parts() {
  Parts out{http_.get(), copies_started_ ? copies_.get() : nullptr, catalogue_.get(), nullptr, nullptr};
  if (MeshRelays* relays = present_ ? present_() : nullptr) {
    out.content = &relays->content();
    out.tunnels = &relays->tunnels();
  }
  return out;
}

/// As they were bound: a changed setting moves them at the next start only.
std::vector<std::uint16_t> RelayHouse::web_ports() const {
  std::vector<std::uint16_t> out;
  if (gateway_ == nullptr) return out;
  for (const auto& endpoint : gateway_->endpoints()) out.push_back(endpoint.port);
  return out;
}

void RelayHouse::changed() {
  for (const auto& listener : listeners_) listener();
}

Status RelayHouse::join(int descriptor) {
  if (gateway_ != nullptr) return gateway_->join(descriptor);
  ::close(descriptor);
  return fail(Errc::Unavailable, "The page of this node is not running.");
}

}  // namespace soulfabric::daemon

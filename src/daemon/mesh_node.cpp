// SPDX-License-Identifier: GPL-3.0-or-later
// Composition of the mesh: what refers to what, in which order it starts and stops.
#include "mesh_node.hpp"

#include "mesh_settings.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/mesh/identity.hpp"
#include "soulfabric/net/local_addresses.hpp"

namespace soulfabric::daemon {
namespace {

constexpr std::chrono::seconds kAddressCheck{30};

}  // namespace

MeshNode::MeshNode(MeshNodeDependencies dependencies, const Options& options, SigningKey key)
    : deps_(std::move(dependencies)),
      options_(options.mesh),
      relay_options_(options.relay),
      web_ports_{static_cast<std::uint16_t>(options.web.port)},
      key_(std::move(key)),
      scope_(deps_.context, "mesh") {}

MeshNode::~MeshNode() = default;

Result<std::unique_ptr<MeshNode>> MeshNode::make(MeshNodeDependencies dependencies, const Options& options) {
  SF_TRY_ASSIGN(SigningKey key, mesh::load_or_make_identity(dependencies.app_dir / "secrets", dependencies.random));
  std::unique_ptr<MeshNode> node(new MeshNode(std::move(dependencies), options, std::move(key)));
  SF_TRY(node->assemble(options));
  return node;
}

Status MeshNode::assemble(const Options& options) {
  SF_TRY_ASSIGN(const Endpoint at, mesh_endpoint(options_));
  SF_TRY_ASSIGN(std::shared_ptr<const net::TlsIdentity> identity, net::TlsIdentity::make(key_, mesh::kAlpn));
  SF_TRY_ASSIGN(dht_, mesh::make_dht({deps_.context, deps_.clock, deps_.random, deps_.workers},
                                     dht_settings(options_, at, deps_.app_dir / "data")));
  std::vector<std::string> wrong;
  peers_ = mesh::make_peer_book({deps_.context, deps_.clock, deps_.random, deps_.guard, *dht_, deps_.store, key_},
                                peer_book_settings(options_, wrong));
  for (const auto& name : wrong)
    log::warning("configuration", "mesh.peers." + name + ": this is no id of a node, it is left out; give the 32 characters that it shows");
  const auto listen = [context = &deps_.context, clock = &deps_.clock](Endpoint where) { return net::listen_tcp(*context, *clock, where); };
  links_ = mesh::make_links({deps_.context, deps_.clock, deps_.random, deps_.guard, deps_.dialer, *peers_, std::move(identity), listen},
                            link_settings(options_, at));
  control_ = mesh::make_control({deps_.context, deps_.clock, deps_.random, deps_.guard, *links_, *peers_}, {});
  SF_TRY_ASSIGN(const std::optional<mesh::Rotation> rotation, mesh::load_rotation(deps_.app_dir / "secrets"));
  if (rotation) control_->tell_rotation(*rotation);
  SF_TRY_ASSIGN(std::vector<mesh::Rotation> given_up, mesh::load_revocations(deps_.app_dir / "secrets"));
  peers_->tell_revocations(std::move(given_up));
  fabric_ = fabric::make_fabric({deps_.context, deps_.clock, deps_.random, deps_.guard, *links_, *peers_, *dht_, key_},
                                router_settings(options_, relay_options_), directory_settings(options_));
  introspect_ = services::make_introspect(*fabric_, *links_, deps_.clock, deps_.version);
  SF_TRY(fabric_->add(*introspect_));
  if (options_.pods.enabled) {
    pods_ = services::make_pods({deps_.context, deps_.clock, deps_.random, deps_.guard, *fabric_, *links_, deps_.store, key_},
                                pod_settings(options_));
    SF_TRY(fabric_->add(pods_->service()));
  }
  if (deps_.relays != nullptr) {
    SF_TRY_ASSIGN(relays_, MeshRelays::make({deps_.context, deps_.clock, deps_.random, deps_.workers, deps_.guard, deps_.dialer, deps_.app_dir,
                                             *fabric_, *links_, *peers_, *dht_, key_},
                                            *deps_.relays, options));
  }
  parts_ = std::make_unique<gateway::MeshParts>(gateway::MeshParts{key_.public_key(), *links_, *dht_, *peers_, *fabric_, pods_.get()});
  return {};
}

Task<Status> MeshNode::start() {
  control_->start();
  auto table = dht_->start();
  if (!table) co_return table;
  auto book = co_await peers_->start();
  if (!book) co_return book;
  auto fabric = co_await fabric_->start();
  if (!fabric) co_return fabric;
  if (pods_) {
    auto pods = co_await pods_->start();
    if (!pods) co_return pods;
  }
  // Last: a link that comes in finds everything that it may ask for.
  auto listening = links_->start();
  if (!listening) co_return listening;
  if (relays_) {
    auto relays = co_await relays_->start();
    if (!relays) co_return relays;
  }
  warn_of_unknown_services();
  tell_endpoints();
  mapper_ = make_mapper();
  parts_->mapper = mapper_.get();
  scope_.spawn("addresses", watch_addresses());
  log::info("mesh", "this node is part of the mesh");
  co_return Status{};
}

std::unique_ptr<net::PortMapper> MeshNode::make_mapper() {
  const auto listening = links_->listening();
  if (!options_.port_mapping || !listening || listening->address.is_loopback()) return nullptr;
  net::PortMappingSettings settings;
  settings.port = listening->port;
  settings.never = web_ports_;
  auto mapper = net::make_port_mapper(deps_.context, deps_.clock, settings, [this] { tell_endpoints(); });
  if (const auto started = mapper->start(); !started) {
    log::warning("mesh", started.error().message);
    return nullptr;
  }
  return mapper;
}

Task<void> MeshNode::watch_addresses() {
  for (;;) {
    co_await deps_.clock.sleep_for(kAddressCheck);
    tell_endpoints();
  }
}

void MeshNode::warn_of_unknown_services() const {
  std::vector<std::string> offered;
  for (const auto& local : fabric_->services()) offered.push_back(local.info.name);
  for (const auto& name : unknown_services(options_, offered))
    log::warning("mesh", "the configuration names the service '" + name + "', which this program does not have; check its spelling");
}

void MeshNode::tell_endpoints() {
  const auto listening = links_->listening();
  if (!listening) return;
  std::optional<Endpoint> mapped;
  if (mapper_ && mapper_->mapping() && mapper_->mapping()->external) mapped = Endpoint{*mapper_->mapping()->external, mapper_->mapping()->outer};
  auto endpoints = own_endpoints(options_, *listening, mapped, net::local_addresses());
  if (endpoints == told_) return;
  told_ = endpoints;
  if (parts_) parts_->endpoints = endpoints;
  peers_->set_endpoints(std::move(endpoints));
}

Task<void> MeshNode::stop() {
  co_await scope_.close();
  if (mapper_) co_await mapper_->stop();
  if (relays_) co_await relays_->stop();
  if (pods_) co_await pods_->stop();
  co_await fabric_->stop();
  co_await control_->stop();
  co_await links_->stop();
  co_await peers_->stop();
  co_await dht_->stop();
}

void MeshNode::configure(const Options& options) {
  options_ = options.mesh;
  relay_options_ = options.relay;
  std::vector<std::string> wrong;
  peers_->configure(peer_book_settings(options_, wrong));
  if (const auto listening = links_->listening()) links_->configure(link_settings(options_, *listening));
  dht_->set_bootstrap(options_.bootstrap);
  fabric_->configure(router_settings(options_, relay_options_));
  fabric_->directory().configure(directory_settings(options_));
  if (pods_) pods_->configure(pod_settings(options_));
  if (relays_) relays_->configure(options);
  tell_endpoints();
}

}  // namespace soulfabric::daemon

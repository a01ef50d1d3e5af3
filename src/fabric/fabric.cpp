// SPDX-License-Identifier: GPL-3.0-or-later
// Whom to call, how often to try, and what of us others may find.
#include "fabric_impl.hpp"

#include <algorithm>

#include "soulfabric/base/all_of.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::fabric {
namespace {

/// S3: what a stranger's call set in motion makes no call of ours.
Status may_call(guard::Origin origin) {
  if (origin == guard::Origin::RemoteMesh) return fail(Errc::Forbidden, "A call of another node cannot make this node call others.");
  return {};
}

/// An even share of what is left for each try that may come, so that one silent provider does not use up all.
MonoTime deadline_of_try(MonoTime now, MonoTime deadline, std::size_t tries_left) {
  if (tries_left <= 1 || deadline <= now) return deadline;
  return now + (deadline - now) / static_cast<std::int64_t>(tries_left);
}

std::size_t reply_cap_of(const CallOptions& options) { return std::min(options.reply_cap, kPayloadCap); }

}  // namespace

FabricImpl::FabricImpl(FabricDependencies dependencies, RouterSettings settings, const DirectoryFactory& make)
    : deps_(std::move(dependencies)),
      router_({deps_.context, deps_.clock, deps_.guard, [this](const PeerId& peer) { return deps_.peers.is_trusted(peer); }}, settings),
      client_({deps_.context, deps_.clock, deps_.random, deps_.guard, deps_.links}, settings.outbound_per_peer),
      source_(client_, deps_.guard),
      directory_(make(source_)),
      unannounced_(settings.unannounced) {
  directory_service_.set_tell([this](const PeerId& caller, const std::string& name) -> Result<std::vector<mesh::SignedRecord>> {
    SF_TRY(directory_->may_ask(caller, name));
    return directory_->tell(name);
  });
  const Status added = router_.add(directory_service_, true);
  if (!added) log::error("fabric", added.error().message);
  deps_.links.on_stream(mesh::Protocol::Call, [this](mesh::StreamPtr stream) { router_.accept(std::move(stream)); });
}

FabricImpl::~FabricImpl() { deps_.links.on_stream(mesh::Protocol::Call, {}); }

Status FabricImpl::add(MeshService& service) { return router_.add(service, false); }

Task<Status> FabricImpl::start() {
  auto begun = co_await directory_->start();
  if (!begun) co_return begun;
  started_ = true;
  offer();
  co_return begun;
}

Task<void> FabricImpl::stop() {
  if (std::exchange(started_, false)) co_await directory_->stop();
  co_await router_.stop();
}

void FabricImpl::configure(const RouterSettings& settings) {
  router_.configure(settings);
  unannounced_ = settings.unannounced;
  client_.configure(settings.outbound_per_peer);
  if (started_) offer();
}

void FabricImpl::offer() {
  std::vector<ServiceDescriptor> offered;
  std::map<ServiceId, Bytes> metadata;
  const PublicKey& key = deps_.key.public_key();
  const PeerId self = PeerId::of(key);
  for (const CallGate::Service& service : router_.gate().services()) {
    if (service.hidden || !service.exposed || !service.info->announced || unannounced_.contains(service.info->name)) continue;
    auto bytes = encode_metadata(service.info->metadata);
    if (!bytes) {
      log::error("fabric", "The service " + service.info->name + " is not offered: " + bytes.error().message);
      continue;
    }
    ServiceDescriptor descriptor;
    descriptor.id = service_id(service.info->name, self);
    descriptor.name = service.info->name;
    descriptor.version = service.info->version;
    descriptor.owner = self;
    descriptor.owner_key = key;
    descriptor.metadata_hash = crypto::sha256(*bytes);
    metadata.emplace(descriptor.id, std::move(*bytes));
    offered.push_back(std::move(descriptor));
  }
  directory_service_.set_metadata(std::move(metadata));
  directory_->offer(std::move(offered));
}

Task<Result<std::vector<Provider>>> FabricImpl::find(guard::Origin origin, std::string service, MonoTime deadline) {
  if (!is_service_name(service)) co_return fail(Errc::InvalidArgument, "A service is named by small letters, digits and dashes.");
  auto permit = deps_.guard.try_permit<guard::DhtQuery>({origin, guard::Subject::node()});
  if (!permit) co_return std::unexpected(permit.error());
  co_return co_await directory_->find(*permit, std::move(service), deadline);
}

Task<Result<std::vector<PeerId>>> FabricImpl::targets(guard::Origin origin, std::string service, std::optional<PeerId> to, MonoTime deadline) {
  if (to) co_return std::vector<PeerId>{*to};
  const auto found = co_await find(origin, std::move(service), deadline);
  if (!found) co_return std::unexpected(found.error());
  if (found->empty()) co_return fail(Errc::NotFound, "Nobody offers this service at present.");
  std::vector<Candidate> candidates;
  for (const Provider& provider : *found)
    candidates.push_back({provider.descriptor.owner, provider.linked, provider.reputation, provider.round_trip});
  co_return order_providers(std::move(candidates), deps_.random);
}

Result<guard::Permit<guard::MeshCall>> FabricImpl::permit_like(guard::Origin origin, const guard::Subject& subject) {
  return deps_.guard.try_permit<guard::MeshCall>({origin, subject});
}

/// Where none of them is linked the first few are dialled side by side: a lost packet or a provider that died costs no waiting then.
Task<std::vector<PeerId>> FabricImpl::first_reached(guard::Origin origin, std::vector<PeerId> peers, MonoTime deadline) {
  using namespace boost::asio::experimental::awaitable_operators;
  const std::size_t racers = std::min(peers.size(), kProvidersTried);
  if (racers < 2 || deps_.links.is_linked(peers.front())) co_return peers;
  Race race;
  std::vector<Task<void>> dials;
  for (std::size_t i = 0; i < racers; ++i) dials.push_back(reach(race, peers[i], origin, deadline));
  co_await (all_of(std::move(dials)) || race_won(race, deadline));
  if (race.winner) {
    const auto winner = std::ranges::find(peers, *race.winner);
    std::rotate(peers.begin(), winner, winner + 1);
  }
  co_return peers;
}

Task<void> FabricImpl::reach(Race& race, PeerId peer, guard::Origin origin, MonoTime deadline) {
  const auto linked = co_await deps_.links.connect(peer, origin, deadline);
  if (linked && !race.winner) race.winner = peer;
  race.changed.notify_all();
}

Task<void> FabricImpl::race_won(Race& race, MonoTime deadline) {
  while (!race.winner && deps_.clock.now() < deadline) co_await race.changed.wait(deps_.clock, deadline);
}

Task<Result<CallOutcome>> FabricImpl::try_each(guard::Permit<guard::MeshCall> permit, std::vector<PeerId> targets,
                                               const Question& question, bool idempotent, MonoTime deadline) {
  const std::size_t tries = std::min(targets.size(), kProvidersTried);
  for (std::size_t i = 0;; ++i) {
    const MonoTime until = deadline_of_try(deps_.clock.now(), deadline, idempotent ? tries - i : 1);
    Try last;
    auto outcome = co_await client_.call(permit, targets[i], question, until, last.sent);
    if (outcome)
      last.status = outcome->status;
    else
      last.error = outcome.error().code;
    if (i + 1 == tries || !may_try_elsewhere(last, idempotent) || deps_.clock.now() >= deadline) co_return outcome;
    auto next = permit_like(permit.origin(), permit.subject());
    if (!next) co_return outcome;
    permit = std::move(*next);
  }
}

Task<Result<CallOutcome>> FabricImpl::call(guard::Permit<guard::MeshCall> permit, std::string service, std::string method, Bytes payload,
                                           CallOptions options) {
  const Status allowed = may_call(permit.origin());
  if (!allowed) co_return std::unexpected(allowed.error());
  const MonoTime deadline = deps_.clock.now() + options.timeout;
  auto peers = co_await targets(permit.origin(), service, options.to, deadline);
  if (!peers) co_return std::unexpected(peers.error());
  auto order = co_await first_reached(permit.origin(), std::move(*peers), deadline);
  const Question question{std::move(service), std::move(method), std::move(payload), options.budget, reply_cap_of(options)};
  co_return co_await try_each(std::move(permit), std::move(order), question, options.idempotent, deadline);
}

Task<Result<mesh::StreamPtr>> FabricImpl::open(guard::Permit<guard::MeshCall> permit, std::string service, std::string method, Bytes payload,
                                               CallOptions options) {
  const Status allowed = may_call(permit.origin());
  if (!allowed) co_return std::unexpected(allowed.error());
  const MonoTime deadline = deps_.clock.now() + options.timeout;
  auto peers = co_await targets(permit.origin(), service, options.to, deadline);
  if (!peers) co_return std::unexpected(peers.error());
  const Question question{std::move(service), std::move(method), std::move(payload), options.budget, 0, true};
  CallStatus status = CallStatus::Ok;
  auto stream = co_await client_.open(permit, peers->front(), question, deadline, status);
  if (!stream && status != CallStatus::Ok) co_return std::unexpected(error_of(status));
  co_return stream;
}

Task<Result<Fabric::Metadata>> FabricImpl::metadata(guard::Permit<guard::MeshCall> permit, Provider provider, MonoTime deadline) {
  const Status allowed = may_call(permit.origin());
  if (!allowed) co_return std::unexpected(allowed.error());
  const Question question{std::string(kDirectoryService), "Metadata", encode(MetadataQuestion{provider.descriptor.id}), 0, 2 * kMetadataCap};
  bool sent = false;
  const auto outcome = co_await client_.call(permit, provider.descriptor.owner, question, deadline, sent);
  if (!outcome) co_return std::unexpected(outcome.error());
  if (outcome->status != CallStatus::Ok) co_return std::unexpected(error_of(outcome->status));
  const auto answer = decode<MetadataAnswer>(outcome->payload);
  if (!answer) co_return std::unexpected(answer.error());
  if (crypto::sha256(answer->metadata) != provider.descriptor.metadata_hash)
    co_return fail(Errc::Malformed, "What the node says about its service is not what it signed.");
  co_return decode_metadata(answer->metadata);
}

std::vector<Fabric::Local> FabricImpl::services() const {
  std::vector<Local> all;
  for (const CallGate::Service& service : router_.gate().services()) {
    if (!service.hidden) all.push_back({*service.info, service.exposed, service.metrics});
  }
  return all;
}

}  // namespace soulfabric::fabric

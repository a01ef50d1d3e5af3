// SPDX-License-Identifier: GPL-3.0-or-later
// Who has a content: asked over links and in the table, believed only by signed records.
#include "content_room.hpp"

#include <algorithm>

#include "mesh_piece_source.hpp"
#include "soulfabric/base/all_of.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::size_t kPeersAsked = 32;      // linked ones, at a time
constexpr std::size_t kRecordsAsked = 256;   // as many as a key may hold
constexpr std::size_t kProviders = 64;       // told and tried
constexpr std::chrono::seconds kPeerTime{3};
constexpr std::chrono::seconds kTableTime{8};

}  // namespace

struct ContentRoom::Asked {
  library::ContentId id;
  guard::Origin origin;
  MonoTime deadline;
  std::set<PeerId> peers{};
};

ContentRoom::ContentRoom(ContentDependencies dependencies, const ContentSettings& settings, MakeDownload make, ContentPatience patience,
                         FetchPatience fetch_patience)
    : deps_(std::move(dependencies)),
      settings_(settings),
      make_(std::move(make)),
      announcer_(deps_, settings),
      service_({deps_.context, deps_.clock, deps_.workers, deps_.guard, deps_.copies}, settings,
               [this](const library::ContentId& id) { return announcer_.tell(id); }, patience),
      fetches_({deps_.context, deps_.clock, deps_.random, deps_.workers, deps_.files}, *this, settings, fetch_patience) {
  deps_.copies.on_change([this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    service_.withdraw();
    announcer_.look_again();
  });
  deps_.links.on_link([this, alive = std::weak_ptr(alive_)](const PeerId&, bool up) {
    if (up && !alive.expired()) fetches_.look_again();
  });
}

ContentRoom::~ContentRoom() = default;

Task<Status> ContentRoom::start() {
  announcer_.start();
  co_return co_await fetches_.start();
}

Task<void> ContentRoom::stop() {
  co_await fetches_.stop();
  co_await announcer_.stop();
}

void ContentRoom::configure(const ContentSettings& settings) {
  settings_ = settings;
  service_.configure(settings);
  announcer_.configure(settings);
  fetches_.configure(settings);
}

ContentMetrics ContentRoom::metrics() const {
  ContentMetrics out;
  service_.add_metrics(out);
  out.records = announcer_.announced();
  out.fetched_bytes = fetched_bytes_;
  out.faults = faults_;
  return out;
}

std::unique_ptr<swarm::PieceSource> ContentRoom::source(PeerId peer, guard::Origin origin) {
  return std::make_unique<MeshPieceSource>(
      MeshSourceDependencies{deps_.clock, deps_.guard, deps_.fabric, deps_.links, deps_.peers, fetched_bytes_, faults_}, peer, origin);
}

std::unique_ptr<swarm::Download> ContentRoom::download(swarm::DownloadRequest request) { return make_(std::move(request), settings_.swarm); }

Task<Result<std::string>> ContentRoom::fetch(ContentFetchRequest request, guard::Origin origin) {
  auto id = co_await fetches_.fetch(std::move(request), origin);
  co_return id;
}

Task<Result<std::vector<ContentProvider>>> ContentRoom::providers(library::ContentId id, guard::Origin origin, MonoTime deadline) {
  if (origin == guard::Origin::RemoteMesh) co_return fail(Errc::Forbidden, "A call of another node cannot make this node ask others.");
  auto found = co_await ask(id, origin, true, deadline);
  co_return found;
}

Task<std::vector<PeerId>> ContentRoom::find(library::ContentId id, guard::Origin origin, bool wide) {
  const auto found = co_await ask(id, origin, wide, deps_.clock.now() + (wide ? kTableTime : kPeerTime));
  std::vector<PeerId> peers;
  for (const auto& provider : found) peers.push_back(provider.peer);
  co_return peers;
}

Task<std::vector<ContentProvider>> ContentRoom::ask(library::ContentId id, guard::Origin origin, bool wide, MonoTime deadline) {
  Asked asked{id, origin, deadline};
  std::vector<PeerId> linked;
  for (const auto& link : deps_.links.links()) linked.push_back(link.peer);
  for (std::size_t i = linked.size(); i > 1; --i) std::swap(linked[i - 1], linked[deps_.random.below(i)]);
  std::vector<Task<void>> asks;
  for (std::size_t i = 0; i < std::min(linked.size(), kPeersAsked); ++i) asks.push_back(ask_peer(asked, linked[i]));
  // Whoever asks the table shows an interest to strangers: only where we are public ourselves, or the user wants it.
  const bool is_users = origin == guard::Origin::UserLocal || origin == guard::Origin::RemoteGateway;
  if (wide && (is_users || settings_.publish == mesh::Publish::Public)) asks.push_back(ask_table(asked));
  co_await all_of(std::move(asks));
  std::vector<ContentProvider> out;
  for (const PeerId& peer : asked.peers) out.push_back(provider_of(peer));
  for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[deps_.random.below(i)]);
  std::ranges::sort(out, std::ranges::greater(), [](const ContentProvider& one) { return std::tuple(one.linked, one.trusted, one.reputation); });
  if (out.size() > kProviders) out.resize(kProviders);
  co_return out;
}

ContentProvider ContentRoom::provider_of(const PeerId& peer) const {
  return {peer, deps_.links.is_linked(peer), deps_.peers.is_trusted(peer), deps_.guard.reputation(guard::Subject::peer(peer.text()))};
}

void ContentRoom::take(Asked& asked, const mesh::SignedRecord& record) {
  const auto peer = provider_in(record, asked.id, deps_.clock.wall());
  if (!peer || *peer == deps_.links.self() || deps_.guard.is_banned(guard::Subject::peer(peer->text()))) return;
  asked.peers.insert(*peer);
}

/// A false statement is its teller's fault; one that is only too old or too new may be a clock's. The peer is blamed, never its address:
/// who dialled the link is not known here (security rule S1).
void ContentRoom::blame_record(const PeerId& peer, guard::Violation violation) {
  ++faults_[static_cast<std::size_t>(FetchFault::Record)];
  (void)deps_.guard.charge({violation, guard::Subject::peer(peer.text()), std::nullopt, guard::Channel::WeDialled});
}

/// A peer speaks for itself only.
Task<void> ContentRoom::ask_peer(Asked& asked, PeerId peer) {
  auto permit = deps_.guard.try_permit<guard::MeshCall>({asked.origin, guard::Subject::node()});
  if (!permit) co_return;
  const auto left = std::min<Duration>(kPeerTime, asked.deadline - deps_.clock.now());
  fabric::CallOptions options;
  options.to = peer;
  options.timeout = std::max(std::chrono::duration_cast<std::chrono::milliseconds>(left), std::chrono::milliseconds(1));
  options.idempotent = true;
  AnnouncedQuestion question;
  question.ids.push_back(asked.id.sha256);
  const auto answer = co_await fabric::ask<AnnouncedAnswer>(deps_.fabric, std::move(*permit), std::string(kContentService), "Announced",
                                                            std::move(question), std::move(options));
  if (!answer) co_return;
  for (const auto& bytes : answer->records) {
    const auto record = mesh::decode_record(bytes);
    if (!record || PeerId::of(record->signer) != peer) co_return blame_record(peer, guard::Violation::InvalidMessage);
    if (!mesh::check_record_signature(*record)) co_return blame_record(peer, guard::Violation::BadSignature);
    take(asked, *record);
  }
}

Task<void> ContentRoom::ask_table(Asked& asked) {
  auto permit = deps_.guard.try_permit<guard::DhtQuery>({asked.origin, guard::Subject::node()});
  if (!permit) co_return;
  const auto found = co_await deps_.dht.get(*permit, provider_key(asked.id), mesh::RecordKind::Provider, kRecordsAsked, asked.deadline);
  if (!found) co_return;
  for (const auto& record : *found) take(asked, record);
}

}  // namespace soulfabric::relay

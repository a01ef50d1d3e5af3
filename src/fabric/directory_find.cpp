// SPDX-License-Identifier: GPL-3.0-or-later
// A lookup (security rule S5): linked peers and a few random shards side by side; what comes back is sieved, chosen from, remembered.
#include <algorithm>

#include "soulfabric/base/all_of.hpp"
#include "directory_room.hpp"
#include "soulfabric/fabric/call.hpp"

namespace soulfabric::fabric {
namespace {

constexpr std::chrono::seconds kShardDeadline{5};
constexpr std::chrono::milliseconds kPeerDeadline{1'500};
constexpr std::chrono::milliseconds kGrace{40};      // for the rest, once half of the shards have answered
constexpr std::chrono::seconds kNobodyFresh{5};      // a node that just started is found soon
constexpr std::chrono::seconds kFailureFresh{1};
constexpr std::size_t kPeersAsked = 8;
constexpr std::size_t kValuesAsked = 256;            // of one shard: as many as a key may hold
constexpr int kLeastReputation = 20;                 // below: not trusted with a call

template <class T>
void shuffle(std::vector<T>& items, Random& random) {
  for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
}

}  // namespace

class DirectoryRoom::Turn {
 public:
  Turn(DirectoryRoom& room, std::string name) : room_(room), name_(std::move(name)) { room_.looking_.insert(name_); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    room_.looking_.erase(name_);
    room_.looked_.notify_all();
  }

 private:
  DirectoryRoom& room_;
  std::string name_;
};

Task<Result<std::vector<Provider>>> DirectoryRoom::find(guard::Permit<guard::DhtQuery>& permit, std::string name, MonoTime deadline) {
  if (!is_service_name(name)) co_return fail(Errc::InvalidArgument, "This is no name of a service; it has letters a-z, digits and '-'.");
  const auto& subject = permit.subject();
  if (subject.kind != guard::SubjectKind::Node && !watch_.allow(subject.name, name, deps_.clock.now()))
    co_return fail(Errc::RateLimited, "Too many services were looked up within a minute; try again later.");
  for (;;) {
    const auto present = entries_.find(name);
    if (present != entries_.end() && is_fresh(present->second)) co_return answer_of(present->second);
    if (!looking_.contains(name)) break;
    const bool looked = co_await looked_.wait(deps_.clock, deadline);
    if (!looked && deps_.clock.now() >= deadline) co_return fail(Errc::TimedOut, "The lookup of this service took too long.");
  }
  auto found = co_await look_up(permit, std::move(name), deadline);
  co_return found;
}

Task<Result<std::vector<Provider>>> DirectoryRoom::look_up(guard::Permit<guard::DhtQuery>& permit, std::string name, MonoTime deadline) {
  using namespace boost::asio::experimental::awaitable_operators;
  const Turn turn(*this, name);
  const MonoTime now = deps_.clock.now();
  Lookup lookup{name, now, std::min(deadline, now + kShardDeadline), RecordSieve(name, deps_.clock.wall())};
  auto asks = asks_of(permit, lookup);
  co_await (all_of(std::move(asks)) || enough(lookup));
  // Given up by the asker: that nobody answered means nothing then.
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  if (state.cancelled() != boost::asio::cancellation_type::none) co_return fail(Errc::Cancelled, "The lookup of this service was given up.");
  co_return settle(lookup);
}

std::vector<Task<void>> DirectoryRoom::asks_of(guard::Permit<guard::DhtQuery>& permit, Lookup& lookup) {
  std::vector<Task<void>> asks;
  std::vector<PeerId> peers;
  if (courtesy_.allow("self", lookup.name, lookup.begun)) {
    for (const auto& link : deps_.links.links()) peers.push_back(link.peer);
  }
  shuffle(peers, deps_.random);
  const MonoTime peer_deadline = std::min(lookup.deadline, lookup.begun + kPeerDeadline);
  for (std::size_t i = 0; i < std::min(kPeersAsked, peers.size()); ++i) asks.push_back(ask_peer(lookup, peers[i], peer_deadline));
  std::vector<unsigned> shards;
  for (unsigned shard = 0; shard < kShards; ++shard) shards.push_back(shard);
  shuffle(shards, deps_.random);
  shards.resize(kShardsAsked);
  for (const std::int64_t day : lookup_days(deps_.clock.wall())) {
    for (const unsigned shard : shards) {
      asks.push_back(ask_shard(permit, lookup, shard_key(lookup.name, shard, day)));
      ++lookup.shards;
    }
  }
  return asks;
}

Task<void> DirectoryRoom::ask_shard(guard::Permit<guard::DhtQuery>& permit, Lookup& lookup, mesh::DhtKey key) {
  auto found = co_await deps_.dht.get(permit, key, mesh::RecordKind::Descriptor, kValuesAsked, lookup.deadline);
  ++lookup.shards_done;
  if (found) {
    ++lookup.answers;
    lookup.sieve.add(std::move(*found));
  }
  lookup.progress.notify_all();
}

Task<void> DirectoryRoom::ask_peer(Lookup& lookup, PeerId peer, MonoTime deadline) {
  auto found = co_await deps_.source.ask(peer, lookup.name, deadline);
  if (!found) co_return;
  ++lookup.answers;
  lookup.sieve.add(std::move(*found));
  lookup.progress.notify_all();
}

/// Ends when waiting for more is no longer worth it: half of the shards are there and something was found, or only friends answered in time.
Task<void> DirectoryRoom::enough(Lookup& lookup) {
  MonoTime end = lookup.deadline;
  while (deps_.clock.now() < end) {
    co_await lookup.progress.wait(deps_.clock, end);
    if (lookup.sieve.empty()) continue;
    end = std::min(end, lookup.begun + kPeerDeadline);
    if (2 * lookup.shards_done >= lookup.shards) end = std::min(end, deps_.clock.now() + kGrace);
  }
}

Result<std::vector<Provider>> DirectoryRoom::settle(Lookup& lookup) {
  Entry& entry = entry_of(lookup.name);
  entry.at = deps_.clock.now();
  if (lookup.answers == 0) {
    // Nobody could be asked: what was found before is better than nothing as long as it stands.
    entry.freshness = Freshness::Failed;
    return answer_of(entry);
  }
  auto outcome = lookup.sieve.finish(settings_.verified, entry.sequences, [this](const PeerId& peer) { return standing_of(peer); }, deps_.random);
  for (const auto& [peer, sequence] : outcome.sequences) {
    auto& highest = entry.sequences[peer];
    highest = std::max(highest, sequence);
  }
  while (entry.sequences.size() > 4 * settings_.verified)
    entry.sequences.erase(std::next(entry.sequences.begin(), static_cast<std::ptrdiff_t>(deps_.random.below(entry.sequences.size()))));
  entry.believed.clear();
  std::vector<Contender> contenders;
  for (auto& believed : outcome.believed) {
    const PeerId peer = believed.descriptor.owner;
    if (peer == self_ || !is_welcome(peer)) continue;
    contenders.push_back(contender_of(believed.descriptor));
    entry.believed.insert_or_assign(peer, std::move(believed));
  }
  entry.chosen.clear();
  for (auto& one : choose_providers(std::move(contenders), settings_.returned, deps_.random)) entry.chosen.push_back(std::move(one.descriptor));
  entry.freshness = entry.chosen.empty() ? Freshness::Nobody : Freshness::Found;
  return answer_of(entry);
}

bool DirectoryRoom::is_fresh(const Entry& entry) const {
  std::chrono::seconds fresh = settings_.cache;
  if (entry.freshness == Freshness::Nobody) fresh = std::min(fresh, kNobodyFresh);
  if (entry.freshness == Freshness::Failed) fresh = std::min(fresh, kFailureFresh);
  if (deps_.clock.now() >= entry.at + fresh) return false;
  // Somebody whom it names has ended meanwhile: perhaps all have, and others came.
  const auto stands = [now = deps_.clock.wall()](const ServiceDescriptor& one) { return one.expires > now; };
  return entry.freshness != Freshness::Found || std::ranges::any_of(entry.chosen, stands);
}

Result<std::vector<Provider>> DirectoryRoom::answer_of(const Entry& entry) const {
  std::vector<Provider> out;
  for (const auto& descriptor : entry.chosen)
    if (descriptor.expires > deps_.clock.wall() && is_welcome(descriptor.owner)) out.push_back(provider_of(descriptor));
  if (out.empty() && entry.freshness == Freshness::Failed)
    return fail(Errc::TimedOut, "Nobody could be asked who offers this service; check that this node is connected to the mesh.");
  return out;
}

Provider DirectoryRoom::provider_of(const ServiceDescriptor& descriptor) const {
  Provider out;
  out.descriptor = descriptor;
  const auto link = deps_.links.link(descriptor.owner);
  out.linked = link.has_value();
  if (link) out.round_trip = link->round_trip;
  out.known = is_familiar(descriptor.owner);
  out.reputation = deps_.guard.reputation(guard::Subject::peer(descriptor.owner.text()));
  return out;
}

Contender DirectoryRoom::contender_of(const ServiceDescriptor& descriptor) const {
  Contender out;
  out.descriptor = descriptor;
  out.linked = deps_.links.is_linked(descriptor.owner);
  out.known = is_familiar(descriptor.owner);
  out.vouched = is_vouched(descriptor.owner);
  out.address = address_of(descriptor.owner);
  return out;
}

std::optional<IpAddress> DirectoryRoom::address_of(const PeerId& peer) const {
  if (const auto link = deps_.links.link(peer)) return link->remote.address;
  const auto known = deps_.peers.find(peer);
  if (known && !known->endpoints.empty()) return known->endpoints.front().address;
  return std::nullopt;
}

/// Familiar is who is known and counted under a prefix, so that many keys of one place do not take the half that is set aside.
RecordSieve::Standing DirectoryRoom::standing_of(const PeerId& peer) const {
  const auto address = address_of(peer);
  RecordSieve::Standing out{is_vouched(peer) || (address && is_familiar(peer)), std::nullopt};
  if (address && !address->is_loopback() && !address->is_private()) out.prefix = address->prefix();
  return out;
}

/// A peer of whom we only heard is a stranger still.
bool DirectoryRoom::is_familiar(const PeerId& peer) const {
  if (deps_.links.is_linked(peer)) return true;
  const auto known = deps_.peers.find(peer);
  return known && (known->configured || known->trusted || known->last_seen != WallTime{});
}

bool DirectoryRoom::is_vouched(const PeerId& peer) const {
  const auto known = deps_.peers.find(peer);
  return known && (known->configured || known->trusted);
}

bool DirectoryRoom::is_welcome(const PeerId& peer) const {
  const auto subject = guard::Subject::peer(peer.text());
  return !deps_.guard.is_banned(subject) && deps_.guard.reputation(subject) >= kLeastReputation;
}

DirectoryRoom::Entry& DirectoryRoom::entry_of(const std::string& name) {
  if (!entries_.contains(name) && entries_.size() >= settings_.cached_names)
    entries_.erase(std::ranges::min_element(entries_, {}, [](const auto& entry) { return entry.second.at; }));
  return entries_[name];
}

}  // namespace soulfabric::fabric

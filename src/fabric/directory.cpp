// SPDX-License-Identifier: GPL-3.0-or-later
// What is remembered of lookups, what is told of it, and the publishing of our own services.
#include "soulfabric/fabric/directory.hpp"

#include <algorithm>

#include "soulfabric/base/all_of.hpp"
#include "directory_room.hpp"
#include "soulfabric/base/log.hpp"
#include "soulfabric/fabric/call.hpp"
#include "soulfabric/mesh/blame.hpp"

namespace soulfabric::fabric {
namespace {

constexpr std::chrono::seconds kLook{60};          // how often the wall clock is looked at: it may jump
constexpr std::chrono::seconds kFirstRetry{2};     // doubles
constexpr std::chrono::seconds kPutDeadline{20};
constexpr std::chrono::seconds kGoodbye{2};
constexpr std::size_t kLanes = 8;
constexpr std::size_t kTold = 20;
constexpr std::chrono::days kLinkedLong{7};        // security rule S16

}  // namespace

DirectoryRoom::DirectoryRoom(DirectoryDependencies dependencies, DirectorySettings settings)
    : deps_(std::move(dependencies)),
      self_(PeerId::of(deps_.key.public_key())),
      settings_(settings),
      own_(deps_.key, settings.life, settings.republish),
      scope_(deps_.context, "directory") {}

Task<Status> DirectoryRoom::start() {
  scope_.spawn("publish", publish());
  co_return Status{};
}

Task<void> DirectoryRoom::stop() {
  co_await scope_.close();
  own_.withdraw_all(deps_.clock.wall());
  if (settings_.publish) co_await put_owed(deps_.clock.now() + kGoodbye);
}

void DirectoryRoom::offer(std::vector<ServiceDescriptor> services) {
  own_.offer(services, deps_.clock.wall());
  wake_.notify_all();
}

void DirectoryRoom::configure(const DirectorySettings& settings) {
  const bool was_published = settings_.publish;
  settings_ = settings;
  own_.configure(settings.life, settings.republish);
  if (was_published != settings.publish) wake_.notify_all();
}

std::vector<mesh::SignedRecord> DirectoryRoom::tell(std::string_view name) const {
  std::vector<mesh::SignedRecord> out;
  const WallTime now = deps_.clock.wall();
  if (auto own = own_.tell(name, now)) out.push_back(std::move(*own));
  const auto found = entries_.find(name);
  if (found == entries_.end()) return out;
  for (const auto& [peer, believed] : found->second.believed) {
    if (out.size() >= kTold) break;
    if (deps_.links.is_linked(peer) && believed.descriptor.expires > now) out.push_back(believed.record);
  }
  return out;
}

Status DirectoryRoom::may_ask(const PeerId& requester, std::string_view name) {
  if (watch_.allow(requester.to_string(), name, deps_.clock.now())) return {};
  (void)deps_.guard.charge(mesh::charge_of(guard::Violation::RateExceeded, requester, deps_.links));
  return fail(Errc::RateLimited, "Too many names were looked up here within a minute; try again later.");
}

bool DirectoryRoom::is_believed(const PeerId& peer) const {
  const auto known = deps_.peers.find(peer);
  if (!known) return false;
  if (known->rights.believe_catalogue) return true;
  return deps_.links.is_linked(peer) && deps_.guard.is_reputable(guard::Subject::peer(peer.text())) && known->first_linked != WallTime{} &&
         known->first_linked + kLinkedLong <= deps_.clock.wall();
}

std::optional<PeerId> DirectoryRoom::owner(std::string_view name, ByteView salt, const std::vector<PeerId>& passed_over) const {
  std::vector<PeerId> believed;
  if (own_.offers(name)) believed.push_back(self_);
  const auto found = entries_.find(name);
  if (found != entries_.end()) {
    for (const auto& [peer, record] : found->second.believed)
      if (record.descriptor.expires > deps_.clock.wall() && is_welcome(peer) && is_believed(peer)) believed.push_back(peer);
  }
  return rendezvous_owner(salt, believed, passed_over);
}

Task<void> DirectoryRoom::publish() {
  auto retry = kFirstRetry;
  for (;;) {
    own_.refresh(deps_.clock.wall());
    bool complete = true;
    if (settings_.publish) complete = co_await put_owed(deps_.clock.now() + kPutDeadline);
    const auto pause = std::min({complete ? kLook : retry, kLook, std::max(std::chrono::seconds(1), settings_.life / 4)});
    retry = complete ? kFirstRetry : std::min(2 * retry, kLook);
    co_await wake_.wait(deps_.clock, deps_.clock.now() + pause);
  }
}

Task<bool> DirectoryRoom::put_owed(MonoTime deadline) {
  using namespace boost::asio::experimental::awaitable_operators;
  Round round;
  round.puts = own_.owed(deps_.clock.wall());
  if (round.puts.empty()) co_return true;
  // Every shard of a service before a second round of any: a few shards are enough to be found.
  for (std::size_t i = round.puts.size(); i > 1; --i) std::swap(round.puts[i - 1], round.puts[deps_.random.below(i)]);
  std::vector<Task<void>> lanes;
  for (std::size_t i = 0; i < std::min(kLanes, round.puts.size()); ++i) lanes.push_back(put_lane(round, deadline));
  co_await (all_of(std::move(lanes)) || deps_.clock.sleep_until(deadline + kGoodbye));
  own_.refresh(deps_.clock.wall());
  co_return round.failed == 0 && round.next >= round.puts.size();
}

Task<void> DirectoryRoom::put_lane(Round& round, MonoTime deadline) {
  while (round.next < round.puts.size() && deps_.clock.now() < deadline) {
    const OwnServices::Put put = round.puts[round.next++];
    auto permit = deps_.guard.try_permit<guard::DhtQuery>({guard::Origin::LocalAutomation, guard::Subject::node()});
    if (!permit) {
      ++round.failed;
      co_return;
    }
    const auto stored = co_await deps_.dht.put(*permit, put.record, deadline);
    if (stored) {
      own_.done(put);
    } else {
      ++round.failed;
      log::debug("directory", "a service was not published under one of its keys: " + stored.error().message);
    }
  }
}

std::unique_ptr<Directory> make_directory(DirectoryDependencies dependencies, DirectorySettings settings) {
  return std::make_unique<DirectoryRoom>(std::move(dependencies), settings);
}

}  // namespace soulfabric::fabric

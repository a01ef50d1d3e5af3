// SPDX-License-Identifier: GPL-3.0-or-later
// Catalogue fetch, from the question to whoever answers it.
#include "soulfabric/relay/catalogue.hpp"

#include <algorithm>
#include <utility>

#include "catalogue_room.hpp"

namespace soulfabric::relay {
namespace {

constexpr OriginQueueLimits kMusicBrainz{.at_once = 2, .remote_per_minute = 12, .waiting = 256};
constexpr OriginQueueLimits kCovers{.at_once = 4, .remote_per_minute = 60, .waiting = 256};
constexpr std::chrono::seconds kLongestFlight{90};
constexpr unsigned kTries = 3;  // of one question, where a flight ended for a reason that is not its asker's

Error stopped() { return {Errc::Unavailable, "The catalogue is shutting down."}; }

}  // namespace

/// Takes a flight off the board and wakes all who wait, however it ends.
class CatalogueRoom::Landing {
 public:
  Landing(Flights& board, FlightPtr flight) : board_(board), flight_(std::move(flight)) {}
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;
  ~Landing() {
    if (!flight_->outcome) flight_->outcome.emplace(fail(Errc::Cancelled, "The question was given up; ask again."));
    flight_->permit.reset();
    const auto found = board_.find(flight_->key);
    if (found != board_.end() && found->second == flight_) board_.erase(found);
    flight_->done.notify_all();
  }

 private:
  Flights& board_;
  FlightPtr flight_;
};

CatalogueRoom::CatalogueRoom(CatalogueDependencies dependencies, CatalogueSettings settings)
    : deps_(std::move(dependencies)),
      settings_(std::move(settings)),
      memory_(settings_.memory),
      disk_(deps_.context, deps_.clock, deps_.workers, settings_.folder, settings_.disk),
      musicbrainz_(kMusicBrainz),
      covers_(kCovers),
      service_(
          [this](fabric::CallContext& context, CatalogueKey key, mesh::Stream& stream) { return serve(context, std::move(key), stream); }),
      scope_(deps_.context, "catalogue"),
      asking_(std::make_unique<TaskScope>(deps_.context, "catalogue asks")) {}

Task<Status> CatalogueRoom::start() {
  co_await disk_.start();
  co_return Status{};
}

Task<void> CatalogueRoom::stop() {
  stopping_ = true;
  co_await asking_->close();
  for (const auto& scope : retired_) co_await scope->close();
  co_await scope_.close();
  co_await disk_.stop();
}

void CatalogueRoom::configure(const CatalogueSettings& settings) {
  const bool other_origin = settings.musicbrainz != settings_.musicbrainz || settings.cover_art != settings_.cover_art;
  settings_ = settings;
  memory_.resize(settings_.memory);
  disk_.resize(settings_.disk);
  if (other_origin) clear();
}

void CatalogueRoom::clear() {
  memory_.clear();
  disk_.clear();
  down_.clear();
}

CatalogueMetrics CatalogueRoom::metrics() const {
  CatalogueMetrics out = metrics_;
  out.entries = memory_.entries();
  out.bytes = memory_.bytes();
  out.disk_entries = disk_.entries();
  out.disk_bytes = disk_.bytes();
  return out;
}

Task<Result<CatalogueAnswer>> CatalogueRoom::fetch(CatalogueKey key, guard::Origin origin, MonoTime deadline) {
  const auto whole = CatalogueKey::make(key.kind, key.mbid);
  if (!whole) co_return std::unexpected(whole.error());
  ++metrics_.asked;
  if (!settings_.enabled) co_return fail(Errc::Unavailable, "Catalogue look-ups are switched off; relay.catalogue.enabled turns them on.");
  for (unsigned tries = 0; !stopping_ && tries < kTries; ++tries) {
    if (const CatalogueEntry* const entry = memory_.fresh(*whole, deps_.clock.wall())) {
      ++metrics_.from_memory;
      if (entry->answer.status == 404) ++metrics_.negative;
      CatalogueAnswer answer = entry->answer;
      answer.via = CatalogueVia::Memory;
      co_return answer;
    }
    const FlightPtr flight = to_anybody(*whole, origin);
    if (!flight) break;
    auto found = co_await arrival(flight, deadline);
    if (found) co_return std::move(found->answer);
    if (found.error().code != Errc::Cancelled) co_return std::unexpected(std::move(found).error());
  }
  co_return std::unexpected(stopped());
}

void CatalogueRoom::use(fabric::Fabric* fabric, mesh::PeerBook* peers, mesh::Links* links) {
  fabric_ = fabric;
  peers_ = peers;
  links_ = links;
  looked_.reset();
  look_failed_.reset();
  looked_well_ = false;
  // Whoever is asking the mesh that was there gives up; who waits for the answer begins anew.
  std::erase_if(retired_, [](const auto& scope) { return scope->size() == 0; });
  retired_.push_back(std::exchange(asking_, std::make_unique<TaskScope>(deps_.context, "catalogue asks")));
  retired_.back()->cancel();
}

void CatalogueRoom::raise(CatalogueFlight& flight, guard::Origin origin) {
  flight.origin = std::min(flight.origin, origin);
  if (flight.queue != nullptr) flight.queue->raise(flight.ticket, origin);
  if (flight.onward) raise(*flight.onward, origin);
}

FlightPtr CatalogueRoom::to_anybody(const CatalogueKey& key, guard::Origin origin) {
  if (const auto present = local_.find(key); present != local_.end()) {
    ++metrics_.joined;
    raise(*present->second, origin);
    turn_.notify_all();
    return present->second;
  }
  auto flight = std::make_shared<CatalogueFlight>();
  flight->key = key;
  flight->origin = origin;
  local_[key] = flight;
  if (asking_->spawn("question", fly(flight))) return flight;
  local_.erase(key);
  return nullptr;
}

FlightPtr CatalogueRoom::to_origin(const CatalogueKey& key, guard::Origin origin,
                                   std::optional<guard::Permit<guard::CatalogueFetch>> permit) {
  if (const auto present = at_origin_.find(key); present != at_origin_.end()) {
    ++metrics_.joined;
    raise(*present->second, origin);
    turn_.notify_all();
    return present->second;
  }
  auto flight = std::make_shared<CatalogueFlight>();
  flight->key = key;
  flight->origin = origin;
  flight->remote = origin == guard::Origin::RemoteMesh;
  flight->permit = std::move(permit);
  at_origin_[key] = flight;
  if (scope_.spawn("origin", fly_to_origin(flight))) return flight;
  at_origin_.erase(key);
  return nullptr;
}

Task<Result<CatalogueFound>> CatalogueRoom::arrival(FlightPtr flight, MonoTime deadline) {
  while (!flight->outcome) {
    if (deps_.clock.now() >= deadline) co_return fail(Errc::TimedOut, "The catalogue did not answer in time; try again shortly.");
    co_await flight->done.wait(deps_.clock, deadline);
  }
  co_return *flight->outcome;
}

Task<void> CatalogueRoom::fly_to_origin(FlightPtr flight) {
  const Landing landing(at_origin_, flight);
  co_await recall(flight->key);
  if (auto kept = recalled(flight->key, true)) {
    flight->outcome.emplace(std::move(*kept));
    co_return;
  }
  auto found = co_await ask_origin(flight);
  flight->outcome.emplace(std::move(found));
}

Task<void> CatalogueRoom::fly(FlightPtr flight) {
  const Landing landing(local_, flight);
  const MonoTime begun = deps_.clock.now();
  auto found = co_await find_out(flight);
  note_time(begun, found);
  flight->outcome.emplace(std::move(found));
}

Task<Result<CatalogueFound>> CatalogueRoom::find_out(FlightPtr flight) {
  co_await recall(flight->key);
  if (auto kept = recalled(flight->key, false)) co_return std::move(*kept);
  std::optional<CatalogueAnswer> told;
  bool is_ours = !settings_.reduced_privacy || flight->origin == guard::Origin::RemoteMesh;
  if (may_ask_mesh(flight->origin)) {
    auto asked = co_await ask_owners(flight);
    if (asked.answer) told = take_from_mesh(flight->key, std::move(*asked.answer));
    is_ours = asked.is_ours;
  }
  if (told && !told->stale) co_return CatalogueFound{std::move(*told), false};
  if (!is_ours) co_return without_origin(*flight, std::move(told));
  auto found = co_await fly_ourselves(flight);
  const bool better = !told || (found && (!found->answer.stale || found->answer.fetched >= told->fetched));
  if (better) co_return found;
  ++metrics_.stale;
  co_return CatalogueFound{std::move(*told), false};
}

/// Of what was waited for: an answer out of memory or off the disk takes no time worth knowing.
void CatalogueRoom::note_time(MonoTime begun, const Result<CatalogueFound>& found) {
  CatalogueOutcome outcome = CatalogueOutcome::Failed;
  if (found) {
    const CatalogueVia via = found->answer.via;
    const bool is_kept = via == CatalogueVia::Memory || via == CatalogueVia::Disk;
    if (!found->answer.stale && is_kept) return;
    outcome = found->answer.stale ? CatalogueOutcome::Stale : via == CatalogueVia::Mesh ? CatalogueOutcome::Mesh : CatalogueOutcome::Origin;
  }
  CatalogueTimes& times = metrics_.times.at(static_cast<std::size_t>(outcome));
  const double took = std::chrono::duration<double>(deps_.clock.now() - begun).count();
  const auto step = std::ranges::lower_bound(kCatalogueSteps, took);
  if (step != kCatalogueSteps.end()) ++times.within.at(static_cast<std::size_t>(step - kCatalogueSteps.begin()));
  ++times.count;
  times.seconds += took;
}

Task<void> CatalogueRoom::recall(CatalogueKey key) {
  if (memory_.find(key) != nullptr || !disk_.has(key)) co_return;
  auto entry = co_await disk_.read(key);
  if (entry && memory_.find(key) == nullptr) memory_.put(key, std::move(*entry));
}

std::optional<CatalogueFound> CatalogueRoom::recalled(const CatalogueKey& key, bool ours) {
  const CatalogueEntry* const entry = memory_.fresh(key, deps_.clock.wall());
  if (entry == nullptr || (ours && !entry->ours)) return std::nullopt;
  ++(entry->answer.via == CatalogueVia::Disk ? metrics_.from_disk : metrics_.from_memory);
  return CatalogueFound{entry->answer, entry->ours};
}

Task<Result<CatalogueFound>> CatalogueRoom::fly_ourselves(FlightPtr flight) {
  for (unsigned tries = 0; tries < kTries; ++tries) {
    flight->onward = to_origin(flight->key, flight->origin, std::nullopt);
    if (!flight->onward) break;
    auto found = co_await arrival(flight->onward, deps_.clock.now() + kLongestFlight);
    const bool remote = std::exchange(flight->onward, nullptr)->remote;
    if (found) co_return found;
    const bool others_limit = remote && (found.error().code == Errc::Forbidden || found.error().code == Errc::RateLimited);
    if (found.error().code != Errc::Cancelled && !others_limit) co_return found;
  }
  co_return std::unexpected(stopped());
}

std::unique_ptr<Catalogue> make_catalogue(CatalogueDependencies dependencies, CatalogueSettings settings) {
  return std::make_unique<CatalogueRoom>(std::move(dependencies), std::move(settings));
}

}  // namespace soulfabric::relay

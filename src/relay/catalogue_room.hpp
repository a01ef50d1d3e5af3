// SPDX-License-Identifier: GPL-3.0-or-later
// Catalogue fetch: caches, single flight, the origin and the mesh joined. Network thread only.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalogue_disk.hpp"
#include "catalogue_flight.hpp"
#include "catalogue_service.hpp"
#include "core/catalogue_compare.hpp"
#include "core/catalogue_memory.hpp"
#include "core/catalogue_origin.hpp"
#include "core/origin_queue.hpp"
#include "core/owner_pauses.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/relay/catalogue.hpp"
#include "wire/catalogue_wire.hpp"

namespace soulfabric::relay {

template <class Reason>
void count(std::vector<std::uint64_t>& counts, Reason reason) {
  ++counts.at(static_cast<std::size_t>(reason));
}

class CatalogueRoom final : public Catalogue {
 public:
  CatalogueRoom(CatalogueDependencies dependencies, CatalogueSettings settings);
  [[nodiscard]] Task<Status> start() override;
  [[nodiscard]] Task<void> stop() override;
  void configure(const CatalogueSettings& settings) override;
  [[nodiscard]] Task<Result<CatalogueAnswer>> fetch(CatalogueKey key, guard::Origin origin, MonoTime deadline) override;
  [[nodiscard]] CatalogueMetrics metrics() const override;
  void clear() override;
  void use(fabric::Fabric* fabric, mesh::PeerBook* peers, mesh::Links* links) override;
  [[nodiscard]] fabric::MeshService& service() override { return service_; }

 private:
  using Flights = std::map<CatalogueKey, FlightPtr>;
  class Landing;
  class Seat;

  /// Joins the question of this node for this key, or begins it: by the mesh where there is one, else at the origin.
  [[nodiscard]] FlightPtr to_anybody(const CatalogueKey& key, guard::Origin origin);
  [[nodiscard]] Task<void> fly(FlightPtr flight);
  [[nodiscard]] Task<Result<CatalogueFound>> find_out(FlightPtr flight);
  void note_time(MonoTime begun, const Result<CatalogueFound>& found);
  [[nodiscard]] Task<Result<CatalogueFound>> fly_ourselves(FlightPtr flight);
  static void raise(CatalogueFlight& flight, guard::Origin origin);
  /// Joins the question for this key that goes to the origin, or begins it. `permit` is of the call of another node that asks.
  [[nodiscard]] FlightPtr to_origin(const CatalogueKey& key, guard::Origin origin,
                                    std::optional<guard::Permit<guard::CatalogueFetch>> permit);
  /// The outcome; TimedOut at the deadline, while the flight goes on.
  [[nodiscard]] Task<Result<CatalogueFound>> arrival(FlightPtr flight, MonoTime deadline);
  [[nodiscard]] Task<void> fly_to_origin(FlightPtr flight);

  /// What the shelf has comes into memory, past its time or not.
  [[nodiscard]] Task<void> recall(CatalogueKey key);
  /// An answer of the shelf that is still good: ours, where other nodes ask.
  [[nodiscard]] std::optional<CatalogueFound> recalled(const CatalogueKey& key, bool ours);

  // catalogue_ask.cpp: one question at the origin
  [[nodiscard]] Task<Result<CatalogueFound>> ask_origin(FlightPtr flight);
  [[nodiscard]] Task<Result<net::HttpResponse>> request(FlightPtr flight, std::string etag);
  [[nodiscard]] Status take_permit(CatalogueFlight& flight);
  [[nodiscard]] Result<CatalogueFound> settle(const CatalogueKey& key, const net::HttpResponse& response);
  /// Into memory, and onto the shelf what is worth it.
  [[nodiscard]] CatalogueFound keep(const CatalogueKey& key, CatalogueEntry entry);
  /// The last good answer where there is one, else the error.
  [[nodiscard]] Result<CatalogueFound> fall_back(const CatalogueFlight& flight, Error error);
  /// The same, and counted: it was to go to the origin.
  [[nodiscard]] Result<CatalogueFound> fail_over(const CatalogueFlight& flight, OriginFault fault, Error error);
  [[nodiscard]] CatalogueHosts hosts() const { return {settings_.musicbrainz, settings_.cover_art, settings_.domains}; }
  [[nodiscard]] OriginQueue& queue_of(CatalogueKind kind) noexcept { return is_cover(kind) ? covers_ : musicbrainz_; }

  // catalogue_mesh.cpp: one question to the owner
  [[nodiscard]] bool may_ask_mesh(guard::Origin origin) const;
  [[nodiscard]] Task<void> look_up(guard::Origin origin);
  [[nodiscard]] Task<void> renew(guard::Origin origin);
  [[nodiscard]] std::optional<PeerId> choose(const CatalogueKey& key, const std::vector<PeerId>& passed_over);
  /// What came of it, and whether the question may go to the origin from here now.
  struct Asked {
    std::optional<CatalogueAnswer> answer{};  // past its time it comes too, for where the origin fails us as well
    bool is_ours = false;
  };
  [[nodiscard]] Task<Asked> ask_owners(FlightPtr flight);
  [[nodiscard]] bool is_nobody_believed(const CatalogueKey& key) const;
  /// In privacy `reduced`, where those that were asked gave nothing that is good.
  [[nodiscard]] Result<CatalogueFound> without_origin(const CatalogueFlight& flight, std::optional<CatalogueAnswer> told);
  [[nodiscard]] Task<Result<CatalogueAnswer>> ask_owner(CatalogueKey key, PeerId owner, guard::Permit<guard::MeshCall> permit);
  [[nodiscard]] Task<Result<CatalogueAnswer>> hear(CatalogueKey key, mesh::StreamPtr stream, MonoTime begun);
  [[nodiscard]] Task<Result<CatalogueAnswer>> read_answer(CatalogueKey key, mesh::Stream& stream, MonoTime deadline);
  [[nodiscard]] Result<CatalogueAnswer> believe(const CatalogueKey& key, const PeerId& peer, ByteView head,
                                                std::shared_ptr<const Bytes> body);
  void blame(const PeerId& peer, CatalogueFault fault, guard::Violation violation);
  void charge(const PeerId& peer, guard::Violation violation);
  [[nodiscard]] CatalogueAnswer take_from_mesh(const CatalogueKey& key, CatalogueAnswer answer);

  // catalogue_serve.cpp: the questions of others
  [[nodiscard]] Task<fabric::CallStatus> serve(fabric::CallContext& context, CatalogueKey key, mesh::Stream& stream);
  [[nodiscard]] Task<fabric::CallStatus> refuse(mesh::Stream& stream, CatalogueRefusal why, fabric::CallStatus status);
  [[nodiscard]] Task<fabric::CallStatus> send_answer(CatalogueKey key, CatalogueAnswer answer, mesh::Stream& stream);
  [[nodiscard]] Bytes head_of(const CatalogueKey& key, const CatalogueAnswer& answer);

  // catalogue_spot.cpp: what others told, compared with the origin
  void perhaps_check(const CatalogueKey& key, const CatalogueAnswer& answer);
  [[nodiscard]] Task<void> check_later(CatalogueKey key, PeerId peer, std::shared_ptr<const Bytes> told);
  [[nodiscard]] Task<std::optional<net::HttpResponse>> second_opinion(CatalogueKey key);
  [[nodiscard]] static Comparison compare(const CatalogueKey& key, const Bytes& told, const net::HttpResponse& seen);
  void discard(const CatalogueKey& key, const std::shared_ptr<const Bytes>& told);

  CatalogueDependencies deps_;
  CatalogueSettings settings_;
  CatalogueMemory memory_;
  CatalogueDisk disk_;
  OriginQueue musicbrainz_;
  OriginQueue covers_;
  Notifier turn_;                         // somebody left a queue
  std::map<std::string, MonoTime> down_;  // hosts that did not answer: until when they are left alone
  Flights local_;                         // questions of this node
  Flights at_origin_;                     // those, and other nodes', that go to the origin
  CatalogueService service_;
  fabric::Fabric* fabric_ = nullptr;
  mesh::PeerBook* peers_ = nullptr;
  mesh::Links* links_ = nullptr;
  std::optional<MonoTime> looked_;       // when somebody was found who offers the service
  std::optional<MonoTime> look_failed_;  // when nobody could be asked
  bool looked_well_ = false;  // the last look-up was answered, be it that nobody offers the service
  bool looking_ = false;
  CatalogueMetrics metrics_;
  MismatchLedger mismatches_;
  OwnerPauses pauses_;
  std::size_t checks_ = 0;  // under way
  bool stopping_ = false;
  TaskScope scope_;
  std::unique_ptr<TaskScope> asking_;                // what may be asking the mesh; a new one whenever the mesh comes or goes
  std::vector<std::unique_ptr<TaskScope>> retired_;  // told to end, and empty soon
};

}  // namespace soulfabric::relay

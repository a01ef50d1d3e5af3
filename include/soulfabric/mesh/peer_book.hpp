// SPDX-License-Identifier: GPL-3.0-or-later
// Who is known and where they are: signed peer records, what was observed, what may be told to whom (S7, S8). Network thread only.
#pragma once
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/mesh/dht.hpp"
#include "soulfabric/mesh/identity.hpp"
#include "soulfabric/mesh/links.hpp"

namespace soulfabric::mesh {

/// Rights that none implies another (S18).
struct PeerRights {
  bool tunnel_targets = false;
  bool believe_catalogue = false;
  std::vector<PeerId> relay_for;
  friend bool operator==(const PeerRights&, const PeerRights&) = default;
};

struct KnownPeer {
  PeerId peer;
  std::optional<PublicKey> key;
  std::vector<Endpoint> endpoints;      // of its record, or configured
  std::optional<SignedRecord> record;
  WallTime first_seen{};                // or heard of
  WallTime first_linked{};              // the epoch: never
  WallTime last_seen{};
  bool configured = false;              // named in the configuration
  bool trusted = false;
  PeerRights rights;
  bool revoked = false;                 // given up as stolen: no trust and no rights, whatever the configuration says
  std::optional<PeerId> goes_on_as{};     // the id that it rotated to, where only one claims that; has none of its rights
};

/// What the outside is told (security rule S8).
enum class Publish : std::uint8_t { None, Linked, Public };

struct ConfiguredPeer {
  PeerId peer;
  std::vector<Endpoint> endpoints;
  bool trusted = false;
  PeerRights rights;
};

struct PeerBookSettings {
  Publish publish = Publish::Linked;
  std::vector<ConfiguredPeer> peers;
  std::chrono::seconds record_life{3600};
  std::chrono::seconds republish{1800};
  bool private_endpoints = false;  // loopback and LAN addresses are believed and published: demo, tests, LAN discovery
  std::size_t known_peers = 10'000;
};

/// What became of a rotation that was told to us (security rule S10).
enum class RotationOutcome : std::uint8_t { First, Known, Void };

class PeerBook : public PeerLocator {
 public:
  /// Loads what was saved, starts to publish our own record.
  [[nodiscard]] virtual Task<Status> start() = 0;
  /// Withdraws nothing (the record expires), saves.
  [[nodiscard]] virtual Task<void> stop() = 0;
  /// Our endpoints as others may reach them: port mapping, configuration, the listener. A change is published.
  virtual void set_endpoints(std::vector<Endpoint> endpoints) = 0;
  /// Our own record as it stands, for whom we are linked with; nothing where `publish` is none.
  [[nodiscard]] virtual std::optional<SignedRecord> own_record() const = 0;
  /// A peer record that came over a link or out of the DHT: checked here. Malformed, Unauthorized, Exists (not newer).
  [[nodiscard]] virtual Status learn(const SignedRecord& record) = 0;
  /// Of a checked rotation: bans and reputation go over to the new id; a second one of the same id voids both, and nobody keeps what was
  /// earned. Rights never follow.
  /// Only of ids that are known here (Known otherwise); `from` is where whoever told it was seen, nothing for the DHT.
  [[nodiscard]] virtual RotationOutcome learn(const Rotation& rotation, const std::optional<IpAddress>& from) = 0;
  /// The keys that this node itself gave up: told to the DHT unless `publish` is none, again before they expire there.
  virtual void tell_revocations(std::vector<Rotation> own) { static_cast<void>(own); }
  /// A peer's key was proven to be given up, by a peer's word or by the DHT, where those of configured and reputable peers are looked up.
  virtual void on_revoked(std::function<void(const PeerId&)> callback) { static_cast<void>(callback); }
  [[nodiscard]] virtual std::vector<KnownPeer> known() const = 0;
  [[nodiscard]] virtual std::optional<KnownPeer> find(const PeerId& peer) const = 0;
  [[nodiscard]] virtual bool is_trusted(const PeerId& peer) const = 0;
  virtual void configure(const PeerBookSettings& settings) = 0;
};

struct PeerBookDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  guard::Guard& guard;
  Dht& dht;
  DbWriter& store;  // mesh.db, made with mesh_migrations()
  SigningKey key;
};

/// Tables of mesh.db: those of peers and those that `services` keeps there (pods); one list because it is one file.
[[nodiscard]] std::span<const std::string_view> mesh_migrations();

[[nodiscard]] std::unique_ptr<PeerBook> make_peer_book(PeerBookDependencies dependencies, PeerBookSettings settings);

}  // namespace soulfabric::mesh

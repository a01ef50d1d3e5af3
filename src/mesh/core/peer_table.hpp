// SPDX-License-Identifier: GPL-3.0-or-later
// Peers and where they were found, as plain decisions: what to dial first, whom to keep a link to, whom to forget. Sans-IO.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "core/peer_record.hpp"

namespace soulfabric::mesh {

struct PeerEntry {
  std::optional<PublicKey> key;
  std::optional<SignedRecord> record;
  std::vector<Endpoint> told;        // of the record, those that are believed
  std::vector<Endpoint> configured;
  std::optional<Endpoint> worked;    // where a link of ours ended last
  WallTime first_seen{};
  WallTime first_linked{};           // the epoch: never
  WallTime last_seen{};
  bool is_configured = false;
  bool trusted = false;
};

constexpr std::chrono::minutes kWrongIdentityRest{10};  // security rule S7
constexpr std::size_t kRestingAddresses = 4096;

class PeerTable {
 public:
  explicit PeerTable(std::size_t cap) : cap_(cap) {}

  /// Replaces what the configuration named before.
  void configure(const std::vector<std::pair<PeerId, PeerEntry>>& named, std::size_t cap);
  /// Of a record that was checked. Exists where it is not newer. A tombstone takes the endpoints away.
  [[nodiscard]] Status learn(const PeerId& peer, const SignedRecord& record, std::vector<Endpoint> endpoints, WallTime now);
  void linked(const PeerId& peer, const PublicKey& key, const std::optional<Endpoint>& dialled, WallTime now);
  void dialled(const PeerId& peer, const Endpoint& endpoint, bool worked, bool wrong_identity, MonoTime now);
  /// What worked, what is configured, what the record says; at most four, none of which rests.
  [[nodiscard]] std::vector<Endpoint> locate(const PeerId& peer, MonoTime now) const;
  /// Configured and trusted first, then by when they were last seen; only those that can be reached.
  [[nodiscard]] std::vector<PeerId> wanted() const;
  [[nodiscard]] bool rests(const Endpoint& endpoint, MonoTime now) const;
  /// As stored; does not replace what is newer.
  void restore(const PeerId& peer, PeerEntry entry);
  [[nodiscard]] const PeerEntry* find(const PeerId& peer) const;
  [[nodiscard]] const std::map<PeerId, PeerEntry>& entries() const noexcept { return entries_; }

 private:
  PeerEntry& entry(const PeerId& peer, WallTime now);
  /// Down to the cap; `spared` stays whatever it is worth.
  void make_room(const PeerId* spared = nullptr);

  std::size_t cap_;
  std::map<PeerId, PeerEntry> entries_;
  std::map<Endpoint, MonoTime> resting_;  // an identity failed there: until when
};

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// Which contents we announce, and our signed statements of them: when each is signed anew, what the DHT is owed, how it is taken back
// (security rule S8). Sans-IO.
#pragma once
#include <map>
#include <optional>
#include <vector>

#include "soulfabric/library/manifest.hpp"
#include "soulfabric/mesh/record.hpp"

namespace soulfabric::relay {

[[nodiscard]] mesh::DhtKey provider_key(const library::ContentId& id);

/// At most `most` of them, those whose keys have the lowest HMAC under the secret: a choice that does not move when others come and go,
/// so that watching it over time tells no more than looking once. In the order of the ids.
[[nodiscard]] std::vector<library::ContentId> choose_announced(const std::vector<library::ContentId>& served, ByteView secret, std::size_t most);

/// The peer that stands behind a checked statement; nothing where it does not say that it has this content.
[[nodiscard]] std::optional<PeerId> provider_in(const mesh::SignedRecord& record, const library::ContentId& id, WallTime now);

class ProviderRecords {
 public:
  ProviderRecords(SigningKey key, std::chrono::seconds life);
  void configure(std::chrono::seconds life) { life_ = life; }

  /// These and no others: what is no longer among them is withdrawn. Each id once, in their order.
  void announce(const std::vector<library::ContentId>& chosen, WallTime now);
  /// Forgets what was withdrawn and has outlived what it took back.
  void refresh(WallTime now);
  [[nodiscard]] std::size_t announced() const noexcept { return announced_; }
  /// For a linked peer: our statement as it stands, signed when it is asked for. Nothing where it is not announced.
  [[nodiscard]] std::optional<mesh::SignedRecord> tell(const library::ContentId& id, WallTime now);

  struct Put {
    library::ContentId id;
    mesh::SignedRecord record;
  };
  /// What the DHT should be told next, tombstones first: at half of each statement's life the next one, a minute after a failure the same
  /// again. With `withdraw_all` tombstones for everything that stands there and nothing else.
  [[nodiscard]] std::optional<Put> owed(WallTime now, bool withdraw_all);
  /// The DHT has it.
  void done(const Put& put);
  /// Perhaps it has.
  void failed(const Put& put);

  static constexpr std::chrono::seconds kAgain{60};  // after a failure

 private:
  struct Entry {
    bool announced = false;
    std::uint64_t sequence = 0;
    std::optional<mesh::SignedRecord> told;  // the last statement
    WallTime put_next{};                     // when the DHT is told (again)
    WallTime stands_until{};                 // what the DHT may hold of us until then
  };
  [[nodiscard]] const mesh::SignedRecord* statement(const library::ContentId& id, Entry& entry, bool withdrawn, WallTime now);
  SigningKey key_;
  std::chrono::seconds life_;
  std::map<library::ContentId, Entry> entries_;
  std::size_t announced_ = 0;
};

}  // namespace soulfabric::relay

// SPDX-License-Identifier: GPL-3.0-or-later
// Which identity went on as which: one rotation counts, two different ones of the same id void both (security rule S10). Sans-IO.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::mesh {

enum class RotationNews : std::uint8_t {
  First,  // what is held against or for the old id goes on with the new one
  Known,  // heard before, void before, or no room
  Void,   // the second one: neither counts, somebody else has the old key
};

constexpr std::size_t kRotationsKnown = 10'000;
constexpr std::size_t kRotationsOfPrefix = 16;  // told from one /24 or /48, of ids that do not matter here
constexpr std::chrono::days kRotationLife{180};

/// A rotation that both keys have signed, of an id that is known here.
struct RotationClaim {
  PeerId before;
  PeerId after;
  bool compromised = false;
  bool matters = false;  // `before` is configured or reputable: there is always room for it
  IpAddress prefix{};    // of whoever told it
  WallTime heard{};
};

/// What a rotation changed, and who claimed the same id before.
struct RotationTaken {
  RotationNews news = RotationNews::Known;
  std::optional<PeerId> rival;  // Void: the first claimant
  bool revoked = false;         // from here on the old key is worth nothing
  std::optional<PeerId> forgotten{};  // another id, which had to make room
};

class RotationBook {
 public:
  struct Entry {
    PeerId after;
    bool is_void = false;
    bool is_revoked = false;  // given up as stolen, by whichever claimant; that stays so also where the rotations are void
    bool matters = false;
    IpAddress prefix{};
    WallTime heard{};
  };
  [[nodiscard]] RotationTaken take(const RotationClaim& claim);
  /// Takes out those that were heard long ago, except of ids that `keeps` names. Which they were.
  [[nodiscard]] std::vector<PeerId> expire(WallTime now, const std::function<bool(const PeerId&)>& keeps);
  void restore(const PeerId& before, const Entry& entry) { put(before, entry); }
  [[nodiscard]] bool is_revoked(const PeerId& before) const;
  [[nodiscard]] const std::map<PeerId, Entry>& entries() const noexcept { return entries_; }
  /// Nothing where the id never rotated, or its rotations are void.
  [[nodiscard]] std::optional<PeerId> after(const PeerId& before) const;

 private:
  [[nodiscard]] bool make_room(const RotationClaim& claim, std::optional<PeerId>& forgotten);
  void put(const PeerId& before, const Entry& entry);
  void erase(const PeerId& before);
  void count(const Entry& entry, bool more);

  std::map<PeerId, Entry> entries_;
  std::map<IpAddress, std::size_t> of_prefix_;  // of those that do not matter
};

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// Which identity went on as which: one rotation counts, two different ones of the same id void both (security rule S10). Sans-IO.
#pragma once
#include <map>
#include <optional>

#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::mesh {

enum class RotationNews : std::uint8_t {
  First,  // what is held against or for the old id goes on with the new one
  Known,  // heard before, void before, or no room
  Void,   // the second one: neither counts, somebody else has the old key
};

constexpr std::size_t kRotationsKnown = 10'000;

/// What a rotation changed, and who claimed the same id before.
struct RotationTaken {
  RotationNews news = RotationNews::Known;
  std::optional<PeerId> rival;  // Void: the first claimant
  bool revoked = false;         // from here on the old key is worth nothing
};

class RotationBook {
 public:
  struct Entry {
    PeerId after;
    bool is_void = false;
    bool is_revoked = false;  // given up as stolen, by whichever claimant; that stays so also where the rotations are void
  };
  /// Of a rotation that both keys have signed.
  [[nodiscard]] RotationTaken take(const PeerId& before, const PeerId& after, bool compromised);
  void restore(const PeerId& before, Entry entry) { entries_[before] = entry; }
  [[nodiscard]] bool is_revoked(const PeerId& before) const;
  [[nodiscard]] const std::map<PeerId, Entry>& entries() const noexcept { return entries_; }
  /// Nothing where the id never rotated, or its rotations are void.
  [[nodiscard]] std::optional<PeerId> after(const PeerId& before) const;

 private:
  std::map<PeerId, Entry> entries_;
};

}  // namespace soulfabric::mesh

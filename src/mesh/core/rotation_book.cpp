// SPDX-License-Identifier: GPL-3.0-or-later
// Rotations that were heard of.
#include "core/rotation_book.hpp"

#include <utility>

namespace soulfabric::mesh {

RotationTaken RotationBook::take(const PeerId& before, const PeerId& after, bool compromised) {
  const auto found = entries_.find(before);
  if (found == entries_.end()) {
    if (entries_.size() >= kRotationsKnown) return {};
    entries_[before] = {after, false, compromised};
    return {RotationNews::First, std::nullopt, compromised};
  }
  auto& entry = found->second;
  RotationTaken out;
  out.revoked = compromised && !std::exchange(entry.is_revoked, entry.is_revoked || compromised);
  if (entry.is_void || entry.after == after) return out;
  entry.is_void = true;
  out.news = RotationNews::Void;
  out.rival = entry.after;
  return out;
}

bool RotationBook::is_revoked(const PeerId& before) const {
  const auto found = entries_.find(before);
  return found != entries_.end() && found->second.is_revoked;
}

std::optional<PeerId> RotationBook::after(const PeerId& before) const {
  const auto found = entries_.find(before);
  if (found == entries_.end() || found->second.is_void) return std::nullopt;
  return found->second.after;
}

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// Rotations that were heard of.
#include "core/rotation_book.hpp"

namespace soulfabric::mesh {

RotationTaken RotationBook::take(const PeerId& before, const PeerId& after) {
  const auto found = entries_.find(before);
  if (found == entries_.end()) {
    if (entries_.size() >= kRotationsKnown) return {};
    entries_[before] = {after, false};
    return {RotationNews::First, std::nullopt};
  }
  if (found->second.is_void || found->second.after == after) return {};
  found->second.is_void = true;
  return {RotationNews::Void, found->second.after};
}

std::optional<PeerId> RotationBook::after(const PeerId& before) const {
  const auto found = entries_.find(before);
  if (found == entries_.end() || found->second.is_void) return std::nullopt;
  return found->second.after;
}

}  // namespace soulfabric::mesh

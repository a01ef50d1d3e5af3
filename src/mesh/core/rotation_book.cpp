// SPDX-License-Identifier: GPL-3.0-or-later
// Rotations that were heard of.
#include "core/rotation_book.hpp"

#include <utility>

namespace soulfabric::mesh {

RotationTaken RotationBook::take(const RotationClaim& claim) {
  RotationTaken out;
  const auto found = entries_.find(claim.before);
  if (found == entries_.end()) {
    if (!make_room(claim, out.forgotten)) return out;
    put(claim.before, {claim.after, false, claim.compromised, claim.matters, claim.prefix, claim.heard});
    out.news = RotationNews::First;
    out.revoked = claim.compromised;
    return out;
  }
  auto& entry = found->second;
  count(entry, false);
  entry.matters = entry.matters || claim.matters;
  count(entry, true);
  out.revoked = claim.compromised && !std::exchange(entry.is_revoked, entry.is_revoked || claim.compromised);
  if (entry.is_void || entry.after == claim.after) return out;
  entry.is_void = true;
  out.news = RotationNews::Void;
  out.rival = entry.after;
  return out;
}

/// What strangers told neither fills the book from a few places nor stands in the way of whom this node relies on.
bool RotationBook::make_room(const RotationClaim& claim, std::optional<PeerId>& forgotten) {
  const auto of_prefix = of_prefix_.find(claim.prefix);
  if (!claim.matters && of_prefix != of_prefix_.end() && of_prefix->second >= kRotationsOfPrefix) return false;
  if (entries_.size() < kRotationsKnown) return true;
  if (!claim.matters) return false;
  auto oldest = entries_.end();
  for (auto i = entries_.begin(); i != entries_.end(); ++i)
    if (!i->second.matters && (oldest == entries_.end() || i->second.heard < oldest->second.heard)) oldest = i;
  if (oldest == entries_.end()) return false;
  forgotten = oldest->first;
  erase(*forgotten);
  return true;
}

void RotationBook::put(const PeerId& before, const Entry& entry) {
  erase(before);
  entries_[before] = entry;
  count(entry, true);
}

void RotationBook::erase(const PeerId& before) {
  const auto found = entries_.find(before);
  if (found == entries_.end()) return;
  count(found->second, false);
  entries_.erase(found);
}

void RotationBook::count(const Entry& entry, bool more) {
  if (entry.matters) return;
  auto& here = of_prefix_[entry.prefix];
  here = more ? here + 1 : here - 1;
  if (here == 0) of_prefix_.erase(entry.prefix);
}

std::vector<PeerId> RotationBook::expire(WallTime now, const std::function<bool(const PeerId&)>& keeps) {
  std::vector<PeerId> out;
  for (const auto& [before, entry] : entries_)
    if (entry.heard + kRotationLife <= now && !keeps(before)) out.push_back(before);
  for (const auto& before : out) erase(before);
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

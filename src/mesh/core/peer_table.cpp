// SPDX-License-Identifier: GPL-3.0-or-later
// The table of known peers.
#include "core/peer_table.hpp"

#include <algorithm>

namespace soulfabric::mesh {

void PeerTable::configure(const std::vector<std::pair<PeerId, PeerEntry>>& named, std::size_t cap) {
  cap_ = cap;
  for (auto& [peer, entry] : entries_) {
    entry.configured.clear();
    entry.is_configured = entry.trusted = false;
  }
  for (const auto& [peer, given] : named) {
    auto& entry = entries_[peer];
    entry.configured = given.configured;
    entry.trusted = given.trusted;
    entry.is_configured = true;
  }
  make_room();
}

PeerEntry& PeerTable::entry(const PeerId& peer, WallTime now) {
  const auto [found, fresh] = entries_.try_emplace(peer);
  auto& entry = found->second;
  if (entry.first_seen == WallTime{}) entry.first_seen = now;
  entry.last_seen = std::max(entry.last_seen, now);
  if (fresh) make_room(&peer);
  return entry;
}

void PeerTable::make_room(const PeerId* spared) {
  while (entries_.size() > cap_) {
    // Who was never dialled goes first: of those who dial in anybody can make any number.
    const auto worth = [](const PeerEntry& one) { return std::pair(one.worked.has_value(), one.last_seen); };
    auto oldest = entries_.end();
    for (auto i = entries_.begin(); i != entries_.end(); ++i) {
      if (i->second.is_configured || (spared != nullptr && i->first == *spared)) continue;
      if (oldest == entries_.end() || worth(i->second) < worth(oldest->second)) oldest = i;
    }
    if (oldest == entries_.end()) return;
    entries_.erase(oldest);
  }
}

Status PeerTable::learn(const PeerId& peer, const SignedRecord& record, std::vector<Endpoint> endpoints, WallTime now) {
  const auto* known = find(peer);
  if (known != nullptr && known->record && !supersedes(record, *known->record)) return fail(Errc::Exists, "a record of this peer that is not older is known");
  // Records come from anybody: hearing of a peer is not seeing it, so it does not push out those that were.
  const WallTime heard = known != nullptr ? known->last_seen : WallTime{};
  if (known == nullptr && entries_.size() >= cap_) return fail(Errc::NoSpace, "the book of peers is full");
  auto& entry = entries_[peer];
  entry.last_seen = heard;
  if (entry.first_seen == WallTime{}) entry.first_seen = now;
  entry.key = record.signer;
  entry.told = record.withdrawn ? std::vector<Endpoint>{} : std::move(endpoints);
  entry.record = record;
  return {};
}

void PeerTable::linked(const PeerId& peer, const PublicKey& key, const std::optional<Endpoint>& dialled, WallTime now) {
  auto& known = entry(peer, now);
  known.key = key;
  if (known.first_linked == WallTime{}) known.first_linked = now;
  if (dialled) known.worked = dialled;
}

void PeerTable::dialled(const PeerId& peer, const Endpoint& endpoint, bool worked, bool wrong_identity, MonoTime now) {
  if (wrong_identity) {
    std::erase_if(resting_, [now](const auto& rest) { return rest.second <= now; });
    if (resting_.size() < kRestingAddresses) resting_[endpoint] = now + kWrongIdentityRest;
  }
  const auto found = entries_.find(peer);
  if (found == entries_.end()) return;
  if (worked) found->second.worked = endpoint;
  if (wrong_identity && found->second.worked == endpoint) found->second.worked.reset();
}

bool PeerTable::rests(const Endpoint& endpoint, MonoTime now) const {
  const auto found = resting_.find(endpoint);
  return found != resting_.end() && found->second > now;
}

std::vector<Endpoint> PeerTable::locate(const PeerId& peer, MonoTime now) const {
  std::vector<Endpoint> out;
  const auto* known = find(peer);
  if (known == nullptr) return out;
  const auto add = [&](const Endpoint& endpoint) {
    if (out.size() < kMostEndpoints && !rests(endpoint, now) && std::ranges::find(out, endpoint) == out.end()) out.push_back(endpoint);
  };
  if (known->worked) add(*known->worked);
  for (const auto& endpoint : known->configured) add(endpoint);
  for (const auto& endpoint : known->told) add(endpoint);
  return out;
}

std::vector<PeerId> PeerTable::wanted() const {
  std::vector<std::pair<const PeerId*, const PeerEntry*>> able;
  for (const auto& [peer, entry] : entries_)
    if (entry.is_configured || entry.worked) able.emplace_back(&peer, &entry);
  std::ranges::sort(able, [](const auto& a, const auto& b) {
    if (a.second->is_configured != b.second->is_configured) return a.second->is_configured;
    if (a.second->trusted != b.second->trusted) return a.second->trusted;
    return a.second->last_seen > b.second->last_seen;
  });
  std::vector<PeerId> out;
  for (const auto& [peer, entry] : able) out.push_back(*peer);
  return out;
}

void PeerTable::restore(const PeerId& peer, PeerEntry entry) {
  auto& known = entries_[peer];
  if (known.first_linked == WallTime{} || (entry.first_linked != WallTime{} && entry.first_linked < known.first_linked))
    known.first_linked = entry.first_linked;
  entry.first_linked = known.first_linked;
  if (known.last_seen > entry.last_seen) return;
  entry.configured = known.configured;
  entry.is_configured = known.is_configured;
  entry.trusted = known.trusted;
  known = std::move(entry);
  make_room();
}

const PeerEntry* PeerTable::find(const PeerId& peer) const {
  const auto found = entries_.find(peer);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace soulfabric::mesh

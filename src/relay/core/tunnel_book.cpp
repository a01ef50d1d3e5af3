// SPDX-License-Identifier: GPL-3.0-or-later
// A map by number; there are a few dozen at most, so everything is counted by looking.
#include "core/tunnel_book.hpp"

#include <algorithm>

namespace soulfabric::relay {

std::string_view name_of(TunnelState state) noexcept {
  switch (state) {
    case TunnelState::Opening: return "opening";
    case TunnelState::Open: return "open";
    case TunnelState::HalfClosed: return "half-closed";
    case TunnelState::Closing: return "closing";
  }
  return "unknown";
}

std::size_t TunnelBook::count(TunnelSide side, const PeerId& peer) const {
  return static_cast<std::size_t>(std::ranges::count_if(entries_, [&](const auto& entry) {
    const bool near = entry.second->side == TunnelSide::Near;
    return near == (side == TunnelSide::Near) && entry.second->peer == peer;
  }));
}

std::optional<NoPlace> TunnelBook::refuses(TunnelSide side, const PeerId& peer) const {
  if (count(side, peer) >= limits_.per_peer) return NoPlace::PerPeer;
  if (side == TunnelSide::Near) return std::nullopt;
  const auto others = std::ranges::count_if(entries_, [](const auto& entry) { return entry.second->side != TunnelSide::Near; });
  if (static_cast<std::size_t>(others) >= limits_.total) return NoPlace::Total;
  return std::nullopt;
}

std::shared_ptr<TunnelEntry> TunnelBook::enter(TunnelEntry entry, MonoTime now) {
  entry.id = ++last_id_;
  entry.began = entry.moved = now;
  const auto made = std::make_shared<TunnelEntry>(std::move(entry));
  entries_.emplace(made->id, made);
  return made;
}

void TunnelBook::leave(std::uint64_t id) {
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  found->second->close = nullptr;
  past_bytes_ += found->second->bytes_in + found->second->bytes_out;
  entries_.erase(found);
}

TunnelEntry* TunnelBook::find(std::uint64_t id) {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.get();
}

std::vector<std::shared_ptr<TunnelEntry>> TunnelBook::all() const {
  std::vector<std::shared_ptr<TunnelEntry>> out;
  out.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) out.push_back(entry);
  return out;
}

std::vector<std::shared_ptr<TunnelEntry>> TunnelBook::silent(MonoTime now) const {
  std::vector<std::shared_ptr<TunnelEntry>> out;
  for (const auto& [id, entry] : entries_) {
    if (now - entry->moved >= limits_.idle) out.push_back(entry);
  }
  return out;
}

MonoTime TunnelBook::next_silence() const {
  MonoTime next = MonoTime::max();
  for (const auto& [id, entry] : entries_) next = std::min(next, entry->moved + limits_.idle);
  return next;
}

std::uint64_t TunnelBook::bytes() const noexcept {
  std::uint64_t sum = past_bytes_;
  for (const auto& [id, entry] : entries_) sum += entry->bytes_in + entry->bytes_out;
  return sum;
}

}  // namespace soulfabric::relay

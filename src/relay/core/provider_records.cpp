// SPDX-License-Identifier: GPL-3.0-or-later
// Statements of what we have. Their body says nothing but its version: who and what stand in the signature and the key.
#include "core/provider_records.hpp"

#include <algorithm>

namespace soulfabric::relay {
namespace {

constexpr std::string_view kDomain = "provider";
constexpr std::uint8_t kVersion = 1;

WallTime wall_of(std::int64_t seconds) { return from_unix_micros(seconds * 1'000'000); }

}  // namespace

mesh::DhtKey provider_key(const library::ContentId& id) { return mesh::dht_key(kDomain, id.sha256); }

std::vector<library::ContentId> choose_announced(const std::vector<library::ContentId>& served, ByteView secret, std::size_t most) {
  std::vector<std::pair<crypto::Sha256, library::ContentId>> ranked;
  ranked.reserve(served.size());
  for (const auto& id : served) ranked.emplace_back(crypto::hmac_sha256(secret, provider_key(id)), id);
  std::ranges::sort(ranked);
  ranked.erase(std::ranges::unique(ranked).begin(), ranked.end());
  if (ranked.size() > most) ranked.resize(most);
  std::vector<library::ContentId> out;
  out.reserve(ranked.size());
  for (const auto& [rank, id] : ranked) out.push_back(id);
  std::ranges::sort(out);
  return out;
}

std::optional<PeerId> provider_in(const mesh::SignedRecord& record, const library::ContentId& id, WallTime now) {
  if (record.withdrawn || record.body.size() != 1 || record.body.front() != kVersion) return std::nullopt;
  if (!mesh::check_record(record, mesh::RecordKind::Provider, provider_key(id), now)) return std::nullopt;
  return PeerId::of(record.signer);
}

ProviderRecords::ProviderRecords(SigningKey key, std::chrono::seconds life) : key_(std::move(key)), life_(life) {}

void ProviderRecords::announce(const std::vector<library::ContentId>& chosen, WallTime now) {
  for (auto& [id, entry] : entries_) {
    if (!entry.announced || std::ranges::binary_search(chosen, id)) continue;
    entry.announced = false;
    entry.put_next = now;
  }
  for (const auto& id : chosen) {
    Entry& entry = entries_[id];
    if (entry.announced) continue;
    entry.announced = true;
    entry.put_next = now;
  }
  announced_ = chosen.size();
  refresh(now);
}

void ProviderRecords::refresh(WallTime now) {
  std::erase_if(entries_, [now](const auto& entry) { return !entry.second.announced && entry.second.stands_until <= now; });
}

/// The present one as long as it has half of its life left, else the next.
const mesh::SignedRecord* ProviderRecords::statement(const library::ContentId& id, Entry& entry, bool withdrawn, WallTime now) {
  const auto& told = entry.told;
  if (told && told->withdrawn == withdrawn) {
    const bool is_fresh = now < wall_of(told->created) + life_ / 2 && now >= wall_of(told->created) - mesh::kRecordSkew;
    if (is_fresh || (withdrawn && wall_of(told->expires) > now)) return &*told;
  }
  const auto millis = static_cast<std::uint64_t>(std::max<std::int64_t>(0, to_unix_micros(now) / 1000));
  mesh::SignedRecord record;
  record.kind = mesh::RecordKind::Provider;
  record.key = provider_key(id);
  record.sequence = entry.sequence = std::max(entry.sequence + 1, millis);
  record.created = static_cast<std::int64_t>(millis / 1000);
  // A tombstone outlives every statement that it takes back.
  record.expires = std::max(record.created + life_.count(), withdrawn ? to_unix_micros(entry.stands_until) / 1'000'000 + 1 : 0);
  record.withdrawn = withdrawn;
  if (!withdrawn) record.body = {kVersion};
  auto made = mesh::sign_record(key_, std::move(record));
  if (!made) return nullptr;
  entry.told = std::move(*made);
  return &*entry.told;
}

std::optional<mesh::SignedRecord> ProviderRecords::tell(const library::ContentId& id, WallTime now) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || !found->second.announced) return std::nullopt;
  const auto* record = statement(id, found->second, false, now);
  if (record == nullptr) return std::nullopt;
  return *record;
}

std::optional<ProviderRecords::Put> ProviderRecords::owed(WallTime now, bool withdraw_all) {
  for (const bool withdrawn : {true, false}) {
    if (withdraw_all && !withdrawn) break;
    for (auto& [id, entry] : entries_) {
      const bool is_over = withdraw_all || !entry.announced;
      if (is_over != withdrawn || (withdrawn && entry.stands_until <= now)) continue;
      const bool was_said = entry.told && entry.told->withdrawn == withdrawn;
      if (entry.put_next > now && (was_said || !withdrawn)) continue;
      const auto* record = statement(id, entry, withdrawn, now);
      if (record == nullptr) continue;
      entry.put_next = now + kAgain;
      return Put{id, *record};
    }
  }
  return std::nullopt;
}

void ProviderRecords::done(const Put& put) {
  const auto found = entries_.find(put.id);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  if (put.record.withdrawn) {
    if (entry.sequence == put.record.sequence) entry.stands_until = WallTime{};
    entry.put_next = WallTime{};  // where it is announced again it is put again
    return;
  }
  entry.stands_until = std::max(entry.stands_until, wall_of(put.record.expires));
  if (entry.announced) entry.put_next = wall_of(put.record.created) + life_ / 2;
}

/// It may have arrived all the same.
void ProviderRecords::failed(const Put& put) {
  const auto found = entries_.find(put.id);
  if (found == entries_.end() || put.record.withdrawn) return;
  found->second.stands_until = std::max(found->second.stands_until, wall_of(put.record.expires));
}

}  // namespace soulfabric::relay

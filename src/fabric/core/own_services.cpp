// SPDX-License-Identifier: GPL-3.0-or-later
// Our own statements and their lives.
#include "core/own_services.hpp"

#include <algorithm>

#include "core/record_sieve.hpp"
#include "soulfabric/fabric/call.hpp"

namespace soulfabric::fabric {

OwnServices::OwnServices(SigningKey key, std::chrono::seconds life, std::chrono::seconds republish) : key_(std::move(key)), life_(life), republish_(republish) {}

void OwnServices::configure(std::chrono::seconds life, std::chrono::seconds republish) {
  life_ = life;
  republish_ = republish;
}

void OwnServices::sign_anew(Service& service, WallTime now) {
  const auto millis = static_cast<std::uint64_t>(std::max<std::int64_t>(0, to_unix_micros(now) / 1000));
  auto& descriptor = service.descriptor;
  descriptor.sequence = std::max(descriptor.sequence + 1, millis);
  descriptor.created = now;
  descriptor.expires = now + life_;
  service.put.clear();
}

void OwnServices::withdraw(Service& service, WallTime now) {
  if (service.descriptor.withdrawn) return;
  service.descriptor.withdrawn = true;
  // Outlives every statement that it takes back.
  sign_anew(service, now);
}

void OwnServices::offer(const std::vector<ServiceDescriptor>& services, WallTime now) {
  std::set<std::string_view> named;
  for (const auto& given : services) {
    ServiceDescriptor fresh;
    fresh.name = given.name;
    fresh.version = given.version;
    fresh.metadata_hash = given.metadata_hash;
    fresh.owner_key = key_.public_key();
    fresh.owner = PeerId::of(fresh.owner_key);
    fresh.id = service_id(fresh.name, fresh.owner);
    fresh.created = now;
    fresh.expires = now + life_;
    if (!sign_descriptor(key_, fresh, shard_key(fresh.name, 0, 0))) continue;
    named.insert(given.name);
    Service& service = services_[given.name];
    const auto& present = service.descriptor;
    if (present.sequence != 0 && !present.withdrawn && present.version == fresh.version && present.metadata_hash == fresh.metadata_hash) continue;
    fresh.sequence = present.sequence;
    service.descriptor = std::move(fresh);
    sign_anew(service, now);
  }
  for (auto& [name, service] : services_)
    if (!named.contains(name)) withdraw(service, now);
  refresh(now);
}

void OwnServices::withdraw_all(WallTime now) {
  for (auto& [name, service] : services_) withdraw(service, now);
}

void OwnServices::refresh(WallTime now) {
  for (auto& [name, service] : services_) std::erase_if(service.stands, [now](const auto& entry) { return entry.second <= now; });
  std::erase_if(services_, [](const auto& entry) {
    const Service& service = entry.second;
    const auto is_told = [&](const auto& stand) { return service.put.contains(stand.first); };
    return service.descriptor.withdrawn && std::ranges::all_of(service.stands, is_told);
  });
  const auto due = std::min(republish_, life_ / 2);
  for (auto& [name, service] : services_) {
    if (service.descriptor.withdrawn) continue;
    if (now >= service.descriptor.created + due || now < service.descriptor.created - mesh::kRecordSkew) sign_anew(service, now);
  }
}

std::vector<OwnServices::Put> OwnServices::owed(WallTime now) const {
  std::vector<std::int64_t> days{day_of(now)};
  // The day that begins before this is signed anew: who looks right after midnight has to find something.
  const std::int64_t ahead = day_of(now + std::min(republish_, life_ / 2) + mesh::kRecordSkew);
  if (ahead != days.front()) days.push_back(ahead);
  std::vector<Put> out;
  for (const auto& [name, service] : services_) {
    std::set<mesh::DhtKey> keys;
    if (service.descriptor.withdrawn) {
      for (const auto& [key, until] : service.stands) keys.insert(key);
    } else {
      for (const std::int64_t day : days)
        for (unsigned shard = 0; shard < kShards; ++shard) keys.insert(shard_key(name, shard, day));
    }
    for (const auto& key : keys) {
      if (service.put.contains(key)) continue;
      auto record = sign_descriptor(key_, service.descriptor, key);
      if (record) out.push_back({name, std::move(*record)});
    }
  }
  return out;
}

void OwnServices::done(const Put& put) {
  const auto found = services_.find(put.name);
  if (found == services_.end()) return;
  auto& service = found->second;
  if (!put.record.withdrawn) service.stands.insert_or_assign(put.record.key, from_unix_micros(put.record.expires * 1'000'000));
  if (put.record.sequence == service.descriptor.sequence) service.put.insert(put.record.key);
}

bool OwnServices::offers(std::string_view name) const {
  const auto found = services_.find(name);
  return found != services_.end() && !found->second.descriptor.withdrawn;
}

std::optional<mesh::SignedRecord> OwnServices::tell(std::string_view name, WallTime now) const {
  if (!offers(name)) return std::nullopt;
  auto record = sign_descriptor(key_, services_.find(name)->second.descriptor, shard_key(name, 0, day_of(now)));
  if (!record) return std::nullopt;
  return std::move(*record);
}

}  // namespace soulfabric::fabric

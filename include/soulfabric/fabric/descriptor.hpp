// SPDX-License-Identifier: GPL-3.0-or-later
// What a node says about one of its services: the body of a signed record (architecture, section 8; security rule S5). Pure.
#pragma once
#include <array>
#include <string>
#include <vector>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/mesh/record.hpp"

namespace soulfabric::fabric {

constexpr unsigned kShards = 16;
constexpr unsigned kShardsAsked = 4;

using ServiceId = crypto::Sha256;

/// SHA-256 of "svc:" name ":" owner.
[[nodiscard]] ServiceId service_id(std::string_view name, const PeerId& owner);
/// H(name, shard, day); `day` counts days since 1970 in UTC.
[[nodiscard]] mesh::DhtKey shard_key(std::string_view name, unsigned shard, std::int64_t day);

struct ServiceDescriptor {
  ServiceId id{};
  std::string name;
  std::string version;
  PeerId owner;
  PublicKey owner_key{};
  std::uint64_t sequence = 0;
  WallTime created{};
  WallTime expires{};
  crypto::Sha256 metadata_hash{};
  bool withdrawn = false;
};

/// The record of one shard. InvalidArgument: bad name or version.
[[nodiscard]] Result<mesh::SignedRecord> sign_descriptor(const SigningKey& key, const ServiceDescriptor& descriptor, const mesh::DhtKey& under);
/// Everything S4 and section 8 ask for: form, key, times, id, name. The signature only where `signature_too`.
[[nodiscard]] Result<ServiceDescriptor> read_descriptor(const mesh::SignedRecord& record, std::string_view name, const mesh::DhtKey& under,
                                                        WallTime now, bool signature_too = true);
/// Sorted by key, deterministic; TooLarge over 10 entries or 4 KB.
[[nodiscard]] Result<Bytes> encode_metadata(std::vector<std::pair<std::string, std::string>> metadata);

}  // namespace soulfabric::fabric

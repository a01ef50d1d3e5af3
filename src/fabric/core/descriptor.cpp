// SPDX-License-Identifier: GPL-3.0-or-later
// Descriptors as bodies of signed records: one fixed layout with a length before each text.
#include "soulfabric/fabric/descriptor.hpp"

#include <algorithm>

#include "soulfabric/base/cbor.hpp"
#include "soulfabric/fabric/call.hpp"

namespace soulfabric::fabric {
namespace {

// version, id, name with its length, version of the service with its length, hash of the metadata
constexpr std::uint8_t kForm = 1;
constexpr std::size_t kVersionCap = 32;
constexpr std::size_t kMetadataEntries = 10;
constexpr std::size_t kMetadataBytes = 4096;
constexpr std::size_t kLongestBody = 1 + 32 + 1 + kServiceNameCap + 1 + kVersionCap + 32;
static_assert(kLongestBody <= mesh::kRecordBodyCap);

bool is_version(std::string_view text) {
  const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '+'; };
  return !text.empty() && text.size() <= kVersionCap && std::ranges::all_of(text, fits);
}

void put_text(Bytes& out, std::string_view text) {
  out.push_back(static_cast<std::uint8_t>(text.size()));
  out.insert(out.end(), text.begin(), text.end());
}

/// Takes parts from the front of a body; false where it is too short.
class Parts {
 public:
  explicit Parts(ByteView left) : left_(left) {}
  [[nodiscard]] bool hash(crypto::Sha256& out) {
    if (left_.size() < out.size()) return false;
    std::copy_n(left_.begin(), out.size(), out.begin());
    left_ = left_.subspan(out.size());
    return true;
  }
  [[nodiscard]] bool text(std::string& out, std::size_t cap) {
    if (left_.empty() || left_[0] > cap || left_.size() < 1 + std::size_t{left_[0]}) return false;
    out = std::string(text_of(left_.subspan(1, left_[0])));
    left_ = left_.subspan(1 + out.size());
    return true;
  }
  [[nodiscard]] bool byte(std::uint8_t expected) {
    if (left_.empty() || left_[0] != expected) return false;
    left_ = left_.subspan(1);
    return true;
  }
  [[nodiscard]] bool done() const { return left_.empty(); }

 private:
  ByteView left_;
};

Bytes body_of(const ServiceDescriptor& descriptor, const ServiceId& id) {
  Bytes out{kForm};
  out.insert(out.end(), id.begin(), id.end());
  put_text(out, descriptor.name);
  put_text(out, descriptor.version);
  out.insert(out.end(), descriptor.metadata_hash.begin(), descriptor.metadata_hash.end());
  return out;
}

Status read_body(ByteView body, ServiceDescriptor& into) {
  Parts parts(body);
  if (!parts.byte(kForm) || !parts.hash(into.id) || !parts.text(into.name, kServiceNameCap) || !parts.text(into.version, kVersionCap) ||
      !parts.hash(into.metadata_hash) || !parts.done() || !is_version(into.version))
    return fail(Errc::Malformed, "a descriptor is not of the known form");
  return {};
}

std::int64_t seconds_of(WallTime time) { return to_unix_micros(time) / 1'000'000; }
WallTime time_of(std::int64_t seconds) { return from_unix_micros(seconds * 1'000'000); }

}  // namespace

ServiceId service_id(std::string_view name, const PeerId& owner) {
  std::string text = "svc:";
  text.append(name).append(":").append(owner.text());
  return crypto::sha256(bytes_of(text));
}

mesh::DhtKey shard_key(std::string_view name, unsigned shard, std::int64_t day) {
  Bytes message;
  put_text(message, name.substr(0, 255));
  message.push_back(static_cast<std::uint8_t>(shard));
  for (int shift = 56; shift >= 0; shift -= 8) message.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(day) >> static_cast<unsigned>(shift)));
  return mesh::dht_key("svc", message);
}

Result<mesh::SignedRecord> sign_descriptor(const SigningKey& key, const ServiceDescriptor& descriptor, const mesh::DhtKey& under) {
  if (!is_service_name(descriptor.name)) return fail(Errc::InvalidArgument, "A service needs a name of a-z, 0-9 and '-', at most 32 characters.");
  if (!is_version(descriptor.version)) return fail(Errc::InvalidArgument, "A service needs a version such as 1.0.0, at most 32 characters.");
  mesh::SignedRecord record;
  record.kind = mesh::RecordKind::Descriptor;
  record.key = under;
  record.sequence = descriptor.sequence;
  record.created = seconds_of(descriptor.created);
  record.expires = seconds_of(descriptor.expires);
  record.withdrawn = descriptor.withdrawn;
  if (!descriptor.withdrawn) record.body = body_of(descriptor, service_id(descriptor.name, PeerId::of(key.public_key())));
  return mesh::sign_record(key, std::move(record));
}

Result<ServiceDescriptor> read_descriptor(const mesh::SignedRecord& record, std::string_view name, const mesh::DhtKey& under, WallTime now,
                                          bool signature_too) {
  SF_TRY(mesh::check_record_form(record, mesh::RecordKind::Descriptor, under, now));
  ServiceDescriptor out;
  out.owner = PeerId::of(record.signer);
  out.owner_key = record.signer;
  out.sequence = record.sequence;
  out.created = time_of(record.created);
  out.expires = time_of(record.expires);
  out.withdrawn = record.withdrawn;
  if (record.withdrawn) {
    out.id = service_id(name, out.owner);
    out.name = std::string(name);
  } else {
    SF_TRY(read_body(record.body, out));
    if (out.name != name) return fail(Errc::Malformed, "a descriptor is of another service");
    if (out.id != service_id(name, out.owner)) return fail(Errc::Malformed, "a descriptor's id is not that of its name and owner");
  }
  if (signature_too && !mesh::check_record_signature(record)) return fail(Errc::Unauthorized, "a descriptor's signature is false");
  return out;
}

Result<Bytes> encode_metadata(std::vector<std::pair<std::string, std::string>> metadata) {
  if (metadata.size() > kMetadataEntries) return fail(Errc::TooLarge, "A service may carry at most 10 entries of metadata.");
  // The order that deterministic CBOR asks for: shorter names first, then by bytes.
  std::ranges::sort(metadata, [](const auto& a, const auto& b) {
    return a.first.size() != b.first.size() ? a.first.size() < b.first.size() : a.first < b.first;
  });
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  if (std::ranges::adjacent_find(metadata, same) != metadata.end()) return fail(Errc::InvalidArgument, "A name stands twice in a service's metadata.");
  Bytes out;
  cbor::Writer writer(out);
  writer.map(metadata.size());
  for (const auto& [name, value] : metadata) {
    writer.text(name);
    writer.text(value);
  }
  if (out.size() > kMetadataBytes) return fail(Errc::TooLarge, "A service's metadata may be 4 KB at most.");
  return out;
}

}  // namespace soulfabric::fabric

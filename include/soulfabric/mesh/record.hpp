// SPDX-License-Identifier: GPL-3.0-or-later
// What stands in the DHT: a small statement of one signer under one key (security rule S4). Pure.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/ed25519.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::mesh {

/// 160 bits, the DHT's own width.
using DhtKey = std::array<std::uint8_t, 20>;
using ValueId = std::uint64_t;

/// The value types of our network; the numbers are on the wire.
enum class RecordKind : std::uint8_t {
  Peer = 1,        // endpoints of a node
  Descriptor = 2,  // a service of a node
  Provider = 3,    // a node has some content
  Revocation = 4,  // an identity was given up (security rule S10)
};

constexpr std::size_t kRecordCap = 600;  // bytes, encoded
constexpr std::size_t kRecordOverhead = 145;
constexpr std::size_t kRecordBodyCap = kRecordCap - kRecordOverhead;
constexpr std::chrono::minutes kRecordSkew{5};
constexpr std::chrono::hours kRecordLongestLife{24};

struct SignedRecord {
  RecordKind kind = RecordKind::Peer;
  DhtKey key{};
  PublicKey signer{};
  std::uint64_t sequence = 0;  // max(last + 1, Unix milliseconds)
  std::int64_t created = 0;    // Unix seconds
  std::int64_t expires = 0;    // Unix seconds
  bool withdrawn = false;      // a tombstone: the body is empty
  Bytes body;
  Signature signature{};
  friend bool operator==(const SignedRecord&, const SignedRecord&) = default;
};

/// The domain under which the record of a peer stands, by its id.
inline constexpr std::string_view kPeerDomain = "peer";

/// SHA-256 over a domain tag and the name, cut to 160 bits.
[[nodiscard]] DhtKey dht_key(std::string_view domain, ByteView name);
/// The one slot that a signer has under a key: the first 8 bytes of SHA-256(signer, key), big endian, never 0.
[[nodiscard]] ValueId slot_of(const PublicKey& signer, const DhtKey& key);
/// Signs over length-prefixed fields behind a domain tag. InvalidArgument: over the cap, or times out of order.
[[nodiscard]] Result<SignedRecord> sign_record(const SigningKey& key, SignedRecord unsigned_record);
[[nodiscard]] Bytes encode_record(const SignedRecord& record);
/// Form only: version, kind, lengths. Malformed or TooLarge.
[[nodiscard]] Result<SignedRecord> decode_record(ByteView bytes);
/// Cheap checks first, all before the signature is worth its price: kind, key, times within skew and longest life; a record of kind
/// Peer under its signer's own key only, one of kind Revocation with the statement of the key that was given up (see rotation.hpp).
[[nodiscard]] Status check_record_form(const SignedRecord& record, RecordKind kind, const DhtKey& key, WallTime now);
/// The signer's, and of a revocation those of its statement too.
[[nodiscard]] bool check_record_signature(const SignedRecord& record);
/// Both, for readers who have no ration to keep.
[[nodiscard]] Status check_record(const SignedRecord& record, RecordKind kind, const DhtKey& key, WallTime now);
/// Whether `next` may take the place of `present`: same signer, same key and kind, higher sequence.
[[nodiscard]] bool supersedes(const SignedRecord& next, const SignedRecord& present);

}  // namespace soulfabric::mesh

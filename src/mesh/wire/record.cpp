// SPDX-License-Identifier: GPL-3.0-or-later
// Signed records as bytes: one fixed layout, checked cheapest first.
#include "soulfabric/mesh/record.hpp"

#include <algorithm>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/mesh/rotation.hpp"

namespace soulfabric::mesh {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kWithdrawn = 1;
constexpr std::string_view kSignatureTag = "soulfabric/record/1";
constexpr std::string_view kKeyTag = "soulfabric/key/1";
// version, kind, flags, body length (2), key, signer, sequence, created, expires; body; signature
constexpr std::size_t kHead = 1 + 1 + 1 + 2 + 20 + 32 + 8 + 8 + 8;
static_assert(kHead + sizeof(Signature) == kRecordOverhead);

void put_number(Bytes& out, std::uint64_t value, unsigned width) {
  for (unsigned i = width; i > 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * (i - 1))));
}

std::uint64_t take_number(ByteView in, std::size_t at, unsigned width) {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < width; ++i) value = (value << 8U) | in[at + i];
  return value;
}

template <class Array>
void put_array(Bytes& out, const Array& bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// A length in front of each part: two different lists of parts never give the same bytes.
void put_part(Bytes& out, ByteView part) {
  put_number(out, part.size(), 4);
  put_array(out, part);
}

void put_unsigned_part(Bytes& out, const SignedRecord& record) {
  out.push_back(kVersion);
  out.push_back(static_cast<std::uint8_t>(record.kind));
  out.push_back(record.withdrawn ? kWithdrawn : std::uint8_t{0});
  put_number(out, record.body.size(), 2);
  put_array(out, record.key);
  put_array(out, record.signer);
  put_number(out, record.sequence, 8);
  put_number(out, static_cast<std::uint64_t>(record.created), 8);
  put_number(out, static_cast<std::uint64_t>(record.expires), 8);
  put_array(out, record.body);
}

Bytes signed_message(const SignedRecord& record) {
  Bytes fields;
  put_unsigned_part(fields, record);
  Bytes message;
  put_part(message, bytes_of(kSignatureTag));
  put_part(message, fields);
  return message;
}

bool known(std::uint8_t kind) { return kind >= static_cast<std::uint8_t>(RecordKind::Peer) && kind <= static_cast<std::uint8_t>(RecordKind::Revocation); }

/// What no clock has to be asked for.
Status check_shape(const SignedRecord& record) {
  constexpr std::int64_t kLongest = std::chrono::seconds(kRecordLongestLife).count();
  if (record.body.size() > kRecordBodyCap) return fail(Errc::TooLarge, "a record is longer than 600 bytes");
  if (record.created < 0 || record.expires <= record.created || record.expires - record.created > kLongest)
    return fail(Errc::InvalidArgument, "the times of a record are out of order");
  if (record.withdrawn && !record.body.empty()) return fail(Errc::InvalidArgument, "a withdrawn record says nothing");
  return {};
}

/// Only who held the key that was given up can have filled a slot here; a tombstone would bring the key back.
Status check_revocation_form(const SignedRecord& record, WallTime now) {
  const auto statement = decode_rotation(record.body);
  if (record.withdrawn || !statement || !statement->compromised) return fail(Errc::Malformed, "a revocation holds no statement that gives a key up");
  if (record.key != revocation_key(PeerId::of(statement->before))) return fail(Errc::Malformed, "a revocation stands under another peer's name");
  return check_rotation_form(*statement, now);
}

}  // namespace

DhtKey dht_key(std::string_view domain, ByteView name) {
  Bytes message;
  put_part(message, bytes_of(kKeyTag));
  put_part(message, bytes_of(domain));
  put_part(message, name);
  const auto digest = crypto::sha256(message);
  DhtKey key{};
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

ValueId slot_of(const PublicKey& signer, const DhtKey& key) {
  Bytes message;
  put_array(message, signer);
  put_array(message, key);
  const auto digest = crypto::sha256(message);
  const ValueId id = take_number(digest, 0, 8);
  return id == 0 ? 1 : id;  // 0 means "any" to the table
}

Result<SignedRecord> sign_record(const SigningKey& key, SignedRecord record) {
  record.signer = key.public_key();
  SF_TRY(check_shape(record));
  record.signature = key.sign(signed_message(record));
  return record;
}

Bytes encode_record(const SignedRecord& record) {
  Bytes out;
  out.reserve(kRecordOverhead + record.body.size());
  put_unsigned_part(out, record);
  put_array(out, record.signature);
  return out;
}

Result<SignedRecord> decode_record(ByteView bytes) {
  if (bytes.size() > kRecordCap) return fail(Errc::TooLarge, "a record is longer than 600 bytes");
  if (bytes.size() < kRecordOverhead) return fail(Errc::Malformed, "a record is cut short");
  if (bytes[0] != kVersion || !known(bytes[1]) || bytes[2] > kWithdrawn) return fail(Errc::Malformed, "a record is of an unknown form");
  const auto body = static_cast<std::size_t>(take_number(bytes, 3, 2));
  if (bytes.size() != kRecordOverhead + body) return fail(Errc::Malformed, "a record's length is not what it says");
  SignedRecord record;
  record.kind = static_cast<RecordKind>(bytes[1]);
  record.withdrawn = bytes[2] == kWithdrawn;
  std::copy_n(bytes.begin() + 5, record.key.size(), record.key.begin());
  std::copy_n(bytes.begin() + 25, record.signer.size(), record.signer.begin());
  record.sequence = take_number(bytes, 57, 8);
  record.created = static_cast<std::int64_t>(take_number(bytes, 65, 8));
  record.expires = static_cast<std::int64_t>(take_number(bytes, 73, 8));
  record.body.assign(bytes.begin() + kHead, bytes.begin() + static_cast<std::ptrdiff_t>(kHead + body));
  std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(kHead + body), record.signature.size(), record.signature.begin());
  return record;
}

Status check_record_form(const SignedRecord& record, RecordKind kind, const DhtKey& key, WallTime now) {
  if (record.kind != kind) return fail(Errc::Malformed, "a record is of another kind");
  if (record.key != key) return fail(Errc::Malformed, "a record was signed for another key");
  // Where a node is, only it says, under its own name: nobody else's record can be found there.
  if (kind == RecordKind::Peer && key != dht_key(kPeerDomain, bytes_of(PeerId::of(record.signer).text())))
    return fail(Errc::Malformed, "a peer's record stands under another peer's name");
  if (const auto shape = check_shape(record); !shape) return fail(Errc::Malformed, shape.error().message);
  if (kind == RecordKind::Revocation) SF_TRY(check_revocation_form(record, now));
  constexpr std::int64_t kSkew = std::chrono::seconds(kRecordSkew).count();
  const std::int64_t second = to_unix_micros(now) / 1'000'000;
  if (record.created > second + kSkew) return fail(Errc::Malformed, "a record is from the future");
  if (record.expires < second - kSkew) return fail(Errc::Malformed, "a record has expired");
  // A sequence far ahead of the clock would shut out every later word of the same signer.
  if (record.sequence / 1000 > static_cast<std::uint64_t>(second + kSkew)) return fail(Errc::Malformed, "a record's sequence lies in the future");
  return {};
}

bool check_record_signature(const SignedRecord& record) {
  if (!verify_signature(record.signer, signed_message(record), record.signature)) return false;
  if (record.kind != RecordKind::Revocation) return true;
  const auto statement = decode_rotation(record.body);
  return statement && check_rotation_signatures(*statement);
}

Status check_record(const SignedRecord& record, RecordKind kind, const DhtKey& key, WallTime now) {
  SF_TRY(check_record_form(record, kind, key, now));
  if (!check_record_signature(record)) return fail(Errc::Unauthorized, "a record's signature is false");
  return {};
}

bool supersedes(const SignedRecord& next, const SignedRecord& present) {
  return next.signer == present.signer && next.key == present.key && next.kind == present.kind && next.sequence > present.sequence;
}

}  // namespace soulfabric::mesh

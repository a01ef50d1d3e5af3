// SPDX-License-Identifier: GPL-3.0-or-later
// Signed answers as bytes. What is signed is a domain tag and then every field behind its length, so that no two answers sign alike.
#include "wire/catalogue_wire.hpp"

#include <algorithm>

#include "core/catalogue_origin.hpp"
#include "soulfabric/base/cbor.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::string_view kDomain = "soulfabric catalogue answer 1";
constexpr std::uint64_t kForm = 1;
constexpr std::size_t kFields = 10;

void put_number(Bytes& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void put_field(Bytes& out, ByteView value) {
  put_number(out, value.size(), 4);
  out.insert(out.end(), value.begin(), value.end());
}

void put_number_field(Bytes& out, std::uint64_t value, unsigned bytes) {
  put_number(out, bytes, 4);
  put_number(out, value, bytes);
}

Bytes signed_bytes(const SignedAnswer& answer, const crypto::Sha256& body) {
  Bytes out;
  out.reserve(256);
  put_field(out, bytes_of(kDomain));
  put_number_field(out, static_cast<std::uint8_t>(answer.key.kind), 1);
  put_field(out, bytes_of(answer.key.mbid));
  put_number_field(out, static_cast<std::uint64_t>(answer.status), 2);
  put_field(out, bytes_of(answer.content_type));
  put_field(out, body);
  put_number_field(out, static_cast<std::uint64_t>(answer.fetched), 8);
  put_number_field(out, static_cast<std::uint64_t>(answer.expires), 8);
  put_number_field(out, answer.stale ? 1 : 0, 1);
  return out;
}

std::int64_t millis_of(WallTime time) { return to_unix_micros(time) / 1000; }
WallTime time_of(std::int64_t millis) { return from_unix_micros(millis * 1000); }

/// So that no sum of times overflows: some time before the year 9000.
constexpr std::int64_t kLatest = 200'000'000'000'000;

template <std::size_t N>
Status read_array(cbor::Reader& reader, std::array<std::uint8_t, N>& out) {
  SF_TRY_ASSIGN(const ByteView bytes, reader.bytes(N));
  if (bytes.size() != N) return fail(Errc::Malformed, "A signed answer is not of the known form.");
  std::ranges::copy(bytes, out.begin());
  return {};
}

Result<std::int64_t> read_time(cbor::Reader& reader) {
  SF_TRY_ASSIGN(const std::uint64_t millis, reader.number());
  if (millis > static_cast<std::uint64_t>(kLatest)) return fail(Errc::Malformed, "A signed answer states a time that never comes.");
  return static_cast<std::int64_t>(millis);
}

}  // namespace

std::string_view name_of(AnswerFault fault) noexcept {
  switch (fault) {
    case AnswerFault::Form: return "form";
    case AnswerFault::OtherKey: return "other_key";
    case AnswerFault::OtherSigner: return "other_signer";
    case AnswerFault::Forged: return "forged";
    case AnswerFault::Expired: return "expired";
  }
  return "unknown";
}

SignedAnswer sign_answer(const SigningKey& key, const CatalogueKey& about, const CatalogueAnswer& answer) {
  SignedAnswer out{about, answer.status, answer.content_type, millis_of(answer.fetched), millis_of(answer.expires), answer.stale,
                   key.public_key(), {}};
  out.signature = key.sign(signed_bytes(out, crypto::sha256(*answer.body)));
  return out;
}

Bytes encode_head(const SignedAnswer& answer) {
  Bytes out;
  cbor::Writer writer(out);
  writer.array(kFields);
  writer.number(kForm);
  writer.number(static_cast<std::uint8_t>(answer.key.kind));
  writer.text(answer.key.mbid);
  writer.number(static_cast<std::uint64_t>(answer.status));
  writer.text(answer.content_type);
  writer.number(static_cast<std::uint64_t>(answer.fetched));
  writer.number(static_cast<std::uint64_t>(answer.expires));
  writer.boolean(answer.stale);
  writer.bytes(answer.signer);
  writer.bytes(answer.signature);
  return out;
}

Result<SignedAnswer> decode_head(ByteView head) {
  cbor::Reader reader(head);
  SignedAnswer out;
  SF_TRY_ASSIGN(const std::size_t fields, reader.array(kFields));
  SF_TRY_ASSIGN(const std::uint64_t form, reader.number());
  SF_TRY_ASSIGN(const std::uint64_t kind, reader.number());
  SF_TRY_ASSIGN(const std::string_view mbid, reader.text(36));
  SF_TRY_ASSIGN(const std::uint64_t status, reader.number());
  SF_TRY_ASSIGN(const std::string_view type, reader.text(kAnswerTypeCap));
  SF_TRY_ASSIGN(out.fetched, read_time(reader));
  SF_TRY_ASSIGN(out.expires, read_time(reader));
  SF_TRY_ASSIGN(out.stale, reader.boolean());
  SF_TRY(read_array(reader, out.signer));
  SF_TRY(read_array(reader, out.signature));
  SF_TRY(reader.end());
  if (fields != kFields || form != kForm || kind > 255 || (status != 200 && status != 404))
    return fail(Errc::Malformed, "A signed answer is not of the known form.");
  SF_TRY_ASSIGN(out.key, CatalogueKey::make(static_cast<CatalogueKind>(kind), mbid));
  if (out.key.mbid != mbid) return fail(Errc::Malformed, "A signed answer spells its id in another way than all others.");
  out.status = static_cast<int>(status);
  out.content_type = std::string(type);
  return out;
}

std::array<std::uint8_t, 1 + kAnswerLengths> answer_prefix(AnswerLengths lengths) {
  const auto byte = [](std::size_t value, unsigned shift) { return static_cast<std::uint8_t>(value >> shift); };
  return {static_cast<std::uint8_t>(CatalogueMessage::Answer), byte(lengths.head, 8), byte(lengths.head, 0),
          byte(lengths.body, 24), byte(lengths.body, 16), byte(lengths.body, 8), byte(lengths.body, 0)};
}

Result<AnswerLengths> read_lengths(std::array<std::uint8_t, kAnswerLengths> bytes) {
  AnswerLengths out;
  for (std::size_t i = 0; i < 2; ++i) out.head = out.head << 8U | bytes[i];
  for (std::size_t i = 2; i < kAnswerLengths; ++i) out.body = out.body << 8U | bytes[i];
  if (out.head > kAnswerHeadCap || out.body > kCatalogueBodyCap) return fail(Errc::TooLarge, "A node's answer is larger than any may be.");
  if (out.head == 0) return fail(Errc::Malformed, "A node's answer has no head.");
  return out;
}

std::expected<CatalogueAnswer, AnswerFault> check_answer(const SignedAnswer& answer, std::shared_ptr<const Bytes> body, const CatalogueKey& asked,
                                                         const PeerId& peer, WallTime now) {
  if (answer.key != asked) return std::unexpected(AnswerFault::OtherKey);
  if (PeerId::of(answer.signer) != peer) return std::unexpected(AnswerFault::OtherSigner);
  const bool negative = answer.status == 404;
  if (negative && (!body->empty() || !answer.content_type.empty() || answer.stale)) return std::unexpected(AnswerFault::Form);
  const WallTime fetched = time_of(answer.fetched);
  const WallTime expires = time_of(answer.expires);
  if (expires <= fetched || expires - fetched > kAnswerLongestLife) return std::unexpected(AnswerFault::Form);
  if (fetched > now + kAnswerSkew || (!answer.stale && expires + kAnswerSkew <= now)) return std::unexpected(AnswerFault::Expired);
  if (!verify_signature(answer.signer, signed_bytes(answer, crypto::sha256(*body)), answer.signature)) return std::unexpected(AnswerFault::Forged);
  CatalogueAnswer out;
  out.status = answer.status;
  out.content_type = answer.content_type;
  out.body = std::move(body);
  out.fetched = fetched;
  out.expires = expires;
  out.via = CatalogueVia::Mesh;
  out.stale = answer.stale;
  out.fetcher = peer;
  return out;
}

}  // namespace soulfabric::relay

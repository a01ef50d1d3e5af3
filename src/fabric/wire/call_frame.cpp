// SPDX-License-Identifier: GPL-3.0-or-later
// Heads of calls, written and read.
#include "wire/call_frame.hpp"

#include <algorithm>
#include <limits>

#include "soulfabric/base/cbor.hpp"

namespace soulfabric::fabric {
namespace {

constexpr std::size_t kRequestFields = 6;
constexpr std::size_t kReplyFields = 2;

std::unexpected<Error> malformed() { return fail(Errc::Malformed, "The head of a call does not have its form."); }

void write_prefix(Bytes& out) {
  const std::size_t size = out.size() - kPrefixSize;
  out[0] = static_cast<std::uint8_t>(size >> 8U);
  out[1] = static_cast<std::uint8_t>(size & 0xFFU);
}

Result<std::uint32_t> read_u32(cbor::Reader& reader) {
  SF_TRY_ASSIGN(const std::uint64_t value, reader.number());
  if (value > std::numeric_limits<std::uint32_t>::max()) return malformed();
  return static_cast<std::uint32_t>(value);
}

Result<std::uint32_t> read_payload_size(cbor::Reader& reader) {
  SF_TRY_ASSIGN(const std::uint64_t value, reader.number());
  if (value > kPayloadCap) return fail(Errc::TooLarge, "The payload of a call is larger than 1 MiB.");
  return static_cast<std::uint32_t>(value);
}

/// The head behind its prefix; empty while it is not whole.
Result<ByteView> head_of(ByteView received, std::size_t cap) {
  if (received.size() < kPrefixSize) return ByteView{};
  const std::size_t size = (std::size_t{received[0]} << 8U) | received[1];
  if (size == 0 || size > cap) return malformed();
  if (received.size() - kPrefixSize < size) return ByteView{};
  return received.subspan(kPrefixSize, size);
}

/// Lengths inside need no caps of their own: the head as a whole has one. Only a payload can be TooLarge.
Result<RequestHead> read_request(ByteView bytes) {
  cbor::Reader reader(bytes);
  RequestHead head;
  SF_TRY_ASSIGN(const std::size_t fields, reader.array(kRequestHeadCap));
  if (fields != kRequestFields) return malformed();
  SF_TRY_ASSIGN(const std::string_view service, reader.text(kRequestHeadCap));
  SF_TRY_ASSIGN(const std::string_view method, reader.text(kRequestHeadCap));
  SF_TRY_ASSIGN(const ByteView id, reader.bytes(kRequestHeadCap));
  if (id.size() != sizeof(CallId) || !is_service_name(service) || !is_method_name(method)) return malformed();
  std::ranges::copy(id, head.id.begin());
  head.service = service;
  head.method = method;
  SF_TRY_ASSIGN(head.deadline_ms, read_u32(reader));
  SF_TRY_ASSIGN(head.budget, read_u32(reader));
  SF_TRY_ASSIGN(head.payload_size, read_payload_size(reader));
  SF_TRY(reader.end());
  return head;
}

Result<ReplyHead> read_reply(ByteView bytes) {
  cbor::Reader reader(bytes);
  ReplyHead head;
  SF_TRY_ASSIGN(const std::size_t fields, reader.array(kRequestHeadCap));
  if (fields != kReplyFields) return malformed();
  SF_TRY_ASSIGN(const std::uint64_t status, reader.number());
  if (status >= kCallStatusCount) return malformed();
  head.status = static_cast<CallStatus>(status);
  SF_TRY_ASSIGN(head.payload_size, read_payload_size(reader));
  SF_TRY(reader.end());
  return head;
}

template <class Head>
Result<std::optional<Parsed<Head>>> parse(ByteView received, std::size_t cap, Result<Head> (*read)(ByteView)) {
  SF_TRY_ASSIGN(const ByteView bytes, head_of(received, cap));
  if (bytes.empty()) return std::nullopt;
  auto head = read(bytes);
  if (!head) return fail(head.error().code == Errc::TooLarge ? Errc::TooLarge : Errc::Malformed, std::move(head.error().message));
  return Parsed<Head>{std::move(*head), kPrefixSize + bytes.size()};
}

}  // namespace

Result<Bytes> encode_request(RequestHead head, ByteView payload) {
  if (!is_service_name(head.service)) return fail(Errc::InvalidArgument, "A service is named by small letters, digits and dashes.");
  if (!is_method_name(head.method)) return fail(Errc::InvalidArgument, "A method is named by letters and digits.");
  if (payload.size() > kPayloadCap) return fail(Errc::TooLarge, "The payload of a call is larger than 1 MiB; use a stream.");
  Bytes out(kPrefixSize);
  out.reserve(kPrefixSize + kRequestHeadCap + payload.size());
  cbor::Writer writer(out);
  writer.array(kRequestFields);
  writer.text(head.service);
  writer.text(head.method);
  writer.bytes(head.id);
  writer.number(head.deadline_ms);
  writer.number(head.budget);
  writer.number(payload.size());
  write_prefix(out);
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

Result<Bytes> encode_reply(CallStatus status, ByteView payload) {
  if (payload.size() > kPayloadCap) return fail(Errc::TooLarge, "The reply to a call is larger than 1 MiB; use a stream.");
  Bytes out(kPrefixSize);
  out.reserve(kPrefixSize + kReplyHeadCap + payload.size());
  cbor::Writer writer(out);
  writer.array(kReplyFields);
  writer.number(static_cast<std::uint64_t>(status));
  writer.number(payload.size());
  write_prefix(out);
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

Result<std::optional<Parsed<RequestHead>>> parse_request(ByteView received) {
  return parse<RequestHead>(received, kRequestHeadCap, &read_request);
}

Result<std::optional<Parsed<ReplyHead>>> parse_reply(ByteView received) { return parse<ReplyHead>(received, kReplyHeadCap, &read_reply); }

}  // namespace soulfabric::fabric

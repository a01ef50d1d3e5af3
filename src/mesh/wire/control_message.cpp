// SPDX-License-Identifier: GPL-3.0-or-later
// Control messages as arrays of two or four items behind a length of two bytes.
#include "wire/control_message.hpp"

#include "core/peer_record.hpp"
#include "soulfabric/base/cbor.hpp"

namespace soulfabric::mesh {
namespace {

constexpr std::size_t kStatementCap = 1024;
constexpr std::size_t kObservedCap = kMostEndpoints * 19;  // of IPv6

Bytes framed(const Bytes& body) {
  Bytes out;
  out.reserve(body.size() + 2);
  out.push_back(static_cast<std::uint8_t>(body.size() >> 8U));
  out.push_back(static_cast<std::uint8_t>(body.size()));
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

}  // namespace

Bytes encode_control(const ControlRequest& request) {
  Bytes body;
  cbor::Writer writer(body);
  writer.array(4);
  writer.number(static_cast<std::uint64_t>(request.ask));
  request.peer ? writer.text(request.peer->text()) : writer.null();
  writer.bytes(request.statement);
  writer.bytes(encode_endpoints(request.observed, true));
  return framed(body);
}

Bytes encode_control(const ControlReply& reply) {
  Bytes body;
  cbor::Writer writer(body);
  writer.array(2);
  writer.number(static_cast<std::uint64_t>(reply.status));
  writer.bytes(reply.statement);
  return framed(body);
}

Result<ControlRequest> decode_control_request(ByteView bytes) {
  cbor::Reader reader(bytes);
  ControlRequest out;
  SF_TRY_ASSIGN(const std::size_t items, reader.array(4));
  if (items != 4) return fail(Errc::Malformed, "a question is not of the known form");
  SF_TRY_ASSIGN(const std::uint64_t ask, reader.number());
  if (ask < 1 || ask > 4) return fail(Errc::Malformed, "a question is of an unknown kind");
  out.ask = static_cast<ControlAsk>(ask);
  SF_TRY_ASSIGN(const cbor::Kind kind, reader.peek());
  if (kind == cbor::Kind::Null) {
    SF_TRY(reader.null());
  } else {
    SF_TRY_ASSIGN(const std::string_view text, reader.text(PeerId::kLength));
    out.peer = PeerId::parse(text);
    if (!out.peer) return fail(Errc::Malformed, "a question names no peer");
  }
  SF_TRY_ASSIGN(const ByteView statement, reader.bytes(kStatementCap));
  out.statement.assign(statement.begin(), statement.end());
  SF_TRY_ASSIGN(const ByteView observed, reader.bytes(kObservedCap));
  SF_TRY_ASSIGN(out.observed, decode_endpoints(observed, true));
  SF_TRY(reader.end());
  return out;
}

Result<ControlReply> decode_control_reply(ByteView bytes) {
  cbor::Reader reader(bytes);
  ControlReply out;
  SF_TRY_ASSIGN(const std::size_t items, reader.array(2));
  if (items != 2) return fail(Errc::Malformed, "an answer is not of the known form");
  SF_TRY_ASSIGN(const std::uint64_t status, reader.number());
  if (status > 3) return fail(Errc::Malformed, "an answer is of an unknown kind");
  out.status = static_cast<ControlStatus>(status);
  SF_TRY_ASSIGN(const ByteView statement, reader.bytes(kStatementCap));
  out.statement.assign(statement.begin(), statement.end());
  SF_TRY(reader.end());
  return out;
}

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// A call on the wire. Request: 2 bytes of length (big endian), a head in deterministic CBOR, the payload. Reply: the same with its own
// head. The payload's length stands in the head, so that a router has judged a request before it makes room for one byte of it.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/fabric/call.hpp"

namespace soulfabric::fabric {

/// Names one call in the logs of both sides; drawn at random by the caller.
using CallId = std::array<std::uint8_t, 16>;

/// Head: [service, method, id, deadline, budget, payload's length].
struct RequestHead {
  std::string service;
  std::string method;
  CallId id{};
  std::uint32_t deadline_ms = 0;  // what is left for the whole call, seen from the caller
  std::uint32_t budget = 0;       // units the caller allows to be spent; can only lower ours
  std::uint32_t payload_size = 0;
  friend bool operator==(const RequestHead&, const RequestHead&) = default;
};

/// Head: [status, payload's length].
struct ReplyHead {
  CallStatus status = CallStatus::Ok;
  std::uint32_t payload_size = 0;
  friend bool operator==(const ReplyHead&, const ReplyHead&) = default;
};

constexpr std::size_t kPrefixSize = 2;
constexpr std::size_t kRequestHeadCap = 1 + 2 + kServiceNameCap + 2 + kMethodNameCap + 1 + sizeof(CallId) + 3 * 5;
constexpr std::size_t kReplyHeadCap = 1 + 1 + 5;

/// InvalidArgument: a name that cannot be one; TooLarge: a payload over kPayloadCap. `head.payload_size` is set from the payload.
[[nodiscard]] Result<Bytes> encode_request(RequestHead head, ByteView payload);
/// A payload over kPayloadCap is TooLarge.
[[nodiscard]] Result<Bytes> encode_reply(CallStatus status, ByteView payload);

template <class Head>
struct Parsed {
  Head head;
  std::size_t size = 0;  // of prefix and head; the payload follows
};
/// Nothing while more bytes are needed. Malformed: not the one spelling of a head; TooLarge: a payload over kPayloadCap.
[[nodiscard]] Result<std::optional<Parsed<RequestHead>>> parse_request(ByteView received);
[[nodiscard]] Result<std::optional<Parsed<ReplyHead>>> parse_reply(ByteView received);

}  // namespace soulfabric::fabric

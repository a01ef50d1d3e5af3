// SPDX-License-Identifier: GPL-3.0-or-later
// What two nodes' mesh rooms ask each other on a stream of Protocol::Control: one question, one answer, each a length and deterministic
// CBOR. Pure.
#pragma once
#include <optional>
#include <vector>

#include "soulfabric/base/error.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::mesh {

constexpr std::size_t kControlCap = 2048;  // bytes of one message, without its length

enum class ControlAsk : std::uint8_t {
  Record = 1,    // where are you, or (with a peer) where is it
  CallMe = 2,    // ask this peer, whom you are linked with, to dial me
  PleaseDial = 3,  // the peer of this record asks you to dial it
  Rotation = 4,  // I go on under another key
};

struct ControlRequest {
  ControlAsk ask = ControlAsk::Record;
  std::optional<PeerId> peer;  // Record, CallMe
  Bytes statement;             // PleaseDial: a signed record; Rotation: its statement
  std::vector<Endpoint> observed{};  // PleaseDial: those of the record where whoever passes it on sees the peer; at most 4
  friend bool operator==(const ControlRequest&, const ControlRequest&) = default;
};

enum class ControlStatus : std::uint8_t {
  Ok = 0,
  Unknown = 1,      // of that peer or statement nothing is known or believed
  Unreachable = 2,  // there is no address that could be dialled: a relay would be needed
  Limited = 3,      // asked too often
};

struct ControlReply {
  ControlStatus status = ControlStatus::Ok;
  Bytes statement;  // Record: the signed record
  friend bool operator==(const ControlReply&, const ControlReply&) = default;
};

[[nodiscard]] Bytes encode_control(const ControlRequest& request);
[[nodiscard]] Bytes encode_control(const ControlReply& reply);
/// The bytes after the length. Malformed: not one of the above.
[[nodiscard]] Result<ControlRequest> decode_control_request(ByteView bytes);
[[nodiscard]] Result<ControlReply> decode_control_reply(ByteView bytes);

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// Encode and decode of init, distributed (both with codes of one byte) and file messages (no framing).
#include "wire/codec.hpp"
#include "wire/peer_message_fields.hpp"

namespace soulfabric::soulseek::wire {

template Bytes encode(const init::PierceFireWall&);
template Bytes encode(const init::PeerInit&);
template Bytes encode(const distributed::Ping&);
template Bytes encode(const distributed::Search&);
template Bytes encode(const distributed::BranchLevel&);
template Bytes encode(const distributed::BranchRoot&);
template Bytes encode(const distributed::ChildDepth&);
template Bytes encode(const distributed::EmbeddedMessage&);

Result<InitMessage> decode_init(std::uint32_t code, ByteView body) {
  return decode_as(std::type_identity<InitMessage>{}, "Init", code, body);
}

Result<DistributedMessage> decode_distributed(std::uint32_t code, ByteView body) {
  return decode_as(std::type_identity<DistributedMessage>{}, "Distributed", code, body);
}

Bytes distributed_frame(std::uint8_t code, ByteView body) {
  Writer out;
  out.begin_frame(code, 1);
  out.rest("", body);
  return out.finish_frame();
}

Bytes encode(const file::TransferToken& message) {
  Writer out;
  out("token", message.token);
  return out.take();
}

Bytes encode(const file::TransferOffset& message) {
  Writer out;
  out("offset", message.offset);
  return out.take();
}

Result<file::TransferToken> decode_transfer_token(ByteView bytes) {
  Reader in(bytes);
  file::TransferToken message;
  in("token", message.token);
  if (!in.ok()) return fail(Errc::Malformed, "A file connection ended before its token.");
  return message;
}

Result<file::TransferOffset> decode_transfer_offset(ByteView bytes) {
  Reader in(bytes);
  file::TransferOffset message;
  in("offset", message.offset);
  if (!in.ok()) return fail(Errc::Malformed, "A file connection ended before its offset.");
  return message;
}

}  // namespace soulfabric::soulseek::wire

// SPDX-License-Identifier: GPL-3.0-or-later
// The Soulseek wire: every message as a plain struct, and the two functions that turn it into bytes and back.
//
// Families and where their structs live (all in soulfabric::soulseek::wire):
//   request::X      client -> server   server_requests.hpp   decode_server_request   ServerRequest
//   reply::X        server -> client   server_replies.hpp    decode_server_reply     ServerReply
//   init::X         opens a connection peer_messages.hpp     decode_init             InitMessage
//   peer::X         P connections      peer_messages.hpp     decode_peer             PeerMessage
//   distributed::X  D connections      peer_messages.hpp     decode_distributed      DistributedMessage
//   file::X         F connections, no framing, fixed sizes: decode_transfer_token, decode_transfer_offset
//
// X is the name of the protocol note (Login, SetWaitPort, GetPeerAddress, ...). Obsolete messages are there too, marked as such.
// Frames come out of FrameReader (frame_reader.hpp), which knows the caps; a large browse answer goes to BrowseParser
// (browse_stream.hpp) instead of decode_peer. `encode` gives the whole frame with its length.
//
// Decoding: bytes after the last known field are ignored; an optional field that was not sent is nullopt; a code nobody knows
// is Unknown{code}. A body that does not fit its message is Malformed: drop the message and keep the connection (except for
// init). Strings are raw bytes in both directions: never re-encode a path, compare names as they are, show display_text().
// Everything here is pure and may run on any thread.
#pragma once
#include "soulfabric/base/error.hpp"
#include "wire/peer_messages.hpp"
#include "wire/server_replies.hpp"
#include "wire/server_requests.hpp"

namespace soulfabric::soulseek::wire {

/// A struct of one of the five framed families.
template <class M>
concept Message = requires { M::kCode; };

/// The whole frame: length, code, body. Compressed messages are deflated.
template <Message M>
[[nodiscard]] Bytes encode(const M& message);
[[nodiscard]] Bytes encode(const file::TransferToken& message);
[[nodiscard]] Bytes encode(const file::TransferOffset& message);

[[nodiscard]] Result<ServerRequest> decode_server_request(std::uint32_t code, ByteView body);
[[nodiscard]] Result<ServerReply> decode_server_reply(std::uint32_t code, ByteView body);
[[nodiscard]] Result<InitMessage> decode_init(std::uint32_t code, ByteView body);
/// Inflates search, folder and (small) browse answers within kMaxInflatedList and kMaxListedFiles; costs up to a second for the
/// largest, so hand bodies above a few hundred KiB to a worker.
[[nodiscard]] Result<PeerMessage> decode_peer(std::uint32_t code, ByteView body);
[[nodiscard]] Result<DistributedMessage> decode_distributed(std::uint32_t code, ByteView body);
/// Need exactly the first 4 and 8 bytes; Malformed where fewer are given.
[[nodiscard]] Result<file::TransferToken> decode_transfer_token(ByteView bytes);
[[nodiscard]] Result<file::TransferOffset> decode_transfer_offset(ByteView bytes);

/// The frame of a distributed message whose body is already bytes: what an EmbeddedMessage carries, unwrapped.
[[nodiscard]] Bytes distributed_frame(std::uint8_t code, ByteView body);

/// Who answers which search, read from the first bytes of a search answer's body without inflating the rest.
struct SearchAnswerHead {
  std::string user;
  std::uint32_t token = 0;
};
/// `body` may be the beginning of the body only. Malformed where name and token are not in it.
[[nodiscard]] Result<SearchAnswerHead> peek_search_answer(ByteView body);

}  // namespace soulfabric::soulseek::wire

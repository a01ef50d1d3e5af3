// SPDX-License-Identifier: GPL-3.0-or-later
// Encode and decode of P messages, the compressed ones among them.
#include <algorithm>

#include "wire/codec.hpp"
#include "wire/peer_message_fields.hpp"
#include "wire/zlib_stream.hpp"

namespace soulfabric::soulseek::wire {
namespace {

[[nodiscard]] bool is_compressed(std::uint32_t code) noexcept {
  return code == peer::SharedFileListResponse::kCode || code == peer::FileSearchResponse::kCode ||
         code == peer::FolderContentsResponse::kCode;
}

}  // namespace

template Bytes encode(const peer::SharedFileListRequest&);
template Bytes encode(const peer::SharedFileListResponse&);
template Bytes encode(const peer::FileSearchRequest&);
template Bytes encode(const peer::FileSearchResponse&);
template Bytes encode(const peer::UserInfoRequest&);
template Bytes encode(const peer::UserInfoResponse&);
template Bytes encode(const peer::FolderContentsRequest&);
template Bytes encode(const peer::FolderContentsResponse&);
template Bytes encode(const peer::TransferRequest&);
template Bytes encode(const peer::TransferResponse&);
template Bytes encode(const peer::UploadPlacehold&);
template Bytes encode(const peer::QueueUpload&);
template Bytes encode(const peer::PlaceInQueueResponse&);
template Bytes encode(const peer::UploadFailed&);
template Bytes encode(const peer::UploadDenied&);
template Bytes encode(const peer::PlaceInQueueRequest&);
template Bytes encode(const peer::UploadQueueNotification&);

Result<PeerMessage> decode_peer(std::uint32_t code, ByteView body) {
  constexpr std::type_identity<PeerMessage> family{};
  if (is_compressed(code)) {
    SF_TRY_ASSIGN(const Bytes plain, inflate_all(body, kMaxInflatedList));
    return decode_as(family, "Peer", code, plain);
  }
  if (std::ranges::find(peer::kObsoletePeerCodes, code) != std::end(peer::kObsoletePeerCodes)) return PeerMessage(peer::Obsolete{code});
  return decode_as(family, "Peer", code, body);
}

Result<SearchAnswerHead> peek_search_answer(ByteView body) {
  const Bytes plain = inflate_prefix(body, kMaxUserName + 8);
  Reader in(plain);
  SearchAnswerHead head;
  in("user", head.user);
  in("token", head.token);
  if (!in.ok()) return std::unexpected(in.error("Peer", peer::FileSearchResponse::kCode));
  return head;
}

}  // namespace soulfabric::soulseek::wire

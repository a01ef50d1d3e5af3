// SPDX-License-Identifier: GPL-3.0-or-later
// Encode and decode of the messages client to server.
#include "wire/codec.hpp"
#include "wire/server_request_fields.hpp"

namespace soulfabric::soulseek::wire {

template Bytes encode(const request::Login&);
template Bytes encode(const request::SetWaitPort&);
template Bytes encode(const request::GetPeerAddress&);
template Bytes encode(const request::WatchUser&);
template Bytes encode(const request::UnwatchUser&);
template Bytes encode(const request::GetUserStatus&);
template Bytes encode(const request::IgnoreUser&);
template Bytes encode(const request::UnignoreUser&);
template Bytes encode(const request::SayChatroom&);
template Bytes encode(const request::JoinRoom&);
template Bytes encode(const request::LeaveRoom&);
template Bytes encode(const request::ConnectToPeer&);
template Bytes encode(const request::MessageUser&);
template Bytes encode(const request::MessageAcked&);
template Bytes encode(const request::FileSearchRoom&);
template Bytes encode(const request::FileSearch&);
template Bytes encode(const request::SetStatus&);
template Bytes encode(const request::Ping&);
template Bytes encode(const request::SendConnectToken&);
template Bytes encode(const request::SendDownloadSpeed&);
template Bytes encode(const request::SharedFoldersFiles&);
template Bytes encode(const request::GetUserStats&);
template Bytes encode(const request::UploadSlotsFull&);
template Bytes encode(const request::UserSearch&);
template Bytes encode(const request::SimilarRecommendations&);
template Bytes encode(const request::AddLikedInterest&);
template Bytes encode(const request::RemoveLikedInterest&);
template Bytes encode(const request::Recommendations&);
template Bytes encode(const request::MyRecommendations&);
template Bytes encode(const request::GlobalRecommendations&);
template Bytes encode(const request::UserInterests&);
template Bytes encode(const request::AdminCommand&);
template Bytes encode(const request::PlaceInLineRequest&);
template Bytes encode(const request::PlaceInLineResponse&);
template Bytes encode(const request::RoomList&);
template Bytes encode(const request::ExactFileSearch&);
template Bytes encode(const request::GlobalUserList&);
template Bytes encode(const request::TunneledMessage&);
template Bytes encode(const request::HaveNoParent&);
template Bytes encode(const request::ParentIp&);
template Bytes encode(const request::CheckPrivileges&);
template Bytes encode(const request::AcceptChildren&);
template Bytes encode(const request::WishlistSearch&);
template Bytes encode(const request::SimilarUsers&);
template Bytes encode(const request::ItemRecommendations&);
template Bytes encode(const request::ItemSimilarUsers&);
template Bytes encode(const request::SetRoomTicker&);
template Bytes encode(const request::AddHatedInterest&);
template Bytes encode(const request::RemoveHatedInterest&);
template Bytes encode(const request::RoomSearch&);
template Bytes encode(const request::SendUploadSpeed&);
template Bytes encode(const request::UserPrivileged&);
template Bytes encode(const request::GivePrivileges&);
template Bytes encode(const request::NotifyPrivileges&);
template Bytes encode(const request::AckNotifyPrivileges&);
template Bytes encode(const request::BranchLevel&);
template Bytes encode(const request::BranchRoot&);
template Bytes encode(const request::ChildDepth&);
template Bytes encode(const request::AddRoomMember&);
template Bytes encode(const request::RemoveRoomMember&);
template Bytes encode(const request::CancelRoomMembership&);
template Bytes encode(const request::CancelRoomOwnership&);
template Bytes encode(const request::RoomSomething&);
template Bytes encode(const request::EnableRoomInvitations&);
template Bytes encode(const request::ChangePassword&);
template Bytes encode(const request::AddRoomOperator&);
template Bytes encode(const request::RemoveRoomOperator&);
template Bytes encode(const request::MessageUsers&);
template Bytes encode(const request::JoinGlobalRoom&);
template Bytes encode(const request::LeaveGlobalRoom&);
template Bytes encode(const request::RelatedSearch&);
template Bytes encode(const request::CantConnectToPeer&);

Result<ServerRequest> decode_server_request(std::uint32_t code, ByteView body) {
  return decode_as(std::type_identity<ServerRequest>{}, "Server request", code, body);
}

}  // namespace soulfabric::soulseek::wire

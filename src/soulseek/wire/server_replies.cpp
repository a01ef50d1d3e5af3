// SPDX-License-Identifier: GPL-3.0-or-later
// Encode and decode of the messages server to client.
#include "wire/codec.hpp"
#include "wire/server_reply_fields.hpp"

namespace soulfabric::soulseek::wire {

template Bytes encode(const reply::Login&);
template Bytes encode(const reply::GetPeerAddress&);
template Bytes encode(const reply::WatchUser&);
template Bytes encode(const reply::GetUserStatus&);
template Bytes encode(const reply::IgnoreUser&);
template Bytes encode(const reply::UnignoreUser&);
template Bytes encode(const reply::SayChatroom&);
template Bytes encode(const reply::JoinRoom&);
template Bytes encode(const reply::LeaveRoom&);
template Bytes encode(const reply::UserJoinedRoom&);
template Bytes encode(const reply::UserLeftRoom&);
template Bytes encode(const reply::ConnectToPeer&);
template Bytes encode(const reply::MessageUser&);
template Bytes encode(const reply::FileSearch&);
template Bytes encode(const reply::Ping&);
template Bytes encode(const reply::SendConnectToken&);
template Bytes encode(const reply::GetUserStats&);
template Bytes encode(const reply::UploadSlotsFull&);
template Bytes encode(const reply::Relogged&);
template Bytes encode(const reply::SimilarRecommendations&);
template Bytes encode(const reply::Recommendations&);
template Bytes encode(const reply::MyRecommendations&);
template Bytes encode(const reply::GlobalRecommendations&);
template Bytes encode(const reply::UserInterests&);
template Bytes encode(const reply::PlaceInLineRequest&);
template Bytes encode(const reply::PlaceInLineResponse&);
template Bytes encode(const reply::RoomAdded&);
template Bytes encode(const reply::RoomRemoved&);
template Bytes encode(const reply::RoomList&);
template Bytes encode(const reply::ExactFileSearch&);
template Bytes encode(const reply::AdminMessage&);
template Bytes encode(const reply::GlobalUserList&);
template Bytes encode(const reply::TunneledMessage&);
template Bytes encode(const reply::PrivilegedUsers&);
template Bytes encode(const reply::ParentMinSpeed&);
template Bytes encode(const reply::ParentSpeedRatio&);
template Bytes encode(const reply::ParentInactivityTimeout&);
template Bytes encode(const reply::SearchInactivityTimeout&);
template Bytes encode(const reply::MinParentsInCache&);
template Bytes encode(const reply::DistributedPingInterval&);
template Bytes encode(const reply::AddPrivilegedUser&);
template Bytes encode(const reply::CheckPrivileges&);
template Bytes encode(const reply::EmbeddedMessage&);
template Bytes encode(const reply::PossibleParents&);
template Bytes encode(const reply::WishlistInterval&);
template Bytes encode(const reply::SimilarUsers&);
template Bytes encode(const reply::ItemRecommendations&);
template Bytes encode(const reply::ItemSimilarUsers&);
template Bytes encode(const reply::RoomTickers&);
template Bytes encode(const reply::RoomTickerAdded&);
template Bytes encode(const reply::RoomTickerRemoved&);
template Bytes encode(const reply::UserPrivileged&);
template Bytes encode(const reply::NotifyPrivileges&);
template Bytes encode(const reply::AckNotifyPrivileges&);
template Bytes encode(const reply::ChildDepth&);
template Bytes encode(const reply::ResetDistributed&);
template Bytes encode(const reply::RoomMembers&);
template Bytes encode(const reply::AddRoomMember&);
template Bytes encode(const reply::RemoveRoomMember&);
template Bytes encode(const reply::RoomSomething&);
template Bytes encode(const reply::RoomMembershipGranted&);
template Bytes encode(const reply::RoomMembershipRevoked&);
template Bytes encode(const reply::EnableRoomInvitations&);
template Bytes encode(const reply::ChangePassword&);
template Bytes encode(const reply::AddRoomOperator&);
template Bytes encode(const reply::RemoveRoomOperator&);
template Bytes encode(const reply::RoomOperatorshipGranted&);
template Bytes encode(const reply::RoomOperatorshipRevoked&);
template Bytes encode(const reply::RoomOperators&);
template Bytes encode(const reply::GlobalRoomMessage&);
template Bytes encode(const reply::RelatedSearch&);
template Bytes encode(const reply::ExcludedSearchPhrases&);
template Bytes encode(const reply::CantConnectToPeer&);
template Bytes encode(const reply::CantCreateRoom&);

Result<ServerReply> decode_server_reply(std::uint32_t code, ByteView body) {
  return decode_as(std::type_identity<ServerReply>{}, "Server reply", code, body);
}

}  // namespace soulfabric::soulseek::wire

// SPDX-License-Identifier: GPL-3.0-or-later
// The field lists of what a client sends to the server: one description read, written and tested. The names are those of the protocol note.
#pragma once
#include "wire/primitives.hpp"
#include "wire/server_requests.hpp"

namespace soulfabric::soulseek::wire {

template <class Io, Like<request::Login> M>
void fields(Io& io, M& m) {
  io("username", m.username);
  io("password", m.password);
  io("major", m.major);
  io("hash", m.hash);
  io("minor", m.minor);
}
template <class Io, Like<request::SetWaitPort> M>
void fields(Io& io, M& m) {
  io("port", m.port);
  io("obfuscation_type", m.obfuscation_type);
  io("obfuscated_port", m.obfuscated_port);
}
template <class Io, OneOf<request::GetPeerAddress, request::WatchUser, request::UnwatchUser, request::GetUserStatus, request::IgnoreUser,
                          request::UnignoreUser, request::GetUserStats, request::UserInterests, request::UserPrivileged>
                        M>
void fields(Io& io, M& m) {
  io("user", m.user);
}
template <class Io, OneOf<request::SayChatroom, request::SetRoomTicker> M>
void fields(Io& io, M& m) {
  io("room", m.room);
  io("text", m.text);
}
template <class Io, Like<request::JoinRoom> M>
void fields(Io& io, M& m) {
  io("room", m.room);
  io("private", m.is_private);
}
template <class Io, OneOf<request::LeaveRoom, request::CancelRoomMembership, request::CancelRoomOwnership, request::RoomSomething> M>
void fields(Io& io, M& m) {
  io("room", m.room);
}
template <class Io, Like<request::ConnectToPeer> M>
void fields(Io& io, M& m) {
  io("token", m.token);
  io("user", m.user);
  io("type", m.type);
}
template <class Io, Like<request::MessageUser> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("text", m.text);
}
template <class Io, Like<request::MessageAcked> M>
void fields(Io& io, M& m) {
  io("id", m.id);
}
template <class Io, Like<request::FileSearchRoom> M>
void fields(Io& io, M& m) {
  io("token", m.token);
  io("room_id", m.room_id);
  io("query", m.query);
}
template <class Io, OneOf<request::FileSearch, request::WishlistSearch> M>
void fields(Io& io, M& m) {
  io("token", m.token);
  io("query", m.query);
}
template <class Io, Like<request::SetStatus> M>
void fields(Io& io, M& m) {
  io("status", m.status);
}
template <class Io,
          OneOf<request::Ping, request::Recommendations, request::MyRecommendations, request::GlobalRecommendations, request::RoomList,
                request::GlobalUserList, request::CheckPrivileges, request::SimilarUsers, request::JoinGlobalRoom, request::LeaveGlobalRoom>
              M>
void fields(Io& /*io*/, M& /*m*/) {}
template <class Io, OneOf<request::SendConnectToken, request::PlaceInLineRequest> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("token", m.token);
}
template <class Io, Like<request::SendDownloadSpeed> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("speed", m.speed);
}
template <class Io, Like<request::SharedFoldersFiles> M>
void fields(Io& io, M& m) {
  io("folders", m.folders);
  io("files", m.files);
}
template <class Io, Like<request::UploadSlotsFull> M>
void fields(Io& io, M& m) {
  io("flag", m.flag);
}
template <class Io, Like<request::UserSearch> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("token", m.token);
  io("query", m.query);
}
template <class Io, OneOf<request::SimilarRecommendations, request::AddLikedInterest, request::RemoveLikedInterest,
                          request::ItemRecommendations, request::ItemSimilarUsers, request::AddHatedInterest, request::RemoveHatedInterest>
                        M>
void fields(Io& io, M& m) {
  io("item", m.item);
}
template <class Io, Like<request::AdminCommand> M>
void fields(Io& io, M& m) {
  io("command", m.command);
  io("arguments", m.arguments);
}
template <class Io, Like<request::PlaceInLineResponse> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("token", m.token);
  io("place", m.place);
}
template <class Io, Like<request::ExactFileSearch> M>
void fields(Io& io, M& m) {
  io("token", m.token);
  io("name", m.name);
  io("path", m.path);
  io("size", m.size);
  io("checksum", m.checksum);
  io("unknown", m.unknown);
}
template <class Io, Like<request::TunneledMessage> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("token", m.token);
  io("tunneled_code", m.tunneled_code);
  io("message", m.message);
}
template <class Io, Like<request::HaveNoParent> M>
void fields(Io& io, M& m) {
  io("no_parent", m.no_parent);
}
template <class Io, Like<request::ParentIp> M>
void fields(Io& io, M& m) {
  io("ip", m.ip);
}
template <class Io, Like<request::AcceptChildren> M>
void fields(Io& io, M& m) {
  io("accept", m.accept);
}
template <class Io, Like<request::RoomSearch> M>
void fields(Io& io, M& m) {
  io("room", m.room);
  io("token", m.token);
  io("query", m.query);
}
template <class Io, Like<request::SendUploadSpeed> M>
void fields(Io& io, M& m) {
  io("speed", m.speed);
}
template <class Io, Like<request::GivePrivileges> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("days", m.days);
}
template <class Io, OneOf<request::NotifyPrivileges, request::CantConnectToPeer> M>
void fields(Io& io, M& m) {
  io("token", m.token);
  io("user", m.user);
}
template <class Io, Like<request::AckNotifyPrivileges> M>
void fields(Io& io, M& m) {
  io("token", m.token);
}
template <class Io, Like<request::BranchLevel> M>
void fields(Io& io, M& m) {
  io("level", m.level);
}
template <class Io, Like<request::BranchRoot> M>
void fields(Io& io, M& m) {
  io("root", m.root);
}
template <class Io, Like<request::ChildDepth> M>
void fields(Io& io, M& m) {
  io("depth", m.depth);
}
template <class Io, OneOf<request::AddRoomMember, request::RemoveRoomMember, request::AddRoomOperator, request::RemoveRoomOperator> M>
void fields(Io& io, M& m) {
  io("room", m.room);
  io("user", m.user);
}
template <class Io, Like<request::EnableRoomInvitations> M>
void fields(Io& io, M& m) {
  io("enabled", m.enabled);
}
template <class Io, Like<request::ChangePassword> M>
void fields(Io& io, M& m) {
  io("password", m.password);
}
template <class Io, Like<request::MessageUsers> M>
void fields(Io& io, M& m) {
  io("users", m.users);
  io("text", m.text);
}
template <class Io, Like<request::RelatedSearch> M>
void fields(Io& io, M& m) {
  io("query", m.query);
}

}  // namespace soulfabric::soulseek::wire

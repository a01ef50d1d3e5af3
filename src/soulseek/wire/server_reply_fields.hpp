// SPDX-License-Identifier: GPL-3.0-or-later
// The field lists of what the server sends to a client: one description read, written and tested. The names are those of the protocol note.
#pragma once
#include "wire/primitives.hpp"
#include "wire/server_replies.hpp"

namespace soulfabric::soulseek::wire {

/// Flattened into the message that carries them, as the wire does.
template <class Io, Like<UserStats> M>
void fields(Io& io, M& m) {
  io("avg_speed", m.avg_speed);
  io("uploads", m.uploads);
  io("unknown", m.unknown);
  io("files", m.files);
  io("folders", m.folders);
}
template <class Io, Like<reply::RoomUser> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("status", m.status);
  fields(io, m.stats);
  io("slots_full", m.slots_full);
  io("country", m.country);
}
/// Five parallel lists, each with a count of its own.
template <class Io, class Users>
void room_user_lists(Io& io, Users& users) {
  io.column("users", users, &reply::RoomUser::user, true);
  io.column("statuses", users, &reply::RoomUser::status, false);
  io.column("stats", users, &reply::RoomUser::stats, false);
  io.column("slots_full", users, &reply::RoomUser::slots_full, false);
  io.column("countries", users, &reply::RoomUser::country, false);
}
template <class Io, Like<reply::Login> M>
void fields(Io& io, M& m) {
  io("ok", m.ok);
  if (m.ok) {
    io("greeting", m.greeting);
    io("own_ip", m.own_ip);
    io("password_md5", m.password_md5);
    io("supporter", m.supporter);
  } else {
    io("reason", m.reason);
    io("detail", m.detail);
  }
}
template <class Io, Like<reply::WatchUser> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("exists", m.exists);
  if (!m.exists) return;
  io("status", m.status);
  fields(io, m.stats);
  io("country", m.country);
}
template <class Io, Like<reply::PrivateRoom> M>
void fields(Io& io, M& m) {
  io("owner", m.owner);
  io("operators", m.operators);
}
template <class Io, Like<reply::JoinRoom> M>
void fields(Io& io, M& m) {
  io("room", m.room);
  room_user_lists(io, m.users);
  if constexpr (Io::kReading) {
    if (io.ok() && io.left() >= 4) fields(io, m.private_room.emplace());
  } else if (m.private_room) {
    fields(io, *m.private_room);
  }
}
template <class Io, Like<reply::UserJoinedRoom> M>
void fields(Io& io, M& m) {
  io("room", m.room);
  fields(io, m.member);
}
template <class Io, Like<reply::GlobalUserList> M>
void fields(Io& io, M& m) {
  room_user_lists(io, m.users);
}
template <class Io, Like<reply::RoomList> M>
void fields(Io& io, M& m) {
  io.column("rooms", m.rooms, &reply::RoomCount::room, true);
  io.column("room_users", m.rooms, &reply::RoomCount::users, false);
  io.column("owned_private", m.owned_private, &reply::RoomCount::room, true);
  io.column("owned_private_users", m.owned_private, &reply::RoomCount::users, false);
  io.column("private", m.other_private, &reply::RoomCount::room, true);
  io.column("private_users", m.other_private, &reply::RoomCount::users, false);
  io("operated_private", m.operated_private);
}
template <class Io, Like<reply::GetUserStats> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  fields(io, m.stats);
}
template <class Io, Like<reply::EmbeddedMessage> M>
void fields(Io& io, M& m) {
  io("distrib_code", m.distrib_code);
  io.rest("body_hex", m.body);
}
template <class Io, OneOf<reply::Recommendation, reply::RelatedItem> M>
void fields(Io& io, M& m) {
  io("item", m.item);
  io("score", m.score);
}
template <class Io, Like<reply::RatedUser> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("rating", m.rating);
}
template <class Io, Like<reply::Ticker> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("text", m.text);
}
template <class Io, Like<reply::Parent> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("ip", m.ip);
  io("port", m.port);
}
template <class Io, Like<reply::GetPeerAddress> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("ip", m.ip);
  io("port", m.port);
  io("obfuscation_type", m.obfuscation_type);
  io("obfuscated_port", m.obfuscated_port);
}
template <class Io, Like<reply::GetUserStatus> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("status", m.status);
  io("privileged", m.privileged);
}
template <class Io, OneOf<reply::IgnoreUser, reply::UnignoreUser, reply::AddPrivilegedUser> M>
void fields(Io& io, M& m) {
  io("user", m.user);
}
template <class Io, OneOf<reply::SayChatroom, reply::RoomTickerAdded, reply::GlobalRoomMessage> M>
void fields(Io& io, M& m) {
  io("room", m.room);
  io("user", m.user);
  io("text", m.text);
}
template <class Io,
          OneOf<reply::LeaveRoom, reply::RoomAdded, reply::RoomRemoved, reply::RoomSomething, reply::RoomMembershipGranted,
                reply::RoomMembershipRevoked, reply::RoomOperatorshipGranted, reply::RoomOperatorshipRevoked, reply::CantCreateRoom>
              M>
void fields(Io& io, M& m) {
  io("room", m.room);
}
template <class Io, OneOf<reply::UserLeftRoom, reply::RoomTickerRemoved, reply::AddRoomMember, reply::RemoveRoomMember,
                          reply::AddRoomOperator, reply::RemoveRoomOperator>
                        M>
void fields(Io& io, M& m) {
  io("room", m.room);
  io("user", m.user);
}
template <class Io, Like<reply::ConnectToPeer> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("type", m.type);
  io("ip", m.ip);
  io("port", m.port);
  io("token", m.token);
  io("privileged", m.privileged);
  io("obfuscation_type", m.obfuscation_type);
  io("obfuscated_port", m.obfuscated_port);
}
template <class Io, Like<reply::MessageUser> M>
void fields(Io& io, M& m) {
  io("id", m.id);
  io("time", m.time);
  io("user", m.user);
  io("text", m.text);
  io("new", m.is_new);
}
template <class Io, Like<reply::FileSearch> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("token", m.token);
  io("query", m.query);
}
template <class Io, OneOf<reply::Ping, reply::Relogged, reply::ResetDistributed> M>
void fields(Io& /*io*/, M& /*m*/) {}
template <class Io, OneOf<reply::SendConnectToken, reply::PlaceInLineRequest> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("token", m.token);
}
template <class Io, Like<reply::UploadSlotsFull> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("flag", m.flag);
}
template <class Io, OneOf<reply::SimilarRecommendations, reply::ItemRecommendations> M>
void fields(Io& io, M& m) {
  io("item", m.item);
  io("items", m.items);
}
template <class Io, OneOf<reply::Recommendations, reply::GlobalRecommendations> M>
void fields(Io& io, M& m) {
  io("liked", m.liked);
  io("disliked", m.disliked);
}
template <class Io, Like<reply::MyRecommendations> M>
void fields(Io& io, M& m) {
  io("items", m.items);
}
template <class Io, Like<reply::UserInterests> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("liked", m.liked);
  io("hated", m.hated);
}
template <class Io, Like<reply::PlaceInLineResponse> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("token", m.token);
  io("place", m.place);
}
template <class Io, Like<reply::ExactFileSearch> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("token", m.token);
  io("name", m.name);
  io("path", m.path);
  io("size", m.size);
  io("checksum", m.checksum);
}
template <class Io, Like<reply::AdminMessage> M>
void fields(Io& io, M& m) {
  io("text", m.text);
}
template <class Io, Like<reply::TunneledMessage> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("tunneled_code", m.tunneled_code);
  io("token", m.token);
  io("ip", m.ip);
  io("port", m.port);
  io("message", m.message);
}
template <class Io, OneOf<reply::PrivilegedUsers, reply::SimilarUsers> M>
void fields(Io& io, M& m) {
  io("users", m.users);
}
template <class Io, Like<reply::ParentMinSpeed> M>
void fields(Io& io, M& m) {
  io("speed", m.speed);
}
template <class Io, Like<reply::ParentSpeedRatio> M>
void fields(Io& io, M& m) {
  io("ratio", m.ratio);
}
template <class Io, OneOf<reply::ParentInactivityTimeout, reply::SearchInactivityTimeout, reply::DistributedPingInterval,
                          reply::CheckPrivileges, reply::WishlistInterval>
                        M>
void fields(Io& io, M& m) {
  io("seconds", m.seconds);
}
template <class Io, Like<reply::MinParentsInCache> M>
void fields(Io& io, M& m) {
  io("count", m.count);
}
template <class Io, Like<reply::PossibleParents> M>
void fields(Io& io, M& m) {
  io("parents", m.parents);
}
template <class Io, Like<reply::ItemSimilarUsers> M>
void fields(Io& io, M& m) {
  io("item", m.item);
  io("users", m.users);
}
template <class Io, Like<reply::RoomTickers> M>
void fields(Io& io, M& m) {
  io("room", m.room);
  io("tickers", m.tickers);
}
template <class Io, Like<reply::UserPrivileged> M>
void fields(Io& io, M& m) {
  io("user", m.user);
  io("privileged", m.privileged);
}
template <class Io, Like<reply::NotifyPrivileges> M>
void fields(Io& io, M& m) {
  io("token", m.token);
  io("user", m.user);
}
template <class Io, OneOf<reply::AckNotifyPrivileges, reply::CantConnectToPeer> M>
void fields(Io& io, M& m) {
  io("token", m.token);
}
template <class Io, Like<reply::ChildDepth> M>
void fields(Io& io, M& m) {
  io("depth", m.depth);
}
template <class Io, OneOf<reply::RoomMembers, reply::RoomOperators> M>
void fields(Io& io, M& m) {
  io("room", m.room);
  io("users", m.users);
}
template <class Io, Like<reply::EnableRoomInvitations> M>
void fields(Io& io, M& m) {
  io("enabled", m.enabled);
}
template <class Io, Like<reply::ChangePassword> M>
void fields(Io& io, M& m) {
  io("password", m.password);
}
template <class Io, Like<reply::RelatedSearch> M>
void fields(Io& io, M& m) {
  io("query", m.query);
  io("items", m.items);
}
template <class Io, Like<reply::ExcludedSearchPhrases> M>
void fields(Io& io, M& m) {
  io("phrases", m.phrases);
}

}  // namespace soulfabric::soulseek::wire

// SPDX-License-Identifier: GPL-3.0-or-later
// Rooms of the server: public and private ones, tickers, membership, the feed of all public rooms.
#include "core/server_core.hpp"
#include "core/server_names.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kMaxRooms = 10'000;
constexpr std::size_t kMaxRoomsOfUser = 200;
constexpr std::size_t kMaxMembers = 1'000;
constexpr std::size_t kMaxLine = 2048;
constexpr std::size_t kMaxTicker = 1024;

[[nodiscard]] bool is_one_line(const std::string& text) { return text.find_first_of("\r\n") == std::string::npos; }

}  // namespace

wire::reply::RoomList ServerCore::room_list(const std::string& user) const {
  wire::reply::RoomList list;
  for (const auto& [name, room] : rooms_) {
    const wire::reply::RoomCount count{name, static_cast<std::uint32_t>(room.present.size())};
    if (!room.is_private) {
      list.rooms.push_back(count);
    } else if (room.owner == user) {
      list.owned_private.push_back(count);
    } else if (room.members.contains(user)) {
      list.other_private.push_back(count);
    }
    if (room.is_private && room.operators.contains(user)) list.operated_private.push_back(name);
  }
  return list;
}

void ServerCore::describe_private_rooms(const Session& to) {
  for (const auto& [name, room] : rooms_) {
    if (room.is_private && room.admits(to.name)) describe_room(to, room);
  }
}

void ServerCore::describe_room(const Session& to, const Room& room) {
  send(to, wire::reply::RoomMembers{room.name, {room.members.begin(), room.members.end()}});
  send(to, wire::reply::RoomOperators{room.name, {room.operators.begin(), room.operators.end()}});
}

void ServerCore::save_room(const Room& room) {
  if (!room.is_private) return;
  out_.emplace_back(
      ServerSaveRoom{{room.name, room.owner, {room.members.begin(), room.members.end()}, {room.operators.begin(), room.operators.end()}}});
}

void ServerCore::handle(Session& session, const wire::request::RoomList& /*m*/) { send(session, room_list(session.name)); }

/// The room where the user may enter it, made where there is none; else nothing, and the user is told why.
ServerCore::Room* ServerCore::open_room(Session& session, const wire::request::JoinRoom& m) {
  if (const auto fault = room_name_fault(m.room)) {
    notice(session, "Could not create room. Reason: " + std::string(*fault));
    return nullptr;
  }
  if (const auto found = rooms_.find(m.room); found != rooms_.end()) {
    if (found->second.admits(session.name)) return &found->second;
    notice(session, "The room you are trying to enter (" + m.room + ") is registered as private.");
    send(session, wire::reply::CantCreateRoom{m.room});
    return nullptr;
  }
  if (rooms_.size() >= kMaxRooms || session.rooms.size() >= kMaxRoomsOfUser) {
    notice(session, "Could not create room. Reason: there are too many rooms.");
    return nullptr;
  }
  Room& room = rooms_[m.room];
  room.name = m.room;
  if (m.is_private.value_or(0) != 0) {
    room.is_private = true;
    room.owner = session.name;
    save_room(room);
    send(session, room_list(session.name));
    describe_room(session, room);
  }
  return &room;
}

void ServerCore::handle(Session& session, const wire::request::JoinRoom& m) {
  if (session.rooms.contains(m.room)) return;
  Room* room = open_room(session, m);
  if (room == nullptr) return;
  const wire::reply::RoomUser self{session.name, session.status, stats_of(session.name), 0, {}};
  to_room(*room, wire::reply::UserJoinedRoom{m.room, self});
  room->present.insert(session.name);
  session.rooms.insert(m.room);
  wire::reply::JoinRoom answer;
  answer.room = m.room;
  for (const std::string& name : room->present) {
    const Session* member = online(name);
    answer.users.push_back({name, member == nullptr ? wire::UserStatus::Offline : member->status, stats_of(name), 0, {}});
  }
  if (room->is_private) answer.private_room = {room->owner, {room->operators.begin(), room->operators.end()}};
  send(session, answer);
  wire::reply::RoomTickers tickers{m.room, {}};
  for (const auto& [user, text] : room->tickers) tickers.tickers.push_back({user, text});
  send(session, tickers);
}

void ServerCore::leave_room(Session& session, const std::string& name) {
  session.rooms.erase(name);
  const auto found = rooms_.find(name);
  if (found == rooms_.end() || found->second.present.erase(session.name) == 0) return;
  to_room(found->second, wire::reply::UserLeftRoom{name, session.name});
  if (found->second.present.empty() && !found->second.is_private) rooms_.erase(found);
}

void ServerCore::handle(Session& session, const wire::request::LeaveRoom& m) {
  if (!session.rooms.contains(m.room)) return;
  leave_room(session, m.room);
  send(session, wire::reply::LeaveRoom{m.room});
}

/// The room of that name that the user is in.
ServerCore::Room* ServerCore::room_with(const Session& session, const std::string& name) {
  if (!session.rooms.contains(name)) return nullptr;
  const auto found = rooms_.find(name);
  return found == rooms_.end() ? nullptr : &found->second;
}

void ServerCore::handle(Session& session, const wire::request::SayChatroom& m) {
  const Room* room = room_with(session, m.room);
  if (room == nullptr || m.text.empty() || m.text.size() > kMaxLine || !is_one_line(m.text)) return;
  to_room(*room, wire::reply::SayChatroom{m.room, session.name, m.text});
  if (room->is_private) return;
  const auto frame = std::make_shared<const Bytes>(wire::encode(wire::reply::GlobalRoomMessage{m.room, session.name, m.text}));
  for (const auto& [id, other] : sessions_) {
    if (other.phase == Phase::LoggedIn && other.feed) send_frame(other, frame);
  }
}

void ServerCore::handle(Session& session, const wire::request::SetRoomTicker& m) {
  Room* room = room_with(session, m.room);
  if (room == nullptr || m.text.size() > kMaxTicker || !is_one_line(m.text)) return;
  if (room->tickers.erase(session.name) > 0) to_room(*room, wire::reply::RoomTickerRemoved{m.room, session.name});
  if (m.text.empty()) return;
  room->tickers[session.name] = m.text;
  to_room(*room, wire::reply::RoomTickerAdded{m.room, session.name, m.text});
}

void ServerCore::handle(Session& session, const wire::request::AddRoomMember& m) {
  const auto found = rooms_.find(m.room);
  if (found == rooms_.end() || !found->second.is_private || !found->second.may_manage(session.name)) return;
  Room& room = found->second;
  Session* target = online(m.user);
  if (target == nullptr) return notice(session, "user " + m.user + " is not logged in.");
  if (room.admits(m.user)) return notice(session, "user " + m.user + " is already a member of room " + m.room);
  if (!target->invitations)
    return notice(
        session,
        "user " + m.user + " hasn't enabled private room add. please message them and ask them to do so before trying to add them again.");
  if (room.members.size() >= kMaxMembers) return notice(session, "room " + m.room + " has too many members.");
  room.members.insert(m.user);
  save_room(room);
  to_room(room, wire::reply::AddRoomMember{m.room, m.user});
  if (!room.present.contains(session.name)) send(session, wire::reply::AddRoomMember{m.room, m.user});
  send(*target, wire::reply::RoomMembershipGranted{m.room});
  send(*target, room_list(m.user));
  describe_room(*target, room);
  notice(session, "user " + m.user + " is now a member of room " + m.room);
}

/// Ends a membership, wherever the wish came from; the room stays.
void ServerCore::revoke_membership(Room& room, const std::string& user) {
  const bool was_operator = room.operators.erase(user) > 0;
  if (room.members.erase(user) == 0) return;
  const std::string name = room.name;
  if (was_operator) to_room(room, wire::reply::RemoveRoomOperator{name, user});
  to_room(room, wire::reply::RemoveRoomMember{name, user}, user);
  Session* target = online(user);
  if (target == nullptr) return;
  send(*target, wire::reply::RoomMembershipRevoked{name});
  if (target->rooms.contains(name)) {
    leave_room(*target, name);
    send(*target, wire::reply::LeaveRoom{name});
  }
  send(*target, room_list(user));
}

void ServerCore::handle(Session& session, const wire::request::RemoveRoomMember& m) {
  const auto found = rooms_.find(m.room);
  if (found == rooms_.end() || !found->second.is_private || !found->second.members.contains(m.user)) return;
  Room& room = found->second;
  const bool may = session.name == room.owner || (room.operators.contains(session.name) && !room.operators.contains(m.user));
  if (!may) return;
  revoke_membership(room, m.user);
  save_room(room);
  if (!room.present.contains(session.name)) send(session, wire::reply::RemoveRoomMember{m.room, m.user});
}

void ServerCore::handle(Session& session, const wire::request::CancelRoomMembership& m) {
  const auto found = rooms_.find(m.room);
  if (found == rooms_.end() || !found->second.is_private || !found->second.members.contains(session.name)) return;
  revoke_membership(found->second, session.name);
  save_room(found->second);
}

void ServerCore::handle(Session& session, const wire::request::CancelRoomOwnership& m) {
  const auto found = rooms_.find(m.room);
  if (found == rooms_.end() || !found->second.is_private || found->second.owner != session.name) return;
  const std::set<std::string> members = found->second.members;
  for (const std::string& member : members) revoke_membership(found->second, member);
  if (session.rooms.contains(m.room)) {
    leave_room(session, m.room);
    send(session, wire::reply::LeaveRoom{m.room});
  }
  rooms_.erase(m.room);
  out_.emplace_back(ServerDropRoom{m.room});
  send(session, room_list(session.name));
}

void ServerCore::handle(Session& session, const wire::request::AddRoomOperator& m) {
  const auto found = rooms_.find(m.room);
  if (found == rooms_.end() || !found->second.is_private || found->second.owner != session.name) return;
  Room& room = found->second;
  if (!room.members.contains(m.user)) return notice(session, "user " + m.user + " must first be a member of room " + m.room);
  if (!room.operators.insert(m.user).second) return;
  save_room(room);
  to_room(room, wire::reply::AddRoomOperator{m.room, m.user});
  if (!room.present.contains(session.name)) send(session, wire::reply::AddRoomOperator{m.room, m.user});
  if (const Session* target = online(m.user)) send(*target, wire::reply::RoomOperatorshipGranted{m.room});
}

void ServerCore::handle(Session& session, const wire::request::RemoveRoomOperator& m) {
  const auto found = rooms_.find(m.room);
  if (found == rooms_.end() || !found->second.is_private || found->second.owner != session.name) return;
  Room& room = found->second;
  if (room.operators.erase(m.user) == 0) return;
  save_room(room);
  to_room(room, wire::reply::RemoveRoomOperator{m.room, m.user});
  if (!room.present.contains(session.name)) send(session, wire::reply::RemoveRoomOperator{m.room, m.user});
  if (const Session* target = online(m.user)) send(*target, wire::reply::RoomOperatorshipRevoked{m.room});
}

void ServerCore::handle(Session& session, const wire::request::EnableRoomInvitations& m) {
  session.invitations = m.enabled;
  send(session, wire::reply::EnableRoomInvitations{m.enabled});
}

void ServerCore::handle(Session& session, const wire::request::JoinGlobalRoom& /*m*/) { session.feed = true; }
void ServerCore::handle(Session& session, const wire::request::LeaveGlobalRoom& /*m*/) { session.feed = false; }

}  // namespace soulfabric::soulseek

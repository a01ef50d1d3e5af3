// SPDX-License-Identifier: GPL-3.0-or-later
// The Soulseek-compatible server as decisions: requests come in, actions go out. Sans-IO: no socket, clock or database here;
// connections are numbers that the shell gives, password hashing is asked for and answered later.
#pragma once
#include <deque>
#include <map>
#include <set>
#include <unordered_map>

#include "core/server_interests.hpp"
#include "core/server_types.hpp"
#include "soulfabric/base/ip.hpp"
#include "wire/wire.hpp"

namespace soulfabric::soulseek {

class ServerCore {
 public:
  ServerCore(ServerRules rules, ServerMemory memory);

  /// A connection was accepted; it may be closed at once (caps). `local` is the address of ours that it reached.
  [[nodiscard]] ServerActions on_connected(ServerConnection id, IpAddress address, IpAddress local, ServerMoment moment);
  [[nodiscard]] ServerActions on_request(ServerConnection id, const wire::ServerRequest& request, ServerMoment moment);
  /// The answer to a ServerPasswordJob: whether the password fits, and the new hash where one was asked for.
  [[nodiscard]] ServerActions on_password(ServerConnection id, bool fits, std::string hash, ServerMoment moment);
  [[nodiscard]] ServerActions on_disconnected(ServerConnection id, ServerMoment moment);
  /// At least once per possible_parents_interval and login_timeout.
  [[nodiscard]] ServerActions on_tick(ServerMoment moment);
  /// Text to everybody who is logged in.
  [[nodiscard]] ServerActions announce(std::string text, ServerMoment moment);

  /// A password job of the connection's login is under way: better not read on until it is answered.
  [[nodiscard]] bool is_checking(ServerConnection id) const;
  [[nodiscard]] std::size_t users_online() const noexcept { return by_name_.size(); }
  [[nodiscard]] std::size_t account_count() const noexcept { return accounts_.size(); }

 private:
  enum class Phase { Fresh, Checking, LoggedIn, Leaving };
  enum class Job { None, Verify, Register, Change };
  struct Session {
    ServerConnection id = 0;
    IpAddress address;
    IpAddress local;
    Phase phase = Phase::Fresh;
    Job job = Job::None;
    MonoTime connected_at{};
    std::string name;
    std::string password;                  // while a job on it runs, empty otherwise
    std::deque<wire::ServerRequest> held;  // sent behind a Login that is being checked
    std::uint32_t port = 0;
    std::uint32_t obfuscation_type = 0;
    std::uint32_t obfuscated_port = 0;
    wire::UserStatus status = wire::UserStatus::Online;
    std::uint32_t files = 0;
    std::uint32_t folders = 0;
    std::set<std::string> watches;
    std::set<std::string> rooms;
    bool invitations = false;
    bool feed = false;
    bool no_parent = false;
    bool accepts_children = false;
    std::string branch_root;
  };
  struct Room {
    std::string name;
    bool is_private = false;
    std::string owner;
    std::set<std::string> members;  // of a private room, without the owner
    std::set<std::string> operators;
    std::set<std::string> present;
    std::map<std::string, std::string> tickers;
    [[nodiscard]] bool admits(const std::string& user) const { return !is_private || user == owner || members.contains(user); }
    [[nodiscard]] bool may_manage(const std::string& user) const { return user == owner || operators.contains(user); }
  };
  struct AddressRecord {
    std::size_t connections = 0;
    std::size_t registrations = 0;
    std::size_t failures = 0;
    MonoTime since{};
  };

  // sessions (server_core.cpp)
  void dispatch(Session& session, const wire::ServerRequest& request);
  void handle(Session& session, const wire::request::Login& m);
  void verified(Session& session, bool fits);
  void registered(Session& session, std::string hash);
  void changed_password(Session& session, std::string hash);
  void refuse(Session& session, std::string reason, std::optional<std::string> detail = std::nullopt);
  void welcome(Session& session);
  void leave(Session& session);
  void close(Session& session);
  [[nodiscard]] AddressRecord& record_of(const IpAddress& address);
  [[nodiscard]] Session* online(const std::string& name);
  [[nodiscard]] ServerAccount* account(const std::string& name);
  template <class M>
  void send(const Session& to, const M& message) {
    out_.emplace_back(ServerSend{to.id, std::make_shared<const Bytes>(wire::encode(message))});
  }
  void send_frame(const Session& to, std::shared_ptr<const Bytes> frame) { out_.emplace_back(ServerSend{to.id, std::move(frame)}); }
  [[nodiscard]] ServerActions finish() { return std::exchange(out_, {}); }

  // users (server_users.cpp)
  [[nodiscard]] static IpAddress address_for(const Session& asker, const Session& user);
  void handle(Session& session, const wire::request::SetWaitPort& m);
  void handle(Session& session, const wire::request::GetPeerAddress& m);
  void handle(Session& session, const wire::request::WatchUser& m);
  void handle(Session& session, const wire::request::UnwatchUser& m);
  void handle(Session& session, const wire::request::GetUserStatus& m);
  void handle(Session& session, const wire::request::GetUserStats& m);
  void handle(Session& session, const wire::request::SetStatus& m);
  void handle(Session& session, const wire::request::SharedFoldersFiles& m);
  void handle(Session& session, const wire::request::SendUploadSpeed& m);
  void handle(Session& session, const wire::request::ConnectToPeer& m);
  void handle(Session& session, const wire::request::CantConnectToPeer& m);
  void handle(Session& session, const wire::request::MessageUser& m);
  void handle(Session& session, const wire::request::MessageUsers& m);
  void handle(Session& session, const wire::request::MessageAcked& m);
  void handle(Session& session, const wire::request::CheckPrivileges& m);
  void handle(Session& session, const wire::request::GivePrivileges& m);
  void handle(Session& session, const wire::request::UserPrivileged& m);
  void handle(Session& session, const wire::request::ChangePassword& m);
  void handle(Session& session, const wire::request::AddLikedInterest& m);
  void handle(Session& session, const wire::request::RemoveLikedInterest& m);
  void handle(Session& session, const wire::request::AddHatedInterest& m);
  void handle(Session& session, const wire::request::RemoveHatedInterest& m);
  void handle(Session& session, const wire::request::Recommendations& m);
  void handle(Session& session, const wire::request::GlobalRecommendations& m);
  void handle(Session& session, const wire::request::UserInterests& m);
  void handle(Session& session, const wire::request::SimilarUsers& m);
  void handle(Session& session, const wire::request::ItemRecommendations& m);
  void handle(Session& session, const wire::request::ItemSimilarUsers& m);
  [[nodiscard]] bool is_privileged(const std::string& name) const;
  [[nodiscard]] std::uint32_t privilege_left(const std::string& name) const;
  [[nodiscard]] wire::UserStats stats_of(const std::string& name);
  void push_status(const std::string& name, wire::UserStatus status);
  void push_stats(const Session& session);
  void message(const Session& to, const ServerMessage& message, bool is_new);
  void store_and_send(const Session& from, const std::string& to, const std::string& text);
  void notice(const Session& to, std::string text);
  [[nodiscard]] std::uint32_t next_message_id();

  // rooms (server_rooms.cpp)
  void handle(Session& session, const wire::request::RoomList& m);
  void handle(Session& session, const wire::request::JoinRoom& m);
  void handle(Session& session, const wire::request::LeaveRoom& m);
  void handle(Session& session, const wire::request::SayChatroom& m);
  void handle(Session& session, const wire::request::SetRoomTicker& m);
  void handle(Session& session, const wire::request::AddRoomMember& m);
  void handle(Session& session, const wire::request::RemoveRoomMember& m);
  void handle(Session& session, const wire::request::CancelRoomMembership& m);
  void handle(Session& session, const wire::request::CancelRoomOwnership& m);
  void handle(Session& session, const wire::request::AddRoomOperator& m);
  void handle(Session& session, const wire::request::RemoveRoomOperator& m);
  void handle(Session& session, const wire::request::EnableRoomInvitations& m);
  void handle(Session& session, const wire::request::JoinGlobalRoom& m);
  void handle(Session& session, const wire::request::LeaveGlobalRoom& m);
  [[nodiscard]] wire::reply::RoomList room_list(const std::string& user) const;
  [[nodiscard]] Room* room_with(const Session& session, const std::string& name);
  [[nodiscard]] Room* open_room(Session& session, const wire::request::JoinRoom& m);
  void describe_room(const Session& to, const Room& room);
  void describe_private_rooms(const Session& to);
  void leave_room(Session& session, const std::string& name);
  void revoke_membership(Room& room, const std::string& user);
  void save_room(const Room& room);
  template <class M>
  void to_room(const Room& room, const M& message, const std::string& except = {}) {
    const auto frame = std::make_shared<const Bytes>(wire::encode(message));
    for (const std::string& name : room.present) {
      if (Session* member = online(name); member != nullptr && name != except) send_frame(*member, frame);
    }
  }

  // searches and the tree (server_search.cpp)
  void handle(Session& session, const wire::request::FileSearch& m);
  void handle(Session& session, const wire::request::WishlistSearch& m);
  void handle(Session& session, const wire::request::UserSearch& m);
  void handle(Session& session, const wire::request::RoomSearch& m);
  void handle(Session& session, const wire::request::HaveNoParent& m);
  void handle(Session& session, const wire::request::AcceptChildren& m);
  void handle(Session& session, const wire::request::BranchRoot& m);
  void search_everywhere(const Session& from, std::uint32_t token, const std::string& query);
  void reset_branch(const std::string& root);
  void offer_parents(const Session& session);
  [[nodiscard]] bool ranks_above(const Session& a, const Session& b) const;

  /// Obsolete and client-only messages: known, and nothing to do about them.
  template <class M>
  void handle(Session& /*session*/, const M& /*m*/) {}

  ServerRules rules_;
  ServerMoment moment_;
  ServerActions out_;
  std::map<ServerConnection, Session> sessions_;
  std::unordered_map<std::string, ServerConnection> by_name_;
  std::map<std::string, ServerAccount> accounts_;
  std::map<IpAddress, AddressRecord> addresses_;
  std::unordered_map<std::string, std::set<ServerConnection>> watchers_;
  std::map<std::uint32_t, ServerMessage> messages_;
  std::unordered_map<std::string, std::size_t> stored_for_;  // messages per addressee
  std::uint32_t next_message_ = 0;                           // the last one given
  std::map<std::string, Room> rooms_;
  ServerInterests interests_;
  std::optional<MonoTime> parents_at_;
};

}  // namespace soulfabric::soulseek

// SPDX-License-Identifier: GPL-3.0-or-later
// Users of the server: addresses, watches, statistics, connect brokering, private messages, privileges, interests.
#include <algorithm>

#include "core/server_core.hpp"

namespace soulfabric::soulseek {
namespace {
constexpr std::size_t kMaxWatches = 20'000;
constexpr std::size_t kMaxMessage = 8 * 1024;
constexpr std::size_t kMaxStoredFor = 1'000;
constexpr std::size_t kMaxAddressees = 100;
constexpr std::size_t kMaxPassword = 256;
constexpr std::uint32_t kDay = 24 * 60 * 60;
constexpr std::uint32_t kAlways = 365 * kDay;  // what is left to users whom the rules name
}  // namespace

void ServerCore::handle(Session& session, const wire::request::SetWaitPort& m) {
  session.port = wire::port_of(m.port).value_or(0);
  session.obfuscation_type = m.obfuscation_type.value_or(0);
  session.obfuscated_port = wire::port_of(m.obfuscated_port.value_or(0)).value_or(0);
}

/// The address by which `asker` reaches `user`. Who sits on the server's own machine is reached at the address where the asker
/// reached the server: its loopback address would mean the asker itself.
IpAddress ServerCore::address_for(const Session& asker, const Session& user) {
  return user.address.is_loopback() && !asker.address.is_loopback() ? asker.local : user.address;
}

void ServerCore::handle(Session& session, const wire::request::GetPeerAddress& m) {
  wire::reply::GetPeerAddress answer;
  answer.user = m.user;
  answer.obfuscation_type = 0;
  answer.obfuscated_port = std::uint16_t{0};
  if (const Session* user = online(m.user)) {
    answer.ip = address_for(session, *user);
    answer.port = user->port;
    answer.obfuscation_type = user->obfuscation_type;
    answer.obfuscated_port = static_cast<std::uint16_t>(user->obfuscated_port);
  }
  send(session, answer);
}

void ServerCore::handle(Session& session, const wire::request::WatchUser& m) {
  wire::reply::WatchUser answer;
  answer.user = m.user;
  answer.exists = account(m.user) != nullptr;
  if (answer.exists) {
    const Session* user = online(m.user);
    answer.status = user == nullptr ? wire::UserStatus::Offline : user->status;
    answer.stats = stats_of(m.user);
    if (user != nullptr) answer.country = std::string();
    if (session.watches.size() < kMaxWatches && session.watches.insert(m.user).second) watchers_[m.user].insert(session.id);
  }
  send(session, answer);
}

void ServerCore::handle(Session& session, const wire::request::UnwatchUser& m) {
  if (session.watches.erase(m.user) == 0) return;
  const auto found = watchers_.find(m.user);
  if (found == watchers_.end()) return;
  found->second.erase(session.id);
  if (found->second.empty()) watchers_.erase(found);
}

void ServerCore::handle(Session& session, const wire::request::GetUserStatus& m) {
  const Session* user = online(m.user);
  send(session, wire::reply::GetUserStatus{m.user, user == nullptr ? wire::UserStatus::Offline : user->status, is_privileged(m.user)});
}

void ServerCore::handle(Session& session, const wire::request::GetUserStats& m) {
  send(session, wire::reply::GetUserStats{m.user, stats_of(m.user)});
}

wire::UserStats ServerCore::stats_of(const std::string& name) {
  wire::UserStats stats;
  if (const ServerAccount* known = account(name)) {
    stats.avg_speed = known->avg_speed;
    stats.uploads = known->uploads;
  }
  if (const Session* user = online(name)) {
    stats.files = user->files;
    stats.folders = user->folders;
  }
  return stats;
}

void ServerCore::handle(Session& session, const wire::request::SetStatus& m) {
  const auto wanted = m.status == 1 ? wire::UserStatus::Away : wire::UserStatus::Online;
  if (std::exchange(session.status, wanted) == wanted) return;
  push_status(session.name, wanted);
  if (wanted == wire::UserStatus::Away && !session.watches.contains(session.name) && session.rooms.empty()) {
    send(session, wire::reply::GetUserStatus{session.name, wanted, is_privileged(session.name)});
  }
}

/// To everybody who watches the user or is in a room with them, once each.
void ServerCore::push_status(const std::string& name, wire::UserStatus status) {
  std::set<ServerConnection> told;
  if (const auto found = watchers_.find(name); found != watchers_.end()) told = found->second;
  if (const Session* user = online(name)) {
    for (const std::string& room : user->rooms) {
      for (const std::string& member : rooms_.at(room).present) {
        if (const Session* other = online(member)) told.insert(other->id);
      }
    }
    if (status == wire::UserStatus::Offline) told.erase(user->id);
  }
  if (told.empty()) return;
  const auto frame = std::make_shared<const Bytes>(wire::encode(wire::reply::GetUserStatus{name, status, is_privileged(name)}));
  for (const ServerConnection id : told) {
    const auto found = sessions_.find(id);
    if (found != sessions_.end() && found->second.phase == Phase::LoggedIn) send_frame(found->second, frame);
  }
}

void ServerCore::push_stats(const Session& session) {
  const wire::reply::GetUserStats stats{session.name, stats_of(session.name)};
  for (const std::string& room : session.rooms) to_room(rooms_.at(room), stats);
}

void ServerCore::handle(Session& session, const wire::request::SharedFoldersFiles& m) {
  session.folders = m.folders;
  session.files = m.files;
  push_stats(session);
}

void ServerCore::handle(Session& session, const wire::request::SendUploadSpeed& m) {
  ServerAccount* known = account(session.name);
  if (known == nullptr) return;
  const std::uint64_t total = std::uint64_t{known->avg_speed} * known->uploads + m.speed;
  if (known->uploads < 0xFFFF'FFFFU) ++known->uploads;
  known->avg_speed = static_cast<std::uint32_t>(total / known->uploads);
  out_.emplace_back(ServerSaveAccount{*known});
  push_stats(session);
}

void ServerCore::handle(Session& session, const wire::request::ConnectToPeer& m) {
  if (m.type != wire::kPeerType && m.type != wire::kFileType && m.type != wire::kDistributedType) return;
  const Session* target = online(m.user);
  if (target == nullptr) return send(session, wire::reply::CantConnectToPeer{m.token});
  wire::reply::ConnectToPeer order;
  order.user = session.name;
  order.type = m.type;
  order.ip = address_for(*target, session);
  order.port = session.port;
  order.token = m.token;
  order.privileged = is_privileged(session.name);
  order.obfuscation_type = session.obfuscation_type;
  order.obfuscated_port = session.obfuscated_port;
  send(*target, order);
}

void ServerCore::handle(Session& /*session*/, const wire::request::CantConnectToPeer& m) {
  if (const Session* target = online(m.user)) send(*target, wire::reply::CantConnectToPeer{m.token});
}

void ServerCore::message(const Session& to, const ServerMessage& stored, bool is_new) {
  send(to, wire::reply::MessageUser{stored.id, stored.unix_seconds, stored.from, stored.text, is_new});
}

/// Grows across restarts even where nothing was stored: clients tell messages apart by it.
std::uint32_t ServerCore::next_message_id() {
  next_message_ = std::max(next_message_ + 1, moment_.unix_seconds);
  return next_message_;
}

void ServerCore::notice(const Session& to, std::string text) {
  message(to, {.id = next_message_id(), .unix_seconds = moment_.unix_seconds, .from = "server", .to = to.name, .text = std::move(text)},
          true);
}

void ServerCore::store_and_send(const Session& from, const std::string& to, const std::string& text) {
  if (text.empty() || text.size() > kMaxMessage || account(to) == nullptr) return;
  std::size_t& stored = stored_for_[to];
  if (stored >= kMaxStoredFor) return notice(from, "The message was not delivered: the mailbox of the user is full.");
  ++stored;
  const ServerMessage fresh{next_message_id(), moment_.unix_seconds, from.name, to, text};
  messages_.emplace(fresh.id, fresh);
  out_.emplace_back(ServerSaveMessage{fresh});
  if (const Session* addressee = online(to)) message(*addressee, fresh, true);
}

void ServerCore::handle(Session& session, const wire::request::MessageUser& m) { store_and_send(session, m.user, m.text); }

void ServerCore::handle(Session& session, const wire::request::MessageUsers& m) {
  if (m.users.size() > kMaxAddressees) return;
  for (const std::string& user : m.users) {
    if (online(user) != nullptr) store_and_send(session, user, m.text);
  }
}

void ServerCore::handle(Session& session, const wire::request::MessageAcked& m) {
  const auto found = messages_.find(m.id);
  if (found == messages_.end() || found->second.to != session.name) return;
  if (auto stored = stored_for_.find(session.name); stored != stored_for_.end() && --stored->second == 0) stored_for_.erase(stored);
  messages_.erase(found);
  out_.emplace_back(ServerDropMessage{m.id});
}

std::uint32_t ServerCore::privilege_left(const std::string& name) const {
  if (std::ranges::find(rules_.privileged_users, name) != rules_.privileged_users.end()) return kAlways;
  const auto found = accounts_.find(name);
  if (found == accounts_.end() || found->second.privileged_until <= moment_.unix_seconds) return 0;
  return found->second.privileged_until - moment_.unix_seconds;
}

bool ServerCore::is_privileged(const std::string& name) const { return privilege_left(name) > 0; }

void ServerCore::handle(Session& session, const wire::request::CheckPrivileges& /*m*/) {
  send(session, wire::reply::CheckPrivileges{privilege_left(session.name)});
}

void ServerCore::handle(Session& session, const wire::request::GivePrivileges& m) {
  ServerAccount* giver = account(session.name);
  ServerAccount* taker = account(m.user);
  const std::uint64_t seconds = std::uint64_t{m.days} * kDay;
  if (giver == nullptr || taker == nullptr || giver == taker || seconds == 0 || seconds > privilege_left(session.name)) return;
  const auto given = static_cast<std::uint32_t>(seconds);
  if (giver->privileged_until > moment_.unix_seconds)
    giver->privileged_until -= std::min(given, giver->privileged_until - moment_.unix_seconds);
  taker->privileged_until = std::max(taker->privileged_until, moment_.unix_seconds);
  taker->privileged_until += std::min(given, 0xFFFF'FFFFU - taker->privileged_until);
  out_.emplace_back(ServerSaveAccount{*giver});
  out_.emplace_back(ServerSaveAccount{*taker});
  if (const Session* user = online(m.user)) {
    send(*user, wire::reply::CheckPrivileges{privilege_left(m.user)});
    push_status(m.user, user->status);
  }
}

void ServerCore::handle(Session& session, const wire::request::UserPrivileged& m) {
  send(session, wire::reply::UserPrivileged{m.user, is_privileged(m.user)});
}

void ServerCore::handle(Session& session, const wire::request::ChangePassword& m) {
  if (m.password.empty() || m.password.size() > kMaxPassword || session.job != Job::None) return;
  session.job = Job::Change;
  session.password = m.password;
  out_.emplace_back(ServerPasswordJob{session.id, m.password, {}});
}

void ServerCore::handle(Session& session, const wire::request::AddLikedInterest& m) {
  interests_.add(session.name, ServerInterests::Kind::Liked, m.item);
}
void ServerCore::handle(Session& session, const wire::request::RemoveLikedInterest& m) {
  interests_.remove(session.name, ServerInterests::Kind::Liked, m.item);
}
void ServerCore::handle(Session& session, const wire::request::AddHatedInterest& m) {
  interests_.add(session.name, ServerInterests::Kind::Hated, m.item);
}
void ServerCore::handle(Session& session, const wire::request::RemoveHatedInterest& m) {
  interests_.remove(session.name, ServerInterests::Kind::Hated, m.item);
}
void ServerCore::handle(Session& session, const wire::request::Recommendations& /*m*/) {
  send(session, interests_.recommendations(session.name));
}
void ServerCore::handle(Session& session, const wire::request::GlobalRecommendations& /*m*/) { send(session, interests_.global()); }
void ServerCore::handle(Session& session, const wire::request::UserInterests& m) { send(session, interests_.of(m.user)); }
void ServerCore::handle(Session& session, const wire::request::SimilarUsers& /*m*/) {
  send(session, interests_.similar_users(session.name));
}
void ServerCore::handle(Session& session, const wire::request::ItemRecommendations& m) {
  send(session, interests_.item_recommendations(session.name, m.item));
}
void ServerCore::handle(Session& session, const wire::request::ItemSimilarUsers& m) {
  send(session, interests_.item_similar_users(session.name, m.item));
}

}  // namespace soulfabric::soulseek

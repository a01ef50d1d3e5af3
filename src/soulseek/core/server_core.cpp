// SPDX-License-Identifier: GPL-3.0-or-later
// Sessions of the server: connecting, logging in, being kicked by oneself, leaving.
#include "core/server_core.hpp"

#include <algorithm>

#include "core/server_names.hpp"
#include "soulfabric/base/crypto.hpp"

namespace soulfabric::soulseek {
namespace {
constexpr std::size_t kMaxHeld = 64;
constexpr std::size_t kMaxPassword = 256;
constexpr std::size_t kMaxAddressRecords = 100'000;
constexpr Duration kAddressMemory = std::chrono::hours(1);
}  // namespace

ServerCore::ServerCore(ServerRules rules, ServerMemory memory) : rules_(std::move(rules)) {
  for (ServerAccount& one : memory.accounts) {
    std::string name = one.name;
    accounts_.emplace(std::move(name), std::move(one));
  }
  for (ServerMessage& one : memory.messages) {
    next_message_ = std::max(next_message_, one.id);
    ++stored_for_[one.to];
    const std::uint32_t id = one.id;
    messages_.emplace(id, std::move(one));
  }
  for (ServerPrivateRoom& one : memory.rooms) {
    Room room{.name = one.name, .is_private = true, .owner = one.owner, .members = {}, .operators = {}, .present = {}, .tickers = {}};
    room.members.insert(one.members.begin(), one.members.end());
    room.operators.insert(one.operators.begin(), one.operators.end());
    rooms_.emplace(one.name, std::move(room));
  }
}

ServerCore::AddressRecord& ServerCore::record_of(const IpAddress& address) {
  if (addresses_.size() >= kMaxAddressRecords) {
    std::erase_if(addresses_, [](const auto& entry) { return entry.second.connections == 0; });
  }
  AddressRecord& record = addresses_[address];
  if (moment_.now - record.since > kAddressMemory) {
    record.since = moment_.now;
    record.registrations = 0;
    record.failures = 0;
  }
  return record;
}

ServerCore::Session* ServerCore::online(const std::string& name) {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &sessions_.at(found->second);
}

ServerAccount* ServerCore::account(const std::string& name) {
  const auto found = accounts_.find(name);
  return found == accounts_.end() ? nullptr : &found->second;
}

ServerActions ServerCore::on_connected(ServerConnection id, IpAddress address, IpAddress local, ServerMoment moment) {
  moment_ = moment;
  AddressRecord& record = record_of(address);
  Session& session = sessions_[id];
  session.id = id;
  session.address = address;
  session.local = local;
  session.connected_at = moment.now;
  ++record.connections;
  const ServerLimits& limits = rules_.limits;
  if (sessions_.size() > limits.max_connections || record.connections > limits.max_connections_per_address ||
      record.failures >= limits.max_failed_logins_per_address) {
    close(session);
  }
  return finish();
}

ServerActions ServerCore::on_request(ServerConnection id, const wire::ServerRequest& request, ServerMoment moment) {
  moment_ = moment;
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return {};
  Session& session = found->second;
  if (session.phase == Phase::Checking) {
    if (session.held.size() >= kMaxHeld) {
      close(session);
    } else {
      session.held.push_back(request);
    }
  } else if (session.phase == Phase::LoggedIn || (session.phase == Phase::Fresh && std::holds_alternative<wire::request::Login>(request))) {
    dispatch(session, request);
  }
  return finish();
}

bool ServerCore::is_checking(ServerConnection id) const {
  const auto found = sessions_.find(id);
  return found != sessions_.end() && found->second.phase == Phase::Checking;
}

void ServerCore::dispatch(Session& session, const wire::ServerRequest& request) {
  std::visit([this, &session](const auto& m) { handle(session, m); }, request);
}

void ServerCore::handle(Session& session, const wire::request::Login& m) {
  if (session.phase != Phase::Fresh) return;
  if (const auto fault = user_name_fault(m.username)) return refuse(session, "INVALIDUSERNAME", std::string(*fault));
  if (m.password.empty()) return refuse(session, "EMPTYPASSWORD");
  if (m.password.size() > kMaxPassword) return refuse(session, "INVALIDPASS");
  const ServerAccount* known = account(m.username);
  if (known == nullptr) {
    AddressRecord& record = record_of(session.address);
    if (accounts_.size() >= rules_.limits.max_accounts || record.registrations >= rules_.limits.max_registrations_per_address) {
      return refuse(session, "SVRFULL");
    }
    ++record.registrations;
  }
  session.name = m.username;
  session.password = m.password;
  session.phase = Phase::Checking;
  session.job = known == nullptr ? Job::Register : Job::Verify;
  out_.emplace_back(ServerPasswordJob{session.id, m.password, known == nullptr ? std::string() : known->password_hash});
}

ServerActions ServerCore::on_password(ServerConnection id, bool fits, std::string hash, ServerMoment moment) {
  moment_ = moment;
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return {};
  Session& session = found->second;
  switch (std::exchange(session.job, Job::None)) {
    case Job::Verify: verified(session, fits); break;
    case Job::Register: registered(session, std::move(hash)); break;
    case Job::Change: changed_password(session, std::move(hash)); break;
    case Job::None: break;
  }
  return finish();
}

void ServerCore::verified(Session& session, bool fits) {
  if (session.phase != Phase::Checking) return;
  if (fits) return welcome(session);
  ++record_of(session.address).failures;
  refuse(session, "INVALIDPASS");
}

void ServerCore::registered(Session& session, std::string hash) {
  if (session.phase != Phase::Checking) return;
  if (const ServerAccount* known = account(session.name)) {  // somebody was faster with the same name
    session.job = Job::Verify;
    out_.emplace_back(ServerPasswordJob{session.id, session.password, known->password_hash});
    return;
  }
  if (hash.empty() || accounts_.size() >= rules_.limits.max_accounts) return refuse(session, "SVRFULL");
  const ServerAccount fresh{.name = session.name, .password_hash = std::move(hash), .avg_speed = rules_.initial_speed};
  accounts_.emplace(session.name, fresh);
  out_.emplace_back(ServerSaveAccount{fresh});
  welcome(session);
}

void ServerCore::changed_password(Session& session, std::string hash) {
  const std::string password = std::exchange(session.password, {});
  ServerAccount* known = account(session.name);
  if (session.phase != Phase::LoggedIn || known == nullptr || hash.empty()) return;
  known->password_hash = std::move(hash);
  out_.emplace_back(ServerSaveAccount{*known});
  send(session, wire::reply::ChangePassword{password});
}

void ServerCore::refuse(Session& session, std::string reason, std::optional<std::string> detail) {
  wire::reply::Login answer;
  answer.reason = std::move(reason);
  answer.detail = std::move(detail);
  send(session, answer);
  close(session);
}

void ServerCore::welcome(Session& session) {
  if (Session* older = online(session.name)) {
    send(*older, wire::reply::Relogged{});
    close(*older);
  }
  session.phase = Phase::LoggedIn;
  by_name_[session.name] = session.id;
  wire::reply::Login answer;
  answer.ok = true;
  answer.greeting = rules_.greeting;
  answer.own_ip = session.address;
  answer.password_md5 = crypto::md5_hex(bytes_of(std::exchange(session.password, {})));
  answer.supporter = is_privileged(session.name);
  send(session, answer);
  send(session, room_list(session.name));
  describe_private_rooms(session);
  send(session, wire::reply::ParentMinSpeed{rules_.parent_min_speed});
  send(session, wire::reply::ParentSpeedRatio{rules_.parent_speed_ratio});
  send(session, wire::reply::WishlistInterval{is_privileged(session.name) ? rules_.wishlist_seconds / 6 : rules_.wishlist_seconds});
  wire::reply::PrivilegedUsers privileged;
  for (const auto& [name, one] : accounts_) {
    if (is_privileged(name)) privileged.users.push_back(name);
  }
  send(session, privileged);
  send(session, wire::reply::ExcludedSearchPhrases{rules_.excluded_phrases});
  if (stored_for_.contains(session.name)) {
    for (const auto& [id, stored] : messages_) {
      if (stored.to == session.name) message(session, stored, false);
    }
  }
  push_status(session.name, session.status);
  // what was pipelined behind the login, in order; a request among it may end the session
  const std::deque<wire::ServerRequest> held = std::exchange(session.held, {});
  for (const wire::ServerRequest& request : held) {
    if (session.phase == Phase::LoggedIn) dispatch(session, request);
  }
}

/// Takes a user off line without closing the connection; what others see of it is sent.
void ServerCore::leave(Session& session) {
  for (const std::string& watched : session.watches) {
    const auto found = watchers_.find(watched);
    if (found == watchers_.end()) continue;
    found->second.erase(session.id);
    if (found->second.empty()) watchers_.erase(found);
  }
  session.watches.clear();
  const std::set<std::string> joined = session.rooms;
  push_status(session.name, wire::UserStatus::Offline);
  session.phase = Phase::Leaving;
  by_name_.erase(session.name);
  for (const std::string& room : joined) leave_room(session, room);
  interests_.forget(session.name);
  reset_branch(session.name);
}

void ServerCore::close(Session& session) {
  if (session.phase == Phase::LoggedIn) leave(session);
  session.phase = Phase::Leaving;
  session.held.clear();
  session.password.clear();
  out_.emplace_back(ServerClose{session.id});
}

ServerActions ServerCore::on_disconnected(ServerConnection id, ServerMoment moment) {
  moment_ = moment;
  const auto found = sessions_.find(id);
  if (found == sessions_.end()) return {};
  if (found->second.phase == Phase::LoggedIn) leave(found->second);
  const auto record = addresses_.find(found->second.address);
  if (record != addresses_.end() && record->second.connections > 0) --record->second.connections;
  sessions_.erase(found);
  return finish();
}

ServerActions ServerCore::on_tick(ServerMoment moment) {
  moment_ = moment;
  for (auto& [id, session] : sessions_) {
    const bool waits = session.phase == Phase::Fresh || session.phase == Phase::Checking;
    if (waits && moment.now - session.connected_at >= rules_.limits.login_timeout) close(session);
  }
  if (!parents_at_ || moment.now >= *parents_at_) {
    parents_at_ = moment.now + rules_.possible_parents_interval;
    for (const auto& [id, session] : sessions_) {
      if (session.phase == Phase::LoggedIn && session.no_parent) offer_parents(session);
    }
  }
  return finish();
}

ServerActions ServerCore::announce(std::string text, ServerMoment moment) {
  moment_ = moment;
  const auto frame = std::make_shared<const Bytes>(wire::encode(wire::reply::AdminMessage{std::move(text)}));
  for (const auto& [id, session] : sessions_) {
    if (session.phase == Phase::LoggedIn) send_frame(session, frame);
  }
  return finish();
}

}  // namespace soulfabric::soulseek

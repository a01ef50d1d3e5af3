// SPDX-License-Identifier: GPL-3.0-or-later
// Drives ServerCore without sockets: passwords are "hashed" at once, replies are decoded and kept per connection.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "soulseek/core/server_core.hpp"

namespace soulfabric::soulseek {

class ServerHarness {
 public:
  explicit ServerHarness(ServerRules rules = {}, ServerMemory memory = {}) : core(std::move(rules), std::move(memory)) {}

  ServerConnection connect(const std::string& address = "10.0.0.1", const std::string& local = "10.0.0.254") {
    const ServerConnection id = ++last_;
    perform(core.on_connected(id, *IpAddress::parse(address), *IpAddress::parse(local), moment));
    return id;
  }
  void ask(ServerConnection id, wire::ServerRequest request) { perform(core.on_request(id, request, moment)); }
  void disconnect(ServerConnection id) { perform(core.on_disconnected(id, moment)); }
  void tick(Duration later) {
    moment.now += later;
    perform(core.on_tick(moment));
  }
  /// Connected, logged in, port 2234 announced; what came until then is forgotten.
  ServerConnection user(const std::string& name, const std::string& password = "secret") {
    const ServerConnection id = connect();
    ask(id, wire::request::Login{name, password, 177, {}, 1});
    ask(id, wire::request::SetWaitPort{2234, {}, {}});
    EXPECT_TRUE(got<wire::reply::Login>(id).ok) << name;
    forget();
    return id;
  }
  /// All replies of a kind, oldest first.
  template <class M>
  std::vector<M> all(ServerConnection id) {
    std::vector<M> out;
    for (const auto& reply : replies[id]) {
      if (const M* m = std::get_if<M>(&reply)) out.push_back(*m);
    }
    return out;
  }
  /// The one reply of a kind; a failure, and an empty one, where there is not exactly one.
  template <class M>
  M got(ServerConnection id) {
    auto found = all<M>(id);
    EXPECT_EQ(found.size(), 1U) << "replies of code " << M::kCode;
    return found.empty() ? M{} : found.front();
  }
  template <class M>
  std::size_t count(ServerConnection id) {
    return all<M>(id).size();
  }
  bool closed(ServerConnection id) const { return closed_.contains(id); }
  void forget() { replies.clear(); }
  /// While true, password jobs wait for run_jobs().
  bool hold_jobs = false;
  void run_jobs() {
    const auto jobs = std::exchange(held_, {});
    for (const auto& job : jobs) run(job);
  }

  ServerCore core;
  ServerMoment moment{MonoTime{} + std::chrono::hours(10), 1'800'000'000};
  std::map<ServerConnection, std::vector<wire::ServerReply>> replies;
  std::map<std::string, ServerAccount> saved_accounts;
  std::map<std::uint32_t, ServerMessage> saved_messages;
  std::map<std::string, ServerPrivateRoom> saved_rooms;

  /// What a restart would find.
  ServerMemory memory() const {
    ServerMemory out;
    for (const auto& [name, one] : saved_accounts) out.accounts.push_back(one);
    for (const auto& [id, one] : saved_messages) out.messages.push_back(one);
    for (const auto& [name, one] : saved_rooms) out.rooms.push_back(one);
    return out;
  }

 private:
  void perform(ServerActions actions) {
    for (auto& action : actions) std::visit([this](auto& one) { take(one); }, action);
  }
  void take(ServerSend& send) {
    if (closed_.contains(send.to)) return;
    const ByteView frame(*send.frame);
    const auto code = static_cast<std::uint32_t>(frame[4] | frame[5] << 8 | frame[6] << 16);
    auto reply = wire::decode_server_reply(code, frame.subspan(8));
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
    replies[send.to].push_back(std::move(*reply));
  }
  void take(ServerClose& close) { closed_[close.connection] = true; }
  void take(ServerPasswordJob& job) {
    if (hold_jobs) {
      held_.push_back(job);
    } else {
      run(job);
    }
  }
  void take(ServerSaveAccount& save) { saved_accounts[save.account.name] = save.account; }
  void take(ServerSaveMessage& save) { saved_messages[save.message.id] = save.message; }
  void take(ServerDropMessage& drop) { saved_messages.erase(drop.id); }
  void take(ServerSaveRoom& save) { saved_rooms[save.room.name] = save.room; }
  void take(ServerDropRoom& drop) { saved_rooms.erase(drop.name); }
  void run(const ServerPasswordJob& job) {
    const std::string hash = "hash of " + job.password;
    perform(core.on_password(job.connection, !job.hash.empty() && job.hash == hash, job.hash.empty() ? hash : std::string(), moment));
  }

  ServerConnection last_ = 0;
  std::map<ServerConnection, bool> closed_;
  std::vector<ServerPasswordJob> held_;
};

}  // namespace soulfabric::soulseek

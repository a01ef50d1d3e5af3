// SPDX-License-Identifier: GPL-3.0-or-later
// The server's decisions under any order of connections, requests, password answers and ticks. Every send must go to a
// connection that is there, and nobody is on line without one.
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "soulseek/core/server_core.hpp"

using namespace soulfabric;
using namespace soulfabric::soulseek;

namespace {

constexpr std::size_t kConnections = 8;

class Play {
 public:
  Play() : core_(rules(), {}) {}

  void step(std::uint8_t what, ByteView& input) {
    const ServerConnection id = what % kConnections + 1;
    switch (what / kConnections % 8) {
      case 0: connect(id); break;
      case 1: leave(id); break;
      case 2: later(); break;
      case 3: log_in(id, what); break;
      default: request(id, input); break;
    }
  }

 private:
  static ServerRules rules() {
    ServerRules rules;
    rules.possible_parents_interval = std::chrono::seconds(1);
    rules.privileged_users = {"user1"};
    rules.initial_speed = 50'000;
    return rules;
  }
  void connect(ServerConnection id) {
    if (there_[id]) return;
    there_[id] = true;
    perform(core_.on_connected(id, IpAddress::v4(0x0A00'0000U + static_cast<std::uint32_t>(id % 3)), IpAddress::v4(0x0A00'0001U), moment_));
  }
  void leave(ServerConnection id) {
    if (!std::exchange(there_[id], false)) return;
    perform(core_.on_disconnected(id, moment_));
  }
  void later() {
    moment_.now += std::chrono::seconds(2);
    moment_.unix_seconds += 2;
    perform(core_.on_tick(moment_));
  }
  void log_in(ServerConnection id, std::uint8_t what) {
    connect(id);
    const std::string name = "user" + std::to_string(what / 64 + id % 4);
    perform(core_.on_request(id, wire::request::Login{name, "secret", 177, {}, 1}, moment_));
  }
  void request(ServerConnection id, ByteView& input) {
    if (input.size() < 3) return;
    const std::uint32_t code = input[0] == 255 ? 1001U : input[0];
    const std::size_t size = std::min<std::size_t>(input[1], input.size() - 2);
    const auto decoded = wire::decode_server_request(code, input.subspan(2, size));
    input = input.subspan(2 + size);
    if (decoded) perform(core_.on_request(id, *decoded, moment_));
  }
  void perform(ServerActions actions) {
    for (const ServerAction& action : actions) {
      if (const auto* send = std::get_if<ServerSend>(&action)) {
        check(there_[send->to], "a reply to nobody");
      } else if (const auto* close = std::get_if<ServerClose>(&action)) {
        check(there_[close->connection], "nobody is to be closed");
      } else if (const auto* job = std::get_if<ServerPasswordJob>(&action)) {
        jobs_.push_back(*job);
      }
    }
    check(core_.users_online() <= static_cast<std::size_t>(std::ranges::count(there_, true)), "somebody is on line without a connection");
    while (!jobs_.empty()) {
      const ServerPasswordJob job = jobs_.back();
      jobs_.pop_back();
      perform(core_.on_password(job.connection, job.hash == "hash of " + job.password, job.hash.empty() ? "hash of " + job.password : "",
                                moment_));
    }
  }
  static void check(bool ok, const char* what) {
    if (ok) return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
  }

  ServerCore core_;
  ServerMoment moment_{MonoTime{} + std::chrono::hours(10), 1'800'000'000};
  std::array<bool, kConnections + 1> there_{};
  std::vector<ServerPasswordJob> jobs_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Play play;
  ByteView input(data, size);
  while (!input.empty()) {
    const std::uint8_t what = input[0];
    input = input.subspan(1);
    play.step(what, input);
  }
  return 0;
}

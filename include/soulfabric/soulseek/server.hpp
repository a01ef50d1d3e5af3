// SPDX-License-Identifier: GPL-3.0-or-later
// A small Soulseek-compatible server for LAN parties, the demo and tests. It registers whoever logs in first under a name.
// Network thread only.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "soulfabric/base/io.hpp"
#include "soulfabric/base/ip.hpp"

namespace soulfabric::soulseek {

struct ServerOptions {
  /// The loopback address unless the operator says otherwise; port 0 picks a free one.
  Endpoint listen{IpAddress::v4(0x7F00'0001U), 2242};
  /// Created with mode 0700; holds `server.db` (accounts, private messages, private rooms).
  std::filesystem::path data_dir{};
  std::string greeting{};
  /// Told to every client; clients drop results that contain one of them.
  std::vector<std::string> excluded_phrases{};
  /// Names that always count as privileged.
  std::vector<std::string> privileged_users{};
  /// How often users without a parent are offered parents for the distributed tree. From 50 ms.
  Duration possible_parents_interval = std::chrono::seconds(60);
  std::uint32_t wishlist_seconds = 720;
  /// Bytes per second that a new account counts with until it reports uploads. Above some 5,000 it may have children at once.
  std::uint32_t initial_speed = 0;
  std::size_t max_accounts = 10'000;
  std::size_t max_connections = 1'000;
  std::size_t max_connections_per_address = 200;
  std::size_t max_registrations_per_address = 50;  // per hour
  std::size_t max_failed_logins_per_address = 20;  // per hour
};

class SoulseekServer {
 public:
  SoulseekServer(IoContext& context, IoClock& clock, ServerOptions options);
  /// Await stop() first.
  ~SoulseekServer();
  SoulseekServer(const SoulseekServer&) = delete;
  SoulseekServer& operator=(const SoulseekServer&) = delete;

  /// Opens the database and the port; blocks for the time of that. Errors: Conflict (port in use), Io.
  [[nodiscard]] Status start();
  /// Where it listens; the port that was picked where 0 was asked for. Only after a successful start.
  [[nodiscard]] Endpoint local() const;
  [[nodiscard]] std::uint16_t port() const { return local().port; }
  [[nodiscard]] std::size_t users_online() const;
  /// A line to everybody who is logged in.
  void announce(std::string text);
  /// Closes all connections, commits what is queued.
  [[nodiscard]] Task<void> stop();

 private:
  class Shell;
  std::unique_ptr<Shell> shell_;
};

}  // namespace soulfabric::soulseek

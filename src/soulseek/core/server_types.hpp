// SPDX-License-Identifier: GPL-3.0-or-later
// What the Soulseek-compatible server is configured with, remembers, and asks its shell to do.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/clock.hpp"

namespace soulfabric::soulseek {

struct ServerLimits {
  std::size_t max_accounts = 10'000;
  std::size_t max_connections = 1'000;
  std::size_t max_connections_per_address = 200;
  std::size_t max_registrations_per_address = 50;  // per hour
  std::size_t max_failed_logins_per_address = 20;  // per hour; above it connections are closed without an answer
  Duration login_timeout = std::chrono::seconds(60);
};

struct ServerRules {
  std::string greeting{};
  std::vector<std::string> excluded_phrases{};
  std::vector<std::string> privileged_users{};  // always privileged
  Duration possible_parents_interval = std::chrono::seconds(60);
  std::uint32_t wishlist_seconds = 720;
  std::uint32_t parent_min_speed = 1;  // what clients are told, in KiB/s
  std::uint32_t parent_speed_ratio = 50;
  std::uint32_t initial_speed = 0;  // bytes per second, of accounts that have uploaded nothing
  ServerLimits limits{};
};

/// Instants that come from outside: one to measure with, one to show.
struct ServerMoment {
  MonoTime now{};
  std::uint32_t unix_seconds = 0;
};

using ServerConnection = std::uint64_t;

struct ServerAccount {
  std::string name{};
  std::string password_hash{};  // crypto_pwhash_str
  std::uint32_t avg_speed = 0;  // bytes per second
  std::uint32_t uploads = 0;
  std::uint32_t privileged_until = 0;  // seconds since 1970
};

/// A private message that its addressee has not acknowledged.
struct ServerMessage {
  std::uint32_t id = 0;
  std::uint32_t unix_seconds = 0;
  std::string from{};
  std::string to{};
  std::string text{};
};

struct ServerPrivateRoom {
  std::string name{};
  std::string owner{};
  std::vector<std::string> members{};    // without the owner
  std::vector<std::string> operators{};  // a part of the members
};

/// Everything that survives a restart.
struct ServerMemory {
  std::vector<ServerAccount> accounts{};
  std::vector<ServerMessage> messages{};
  std::vector<ServerPrivateRoom> rooms{};
};

struct ServerSend {
  ServerConnection to = 0;
  std::shared_ptr<const Bytes> frame{};
};
/// Close once everything sent before has left.
struct ServerClose {
  ServerConnection connection = 0;
};
/// Slow work for a worker. With `hash`: does the password fit it? Without: make one. Answer by on_password.
struct ServerPasswordJob {
  ServerConnection connection = 0;
  std::string password{};
  std::string hash{};
};
struct ServerSaveAccount {
  ServerAccount account{};
};
struct ServerSaveMessage {
  ServerMessage message{};
};
struct ServerDropMessage {
  std::uint32_t id = 0;
};
struct ServerSaveRoom {
  ServerPrivateRoom room{};
};
struct ServerDropRoom {
  std::string name{};
};
using ServerAction = std::variant<ServerSend, ServerClose, ServerPasswordJob, ServerSaveAccount, ServerSaveMessage, ServerDropMessage,
                                  ServerSaveRoom, ServerDropRoom>;
using ServerActions = std::vector<ServerAction>;

}  // namespace soulfabric::soulseek

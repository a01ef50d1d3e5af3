// SPDX-License-Identifier: GPL-3.0-or-later
// What the resources share: the faces below, who may come in, and what happened. Network thread only.
#pragma once
#include <functional>
#include <string>

#include "api/event_log.hpp"
#include "api/routes.hpp"
#include "core/login.hpp"
#include "http/server.hpp"
#include "soulfabric/gateway/gateway.hpp"
#include "soulfabric/soulseek/client.hpp"

namespace soulfabric::gateway {

/// Secrets as read at the start.
struct Secrets {
  std::string instance;   // 12 hex digits, part of the cookie's name
  Bytes signing;          // 32 random bytes
  std::string password;   // the one made at the first start
  std::string revoked;    // lines of Authority::revoked_lines
  bool first_start = false;
};

struct Context {
  Context(const GatewayDependencies& deps_in, GatewaySettings settings_in, Secrets secrets_in)
      : deps(deps_in), settings(std::move(settings_in)), secrets(std::move(secrets_in)), started(deps_in.clock.now()) {}

  GatewayDependencies deps;
  GatewaySettings settings;
  Secrets secrets;
  Authority authority;
  LoginLinks links;
  AttemptLimit attempts;
  EventLog events;
  MonoTime started;
  const HttpCounters* http = nullptr;
  std::function<void(const std::string& session)> close_session;  // ends its open sockets

  [[nodiscard]] MonoTime deadline(std::chrono::milliseconds from_now) const { return deps.clock.now() + from_now; }
  [[nodiscard]] std::int64_t unix_now() const { return to_unix_micros(deps.clock.wall()) / 1'000'000; }
  [[nodiscard]] std::string cookie_name() const { return "sf_session_" + secrets.instance; }
  /// The password in force.
  [[nodiscard]] const std::string& password() const { return settings.password ? *settings.password : secrets.password; }
  [[nodiscard]] std::filesystem::path revoked_file() const { return deps.secrets / "revoked-sessions"; }
  [[nodiscard]] std::filesystem::path login_file() const { return deps.secrets / "login-link"; }
  /// Writes who may come in from settings and secrets into `authority`.
  void apply_settings();
};

inline constexpr std::chrono::seconds kPeerTime{30};    // for questions to a user
inline constexpr std::chrono::seconds kBrowseTime{180};  // for a whole list

// Each adds the routes of one resource; the context outlives the table.
void add_session_routes(RouteTable& table, Context& context);
void add_application_routes(RouteTable& table, Context& context);
void add_search_routes(RouteTable& table, Context& context);
void add_transfer_routes(RouteTable& table, Context& context);
void add_batch_routes(RouteTable& table, Context& context);
void add_user_routes(RouteTable& table, Context& context);
void add_conversation_routes(RouteTable& table, Context& context);
void add_share_routes(RouteTable& table, Context& context);
void add_option_routes(RouteTable& table, Context& context);
void add_event_routes(RouteTable& table, Context& context);
void add_file_routes(RouteTable& table, Context& context);
void add_health_routes(RouteTable& table, Context& context);
void add_mesh_routes(RouteTable& table, Context& context);
void add_pod_routes(RouteTable& table, Context& context);
void add_guard_routes(RouteTable& table, Context& context);
void add_relay_routes(RouteTable& table, Context& context);  // and those of its parts, the next three
void add_catalogue_routes(RouteTable& table, Context& context);
void add_content_routes(RouteTable& table, Context& context);
void add_tunnel_routes(RouteTable& table, Context& context);

/// The page's files: a path with no match and no extension gives the page itself.
[[nodiscard]] Response static_response(const Request& request, std::string_view raw_path);

}  // namespace soulfabric::gateway

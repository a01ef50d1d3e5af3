// SPDX-License-Identifier: GPL-3.0-or-later
// What the gateway is told: where to listen, who may come in, how much a request may cost. Plain values.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/ip.hpp"
#include "soulfabric/gateway/access.hpp"
#include "soulfabric/guard/origin.hpp"

namespace soulfabric::gateway {

/// One place to listen. `origin` is a field of every connection accepted there (security rule S20).
struct ListenAt {
  Endpoint endpoint;  // port 0 picks a free one
  guard::Origin origin = guard::Origin::UserLocal;
};

/// Caps of one request and of all connections (architecture, section 12).
struct HttpLimits {
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 1024 * 1024;  // where a route does not say otherwise
  std::size_t connections = 1024;
  std::size_t sockets = 64;                   // open event streams
  std::size_t socket_outbox = 4 * 1024 * 1024;  // bytes waiting for one slow reader before it is cut off
  std::chrono::milliseconds header_time{10'000};   // from the first byte of a request to the end of its header
  std::chrono::milliseconds idle_time{75'000};     // between requests
  std::chrono::milliseconds request_time{60'000};  // from the end of the header to the end of the body
  std::chrono::milliseconds write_time{30'000};    // without any progress while an answer is sent
  std::chrono::milliseconds ping_time{20'000};     // silence on an event stream before it is asked for a sign of life
  std::chrono::milliseconds sweep{1'000};          // how exactly these are kept
};

struct GatewaySettings {
  std::string instance_name = "default";
  std::string username = "soulfabric";
  std::optional<std::string> password;  // nothing: a random one made at the first start, kept in secrets/web-password
  bool authentication_disabled = false;  // refused together with an address other than loopback
  std::vector<ApiKey> api_keys;
  std::chrono::milliseconds session_lifetime{std::chrono::hours(7 * 24)};
  std::optional<std::string> jwt_key;   // nothing: a random one, kept in secrets/session-key
  std::vector<std::string> host_names;  // answered to besides loopback literals, localhost and *.localhost
  bool allow_remote = false;            // the explicit yes to listen on an address other than loopback
  std::string url_base;                 // prefix that a reverse proxy leaves in front of every path, "" or "/name"
  bool headless = false;                // no page and no password login
  bool remote_configuration = false;
  bool remote_file_management = false;
  bool metrics_enabled = false;  // else there is no /metrics
  bool metrics_open = false;     // /metrics without any proof; else a key, a session or the next two by HTTP Basic
  std::string metrics_username = "slskd";
  std::string metrics_password;  // empty: no HTTP Basic
  bool terminal = false;  // somebody reads standard output: the login link is shown there
  std::filesystem::path downloads_folder;
  std::filesystem::path incomplete_folder;
  HttpLimits limits;
};

}  // namespace soulfabric::gateway

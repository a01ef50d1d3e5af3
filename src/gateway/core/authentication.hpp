// SPDX-License-Identifier: GPL-3.0-or-later
// Who sent a request, and whether they may do what it asks. Pure decisions over what the request carries.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/token.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/gateway/access.hpp"

namespace soulfabric::gateway {

enum class Proof : std::uint8_t {
  None,
  Disabled,  // authentication is switched off
  Cookie,    // a browser's session
  Token,     // a session token sent by a tool
  Key,       // an API key
};

struct Identity {
  Proof proof = Proof::None;
  std::string name;
  Role role = Role::ReadOnly;
  std::vector<std::string> scopes;
  std::string session;  // of Cookie and Token
  [[nodiscard]] bool known() const noexcept { return proof != Proof::None; }
};

/// What the routes demand, after slskd's policies.
/// Metrics: HTTP Basic counts as well, or nothing at all where the settings say so.
enum class Policy : std::uint8_t { Open, Metrics, Any, AnyAdministrator, TokenAdministrator };

/// Everything of a request that decides who sent it. Views into the request.
struct Presented {
  std::string_view cookie;        // the session cookie's value
  std::string_view api_key;       // X-API-Key or X-Slskdn-ApiKey
  std::string_view bearer;        // after "Bearer "
  std::string_view access_token;  // of the query
  std::string_view csrf;          // X-CSRF-Token
  bool hub = false;               // under /hub/, the only place where keys come as bearer and tokens in the query
  bool changes = false;           // not GET or HEAD
  bool upgrade = false;           // to a WebSocket
  bool has_origin = false;        // an Origin header that matched
  bool tunnelled = false;         // origin remote_gateway (security rule S20)
  std::optional<IpAddress> address;  // nothing on a tunnelled connection
};

enum class Refusal : std::uint8_t {
  None,
  Unauthorized,  // nobody proved who they are; an attempt when `tried`
  Csrf,          // a cookie without the matching X-CSRF-Token, or an upgrade by cookie without Origin
  Forbidden,     // they did, and may not
};

struct Decision {
  Identity identity;
  Refusal refusal = Refusal::None;
  bool tried = false;  // something was presented that is not valid
};

/// Session key, API keys and revoked sessions. A value that the shell keeps and fills.
class Authority {
 public:
  void set_key(Bytes key) { key_ = std::move(key); }
  void set_disabled(bool disabled) noexcept { disabled_ = disabled; }
  void set_api_keys(const std::vector<ApiKey>& keys);
  void revoke(const std::string& session, std::int64_t expires);
  /// Sessions whose revocation still matters, as "<id> <expires>" lines; `read` takes the same.
  [[nodiscard]] std::string revoked_lines(std::int64_t now) const;
  void read_revoked(std::string_view lines);

  /// Who it is; `None` without anything valid.
  [[nodiscard]] Decision identify(const Presented& presented, std::int64_t now) const;
  /// Who it is and whether the route lets them in. `scope` empty: slskd's own routes.
  [[nodiscard]] Decision decide(const Presented& presented, Policy policy, std::string_view scope, std::int64_t now) const;
  [[nodiscard]] const Bytes& key() const noexcept { return key_; }

 private:
  struct KeyRule {
    ApiKey key;
    crypto::Sha256 digest;
  };
  [[nodiscard]] const ApiKey* find_key(std::string_view text, const Presented& presented) const;
  [[nodiscard]] std::optional<Claims> find_session(std::string_view token, std::int64_t now) const;
  Bytes key_;
  bool disabled_ = false;
  std::vector<KeyRule> keys_;
  std::set<std::pair<std::string, std::int64_t>> revoked_;
};

}  // namespace soulfabric::gateway

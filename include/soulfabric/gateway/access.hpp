// SPDX-License-Identifier: GPL-3.0-or-later
// Who may come in with what: roles and API keys as plain values.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "soulfabric/base/ip.hpp"

namespace soulfabric::gateway {

enum class Role : std::uint8_t { ReadOnly, ReadWrite, Administrator };

/// A key for tools, sent as X-API-Key or X-Slskdn-ApiKey.
struct ApiKey {
  std::string name;
  std::string key;  // 16..255 characters
  Role role = Role::ReadOnly;
  std::vector<IpNetwork> networks;  // empty: from anywhere; a connection without an address matches none
  std::vector<std::string> scopes;  // beyond slskd's routes: "mesh", "relay", "guard", "virtual" (security rule S21)
};

}  // namespace soulfabric::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// One connection of a browser to a forward: each request takes a tunnel, so that many connections share a few. Network thread only.
#pragma once
#include <memory>

#include "core/forward_rules.hpp"
#include "soulfabric/relay/tunnels.hpp"
#include "tunnel_pool.hpp"

namespace soulfabric::relay {

class TunnelsImpl;

/// What the connection stands on; all outlive it.
struct HttpDoor {
  TunnelsImpl& tunnels;
  TunnelPool& pool;
  const ForwardSettings& settings;
  ForwardRules rules;
};

/// Until the browser or a refusal ends it.
[[nodiscard]] Task<void> serve_http(HttpDoor door, net::ByteStream& client);

}  // namespace soulfabric::relay

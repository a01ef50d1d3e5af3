// SPDX-License-Identifier: GPL-3.0-or-later
// Asks a node over HTTP whether it is up, has looked through its music and is logged in. Network thread only.
#pragma once
#include <string>

#include "demo/network_plan.hpp"
#include "soulfabric/net/tcp.hpp"

namespace soulfabric::daemon::demo {

struct HttpAnswer {
  int status = 0;
  std::string body;
};

/// One GET on loopback with the node's key. Errors: those of the dialer, Malformed, TooLarge.
[[nodiscard]] Task<Result<HttpAnswer>> http_get(net::Dialer& dialer, Endpoint at, std::string path, std::string api_key, MonoTime deadline);
/// The whole of an answer read to its end. Pure.
[[nodiscard]] Result<HttpAnswer> parse_answer(std::string_view text);
/// What is still missing, as a sentence's end: "does not answer yet"; empty when all is there.
[[nodiscard]] Task<std::string> what_is_missing(net::Dialer& dialer, const NodePlan& node, MonoTime deadline);

}  // namespace soulfabric::daemon::demo

// SPDX-License-Identifier: GPL-3.0-or-later
// Talking to a router, blocking: one attempt per call. For the mapper's own thread.
#pragma once
#include <chrono>

#include "soulfabric/net/port_mapping.hpp"

namespace soulfabric::net {

/// Tries NAT-PMP first, which answers at once or not at all, then UPnP. A `lifetime` of 0 takes the mapping back.
/// NotFound: no router answers; Rejected: it said no.
[[nodiscard]] Result<PortMapping> ask_router(std::uint16_t port, std::chrono::seconds lifetime, const std::optional<IpAddress>& router);

}  // namespace soulfabric::net

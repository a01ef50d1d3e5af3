// SPDX-License-Identifier: GPL-3.0-or-later
// The addresses of this machine's own interfaces. Blocking for a moment (one system call); thread-safe.
#pragma once
#include <vector>

#include "soulfabric/base/ip.hpp"

namespace soulfabric::net {

/// Of interfaces that are up, without link-local ones; loopback last.
[[nodiscard]] std::vector<IpAddress> local_addresses();

}  // namespace soulfabric::net

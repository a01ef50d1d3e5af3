// SPDX-License-Identifier: GPL-3.0-or-later
// `soulfabric demo`: a whole private network on this machine, with music made on the spot.
#pragma once
#include <string>
#include <vector>

namespace soulfabric::daemon::demo {

/// Runs until a signal ends it; gives the exit code. `arguments` without program and subcommand.
[[nodiscard]] int run_demo(const std::vector<std::string>& arguments);

}  // namespace soulfabric::daemon::demo

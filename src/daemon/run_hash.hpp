// SPDX-License-Identifier: GPL-3.0-or-later
// `soulfabric hash FILE...`: what a file is called on the mesh, and the tree by which its pieces are proven.
#pragma once
#include "run_daemon.hpp"

namespace soulfabric::daemon {

/// Prints a block for each file that could be read, one line to standard error for each that could not. 0, 1 where one failed, 2 for usage.
[[nodiscard]] int run_hash(const Arguments& arguments);

}  // namespace soulfabric::daemon

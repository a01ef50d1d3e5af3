// SPDX-License-Identifier: GPL-3.0-or-later
// Forgets what retention says: ended searches and rows of ended transfers. Files stay. Network thread only.
#pragma once
#include "soulfabric/base/options.hpp"
#include "soulfabric/soulseek/client.hpp"

namespace soulfabric::daemon {

/// One round.
void keep_house(soulseek::Client& client, const RetentionOptions& retention, WallTime now);

}  // namespace soulfabric::daemon

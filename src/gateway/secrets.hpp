// SPDX-License-Identifier: GPL-3.0-or-later
// The gateway's own secrets on disk: made at the first start, 0600.
#pragma once
#include <filesystem>

#include "api/context.hpp"

namespace soulfabric::gateway {

/// Blocking. Io: the folder cannot be used.
[[nodiscard]] Result<Secrets> load_secrets(const std::filesystem::path& folder, Random& random);

}  // namespace soulfabric::gateway

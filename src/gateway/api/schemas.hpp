// SPDX-License-Identifier: GPL-3.0-or-later
// The shapes that routes take and give.
#pragma once
#include <span>

#include "api/document.hpp"

namespace soulfabric::gateway {

[[nodiscard]] std::span<const Schema> all_schemas();

}  // namespace soulfabric::gateway

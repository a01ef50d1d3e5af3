// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the times that we write ourselves. Pure.
#pragma once
#include <optional>
#include <string_view>

#include "soulfabric/base/clock.hpp"

namespace soulfabric::gateway {

/// "2026-01-02T03:04:05.123Z" with any number of fraction digits (those past microseconds are dropped), from 1970 on, UTC; "Z" may be
/// absent. Nothing on any other form.
[[nodiscard]] std::optional<WallTime> parse_iso(std::string_view text);

}  // namespace soulfabric::gateway

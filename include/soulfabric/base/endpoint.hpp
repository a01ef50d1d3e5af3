// SPDX-License-Identifier: GPL-3.0-or-later
// An endpoint from its text. Pure.
#pragma once
#include <optional>
#include <string_view>

#include "soulfabric/base/ip.hpp"

namespace soulfabric {

/// "203.0.113.7:50305" or "[2001:db8::7]:50305", as Endpoint::to_string writes it; nothing for anything else, and for port 0.
[[nodiscard]] std::optional<Endpoint> parse_endpoint(std::string_view text);

}  // namespace soulfabric

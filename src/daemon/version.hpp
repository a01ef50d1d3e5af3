// SPDX-License-Identifier: GPL-3.0-or-later
// The program's own version; the build's is compared with it where both are known.
#pragma once
#include <string_view>

namespace soulfabric::daemon {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace soulfabric::daemon

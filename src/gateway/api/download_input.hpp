// SPDX-License-Identifier: GPL-3.0-or-later
// What clients send to ask for downloads.
#pragma once
#include "core/json_input.hpp"
#include "soulfabric/soulseek/client.hpp"

namespace soulfabric::gateway {

inline constexpr std::size_t kDownloadBody = 16 * 1024 * 1024;

/// A JSON array of {filename, size}. InvalidArgument: empty, a member missing, a ".." segment.
[[nodiscard]] Result<std::vector<soulseek::DownloadFile>> read_files(const Json* list);

}  // namespace soulfabric::gateway

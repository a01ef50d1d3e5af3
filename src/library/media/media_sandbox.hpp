// SPDX-License-Identifier: GPL-3.0-or-later
// Locks the process in before it looks at a byte of a stranger's file.
#pragma once

namespace soulfabric::library {

/// Processor time of all files of one child together; the daemon replaces it long before.
inline constexpr unsigned kTagSeconds = 120;
inline constexpr unsigned kCheckingSeconds = 4 * 3600;

/// What the process may still do afterwards: read descriptors it is handed, talk on `socket`, and use memory. Any other system
/// call ends it. Null, or the name of the step that failed; then it must not go on.
[[nodiscard]] const char* enter_media_sandbox(int socket, unsigned cpu_seconds = kTagSeconds);

}  // namespace soulfabric::library

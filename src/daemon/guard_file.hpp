// SPDX-License-Identifier: GPL-3.0-or-later
// guard.db to an export and back, while the daemon does not run or beside it. Blocking.
#pragma once
#include <filesystem>
#include <string>

#include "soulfabric/base/options.hpp"
#include "soulfabric/gateway/guard_export.hpp"

namespace soulfabric::daemon {

/// Errors of the database.
[[nodiscard]] Result<std::string> export_guard_file(const std::filesystem::path& database, const Options& options);
/// Stored in one transaction; a daemon that runs learns of it at its next start. Errors of the database and of import_guard.
[[nodiscard]] Result<gateway::GuardImport> import_guard_file(const std::filesystem::path& database, const Options& options, std::string_view text);

}  // namespace soulfabric::daemon

// SPDX-License-Identifier: GPL-3.0-or-later
// guard.db: violations, bans and reputation across restarts. Changes are collected and written together, never one by one.
#pragma once
#include <filesystem>

#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/guard/guard.hpp"

namespace soulfabric::guard {

/// How often what changed is written; so much can be forgotten by a power cut.
inline constexpr std::chrono::seconds kGuardSaveInterval{10};

/// Creates or opens the file and brings it to the present form.
[[nodiscard]] Result<Database> open_guard_db(const std::filesystem::path& file, const SqlOptions& options = {});
/// Fills the books of `guard` from the file. Rows that make no sense are skipped.
[[nodiscard]] Status load_guard(Database& db, Guard& guard);
/// One transaction is the caller's business (DbWriter's batch).
[[nodiscard]] Status write_changes(Database& db, const StoredChanges& changes);
/// Hands changes to the writer every kGuardSaveInterval until cancelled; what is still there at the end is for
/// `save_guard`. Spawn it in a scope that closes before the writer does.
[[nodiscard]] Task<void> keep_guard_saved(Guard& guard, DbWriter& writer, IoClock& clock);
/// Submits what has changed since the last time; harmless where nothing has.
void save_guard(Guard& guard, DbWriter& writer);

}  // namespace soulfabric::guard

// SPDX-License-Identifier: GPL-3.0-or-later
// The books of guard.db, opened, filled or read, and closed again.
#include "guard_file.hpp"

#include "settings.hpp"
#include "soulfabric/guard/store.hpp"

namespace soulfabric::daemon {

Result<std::string> export_guard_file(const std::filesystem::path& database, const Options& options) {
  const SystemClock clock;
  SF_TRY_ASSIGN(Database db, guard::open_guard_db(database));
  guard::Guard guard(guard_options(options), clock);
  SF_TRY(guard::load_guard(db, guard));
  return gateway::export_guard(guard);
}

Result<gateway::GuardImport> import_guard_file(const std::filesystem::path& database, const Options& options, std::string_view text) {
  const SystemClock clock;
  SF_TRY_ASSIGN(Database db, guard::open_guard_db(database));
  guard::Guard guard(guard_options(options), clock);
  SF_TRY(guard::load_guard(db, guard));
  SF_TRY_ASSIGN(const gateway::GuardImport taken, gateway::import_guard(guard, text));
  const guard::StoredChanges changes = guard.take_changes();
  SF_TRY(db.transaction([&] { return guard::write_changes(db, changes); }));
  return taken;
}

}  // namespace soulfabric::daemon

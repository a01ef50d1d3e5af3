// SPDX-License-Identifier: GPL-3.0-or-later
// From the settings transfers.groups.blacklisted and blacklist to the list that guard obeys.
#pragma once
#include <string>

#include "soulfabric/base/options.hpp"
#include "soulfabric/guard/blacklist.hpp"

namespace soulfabric::daemon {

struct LoadedBlacklist {
  guard::Blacklist list;
  std::string warning;  // one sentence where lines of the file were skipped; empty else
};

/// Reads blacklist.file where blacklist.enabled is on. Blocking. An error names the file and the remedy.
[[nodiscard]] Result<LoadedBlacklist> load_blacklist(const Options& options);
/// True where a changed setting asks for a new list.
[[nodiscard]] bool concerns_blacklist(std::string_view changed_key);

}  // namespace soulfabric::daemon

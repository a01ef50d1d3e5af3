// SPDX-License-Identifier: GPL-3.0-or-later
// Reading the operator's list of unwanted users and addresses.
#include "blacklist_source.hpp"

#include "soulfabric/base/files.hpp"

namespace soulfabric::daemon {

Result<LoadedBlacklist> load_blacklist(const Options& options) {
  LoadedBlacklist loaded;
  guard::BlacklistSources sources;
  const BlacklistedGroup& group = options.transfers.groups.blacklisted;
  sources.members = group.members;
  sources.patterns = group.patterns;
  sources.networks = group.cidrs;
  sources.case_sensitive = options.flags.case_sensitive_reg_ex;
  if (options.blacklist.enabled) {
    const auto bytes = read_whole(options.blacklist.file, guard::AddressRanges::kFileCap);
    if (!bytes) return fail(bytes.error().code, "The file of blacklist.file cannot be read: " + bytes.error().message);
    std::size_t skipped = 0;
    SF_TRY_ASSIGN(sources.ranges, guard::AddressRanges::parse(text_of(*bytes), skipped));
    if (skipped > 0) loaded.warning = "The blacklist file has " + std::to_string(skipped) + " lines that are no range; they are skipped.";
  }
  loaded.list = guard::Blacklist(std::move(sources));
  return loaded;
}

bool concerns_blacklist(std::string_view changed_key) {
  return changed_key.starts_with("transfers.groups.blacklisted.") || changed_key.starts_with("blacklist.");
}

}  // namespace soulfabric::daemon

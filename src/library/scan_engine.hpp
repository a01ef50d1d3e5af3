// SPDX-License-Identifier: GPL-3.0-or-later
// The blocking steps of a scan in the order the network thread asks for them. Used by the scan's thread only; its counters are for all.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/share_rules.hpp"
#include "folder_scan.hpp"
#include "folder_watch.hpp"
#include "library_store.hpp"
#include "media_pool.hpp"
#include "scan_state.hpp"
#include "soulfabric/library/snapshot_builder.hpp"

namespace soulfabric::library {

/// A snapshot and what is counted of it once.
struct IndexedShares {
  std::shared_ptr<const Snapshot> snapshot;
  struct Count {
    std::uint32_t folders = 0;
    std::uint32_t files = 0;
  };
  std::vector<Count> counts;  // by number of the share in the rules
};

struct ScanFindings {
  std::vector<std::string> warnings;
  std::vector<ScanRoot> roots;
};

class ScanEngine {
 public:
  ScanEngine(std::filesystem::path data, MediaPoolOptions media, const Clock& clock);

  /// library.db, and the watch for changes where wanted. Io.
  [[nodiscard]] Status open();
  /// The snapshot of an earlier run, where it was made under the same rules and shows all that library.db holds.
  [[nodiscard]] std::optional<IndexedShares> load_kept(const ShareRules& rules);

  /// Names, sizes and times of everything; `news` came before it.
  [[nodiscard]] Result<ScanFindings> look_at_all(const ShareRules& rules, bool read_all_tags, bool watch, const WatchNews& news);
  /// Of the folders that the news is about.
  [[nodiscard]] Result<ScanFindings> look_at_changed(const ShareRules& rules, const WatchNews& news, const std::vector<std::int64_t>& folders);
  /// Nothing where the snapshot in use still shows all there is.
  [[nodiscard]] Result<std::optional<IndexedShares>> index(const ShareRules& rules, const std::vector<ScanRoot>& roots, std::uint64_t stamp_in_use);
  /// Tags of files that are new or changed.
  [[nodiscard]] Status read_tags(const std::vector<ScanRoot>& roots);
  [[nodiscard]] bool has_media() const noexcept { return !media_options_.program.empty(); }
  [[nodiscard]] std::uint64_t tag_requests() const noexcept { return media_ ? media_->files_sent() : 0; }

  /// Of complete scans: end (Unix seconds, 0 for none) and number of files.
  [[nodiscard]] Status remember_scan(std::int64_t unix_seconds, std::uint64_t files);
  [[nodiscard]] std::int64_t last_scan();
  [[nodiscard]] std::uint64_t last_file_count();

  [[nodiscard]] const std::filesystem::path& data() const noexcept { return data_; }
  [[nodiscard]] FolderWatch& watch() noexcept { return watch_; }
  ScanCounters counters;

 private:
  [[nodiscard]] Status fill(SnapshotBuilder& builder, const ShareRules& rules, const std::vector<ScanRoot>& roots);

  std::filesystem::path data_;
  MediaPoolOptions media_options_;
  const Clock& clock_;
  std::optional<LibraryStore> store_;
  FolderWatch watch_;
  std::unique_ptr<MediaPool> media_;
};

}  // namespace soulfabric::library

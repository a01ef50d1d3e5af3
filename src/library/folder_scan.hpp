// SPDX-License-Identifier: GPL-3.0-or-later
// The first part of a scan: names, sizes and times of everything below the shares compared with library.db. Blocking, on the
// scan's thread. Reads no file.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "core/share_rules.hpp"
#include "folder_listing.hpp"
#include "folder_watch.hpp"
#include "library_store.hpp"
#include "scan_state.hpp"
#include "soulfabric/base/clock.hpp"

namespace soulfabric::library {

/// A share's root as library.db numbers it.
struct ScanRoot {
  std::int64_t number = 0;
  std::string path;
  std::string problem;  // one sentence where it cannot be scanned
};

struct FolderScanOptions {
  bool read_all_tags = false;   // also of unchanged files
  bool apply_filters = false;   // also to files that passed them before: the rules are new
};

class FolderScan {
 public:
  /// `watch` may be null. All outlive the scan.
  FolderScan(LibraryStore& store, const ShareRules& rules, ScanCounters& counters, const Clock& clock, FolderWatch* watch);

  /// Walks all shares. Cancelled: what was seen is kept. Io: library.db failed.
  [[nodiscard]] Status scan_all(FolderScanOptions options);
  /// Looks at these folders (ids of library.db) again, and at what is new below them.
  [[nodiscard]] Status scan_folders(const std::vector<std::int64_t>& ids);

  [[nodiscard]] const std::vector<ScanRoot>& roots() const noexcept { return roots_; }
  /// One sentence each.
  [[nodiscard]] std::vector<std::string> warnings() const;
 private:
  [[nodiscard]] Status number_roots();
  [[nodiscard]] Status walk(const ScanRoot& root, int folder, const std::string& relative, int depth);
  [[nodiscard]] Status walk_subfolders(const ScanRoot& root, int folder, const std::string& relative, int depth);
  [[nodiscard]] Result<std::int64_t> compare(const ScanRoot& root, const std::string& relative, const std::optional<StoredFolder>& known);
  [[nodiscard]] bool is_unchanged(const std::string& absolute, ByteView record) const;
  void merge(const std::string& absolute, ByteView record);
  [[nodiscard]] Status scan_one(std::int64_t id);
  [[nodiscard]] Status remove_subtree(std::int64_t root, std::string_view relative);
  [[nodiscard]] Status remove_unseen(std::int64_t root);
  [[nodiscard]] Status commit_sometimes();
  [[nodiscard]] bool is_seen(std::int64_t id) const;
  void note_unreadable(const std::string& absolute, int error);

  LibraryStore& store_;
  const ShareRules& rules_;
  ScanCounters& counters_;
  const Clock& clock_;
  FolderWatch* watch_;
  FolderScanOptions options_;
  std::vector<ScanRoot> roots_;
  FolderListing listing_;
  FolderRecordWriter writer_;
  std::vector<bool> seen_;  // by id
  MonoTime last_commit_;
  std::uint64_t unreadable_folders_ = 0;
  std::uint64_t deep_folders_ = 0;
  std::string first_unreadable_;
};

}  // namespace soulfabric::library

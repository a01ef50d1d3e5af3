// SPDX-License-Identifier: GPL-3.0-or-later
// Watches folders for changes by inotify. `add` and `name_folder` on the scan's thread, `drain` on the network thread: they share
// nothing but the descriptor; what `drain` returns is taken to the scan's thread.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_set>
#include <vector>

#include "soulfabric/base/error.hpp"
#include "unique_fd.hpp"

namespace soulfabric::library {

/// What happened since the last look, by watch numbers.
struct WatchNews {
  std::unordered_set<int> changed;
  std::unordered_set<int> gone;
  bool is_overflown = false;  // the kernel dropped events: anything may have changed
  [[nodiscard]] bool empty() const noexcept { return changed.empty() && gone.empty() && !is_overflown; }
};

class FolderWatch {
 public:
  /// Without inotify (limit of instances reached) nothing is watched and `problem` says so.
  FolderWatch();
  [[nodiscard]] int descriptor() const noexcept { return inotify_.get(); }
  /// Reads what is there without waiting, at most some 64 KiB a call.
  void drain(WatchNews& news);

  /// True where `folder` (an id of library.db) has a watch.
  [[nodiscard]] bool is_watched(std::int64_t folder) const noexcept;
  /// Begins to watch; -1 where that cannot be. An event may come before the watch has a folder's id.
  [[nodiscard]] int add(const std::string& absolute_path);
  void name_folder(int watch, std::int64_t folder);
  void forget_folder(std::int64_t folder);
  /// Folder of a watch; 0 where it has none.
  [[nodiscard]] std::int64_t folder_of(int watch) const noexcept;
  void forget_watch(int watch);
  /// One sentence where some folders are not watched, else empty.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }

 private:
  UniqueFd inotify_;
  std::vector<std::uint32_t> folder_of_watch_;  // the kernel numbers watches 1, 2, 3 ...
  std::vector<std::uint32_t> watch_of_folder_;
  std::string problem_;
};

}  // namespace soulfabric::library

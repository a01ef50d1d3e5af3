// SPDX-License-Identifier: GPL-3.0-or-later
// inotify, and which folder each of its numbers means.
#include "folder_watch.hpp"

#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace soulfabric::library {
namespace {

constexpr std::uint32_t kEvents = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_ONLYDIR |
                                  IN_DONT_FOLLOW | IN_EXCL_UNLINK;
constexpr std::size_t kMostWatches = 16'000'000;

}  // namespace

FolderWatch::FolderWatch() : inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (!inotify_) {
    problem_ = "Changes in shared folders are seen by the periodic scan only, because the system allows no further inotify instance: "
               "raise fs.inotify.max_user_instances.";
  }
}

void FolderWatch::drain(WatchNews& news) {
  alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
  for (int turn = 0; turn < 4; ++turn) {
    const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got <= 0) return;
    for (ssize_t at = 0; at < got;) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      at += static_cast<ssize_t>(sizeof event + event.len);
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        news.is_overflown = true;
      } else if ((event.mask & IN_IGNORED) != 0) {
        news.gone.insert(event.wd);
      } else {
        news.changed.insert(event.wd);
      }
    }
  }
}

bool FolderWatch::is_watched(std::int64_t folder) const noexcept {
  const auto at = static_cast<std::size_t>(folder);
  return at < watch_of_folder_.size() && watch_of_folder_[at] != 0;
}

int FolderWatch::add(const std::string& absolute_path) {
  if (!inotify_) return -1;
  const int watch = ::inotify_add_watch(inotify_.get(), absolute_path.c_str(), kEvents);
  if (watch < 0 && errno == ENOSPC && problem_.empty()) {
    problem_ = "Changes in some shared folders are seen by the periodic scan only, because the system's limit of inotify watches is "
               "reached: raise fs.inotify.max_user_watches.";
  }
  return watch;
}

void FolderWatch::name_folder(int watch, std::int64_t folder) {
  if (watch <= 0 || static_cast<std::size_t>(watch) > kMostWatches || folder <= 0 || static_cast<std::size_t>(folder) > kMostWatches) return;
  const auto w = static_cast<std::size_t>(watch);
  const auto f = static_cast<std::size_t>(folder);
  if (w >= folder_of_watch_.size()) folder_of_watch_.resize(w + 1, 0);
  if (f >= watch_of_folder_.size()) watch_of_folder_.resize(f + 1, 0);
  // A folder that was moved keeps its watch; the number it had before means nothing any more.
  const std::uint32_t before = folder_of_watch_[w];
  if (before != 0 && before != f) watch_of_folder_[before] = 0;
  folder_of_watch_[w] = static_cast<std::uint32_t>(f);
  watch_of_folder_[f] = static_cast<std::uint32_t>(w);
}

void FolderWatch::forget_folder(std::int64_t folder) {
  if (!is_watched(folder)) return;
  const std::uint32_t watch = std::exchange(watch_of_folder_[static_cast<std::size_t>(folder)], 0);
  folder_of_watch_[watch] = 0;
  ::inotify_rm_watch(inotify_.get(), static_cast<int>(watch));
}

std::int64_t FolderWatch::folder_of(int watch) const noexcept {
  const auto at = static_cast<std::size_t>(watch);
  return watch > 0 && at < folder_of_watch_.size() ? folder_of_watch_[at] : 0;
}

void FolderWatch::forget_watch(int watch) {
  const std::int64_t folder = folder_of(watch);
  if (folder == 0) return;
  watch_of_folder_[static_cast<std::size_t>(folder)] = 0;
  folder_of_watch_[static_cast<std::size_t>(watch)] = 0;
}

}  // namespace soulfabric::library

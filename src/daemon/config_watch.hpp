// SPDX-License-Identifier: GPL-3.0-or-later
// Notices that a file changed: written in place, replaced by rename (as editors and sed -i do), removed, or put there again.
#pragma once
#include <filesystem>
#include <memory>

#include "soulfabric/base/io.hpp"

namespace soulfabric::daemon {

/// Watches the file's inode and its folder: a file mounted into a container changes without its folder's knowledge, a
/// replaced one without the old inode's. Network thread only.
class ConfigWatch {
 public:
  /// Changes that follow each other within this time are one.
  static constexpr std::chrono::milliseconds kQuiet{200};

  /// Io where inotify is not available or its limits are reached; the sentence says what to do.
  [[nodiscard]] static Result<std::unique_ptr<ConfigWatch>> create(IoContext& context, const std::filesystem::path& file);
  ConfigWatch(const ConfigWatch&) = delete;
  ConfigWatch& operator=(const ConfigWatch&) = delete;
  ~ConfigWatch();

  /// Returns after the next change, once the file has been quiet for kQuiet (or after ten times that). Closed when the
  /// watch itself ended. One caller at a time.
  [[nodiscard]] Task<Status> next_change(IoClock& clock);

 private:
  struct State;
  explicit ConfigWatch(std::unique_ptr<State> state) noexcept;
  [[nodiscard]] Task<Status> wait_for_events();
  std::unique_ptr<State> state_;
};

}  // namespace soulfabric::daemon

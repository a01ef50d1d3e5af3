// SPDX-License-Identifier: GPL-3.0-or-later
// Another run of this same program as a child that cannot outlive us: the kernel kills it when we end, however we end.
// Network thread only, which must be the thread that started it.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/error.hpp"

namespace soulfabric::daemon::demo {

class ChildProcess {
 public:
  /// `arguments` without the program's name. `output` takes what it prints; the caller keeps and closes its own copy.
  /// Of our other descriptors it gets none, its input is empty, and it leads a process group of its own.
  [[nodiscard]] static Result<ChildProcess> start(const std::vector<std::string>& arguments, int output);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  /// Kills what still runs.
  ~ChildProcess();

  /// Asks it to end in an orderly way.
  void ask_to_end() const noexcept;
  /// Ends it and whatever it started, at once.
  void kill_group() const noexcept;
  /// True once it has ended; then nothing of its group is left. To be called after each SIGCHLD.
  [[nodiscard]] bool reap() noexcept;
  [[nodiscard]] bool is_running() const noexcept { return pid_ > 0; }
  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

 private:
  explicit ChildProcess(pid_t pid) noexcept : pid_(pid) {}
  pid_t pid_ = -1;
};

}  // namespace soulfabric::daemon::demo

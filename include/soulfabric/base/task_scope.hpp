// SPDX-License-Identifier: GPL-3.0-or-later
// Structured coroutines: a scope owns its children, cancels and joins them. The only place that spawns.
// Network thread only.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "soulfabric/base/io.hpp"

namespace soulfabric {

class TaskScope {
 public:
  /// At most `cap` children at a time.
  TaskScope(IoContext& context, std::string name, std::size_t cap = 65536);
  /// Every child must have ended: await `close` first.
  ~TaskScope();
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  /// Starts a child at the next turn of the loop. False, and the task is dropped unstarted, when closing or full.
  bool spawn(std::string_view what, Task<void> task);
  /// As `spawn`; the number stops this child alone. Nothing where it was refused.
  [[nodiscard]] std::optional<std::uint64_t> start(std::string_view what, Task<void> task);
  /// Asks one child to stop; harmless when it has ended.
  void stop(std::uint64_t child);
  /// Asks every child to stop; new ones are refused from here on.
  void cancel();
  /// Cancels, then waits for the last child.
  [[nodiscard]] Task<void> close();
  /// Waits for the present children without cancelling them.
  [[nodiscard]] Task<void> join();
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] bool closing() const noexcept;
  [[nodiscard]] IoContext& context() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace soulfabric

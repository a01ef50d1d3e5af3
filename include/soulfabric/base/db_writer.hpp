// SPDX-License-Identifier: GPL-3.0-or-later
// One writer strand per database file: changes queued on the network thread are committed together on a thread of their own.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "soulfabric/base/io.hpp"
#include "soulfabric/base/sqlite.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/base/worker_pool.hpp"

namespace soulfabric {

class DbWriter {
 public:
  using Change = std::function<Status(Database&)>;

  /// `threads`: 1, or 0 to write on the network thread (simulations).
  DbWriter(IoContext& context, IoClock& clock, Database database, std::size_t threads = 1);

  /// Queues a change for the next commit (one batch at a time; what arrives meanwhile goes into the next).
  /// A change that fails is rolled back alone and logged. A batch that the disk refuses (full, broken) is kept and tried again
  /// every second, so a change may be called more than once.
  void submit(Change change);
  /// Waits until everything submitted so far is committed (and synced as the database's mode says), or a commit failed:
  /// then its error, while the changes stay queued.
  [[nodiscard]] Task<Status> flush();
  /// Runs a read (or a change with an answer) on the database's thread, between batches.
  template <class F>
  [[nodiscard]] Task<std::invoke_result_t<F, Database&>> query(F fn) {
    auto shared = database_;
    auto result = co_await worker_.run([shared, fn = std::move(fn)]() mutable { return fn(*shared); });
    co_return result;
  }
  /// Commits what is queued, by one last attempt where the disk refuses, and stops.
  [[nodiscard]] Task<void> close();

 private:
  [[nodiscard]] Task<void> pump();
  IoClock& clock_;
  std::shared_ptr<Database> database_;
  WorkerPool worker_;
  std::vector<Change> queue_;
  std::uint64_t submitted_ = 0;
  std::uint64_t committed_ = 0;
  std::uint64_t failures_ = 0;  // of whole commits
  bool running_ = false;
  bool closing_ = false;
  Status last_ = {};
  Notifier committed_changed_;
  Notifier closing_changed_;
  TaskScope scope_;
};

}  // namespace soulfabric

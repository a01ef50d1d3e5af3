// SPDX-License-Identifier: GPL-3.0-or-later
// Batches: whatever was queued while a commit ran goes into the next one.
#include "soulfabric/base/db_writer.hpp"

#include "soulfabric/base/log.hpp"

namespace soulfabric {
namespace {

Status commit_batch(Database& database, const std::vector<DbWriter::Change>& changes) {
  return database.transaction([&]() -> Status {
    for (const auto& change : changes) {
      SF_TRY(database.execute("SAVEPOINT change"));
      if (const auto done = change(database); !done) {
        log::error("store", "a change was not stored: " + done.error().message);
        SF_TRY(database.execute("ROLLBACK TO change"));
      }
      SF_TRY(database.execute("RELEASE change"));
    }
    return {};
  });
}

}  // namespace

DbWriter::DbWriter(IoContext& context, IoClock& clock, Database database)
    : clock_(clock), database_(std::make_shared<Database>(std::move(database))), scope_(context, "database writer") {}

void DbWriter::submit(Change change) {
  queue_.push_back(std::move(change));
  ++submitted_;
  if (!running_) running_ = scope_.spawn("commit", pump());
}

Task<void> DbWriter::pump() {
  while (!queue_.empty()) {
    auto batch = std::make_shared<std::vector<Change>>(std::move(queue_));
    queue_.clear();
    const auto count = batch->size();
    auto database = database_;
    auto done = co_await worker_.run([database, batch] { return commit_batch(*database, *batch); });
    last_ = std::move(done);
    if (!last_) log::error("store", "a commit failed: " + last_.error().message);
    committed_ += count;
    committed_changed_.notify_all();
  }
  running_ = false;
}

Task<Status> DbWriter::flush() {
  const auto target = submitted_;
  while (committed_ < target) co_await committed_changed_.wait(clock_, kNever);
  co_return last_;
}

Task<void> DbWriter::close() {
  co_await flush();
  co_await scope_.join();
}

}  // namespace soulfabric

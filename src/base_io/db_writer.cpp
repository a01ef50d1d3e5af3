// SPDX-License-Identifier: GPL-3.0-or-later
// Batches: whatever was queued while a commit ran goes into the next one. A batch that the disk refuses stays first in the queue.
#include "soulfabric/base/db_writer.hpp"

#include "soulfabric/base/log.hpp"

namespace soulfabric {
namespace {

constexpr Duration kTryAgain = std::chrono::seconds(1);
constexpr std::size_t kMostHeld = 20'000;  // changes kept while the disk takes none

/// Failures of the disk, not of the change.
bool is_passing(Errc code) { return code == Errc::NoSpace || code == Errc::Busy; }

Status commit_batch(Database& database, const std::vector<DbWriter::Change>& changes) {
  return database.transaction([&]() -> Status {
    for (const auto& change : changes) {
      SF_TRY(database.execute("SAVEPOINT change"));
      if (auto done = change(database); !done) {
        if (is_passing(done.error().code)) return done;  // nothing of the batch is lost: it is tried again as a whole
        log::error("store", "a change was not stored: " + done.error().message);
        SF_TRY(database.execute("ROLLBACK TO change"));
      }
      SF_TRY(database.execute("RELEASE change"));
    }
    return {};
  });
}

}  // namespace

DbWriter::DbWriter(IoContext& context, IoClock& clock, Database database, std::size_t threads)
    : clock_(clock), database_(std::make_shared<Database>(std::move(database))), worker_(threads), scope_(context, "database writer") {}

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
    if (done) {
      if (!last_) log::info("store", "changes are stored again");
      last_ = {};
      committed_ += count;
      committed_changed_.notify_all();
      continue;
    }
    if (last_) log::error("store", "changes cannot be stored, they are kept and tried again: " + done.error().message);
    last_ = std::move(done);
    ++failures_;
    if (closing_ || count + queue_.size() > kMostHeld) {
      log::error("store", std::to_string(count) + " changes are lost: " + last_.error().message);
      committed_ += count;
    } else {
      batch->insert(batch->end(), std::make_move_iterator(queue_.begin()), std::make_move_iterator(queue_.end()));
      queue_ = std::move(*batch);
    }
    committed_changed_.notify_all();
    if (!closing_) co_await closing_changed_.wait(clock_, clock_.now() + kTryAgain);
  }
  running_ = false;
}

Task<Status> DbWriter::flush() {
  const auto target = submitted_;
  const auto failures = failures_;
  while (committed_ < target && failures_ == failures) co_await committed_changed_.wait(clock_, kNever);
  if (failures_ != failures) co_return last_ ? Status(fail(Errc::Io, "changes could not be stored at once")) : last_;
  co_return Status{};
}

Task<void> DbWriter::close() {
  closing_ = true;
  closing_changed_.notify_all();
  co_await scope_.join();
}

}  // namespace soulfabric

// SPDX-License-Identifier: GPL-3.0-or-later
// One job at a time per file: it writes everything that was put meanwhile.
#include "transfers/partial_file.hpp"

#include <boost/asio/post.hpp>
#include <fcntl.h>

#include <algorithm>
#include <vector>

namespace soulfabric::soulseek {
namespace {

constexpr int kFolderTries = 32;
constexpr std::size_t kBlock = 512 * 1024;
constexpr std::size_t kMostBlocks = 4;                          // of one download in memory
constexpr std::uint64_t kFirstSync = 1024 * 1024;               // then twice as far each time
constexpr std::uint64_t kSyncEvery = 32 * 1024 * 1024;          // at most
constexpr auto kSyncAfter = std::chrono::seconds(5);            // whichever comes first
constexpr std::uint64_t kWriteBackEvery = 4 * 1024 * 1024;      // the kernel is asked to begin writing, so that syncs are short

}  // namespace

Result<OpenedPartial> open_partial(FileLayer& files, const std::filesystem::path& path, std::uint64_t trusted, std::uint64_t size) {
  Result<std::unique_ptr<File>> file = fail(Errc::Internal, "the file was not opened");
  // Again where it is gone: clean-up after other downloads removes empty folders, also those that were made just now.
  for (int attempt = 0; attempt < kFolderTries; ++attempt) {
    const Status made = files.create_folders(path.parent_path());
    if (made) {
      file = files.open(path, OpenMode::Create);
    } else {
      file = std::unexpected(made.error());
    }
    if (file || file.error().code != Errc::NotFound) break;
  }
  if (!file) return std::unexpected(std::move(file).error());
  SF_TRY_ASSIGN(const std::uint64_t there, (*file)->size());
  std::uint64_t keep = std::min(there, trusted);
  if (keep > size) keep = 0;
  if (keep != there) SF_TRY((*file)->truncate(keep));
  return OpenedPartial{std::move(*file), keep};
}

void remove_empty_folders(const std::filesystem::path& folder, const std::filesystem::path& root) {
  std::error_code ignored;
  for (auto at = folder; at != root && at.has_relative_path() && std::filesystem::remove(at, ignored); at = at.parent_path()) {
  }
}

struct DiskWriter::State : std::enable_shared_from_this<State> {
  State(WorkerPool& workers_in, IoContext& context_in, IoClock& clock_in, std::shared_ptr<File> file_in, std::uint64_t offset)
      : workers(workers_in), context(context_in), clock(clock_in), file(std::move(file_in)), end(offset), written(offset), synced(offset) {}

  struct Block {
    Bytes bytes;
    std::size_t count;
  };
  struct Job {
    std::vector<Block> blocks;
    std::uint64_t at = 0;
    bool sync = false;
    Status done = {};
  };

  void pump() {
    if (busy || queue.empty() || !status) return;
    busy = true;
    auto job = std::make_shared<Job>();
    job->at = written;
    std::uint64_t after = written;
    while (!queue.empty()) {
      after += queue.front().count;
      job->blocks.push_back(std::move(queue.front()));
      queue.pop_front();
    }
    const auto now = clock.now();
    job->sync = after - synced >= next_sync || now - last_sync >= kSyncAfter;
    if (job->sync) {
      last_sync = now;
      next_sync = std::min(next_sync * 2, kSyncEvery);
    }
    workers.post([self = shared_from_this(), job] {
      job->done = self->perform(*job);
      boost::asio::post(self->context, [self, job] { self->ended(*job); });
    });
  }

  Status perform(const Job& job) {
    std::uint64_t at = job.at;
    for (const Block& block : job.blocks) {
      SF_TRY(file->write_at(at, ByteView(block.bytes).first(block.count)));
      at += block.count;
    }
    if (job.sync) return file->sync();
    if (file->descriptor() >= 0 && at - write_back >= kWriteBackEvery) {
      ::sync_file_range(file->descriptor(), static_cast<off64_t>(write_back), static_cast<off64_t>(at - write_back), SYNC_FILE_RANGE_WRITE);
      write_back = at;
    }
    return {};
  }

  void ended(Job& job) {
    busy = false;
    for (Block& block : job.blocks) {
      if (job.done) written += block.count;
      --in_use;
      spare.push_back(std::move(block.bytes));
    }
    if (!job.done) status = job.done;
    if (job.done && job.sync) {
      synced = written;
      if (on_synced) on_synced(synced);
    }
    pump();
    changed.notify_all();
  }

  WorkerPool& workers;
  IoContext& context;
  IoClock& clock;
  std::shared_ptr<File> file;
  std::function<void(std::uint64_t)> on_synced;
  std::deque<Block> queue;
  std::vector<Bytes> spare;
  std::size_t in_use = 0;
  std::uint64_t end;
  std::uint64_t written;
  std::uint64_t synced;
  std::uint64_t next_sync = kFirstSync;
  std::uint64_t write_back = 0;  // of the worker
  MonoTime last_sync{};
  bool busy = false;
  Status status = {};
  Notifier changed;
};

DiskWriter::DiskWriter(WorkerPool& workers, IoContext& context, IoClock& clock, std::shared_ptr<File> file, std::uint64_t offset,
                       std::function<void(std::uint64_t)> on_synced)
    : state_(std::make_shared<State>(workers, context, clock, std::move(file), offset)) {
  state_->on_synced = std::move(on_synced);
  state_->last_sync = clock.now();
  state_->write_back = offset;
}

DiskWriter::~DiskWriter() { state_->on_synced = nullptr; }

Task<Result<Bytes>> DiskWriter::take_block() {
  const auto state = state_;
  while (state->status && state->in_use >= kMostBlocks) co_await state->changed.wait(state->clock, kNever);
  if (!state->status) co_return std::unexpected(state->status.error());
  Bytes block;
  if (!state->spare.empty()) {
    block = std::move(state->spare.back());
    state->spare.pop_back();
  }
  block.resize(kBlock);
  co_return block;
}

void DiskWriter::put(Bytes block, std::size_t count) {
  ++state_->in_use;
  state_->end += count;
  state_->queue.push_back({std::move(block), count});
  state_->pump();
}

Task<Status> DiskWriter::drain() {
  const auto state = state_;
  while (state->status && state->written < state->end) co_await state->changed.wait(state->clock, kNever);
  // A job under way refers to the file: its end is awaited after a failure too.
  while (state->busy) co_await state->changed.wait(state->clock, kNever);
  co_return state->status;
}

std::uint64_t DiskWriter::written() const noexcept { return state_->written; }

}  // namespace soulfabric::soulseek

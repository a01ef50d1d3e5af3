// SPDX-License-Identifier: GPL-3.0-or-later
// From a file connection to a file in its place, and what start-up finds of it.
#include <algorithm>
#include <array>

#include "core/transfer_paths.hpp"
#include "soulfabric/base/log.hpp"
#include "transfers/downloads.hpp"
#include "wire/wire.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kWholeBlock = 256 * 1024;  // a block goes to the disk when it holds so much
constexpr int kNamesTried = 20;

core::FileEnd end_of(const Error& error) {
  if (error.code == Errc::TimedOut) return core::FileEnd::TimedOut;
  return error.code == Errc::Cancelled ? core::FileEnd::Dropped : core::FileEnd::Closed;
}

std::string sentence_of(const Error& error) {
  if (error.code == Errc::TimedOut) return "The user sent nothing for too long.";
  return "The connection ended before the file was complete.";
}

}  // namespace

std::filesystem::path Downloads::partial_path(const TransferRow& row) const {
  return parts_.options.incomplete / core::incomplete_path(row.shown.username, row.shown.filename);
}

Task<void> Downloads::receive(core::DownloadId id, std::uint32_t epoch, std::shared_ptr<OpenStream> open, std::shared_ptr<OpenStream> before) {
  // The connection before this one may still have bytes on their way to the same file.
  while (before && before->stream) co_await receive_ended_.wait(parts_.deps.clock, kNever);
  TransferRow* row = parts_.book.find(work_.at(id).row_id);
  Received got{core::FileEnd::Dropped, 0, ""};
  if (row != nullptr && open->stream->is_open()) got = co_await receive_file(id, *row, *open->stream);
  open->stream->close();
  if (got.end == core::FileEnd::Complete) {
    const Status placed = co_await place_file(*row);
    if (!placed) got = Received{core::FileEnd::Disk, got.gained, "The finished file could not be put in its place: " + placed.error().message};
  }
  open->stream.reset();
  const auto work = work_.find(id);
  if (work != work_.end() && work->second.open == open) {
    work->second.open.reset();
    if (core_.find(id) == nullptr && !work->second.acquiring) work_.erase(work);
  }
  receive_ended_.notify_all();
  core::DownloadActions actions;
  core_.on_file_end(id, epoch, got.end, got.gained, got.problem, parts_.deps.clock.now(), actions);
  perform(std::move(actions));
  if (got.end != core::FileEnd::Complete || row == nullptr) co_return;
  const Status stored = co_await parts_.book.flush();
  if (stored && row->shown.local_path && parts_.book.events().download_complete) parts_.book.events().download_complete(row->shown);
}

Task<Downloads::Received> Downloads::receive_file(core::DownloadId id, TransferRow& row, net::ByteStream& stream) {
  const core::Download* download = core_.find(id);
  const bool from_start = !parts_.options.resume || download == nullptr || download->discard_partial;
  const std::uint64_t trusted = from_start ? 0 : row.written;
  const std::uint64_t size = row.shown.size;
  if (download != nullptr && download->discard_partial) core_.partial_discarded(id);
  auto opened = co_await parts_.deps.workers.run(
      [&files = parts_.deps.files, path = partial_path(row), trusted, size] { return open_partial(files, path, trusted, size); });
  if (!opened) co_return Received{core::FileEnd::Disk, 0, "The file could not be opened for writing: " + opened.error().message};
  row.shown.start_offset = row.shown.bytes_transferred = row.written = opened->offset;
  row.synced = std::min(row.synced, opened->offset);
  row.began = parts_.deps.clock.now();
  parts_.book.store(row);
  parts_.book.tell(row);
  const Bytes offset = wire::encode(wire::file::TransferOffset{opened->offset});
  const Status sent = co_await stream.write(offset, parts_.deps.clock.now() + parts_.options.handshake_wait);
  if (!sent) co_return Received{end_of(sent.error()), 0, sentence_of(sent.error())};
  auto got = co_await receive_bytes(row, stream, std::move(*opened));
  co_return got;
}

Task<Downloads::Received> Downloads::receive_bytes(TransferRow& row, net::ByteStream& stream, OpenedPartial partial) {
  const guard::Subject who = guard::Subject::user(row.shown.username);
  std::uint64_t at = partial.offset;
  const std::uint64_t size = row.shown.size;
  const auto note_synced = [this, &row](std::uint64_t safe) {
    row.synced = safe;
    parts_.book.store(row);
  };
  DiskWriter disk(parts_.deps.workers, parts_.deps.context, parts_.deps.clock, partial.file, at, note_synced);
  std::optional<Error> failure;
  while (at < size && !failure) {
    auto block = co_await disk.take_block();
    if (!block) break;
    std::size_t filled = 0;
    while (filled < kWholeBlock && at < size && !failure) {
      const std::size_t want = static_cast<std::size_t>(std::min<std::uint64_t>(block->size() - filled, size - at));
      const auto allowed = parts_.deps.courtesy.guard().take_download(who, want);
      if (allowed.granted == 0) {
        co_await parts_.deps.clock.sleep_until(allowed.retry_at);
        continue;
      }
      const auto into = MutableByteView(*block).subspan(filled, static_cast<std::size_t>(allowed.granted));
      const auto got = co_await stream.read_some(into, parts_.deps.clock.now() + parts_.options.idle_wait);
      const std::size_t count = got.value_or(0);
      parts_.deps.courtesy.guard().refund_download(who, allowed.granted - count);
      if (!got) failure = got.error();
      filled += count;
      at += count;
      progress(row, count);
    }
    disk.put(std::move(*block), filled);
  }
  const Status written = co_await disk.drain();
  row.written = disk.written();
  const std::uint64_t gained = row.written - partial.offset;
  if (!written) co_return Received{core::FileEnd::Disk, gained, "The file could not be written: " + written.error().message};
  if (failure) co_return Received{end_of(*failure), gained, sentence_of(*failure)};
  co_return Received{core::FileEnd::Complete, gained, ""};
}

void Downloads::progress(TransferRow& row, std::uint64_t bytes) {
  parts_.bytes_in += bytes;
  row.shown.bytes_transferred += bytes;
  const auto now = parts_.deps.clock.now();
  if (now - row.reported < parts_.options.progress_interval && row.shown.bytes_transferred < row.shown.size) return;
  const double seconds = std::chrono::duration<double>(now - row.began).count();
  if (seconds > 0) row.shown.average_speed = static_cast<double>(row.shown.bytes_transferred - row.shown.start_offset) / seconds;
  parts_.book.tell_progress(row, parts_.options.progress_interval);
}

/// The row names the place before the file goes there, so that start-up knows a finished file whichever came last.
Task<Status> Downloads::place_file(TransferRow& row) {
  auto moved = co_await move_to_target(row);
  if (!moved) co_return moved;
  row.shown.local_path = row.moving_to;
  row.synced = row.shown.size;
  const auto folder = partial_path(row).parent_path();
  co_await parts_.deps.workers.run([folder, root = parts_.options.incomplete] { remove_empty_folders(folder, root); });
  co_return Status{};
}

Task<Status> Downloads::move_to_target(TransferRow& row) {
  FileLayer& files = parts_.deps.files;
  const bool replace = parts_.options.on_existing == OnExisting::Overwrite;
  const auto plain = parts_.options.downloads / row.target;
  auto path = plain;
  auto from = partial_path(row);
  for (int attempt = 0; attempt < kNamesTried; ++attempt) {
    const bool taken = co_await parts_.deps.workers.run([&files, path] { return files.exists(path); });
    if (!taken || replace) {
      row.moving_to = path.string();
      parts_.book.store(row);
      auto stored = co_await parts_.book.flush();
      if (!stored) co_return stored;
      auto moved = co_await parts_.deps.workers.run([&files, from, path, replace] { return move_durably(files, from, path, replace); });
      if (moved || moved.error().code != Errc::Exists) co_return moved;
    }
    const auto later = parts_.deps.clock.wall() + std::chrono::microseconds(attempt);
    path = plain.parent_path() / core::with_ticks(plain.filename().string(), later);
  }
  co_return fail(Errc::Exists, "every name tried in the downloads folder is taken");
}

// ---- the next start -----------------------------------------------------------------------------------------------

Task<void> Downloads::recover() {
  for (TransferRow* row : parts_.book.unfinished(Direction::Download)) {
    const bool finished = co_await recover_row(*row);
    if (finished) continue;
    if (core_.is_active(row->shown.username, row->shown.filename)) {
      parts_.book.set_state(*row, TransferState::Completed | TransferState::Cancelled);
      continue;
    }
    const auto id = adopt(*row, guard::Origin::LocalAutomation);
    core::DownloadActions actions;
    core_.begin(id, parts_.deps.clock.now(), actions);
    perform(std::move(actions));
  }
}

Task<bool> Downloads::recover_row(TransferRow& row) {
  struct Found {
    std::optional<std::uint64_t> partial;
    std::optional<std::uint64_t> target;
  };
  FileLayer& files = parts_.deps.files;
  const auto found = co_await parts_.deps.workers.run([&files, partial = partial_path(row), target = row.moving_to] {
    Found here;
    if (const auto size = files.size_of(partial)) here.partial = *size;
    if (!target.empty()) {
      if (const auto size = files.size_of(target)) here.target = *size;
    }
    return here;
  });
  bool placed = !row.moving_to.empty() && !found.partial && found.target == row.shown.size;
  // A place was chosen only after the last byte was written; that it also was synced the size and the mark tell.
  if (!placed && !row.moving_to.empty() && found.partial == row.shown.size && row.synced == row.shown.size) {
    const Status moved = co_await place_file(row);
    placed = moved.has_value();
  }
  if (!placed) {
    row.moving_to.clear();
    row.written = row.synced = std::min(row.synced, found.partial.value_or(0));
    row.shown.bytes_transferred = row.written;
    co_return false;
  }
  row.shown.local_path = row.moving_to;
  row.shown.bytes_transferred = row.shown.size;
  row.shown.exception.reset();
  parts_.book.set_state(row, TransferState::Completed | TransferState::Succeeded);
  co_return true;
}

Task<void> Downloads::settle() {
  FileLayer& files = parts_.deps.files;
  for (TransferRow* row : parts_.book.unfinished(Direction::Download)) {
    if (row->shown.bytes_transferred <= row->synced) continue;
    const auto safe = co_await parts_.deps.workers.run([&files, path = partial_path(*row)]() -> Result<std::uint64_t> {
      if (!files.exists(path)) return std::uint64_t{0};
      SF_TRY_ASSIGN(const std::unique_ptr<File> file, files.open(path, OpenMode::Create));
      SF_TRY_ASSIGN(const std::uint64_t size, file->size());
      SF_TRY(file->sync());
      return size;
    });
    if (!safe) continue;
    row->synced = row->written = std::min(*safe, row->shown.size);
    parts_.book.store(*row);
  }
}

}  // namespace soulfabric::soulseek

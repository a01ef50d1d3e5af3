// SPDX-License-Identifier: GPL-3.0-or-later
// From a piece that is asked for to a file in its place: fetched, checked, written, hashed, its bit set.
#include <algorithm>

#include "download_impl.hpp"

namespace soulfabric::swarm {
namespace {

constexpr Duration kPieceTime = std::chrono::seconds(60);      // and the time that the slowest useful line needs
constexpr std::uint64_t kSlowestLine = 32 * 1024;              // bytes a second
constexpr Duration kSaveEvery = std::chrono::milliseconds(250);  // little is left to be synced when the last piece has come
constexpr std::uint64_t kReadAhead = 4 * 1024 * 1024;          // of pieces that are read back in one go
constexpr std::uint64_t kShareOfHeld = 4;

}  // namespace

struct DownloadImpl::Taken {
  Bytes bytes;
  bool good = false;
  Status written;
};

Bytes DownloadImpl::take_buffer(std::size_t size) {
  Bytes buffer;
  if (!run_->spare.empty()) {
    buffer = std::move(run_->spare.back());
    run_->spare.pop_back();
  }
  buffer.resize(size);
  return buffer;
}

void DownloadImpl::give_buffer(Bytes buffer) { run_->spare.push_back(std::move(buffer)); }

Task<void> DownloadImpl::prepare() {
  Run& run = *run_;
  core::PieceMap map{request_.want.sha256, run.manifest->size, run.manifest->root, run.core.done(), ""};
  const Status made = co_await deps_.workers.run([file = run.file, map = std::move(map)]() mutable { return file->prepare(std::move(map)); });
  if (!made) {
    fail_disk(made.error());
    co_return;
  }
  run.scope.spawn("hash", hash_along(run.whole));
  if (!run.saving) run.scope.spawn("save", save_along());
  run.saving = true;
  run.core.prepared(deps_.clock.now());
  perform();
}

Task<void> DownloadImpl::fetch(core::SourceId id, std::uint64_t piece, core::Ticket ticket) {
  Run& run = *run_;
  PieceSource& source = *run.members.at(id).source;
  const std::uint64_t size = run.manifest->piece_size(piece);
  Bytes buffer = take_buffer(size);
  const auto arrived = [this, ticket](std::size_t bytes) { run_->core.arrived(ticket, bytes, deps_.clock.now()); };
  const MonoTime deadline = deps_.clock.now() + kPieceTime + std::chrono::seconds(size / kSlowestLine);
  const Status got = co_await source.fetch(piece, buffer, arrived, deadline);
  run.children.erase(ticket);
  if (!got) {
    give_buffer(std::move(buffer));
    run.members.at(id).problem = got.error().message;
    run.core.fetch_failed(ticket, got.error().code == Errc::Malformed ? core::Lost::Malformed : core::Lost::Gone, deps_.clock.now());
    perform();
    co_return;
  }
  const bool wanted = run.core.fetched(ticket, deps_.clock.now());
  perform();
  if (!wanted) {
    give_buffer(std::move(buffer));
    co_return;
  }
  co_await take_in(id, piece, ticket, std::move(buffer));
}

/// Both hashes and the writing in one job, while the bytes are in the cache, where the piece is the next of the whole.
Task<void> DownloadImpl::take_in(core::SourceId, std::uint64_t piece, core::Ticket ticket, Bytes bytes) {
  Run& run = *run_;
  const auto whole = run.whole;
  const bool also_whole = whole->next == piece && !whole->busy;
  if (also_whole) whole->busy = true;
  Taken taken = co_await deps_.workers.run([file = run.file, manifest = run.manifest, whole, also_whole, piece, bytes = std::move(bytes)]() mutable {
    Taken out;
    out.good = library::is_piece(*manifest, piece, bytes);
    if (out.good) out.written = file->write(piece * manifest->piece_length(), bytes);
    if (out.good && out.written && also_whole) whole->hasher.update(bytes);
    out.bytes = std::move(bytes);
    return out;
  });
  if (also_whole) {
    whole->busy = false;
    if (taken.good && taken.written) ++whole->next;
  }
  if (!taken.written) {
    fail_disk(taken.written.error());
    co_return;
  }
  if (taken.good && !also_whole && whole->held_bytes + taken.bytes.size() <= settings_.memory / kShareOfHeld && piece >= whole->next) {
    whole->held_bytes += taken.bytes.size();
    whole->held.insert_or_assign(piece, std::move(taken.bytes));
  } else {
    give_buffer(std::move(taken.bytes));
  }
  run.core.checked(ticket, taken.good, deps_.clock.now());
  perform();
  changed_.notify_all();
}

// ---- the whole -----------------------------------------------------------------------------------------------------

Task<void> DownloadImpl::hash_along(std::shared_ptr<WholeHash> whole) {
  Run& run = *run_;
  while (run.whole == whole && whole->next < run.core.done().size()) {
    if (whole->busy || !run.core.done()[whole->next]) {
      co_await changed_.wait(deps_.clock, kNever);
      continue;
    }
    whole->busy = true;
    if (whole->held.contains(whole->next)) {
      co_await hash_held(whole);
    } else {
      co_await hash_from_disk(whole);
    }
    changed_.notify_all();
  }
}

Task<void> DownloadImpl::hash_held(std::shared_ptr<WholeHash> whole) {
  Bytes bytes = std::move(whole->held.extract(whole->next).mapped());
  whole->held_bytes -= bytes.size();
  bytes = co_await deps_.workers.run([whole, bytes = std::move(bytes)]() mutable {
    whole->hasher.update(bytes);
    return std::move(bytes);
  });
  give_buffer(std::move(bytes));
  ++whole->next;
  whole->busy = false;
}

Task<void> DownloadImpl::hash_from_disk(std::shared_ptr<WholeHash> whole) {
  Run& run = *run_;
  const std::uint64_t length = run.manifest->piece_length();
  std::uint64_t end = whole->next + 1;
  const auto& done = run.core.done();
  while (end < done.size() && done[end] && !whole->held.contains(end) && (end - whole->next) * length < kReadAhead) ++end;
  struct Read {
    std::uint64_t next = 0;
    bool bad = false;
    Status status;
  };
  const Read read = co_await deps_.workers.run([file = run.file, manifest = run.manifest, whole, end, length] {
    Read out{whole->next, false, {}};
    Bytes bytes;
    for (; out.next < end; ++out.next) {
      bytes.resize(manifest->piece_size(out.next));
      out.status = file->read(out.next * length, bytes);
      out.bad = out.status && whole->unproven[out.next] && !library::is_piece(*manifest, out.next, bytes);
      if (!out.status || out.bad) return out;
      whole->hasher.update(bytes);
    }
    return out;
  });
  whole->busy = false;
  whole->next = read.next;
  if (run.whole != whole) co_return;
  if (!read.status) {
    fail_disk(read.status.error());
    co_return;
  }
  if (!read.bad) co_return;
  whole->unproven[read.next] = false;
  const std::vector<std::uint64_t> lost(1, read.next);
  run.core.lost(lost, deps_.clock.now());
  perform();
}

Task<void> DownloadImpl::check_whole() {
  Run& run = *run_;
  const auto whole = run.whole;
  using Phase = core::Scheduler::Phase;
  while (run.core.phase() == Phase::Checking && (whole->busy || whole->next < run.core.done().size())) co_await changed_.wait(deps_.clock, kNever);
  if (run.core.phase() != Phase::Checking || run.whole != whole || whole->busy) co_return;
  whole->busy = true;  // for good: it gives its hash once
  const auto manifest = whole->hasher.finish();
  if (manifest && manifest->id == request_.want) {
    co_await place();
  } else {
    co_await find_fault();
  }
}

Task<void> DownloadImpl::place() {
  Run& run = *run_;
  if (run.outcome) co_return;
  run.placing = true;
  run.core.whole_ok();
  const auto placed = co_await deps_.workers.run([file = run.file] { return file->place(); });
  if (placed) {
    end_with(*placed);
  } else {
    fail_disk(placed.error());
  }
}

/// The hash of the whole differs though every piece was proven: either the disk lost some of them, or the root is not of this content.
Task<void> DownloadImpl::find_fault() {
  Run& run = *run_;
  struct Fault {
    std::vector<std::uint64_t> lost;
    Status status;
  };
  const Fault fault = co_await deps_.workers.run([file = run.file, manifest = run.manifest] {
    Fault out;
    Bytes bytes;
    for (std::uint64_t piece = 0; piece < manifest->pieces() && out.status; ++piece) {
      bytes.resize(manifest->piece_size(piece));
      out.status = file->read(piece * manifest->piece_length(), bytes);
      if (out.status && !library::is_piece(*manifest, piece, bytes)) out.lost.push_back(piece);
    }
    if (out.status && out.lost.empty()) out.status = file->forget();
    return out;
  });
  if (!fault.status) {
    fail_disk(fault.status.error());
    co_return;
  }
  if (fault.lost.empty()) {
    run.core.root_was_false(deps_.clock.now());
  } else {
    run.whole = std::make_shared<WholeHash>(run.manifest->size);
    run.whole->unproven = run.core.done();
    run.core.lost(fault.lost, deps_.clock.now());
    for (const std::uint64_t piece : fault.lost) run.whole->unproven[piece] = false;
    run.scope.spawn("hash", hash_along(run.whole));
  }
  perform();
}

// ---- the bitmap ----------------------------------------------------------------------------------------------------

Task<Status> DownloadImpl::save() {
  Run& run = *run_;
  const Status saved = co_await deps_.workers.run(
      [file = run.file, root = run.manifest->root, pieces = run.core.done()] { return file->save(root, pieces); });
  co_return saved;
}

/// Half of the time at most: syncing must not keep the pieces that come from being written.
Task<void> DownloadImpl::save_along() {
  Run& run = *run_;
  Duration pause = kSaveEvery;
  std::uint64_t before = run.core.done_count();
  while (!run.placing) {
    co_await deps_.clock.sleep_for(pause);
    if (run.core.done_count() == before) continue;
    before = run.core.done_count();
    const MonoTime began = deps_.clock.now();
    const Status saved = co_await save();
    pause = std::max(kSaveEvery, deps_.clock.now() - began);
    if (!saved) fail_disk(saved.error());
    if (!saved) co_return;
  }
}

}  // namespace soulfabric::swarm

// SPDX-License-Identifier: GPL-3.0-or-later
// Downloads: requests in, actions of the core out. The bytes: downloads_receive.cpp.
#include "transfers/downloads.hpp"

#include <algorithm>

#include "core/transfer_paths.hpp"
#include "wire/wire.hpp"

namespace soulfabric::soulseek {
namespace {

constexpr std::size_t kMostFiles = 20'000;      // of one request
constexpr std::size_t kLongestPath = 16 * 1024;  // bytes of one remote path

core::RequestResult result_of(const Status& sent) {
  if (sent) return core::RequestResult::Sent;
  if (sent.error().code == Errc::Offline) return core::RequestResult::Offline;
  if (sent.error().code == Errc::Unavailable) return core::RequestResult::NoSession;
  return core::RequestResult::Failed;
}

}  // namespace

void Downloads::configure() { core_.configure(parts_.options.download); }

// ---- requests of the user ----------------------------------------------------------------------------------------

std::optional<std::string> Downloads::refuse(const DownloadRequest& request, const DownloadFile& file) const {
  if (file.filename.empty()) return "The file has no name.";
  if (file.filename.size() > kLongestPath) return "The file's path is longer than any real one.";
  if (core_.is_active(request.username, file.filename)) return "Skipped: Already in progress";
  return std::nullopt;
}

TransferRow& Downloads::make_row(const DownloadRequest& request, const DownloadFile& file, const std::string& batch_id) {
  Transfer shown;
  shown.id = make_guid(parts_.deps.random);
  shown.direction = Direction::Download;
  shown.username = request.username;
  shown.filename = file.filename;
  shown.size = file.size;
  if (!batch_id.empty()) shown.batch_id = batch_id;
  TransferRow* old = parts_.book.newest(Direction::Download, request.username, file.filename);
  TransferRow& row = parts_.book.create(std::move(shown));
  const core::TargetRequest where{request.username, file.filename, parts_.options.subdirectory, batch_id,
                                  request.options.external_id ? std::string_view(*request.options.external_id) : std::string_view{},
                                  request.search_id ? std::string_view(*request.search_id) : std::string_view{}};
  row.target = request.options.destination ? core::target_path_in(*request.options.destination, file.filename) : core::target_path(where);
  if (old != nullptr) {
    if (old->moving_to.empty() && old->shown.size == file.size) row.synced = row.written = old->written;
    parts_.book.hide(*old);
  }
  return row;
}

Task<Result<EnqueueResult>> Downloads::enqueue(DownloadRequest request, guard::Origin origin) {
  if (origin == guard::Origin::RemoteMesh) co_return fail(Errc::Forbidden, "Another node may not start Soulseek downloads here.");
  if (request.username.empty()) co_return fail(Errc::InvalidArgument, "The request names no user; say whom to download from.");
  if (request.files.empty()) co_return fail(Errc::InvalidArgument, "The request names no file; list at least one.");
  if (request.files.size() > kMostFiles) co_return fail(Errc::TooLarge, "The request lists more than 20,000 files; split it.");
  for (const auto& file : request.files) {
    if (core::has_parent_part(file.filename)) co_return fail(Errc::InvalidArgument, "A file's path contains '..', which is not allowed.");
  }
  if (request.options.destination && !core::is_relative_folder(*request.options.destination)) {
    co_return fail(Errc::InvalidArgument, "The destination must be a folder inside the downloads folder, without '..' and not absolute.");
  }
  EnqueueResult result;
  std::vector<core::DownloadId> fresh;
  const std::string batch = request.batch_id.value_or("");
  if (!batch.empty()) parts_.book.store_batch(batch, request);
  for (const auto& file : request.files) {
    if (auto problem = refuse(request, file)) {
      result.failed.push_back({file.filename, std::move(*problem)});
      continue;
    }
    TransferRow& row = make_row(request, file, batch);
    fresh.push_back(adopt(row, origin));
    parts_.book.store(row);
    parts_.book.tell(row);
    result.enqueued.push_back(row.shown);
  }
  auto stored = co_await parts_.book.flush();
  if (!stored) co_return std::unexpected(stored.error());
  core::DownloadActions actions;
  for (const auto id : fresh) core_.begin(id, parts_.deps.clock.now(), actions);
  perform(std::move(actions));
  co_return result;
}

core::DownloadId Downloads::adopt(TransferRow& row, guard::Origin origin) {
  const auto id = core_.add(row.shown.username, row.shown.filename, row.shown.size, row.shown.attempts).value_or(0);
  Work& work = work_[id];
  work.row_id = row.shown.id;
  work.origin = origin;
  work.watched = true;
  by_row_[row.shown.id] = id;
  parts_.deps.server.watch(row.shown.username);
  return id;
}

bool Downloads::cancel(TransferRow& row) {
  const auto found = by_row_.find(row.shown.id);
  if (found == by_row_.end()) return false;
  core::DownloadActions actions;
  core_.cancel(found->second, parts_.deps.clock.now(), actions);
  perform(std::move(actions));
  return true;
}

Task<Result<std::uint32_t>> Downloads::ask_place(std::string id, MonoTime deadline) {
  const TransferRow* row = parts_.book.find(id);
  if (row == nullptr) co_return fail(Errc::NotFound, "There is no such download.");
  if (!has(row->shown.state, TransferState::Remotely)) co_return fail(Errc::NotFound, "The download does not stand in the user's queue now.");
  const std::string user = row->shown.username;
  const auto found = by_row_.find(id);
  const core::Download* download = found == by_row_.end() ? nullptr : core_.find(found->second);
  if (download == nullptr) co_return fail(Errc::NotFound, "There is no such download.");
  core_.clear_place(found->second);
  Bytes frame = wire::encode(wire::peer::PlaceInQueueRequest{download->wire_path});
  const Status sent = co_await parts_.deps.peers.send(user, std::move(frame), deadline);
  if (!sent) co_return std::unexpected(sent.error());
  const auto told = [this, &id] {
    const auto work = by_row_.find(id);
    const core::Download* now = work == by_row_.end() ? nullptr : core_.find(work->second);
    return now == nullptr ? std::nullopt : now->place;
  };
  bool news = true;
  while (news && !told()) news = co_await place_changed_.wait(parts_.deps.clock, deadline);
  if (const auto place = told()) co_return *place;
  co_return fail(Errc::TimedOut, "The user did not say which place the file has in the queue; try again later.");
}

// ---- what arrives -------------------------------------------------------------------------------------------------

void Downloads::on_session(bool logged_in) {
  core::DownloadActions actions;
  core_.on_session(logged_in, parts_.deps.clock.now(), actions);
  perform(std::move(actions));
}

void Downloads::on_user(const std::string& user, bool online) {
  core::DownloadActions actions;
  core_.on_user(user, online, parts_.deps.clock.now(), actions);
  perform(std::move(actions));
}

void Downloads::on_ready(const std::string& user, const std::string& path, std::uint32_t token, std::uint64_t size) {
  core::DownloadActions actions;
  const TransferRow* row = parts_.book.newest(Direction::Download, user, path);
  const bool have_it = row != nullptr && row->shown.state == (TransferState::Completed | TransferState::Succeeded);
  if (have_it && !core_.is_active(user, path)) {
    actions.emplace_back(core::SendTransferResponse{user, token, false, "Complete"});
  } else {
    core_.on_ready(user, path, token, wire::effective_size(size), actions);
  }
  perform(std::move(actions));
}

void Downloads::on_denied(const std::string& user, const std::string& path, const std::string& reason) {
  core::DownloadActions actions;
  core_.on_denied(user, path, reason, parts_.deps.clock.now(), actions);
  perform(std::move(actions));
}

void Downloads::on_failed(const std::string& user, const std::string& path) {
  core::DownloadActions actions;
  core_.on_failed(user, path, parts_.deps.clock.now(), actions);
  perform(std::move(actions));
}

void Downloads::on_place(const std::string& user, const std::string& path, std::uint32_t place) {
  core::DownloadActions actions;
  core_.on_place(user, path, place, actions);
  perform(std::move(actions));
  place_changed_.notify_all();
}

bool Downloads::on_file(const std::string& user, std::uint32_t token, std::unique_ptr<net::ByteStream>& stream) {
  core::DownloadActions actions;
  const auto id = core_.on_file(user, token, actions);
  if (!id) return false;
  perform(std::move(actions));
  Work& work = work_.at(*id);
  auto before = work.open;
  work.open = std::make_shared<OpenStream>(OpenStream{std::move(stream)});
  parts_.scope.spawn("receive", receive(*id, core_.find(*id)->epoch, work.open, std::move(before)));
  return true;
}

// ---- actions of the core ------------------------------------------------------------------------------------------

/// In the order of the core's decisions, also when an action leads to the next one at once.
void Downloads::perform(core::DownloadActions actions) {
  for (auto& action : actions) pending_.push_back(std::move(action));
  if (performing_) return;
  performing_ = true;
  while (!pending_.empty()) {
    const core::DownloadAction action = std::move(pending_.front());
    pending_.pop_front();
    std::visit([this](const auto& what) { act(what); }, action);
  }
  performing_ = false;
  timer_changed_.notify_all();
}

Task<void> Downloads::keep_time() {
  for (;;) {
    co_await timer_changed_.wait(parts_.deps.clock, core_.next_deadline());
    core::DownloadActions actions;
    const auto now = parts_.deps.clock.now();
    if (core_.next_deadline() > now) continue;
    core_.on_tick(now, actions);
    perform(std::move(actions));
  }
}

void Downloads::act(const core::SendQueueUpload& action) {
  const core::Download* download = core_.find(action.id);
  if (download == nullptr) return;
  parts_.scope.spawn("request", request(action.id, action.epoch, download->user, download->wire_path));
}

Task<void> Downloads::request(core::DownloadId id, std::uint32_t epoch, std::string user, std::string path) {
  Bytes frame = wire::encode(wire::peer::QueueUpload{std::move(path)});
  const Status sent = co_await parts_.deps.peers.send(std::move(user), std::move(frame), parts_.deps.clock.now() + parts_.options.message_wait);
  core::DownloadActions actions;
  core_.on_requested(id, epoch, result_of(sent), sent ? std::string_view{} : sent.error().message, parts_.deps.clock.now(), actions);
  perform(std::move(actions));
}

void Downloads::act(const core::SendPlaceRequest& action) {
  const core::Download* download = core_.find(action.id);
  if (download != nullptr) parts_.send_quietly(download->user, wire::encode(wire::peer::PlaceInQueueRequest{download->wire_path}));
}

void Downloads::act(const core::SendTransferResponse& action) {
  parts_.send_quietly(action.user, wire::encode(wire::peer::TransferResponse{action.token, action.allowed, std::nullopt, action.reason}));
}

void Downloads::act(const core::AcquireSlot& action) {
  const auto work = work_.find(action.id);
  if (work == work_.end() || work->second.acquiring) return;
  work->second.acquiring = true;  // the task may run to its end at once
  parts_.scope.spawn("slot", acquire(action.id));
}

Task<void> Downloads::acquire(core::DownloadId id) {
  const core::Download* download = core_.find(id);
  const auto asking = work_.find(id);
  if (asking == work_.end()) co_return;
  guard::ActRequest want;
  want.origin = asking->second.origin;
  if (download != nullptr) want.key = guard::transfer_key(download->user, download->path);
  const MonoTime deadline = parts_.deps.clock.now() + parts_.options.slot_wait;
  auto permit = co_await parts_.deps.courtesy.acquire<guard::SoulseekDownload>(std::move(want), guard::PlaceCallback{}, deadline);
  const auto work = work_.find(id);
  download = core_.find(id);
  if (work == work_.end()) co_return;
  work->second.acquiring = false;
  if (download == nullptr && !work->second.open) work_.erase(work);
  if (download == nullptr || download->phase != core::DownloadPhase::Accepting) co_return;
  if (permit) work->second.permit.emplace(std::move(*permit));
  core::DownloadActions actions;
  core_.on_slot(id, download->epoch, permit.has_value(), parts_.deps.clock.now(), actions);
  perform(std::move(actions));
}

void Downloads::act(const core::ReleaseFile& action) {
  const auto work = work_.find(action.id);
  if (work == work_.end()) return;
  work->second.permit.reset();
  if (work->second.open) work->second.open->close();
}

void Downloads::act(const core::DownloadChanged& action) {
  const core::Download* download = core_.find(action.id);
  const auto found = work_.find(action.id);
  if (download == nullptr || found == work_.end()) return;
  TransferRow* row = parts_.book.find(found->second.row_id);
  if (row == nullptr) return;
  Transfer& t = row->shown;
  t.size = download->size;
  t.attempts = download->attempts;
  t.place_in_queue = download->place;
  t.exception = download->problem.empty() ? std::nullopt : std::optional(download->problem);
  t.next_attempt_at.reset();
  if (download->retry_at) {
    const auto wait = *download->retry_at - parts_.deps.clock.now();
    t.next_attempt_at = parts_.deps.clock.wall() + std::chrono::duration_cast<std::chrono::microseconds>(wait);
  }
  const bool done = download->phase == core::DownloadPhase::Done;
  if (done) {
    unwatch(found->second, t.username);
    by_row_.erase(t.id);
    if (!found->second.open && !found->second.acquiring) work_.erase(found);
    place_changed_.notify_all();
  }
  parts_.book.set_state(*row, download->state);
  if (done) core_.forget(action.id);
}

void Downloads::unwatch(Work& work, const std::string& user) {
  if (work.watched) parts_.deps.server.unwatch(user);
  work.watched = false;
}

}  // namespace soulfabric::soulseek

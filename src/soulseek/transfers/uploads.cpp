// SPDX-License-Identifier: GPL-3.0-or-later
// Admission, queue, bookkeeping of uploads. The sending: uploads_send.cpp.
#include "transfers/uploads.hpp"

#include "soulfabric/guard/guard.hpp"
#include "wire/wire.hpp"

namespace soulfabric::soulseek {
namespace {

namespace refusal = core::refusal;
constexpr TransferState kQueuedLocally = TransferState::Queued | TransferState::Locally;
constexpr auto kAbsenceCheck = std::chrono::minutes(1);

}  // namespace

Uploads::Uploads(TransferParts& parts)
    : parts_(parts), queue_(parts.options.upload), denials_(parts.options.upload), next_token_(parts.deps.random.u32()) {}

void Uploads::configure() {
  queue_.configure(parts_.options.upload);
  denials_.configure(parts_.options.upload);
  pump();
}

void Uploads::recover() {
  for (TransferRow* row : parts_.book.unfinished(Direction::Upload)) {
    row->shown.bytes_transferred = 0;
    row->shown.start_offset = 0;
    if (by_file_.contains({row->shown.username, row->shown.filename})) {
      parts_.book.set_state(*row, TransferState::Completed | TransferState::Cancelled);
    } else {
      queue(*row);
    }
  }
}

Task<void> Uploads::keep_time() {
  for (;;) {
    co_await parts_.deps.clock.sleep_for(kAbsenceCheck);
    give_up_absent(parts_.deps.clock.now());
  }
}

void Uploads::give_up_absent(MonoTime now) {
  std::vector<std::string> gone;
  for (const auto& [user, since] : absent_since_) {
    if (now - since >= parts_.options.upload.offline_patience) gone.push_back(user);
  }
  for (const auto& user : gone) {
    absent_since_.erase(user);
    for (const core::UploadId id : queue_.queued_ids_of(user)) {
      queue_.remove(id);
      ended(id, End{TransferState::TimedOut, "The user was offline for too long, so the upload was given up."});
    }
  }
}

// ---- requests of peers --------------------------------------------------------------------------------------------

std::optional<std::string_view> Uploads::admit(const PeerMessageIn& from, const std::string& path) {
  const MonoTime now = parts_.deps.clock.now();
  if (const auto known = denials_.recall(from.username, path, now)) return known;
  if (!parts_.deps.courtesy.guard().admit(guard::Subject::user(from.username), from.remote.address)) return refusal::kBanned;
  const auto active = by_file_.find({from.username, path});
  if (active != by_file_.end()) {
    const auto job = jobs_.find(active->second);
    if (job != jobs_.end()) job->second->wanted_again = true;
    // Who asks is there, even where we failed to reach them and the server has had no news since.
    absent_since_.erase(from.username);
    queue_.set_online(from.username, true);
    pump();
    return std::nullopt;
  }
  const auto size = parts_.deps.shares.size_of(path);
  const auto refused = size ? queue_.refuse(from.username, *size) : std::optional(refusal::kNotShared);
  if (refused) {
    if (!size) denials_.remember(from.username, path, *refused, now);
    return refused;
  }
  if (TransferRow* old = parts_.book.newest(Direction::Upload, from.username, path)) parts_.book.hide(*old);
  Transfer shown;
  shown.id = make_guid(parts_.deps.random);
  shown.direction = Direction::Upload;
  shown.username = from.username;
  shown.filename = path;
  shown.size = *size;
  absent_since_.erase(from.username);
  TransferRow& row = parts_.book.create(std::move(shown));
  queue(row);
  queue_.set_online(from.username, true);
  pump();
  return std::nullopt;
}

void Uploads::queue(TransferRow& row) {
  const auto id = static_cast<core::UploadId>(row.seq);
  rows_[id] = row.shown.id;
  by_file_[{row.shown.username, row.shown.filename}] = id;
  queue_.add(id, row.shown.username, row.shown.size);
  watch(row.shown.username);
  parts_.book.set_state(row, kQueuedLocally);
}

void Uploads::on_queue_request(const PeerMessageIn& from, const std::string& path) {
  const auto refused = admit(from, path);
  if (!refused || !denials_.may_answer(from.username, parts_.deps.clock.now())) return;
  parts_.send_quietly(from.username, wire::encode(wire::peer::UploadDenied{path, std::string(*refused)}));
}

void Uploads::on_legacy_request(const PeerMessageIn& from, std::uint32_t token, const std::string& path) {
  const auto refused = admit(from, path);
  if (refused && !denials_.may_answer(from.username, parts_.deps.clock.now())) return;
  // Never "allowed": both sides would wait for the other to connect (protocol note, section 19, 2).
  const auto reason = refused.value_or(refusal::kQueued);
  parts_.send_quietly(from.username, wire::encode(wire::peer::TransferResponse{token, false, std::nullopt, std::string(reason)}));
}

void Uploads::on_place_request(const std::string& user, const std::string& path) {
  const auto found = by_file_.find({user, path});
  if (found == by_file_.end()) return;
  if (const auto place = queue_.place(found->second)) {
    parts_.send_quietly(user, wire::encode(wire::peer::PlaceInQueueResponse{path, *place}));
  }
}

void Uploads::on_response(const std::string& user, std::uint32_t token, bool allowed, const std::string& reason) {
  const auto found = by_token_.find({user, token});
  if (found == by_token_.end()) return;
  Job& job = *jobs_.at(found->second);
  if (job.answer) return;
  job.answer = Answer{allowed, reason};
  job.changed.notify_all();
}

bool Uploads::expects(const std::string& user, std::uint32_t token) const {
  const auto found = by_token_.find({user, token});
  return found != by_token_.end() && !jobs_.at(found->second)->open;
}

bool Uploads::on_file(const std::string& user, std::uint32_t token, std::unique_ptr<net::ByteStream>& stream) {
  if (!expects(user, token)) return false;
  Job& job = *jobs_.at(by_token_.at({user, token}));
  if (job.offered) return false;
  job.offered = std::move(stream);
  job.changed.notify_all();
  return true;
}

// ---- news of users ------------------------------------------------------------------------------------------------

void Uploads::watch(const std::string& user) {
  if (++files_of_[user] == 1) parts_.deps.server.watch(user);
}

void Uploads::unwatch_if_done(const std::string& user) {
  const auto found = files_of_.find(user);
  if (found == files_of_.end() || --found->second > 0) return;
  files_of_.erase(found);
  absent_since_.erase(user);
  parts_.deps.server.unwatch(user);
}

void Uploads::on_user(const std::string& user, const UserStatus& status) {
  queue_.set_privileged(user, status.privileged);
  const bool online = status.presence != Presence::Offline;
  queue_.set_online(user, online);
  if (online) {
    absent_since_.erase(user);
  } else if (files_of_.contains(user)) {
    absent_since_.try_emplace(user, parts_.deps.clock.now());
  }
  pump();
}

void Uploads::set_privileged(const std::string& user, bool privileged) { queue_.set_privileged(user, privileged); }

void Uploads::on_session(bool logged_in) {
  if (!logged_in) return;
  for (const auto& [user, files] : files_of_) queue_.set_online(user, true);
  pump();
}

// ---- slots --------------------------------------------------------------------------------------------------------

void Uploads::pump() {
  if (!parts_.logged_in || parts_.scope.closing()) return;
  while (const auto id = queue_.next()) {
    auto job = std::make_shared<Job>();
    job->row_id = rows_.at(*id);
    job->token = next_token_++;
    jobs_[*id] = job;
    by_token_[{parts_.book.find(job->row_id)->shown.username, job->token}] = *id;
    parts_.scope.spawn("upload", run(*id, std::move(job)));
  }
}

Task<void> Uploads::run(core::UploadId id, std::shared_ptr<Job> job) {
  TransferRow* row = parts_.book.find(job->row_id);
  End end = co_await perform(*row, job);
  if (job->cancelled) end = End{TransferState::Cancelled, "", End::Tell::Denied, refusal::kCancelled};
  if (job->open) job->open->close();
  by_token_.erase({row->shown.username, job->token});
  jobs_.erase(id);
  queue_.finished(id);
  const bool good = end.outcome == TransferState::Succeeded || job->cancelled;
  if (end.back_in_queue || (job->wanted_again && !good)) {
    queue_.add(id, row->shown.username, row->shown.size);
    // Who asked again meanwhile is there, whatever became of the connection before.
    const bool is_away = end.back_in_queue && !job->wanted_again;
    if (is_away) queue_.set_online(row->shown.username, false);
    ++row->shown.attempts;
    parts_.book.set_state(*row, kQueuedLocally);
    if (is_away) absent_since_.try_emplace(row->shown.username, parts_.deps.clock.now());
  } else {
    ended(id, end);
  }
  pump();
}

void Uploads::ended(core::UploadId id, End end) {
  TransferRow* row = parts_.book.find(rows_.at(id));
  const std::string user = row->shown.username;
  const std::string path = row->shown.filename;
  rows_.erase(id);
  by_file_.erase({user, path});
  if (!end.problem.empty()) row->shown.exception = std::move(end.problem);
  if (end.tell == End::Tell::Failed) parts_.send_quietly(user, wire::encode(wire::peer::UploadFailed{path}));
  if (end.tell == End::Tell::Denied) parts_.send_quietly(user, wire::encode(wire::peer::UploadDenied{path, std::string(end.reason)}));
  parts_.book.set_state(*row, TransferState::Completed | end.outcome);
  unwatch_if_done(user);
}

bool Uploads::cancel(TransferRow& row) {
  const auto id = static_cast<core::UploadId>(row.seq);
  if (!rows_.contains(id)) return false;
  const auto job = jobs_.find(id);
  if (job == jobs_.end()) {
    queue_.remove(id);
    ended(id, End{TransferState::Cancelled, "", End::Tell::Denied, refusal::kCancelled});
    return true;
  }
  job->second->cancelled = true;
  if (job->second->open) job->second->open->close();
  job->second->changed.notify_all();
  return true;
}

std::optional<std::uint32_t> Uploads::place_of(const TransferRow& row) const { return queue_.place(static_cast<core::UploadId>(row.seq)); }

UploadLoad Uploads::load() const {
  return {queue_.slots(), static_cast<std::uint32_t>(queue_.running()), static_cast<std::uint32_t>(queue_.queued())};
}

}  // namespace soulfabric::soulseek

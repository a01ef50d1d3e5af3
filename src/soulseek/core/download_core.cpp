// SPDX-License-Identifier: GPL-3.0-or-later
// The life of a download from the request to the first byte, and what follows its end. Answers of peers: download_answers.cpp.
#include "core/download_core.hpp"

#include <algorithm>

namespace soulfabric::soulseek::core {
namespace {

constexpr TransferState kQueuedLocally = TransferState::Queued | TransferState::Locally;
constexpr TransferState kQueuedRemotely = TransferState::Queued | TransferState::Remotely;

}  // namespace

std::optional<DownloadId> DownloadCore::add(std::string user, std::string path, std::uint64_t size, std::uint32_t attempts) {
  if (is_active(user, path)) return std::nullopt;
  const DownloadId id = next_id_++;
  by_file_.emplace(std::pair(user, path), id);
  peers_[user].downloads.insert(id);
  Download& d = all_[id];
  d.user = std::move(user);
  d.wire_path = path;
  d.path = std::move(path);
  d.size = size;
  d.attempts = attempts;
  return id;
}

void DownloadCore::begin(DownloadId id, MonoTime now, DownloadActions& out) {
  const auto found = all_.find(id);
  if (found == all_.end() || found->second.phase != DownloadPhase::Waiting) return;
  queue_request(id, found->second, now, out);
}

bool DownloadCore::is_active(const std::string& user, const std::string& path) const { return by_file_.contains(std::pair(user, path)); }

const Download* DownloadCore::find(DownloadId id) const {
  const auto found = all_.find(id);
  return found == all_.end() ? nullptr : &found->second;
}

void DownloadCore::forget(DownloadId id) {
  const auto found = all_.find(id);
  if (found != all_.end() && found->second.phase == DownloadPhase::Done) all_.erase(found);
}

Download* DownloadCore::active_at(const std::string& user, const std::string& path, DownloadId& id) {
  const auto found = by_file_.find(std::pair(user, path));
  if (found == by_file_.end()) return nullptr;
  id = found->second;
  return &all_.at(id);
}

void DownloadCore::set_deadline(DownloadId id, Download& d, MonoTime at) {
  if (d.deadline != MonoTime::max()) deadlines_.erase({d.deadline, id});
  d.deadline = at;
  if (at != MonoTime::max()) deadlines_.emplace(at, id);
}

MonoTime DownloadCore::next_deadline() const noexcept { return deadlines_.empty() ? MonoTime::max() : deadlines_.begin()->first; }

void DownloadCore::show(DownloadId id, Download& d, TransferState state, DownloadActions& out) {
  d.state = state;
  out.emplace_back(DownloadChanged{id});
}

/// Takes back whatever the present phase holds outside.
void DownloadCore::leave_phase(DownloadId id, Download& d, DownloadActions& out) {
  ++d.epoch;
  set_deadline(id, d, MonoTime::max());
  d.place.reset();
  d.retry_at.reset();
  d.places_unanswered = 0;
  if (d.phase == DownloadPhase::Accepting && d.token) out.emplace_back(SendTransferResponse{d.user, *d.token, false, "Cancelled"});
  if (d.phase == DownloadPhase::Accepting || d.phase == DownloadPhase::AwaitingFile || d.phase == DownloadPhase::Transferring) {
    out.emplace_back(ReleaseFile{id});
  }
  if (d.token) by_token_.erase({d.user, *d.token});
  d.token.reset();
  if (d.hold == Hold::Slots) without_slot_.erase(id);
}

void DownloadCore::queue_request(DownloadId id, Download& d, MonoTime now, DownloadActions& out) {
  if (!logged_in_) return hold(id, d, Hold::Session, MonoTime::max(), out);
  if (!peers_[d.user].online) return hold(id, d, Hold::Offline, MonoTime::max(), out);
  hold(id, d, Hold::None, MonoTime::max(), out);
  ready_.emplace_back(id, d.epoch);
  pump(now, out);
}

void DownloadCore::hold(DownloadId id, Download& d, Hold why, MonoTime until, DownloadActions& out) {
  leave_phase(id, d, out);
  d.phase = DownloadPhase::Waiting;
  d.hold = why;
  if (why == Hold::Slots) without_slot_.insert(id);
  if (why == Hold::BackOff || why == Hold::Limited) d.retry_at = until;
  set_deadline(id, d, until);
  show(id, d, kQueuedLocally, out);
}

void DownloadCore::pump(MonoTime now, DownloadActions& out) {
  while (requesting_ < options_.requests_at_once && !ready_.empty()) {
    const auto [id, epoch] = ready_.front();
    ready_.pop_front();
    const auto found = all_.find(id);
    if (found == all_.end() || found->second.epoch != epoch || found->second.phase != DownloadPhase::Waiting) continue;
    found->second.phase = DownloadPhase::Requesting;
    found->second.hold = Hold::None;
    found->second.requested_at = now;
    ++requesting_;
    out.emplace_back(SendQueueUpload{id, epoch});
  }
}

void DownloadCore::finish(DownloadId id, Download& d, TransferState outcome, std::string problem, MonoTime now, DownloadActions& out) {
  leave_phase(id, d, out);
  d.phase = DownloadPhase::Done;
  d.hold = Hold::None;
  d.problem = std::move(problem);
  by_file_.erase(std::pair(d.user, d.path));
  by_file_.erase(std::pair(d.user, d.wire_path));
  const auto peer = peers_.find(d.user);
  if (peer != peers_.end()) {
    peer->second.downloads.erase(id);
    if (peer->second.downloads.empty()) peers_.erase(peer);
  }
  show(id, d, TransferState::Completed | outcome, out);
  wake_limited(d.user, now, out);
  wake_slots(now, out);
}

void DownloadCore::retry(DownloadId id, Download& d, bool gained, Duration at_least, std::string problem, TransferState last, MonoTime now,
                         DownloadActions& out) {
  ++d.attempts;
  d.failures = gained ? 0 : d.failures + 1;
  if (d.failures >= options_.retry_attempts && !gained) return finish(id, d, last, std::move(problem), now, out);
  Duration delay = options_.retry_delay;
  for (std::uint32_t i = 1; i < d.failures && delay < options_.retry_max_delay; ++i) delay *= 2;
  d.problem = std::move(problem);
  hold(id, d, Hold::BackOff, now + std::max(at_least, std::min(delay, options_.retry_max_delay)), out);
  wake_slots(now, out);
}

void DownloadCore::wake_limited(const std::string& user, MonoTime now, DownloadActions& out) {
  const auto peer = peers_.find(user);
  if (peer == peers_.end()) return;
  std::vector<DownloadId> woken;
  for (const DownloadId id : peer->second.downloads) {
    if (woken.size() >= options_.limited_batch) break;
    const Download& d = all_.at(id);
    if (d.phase == DownloadPhase::Waiting && d.hold == Hold::Limited) woken.push_back(id);
  }
  for (const DownloadId id : woken) queue_request(id, all_.at(id), now, out);
}

void DownloadCore::wake_slots(MonoTime now, DownloadActions& out) {
  if (without_slot_.empty()) return;
  const DownloadId id = *without_slot_.begin();
  queue_request(id, all_.at(id), now, out);
}

void DownloadCore::on_session(bool logged_in, MonoTime now, DownloadActions& out) {
  logged_in_ = logged_in;
  if (logged_in) {
    for (auto& [user, peer] : peers_) peer.online = true;
  }
  std::vector<DownloadId> ids;
  for (const auto& [id, d] : all_) {
    const bool waits = d.phase == DownloadPhase::Waiting && (d.hold == Hold::Session || d.hold == Hold::Offline);
    const bool depends = d.phase != DownloadPhase::Transferring && d.phase != DownloadPhase::Done && d.hold != Hold::BackOff;
    if (logged_in ? waits : depends && d.state != TransferState::Requested) ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  for (const DownloadId id : ids) {
    Download& d = all_.at(id);
    if (logged_in) {
      queue_request(id, d, now, out);
    } else if (d.hold != Hold::Session) {
      hold(id, d, Hold::Session, MonoTime::max(), out);
    }
  }
}

void DownloadCore::on_user(const std::string& user, bool online, MonoTime now, DownloadActions& out) {
  const auto peer = peers_.find(user);
  if (peer == peers_.end()) return;
  const bool returned = online && !peer->second.online;
  peer->second.online = online;
  const std::vector<DownloadId> ids(peer->second.downloads.begin(), peer->second.downloads.end());
  for (const DownloadId id : ids) {
    Download& d = all_.at(id);
    if (d.phase == DownloadPhase::Transferring || d.state == TransferState::Requested) continue;
    if (online && d.phase == DownloadPhase::Waiting && (d.hold == Hold::Offline || (returned && d.hold == Hold::BackOff))) {
      d.failures = 0;
      queue_request(id, d, now, out);
    } else if (!online && d.hold != Hold::Session) {
      if (d.hold != Hold::Offline) d.problem = "The user is offline; the download goes on when they return.";
      hold(id, d, Hold::Offline, MonoTime::max(), out);
    }
  }
}

void DownloadCore::on_requested(DownloadId id, std::uint32_t epoch, RequestResult result, std::string_view problem, MonoTime now,
                                DownloadActions& out) {
  --requesting_;
  const auto found = all_.find(id);
  if (found != all_.end() && found->second.epoch == epoch && found->second.phase == DownloadPhase::Requesting) {
    Download& d = found->second;
    switch (result) {
      case RequestResult::Sent:
        d.phase = DownloadPhase::Remote;
        d.requested_at = now;
        d.problem.clear();
        set_deadline(id, d, now + options_.place_interval);
        show(id, d, kQueuedRemotely, out);
        break;
      case RequestResult::Offline:
        d.problem = "The user is offline; the download goes on when they return.";
        hold(id, d, Hold::Offline, now + options_.offline_recheck, out);
        break;
      case RequestResult::NoSession: hold(id, d, Hold::Session, MonoTime::max(), out); break;
      case RequestResult::Failed: retry(id, d, false, Duration::zero(), std::string(problem), TransferState::TimedOut, now, out); break;
    }
  }
  pump(now, out);
}

void DownloadCore::on_tick(MonoTime now, DownloadActions& out) {
  places_in_tick_ = 0;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const DownloadId id = deadlines_.begin()->second;
    Download& d = all_.at(id);
    set_deadline(id, d, MonoTime::max());
    expire(id, d, now, out);
  }
}

void DownloadCore::expire(DownloadId id, Download& d, MonoTime now, DownloadActions& out) {
  switch (d.phase) {
    case DownloadPhase::Remote:
      if (d.places_unanswered >= options_.unanswered_places) return queue_request(id, d, now, out);
      if (++places_in_tick_ > options_.places_at_once) return set_deadline(id, d, now + std::chrono::seconds(1));
      ++d.places_unanswered;
      set_deadline(id, d, now + options_.place_interval);
      out.emplace_back(SendPlaceRequest{id});
      return;
    case DownloadPhase::AwaitingFile:
      return retry(id, d, false, Duration::zero(), "The user announced the file but opened no connection for it in time.", TransferState::TimedOut,
                   now, out);
    case DownloadPhase::Waiting:
      if (d.hold == Hold::Offline) peers_[d.user].online = true;
      return queue_request(id, d, now, out);
    case DownloadPhase::Requesting:
    case DownloadPhase::Accepting:
    case DownloadPhase::Transferring:
    case DownloadPhase::Done: return;
  }
}

void DownloadCore::cancel(DownloadId id, MonoTime now, DownloadActions& out) {
  const auto found = all_.find(id);
  if (found == all_.end() || found->second.phase == DownloadPhase::Done) return;
  finish(id, found->second, TransferState::Cancelled, "", now, out);
}

}  // namespace soulfabric::soulseek::core

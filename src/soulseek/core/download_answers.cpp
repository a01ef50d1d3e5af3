// SPDX-License-Identifier: GPL-3.0-or-later
// What peers say about our downloads, and how a file connection ends.
#include "core/denial.hpp"
#include "core/download_core.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::soulseek::core {

void DownloadCore::set_token(DownloadId id, Download& d, std::uint32_t token) {
  if (d.token) by_token_.erase({d.user, *d.token});
  d.token = token;
  by_token_[{d.user, token}] = id;
}

void DownloadCore::on_ready(const std::string& user, const std::string& path, std::uint32_t token, std::uint64_t size, DownloadActions& out) {
  DownloadId id = 0;
  Download* d = active_at(user, path, id);
  if (d == nullptr || d->state == TransferState::Requested) {
    out.emplace_back(SendTransferResponse{user, token, false, "Cancelled"});
    return;
  }
  // 0 for a file known to have bytes is what old Qt clients send above 2 GiB: the size from search or browse holds.
  if (size > 0 && size != d->size) {
    d->size = size;
    d->discard_partial = true;
  }
  switch (d->phase) {
    case DownloadPhase::Accepting: d->token = token; return;
    case DownloadPhase::AwaitingFile:
      set_token(id, *d, token);
      out.emplace_back(SendTransferResponse{user, token, true, ""});
      return;
    case DownloadPhase::Waiting:
    case DownloadPhase::Requesting:
    case DownloadPhase::Remote:
    case DownloadPhase::Transferring:  // the peer starts over, so it has given the old connection up
      leave_phase(id, *d, out);
      d->hold = Hold::None;
      d->phase = DownloadPhase::Accepting;
      d->token = token;
      show(id, *d, TransferState::Initializing, out);
      out.emplace_back(AcquireSlot{id, d->epoch});
      return;
    case DownloadPhase::Done: return;
  }
}

void DownloadCore::on_slot(DownloadId id, std::uint32_t epoch, bool granted, MonoTime now, DownloadActions& out) {
  const auto found = all_.find(id);
  if (found == all_.end() || found->second.epoch != epoch || found->second.phase != DownloadPhase::Accepting) return;
  Download& d = found->second;
  if (!granted) {
    d.problem = "All download slots are in use; the file is asked for again when one is free.";
    return hold(id, d, Hold::Slots, now + options_.shutdown_delay, out);
  }
  const std::uint32_t token = d.token.value_or(0);
  d.phase = DownloadPhase::AwaitingFile;
  set_token(id, d, token);
  set_deadline(id, d, now + options_.accept_wait);
  out.emplace_back(SendTransferResponse{d.user, token, true, ""});
}

void DownloadCore::on_denied(const std::string& user, const std::string& path, std::string_view reason, MonoTime now, DownloadActions& out) {
  DownloadId id = 0;
  Download* d = active_at(user, path, id);
  if (d == nullptr || d->phase == DownloadPhase::Waiting || d->phase == DownloadPhase::Transferring) return;
  switch (classify_denial(reason)) {
    case Denial::Queued:
    case Denial::Complete: return;
    case Denial::NotShared: {
      auto latin1 = d->latin1_tried ? std::nullopt : utf8_to_latin1(d->path);
      if (!latin1 || *latin1 == d->path || by_file_.contains(std::pair(user, *latin1))) break;
      d->latin1_tried = true;
      d->wire_path = std::move(*latin1);
      by_file_.emplace(std::pair(user, d->wire_path), id);
      return queue_request(id, *d, now, out);
    }
    case Denial::Limited:
      d->problem = "The user takes no more requests from us for the moment; the file is asked for again when another one ends.";
      return hold(id, *d, Hold::Limited, now + options_.limited_delay, out);
    case Denial::ReadError:
      return retry(id, *d, false, options_.read_error_delay, rejection_text(reason), TransferState::Rejected, now, out);
    case Denial::Shutdown:
      return retry(id, *d, false, options_.shutdown_delay, rejection_text(reason), TransferState::Rejected, now, out);
    case Denial::Overwhelmed:
      return retry(id, *d, false, options_.overwhelmed_delay, rejection_text(reason), TransferState::Rejected, now, out);
    case Denial::Internal: return retry(id, *d, false, Duration::zero(), rejection_text(reason), TransferState::Rejected, now, out);
    case Denial::Final: break;
  }
  finish(id, *d, TransferState::Rejected, rejection_text(reason), now, out);
}

void DownloadCore::on_failed(const std::string& user, const std::string& path, MonoTime now, DownloadActions& out) {
  DownloadId id = 0;
  Download* d = active_at(user, path, id);
  if (d == nullptr) return;
  const bool repeated = d->attempts > 0 && now - d->requested_at < options_.stale_failure;
  const bool queued = d->phase == DownloadPhase::Remote && !repeated;
  if (!queued && d->phase != DownloadPhase::Accepting && d->phase != DownloadPhase::AwaitingFile) return;
  retry(id, *d, false, Duration::zero(), "The user reported that the upload failed.", TransferState::Errored, now, out);
}

void DownloadCore::on_place(const std::string& user, const std::string& path, std::uint32_t place, DownloadActions& out) {
  DownloadId id = 0;
  Download* d = active_at(user, path, id);
  if (d == nullptr || d->phase != DownloadPhase::Remote) return;
  d->places_unanswered = 0;
  if (d->place == place) return;
  d->place = place;
  out.emplace_back(DownloadChanged{id});
}

bool DownloadCore::expects(const std::string& user, std::uint32_t token) const {
  const auto found = by_token_.find({user, token});
  return found != by_token_.end() && all_.at(found->second).phase == DownloadPhase::AwaitingFile;
}

std::optional<DownloadId> DownloadCore::on_file(const std::string& user, std::uint32_t token, DownloadActions& out) {
  const auto found = by_token_.find({user, token});
  if (found == by_token_.end()) return std::nullopt;
  const DownloadId id = found->second;
  Download& d = all_.at(id);
  if (d.phase != DownloadPhase::AwaitingFile) return std::nullopt;
  set_deadline(id, d, MonoTime::max());
  d.phase = DownloadPhase::Transferring;
  d.problem.clear();
  show(id, d, TransferState::InProgress, out);
  return id;
}

void DownloadCore::on_file_end(DownloadId id, std::uint32_t epoch, FileEnd end, std::uint64_t gained, std::string_view problem, MonoTime now,
                               DownloadActions& out) {
  const auto found = all_.find(id);
  if (found == all_.end() || found->second.phase == DownloadPhase::Done) return;
  Download& d = found->second;
  // The file lies in its place, even if the peer announced it once more while it was moved there.
  if (end == FileEnd::Complete) return finish(id, d, TransferState::Succeeded, "", now, out);
  if (d.epoch != epoch || d.phase != DownloadPhase::Transferring) return;
  switch (end) {
    case FileEnd::Complete: return;
    case FileEnd::Closed: return retry(id, d, gained > 0, Duration::zero(), std::string(problem), TransferState::Errored, now, out);
    case FileEnd::TimedOut: return retry(id, d, gained > 0, Duration::zero(), std::string(problem), TransferState::TimedOut, now, out);
    case FileEnd::Disk: return finish(id, d, TransferState::Errored, std::string(problem), now, out);
    case FileEnd::Dropped: return retry(id, d, true, Duration::zero(), std::string(problem), TransferState::Errored, now, out);
  }
}

}  // namespace soulfabric::soulseek::core

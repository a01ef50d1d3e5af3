// SPDX-License-Identifier: GPL-3.0-or-later
// Transfers and their groups as JSON.
#include <algorithm>
#include <unordered_map>

#include "api/dto.hpp"
#include "core/headers.hpp"

namespace soulfabric::gateway {
namespace {

using soulseek::Transfer;
using soulseek::TransferState;

/// Transfers read back from slskd's store carry no zone here; its exporter appends the Z itself.
std::optional<std::string> unzoned(const std::optional<WallTime>& time) {
  if (!time) return std::nullopt;
  return format_iso(*time, "");
}

std::optional<std::string> zoned(const std::optional<WallTime>& time) {
  if (!time) return std::nullopt;
  return format_iso(*time);
}

void write_directories(JsonWriter& json, std::span<const Transfer* const> transfers, WallTime now) {
  std::vector<std::pair<std::string_view, std::vector<const Transfer*>>> folders;
  std::unordered_map<std::string_view, std::size_t> places;
  for (const auto* transfer : transfers) {
    const auto folder = folder_of(transfer->filename);
    const auto [it, added] = places.try_emplace(folder, folders.size());
    if (added) folders.emplace_back(folder, std::vector<const Transfer*>{});
    folders[it->second].second.push_back(transfer);
  }
  json.key("directories").begin_array();
  for (const auto& [folder, files] : folders) {
    json.begin_object().member("directory", folder).member("fileCount", files.size()).key("files").begin_array();
    for (const auto* file : files) write(json, *file, now);
    json.end_array().end_object();
  }
  json.end_array();
}

}  // namespace

void write(JsonWriter& json, const Transfer& transfer, WallTime now) {
  const auto state = to_string(transfer.state);
  const auto done = std::min(transfer.bytes_transferred, transfer.size);
  const auto left = transfer.size - done;
  json.begin_object().member("batchId", transfer.batch_id).member("id", transfer.id).member("username", transfer.username);
  json.member("direction", transfer.direction == soulseek::Direction::Download ? "Download" : "Upload");
  json.member("filename", transfer.filename).member("size", transfer.size).member("startOffset", transfer.start_offset);
  json.member("state", state).member("stateDescription", state);
  json.member("requestedAt", format_iso(transfer.requested_at, "")).member("enqueuedAt", unzoned(transfer.enqueued_at));
  json.member("startedAt", zoned(transfer.started_at)).member("endedAt", zoned(transfer.ended_at));
  json.member("bytesTransferred", transfer.bytes_transferred).member("averageSpeed", transfer.average_speed);
  json.member("placeInQueue", transfer.place_in_queue).member("exception", transfer.exception).member("attempts", transfer.attempts);
  json.member("nextAttemptAt", zoned(transfer.next_attempt_at)).member("removed", transfer.removed).member("bytesRemaining", left);
  if (transfer.started_at) {
    const auto end = transfer.ended_at.value_or(now);
    json.member("elapsedTime", format_timespan(to_unix_micros(end) - to_unix_micros(*transfer.started_at)));
  }
  const double percent = transfer.size == 0 ? (has(transfer.state, TransferState::Succeeded) ? 100.0 : 0.0)
                                            : static_cast<double>(done) / static_cast<double>(transfer.size) * 100.0;
  json.member("percentComplete", percent);
  if (has(transfer.state, TransferState::InProgress) && transfer.average_speed >= 1.0) {
    const double seconds = std::min(static_cast<double>(left) / transfer.average_speed, 1e9);
    json.member("remainingTime", format_timespan(static_cast<std::int64_t>(seconds * 1e6)));
  }
  json.end_object();
}

void write_group(JsonWriter& json, std::string_view username, std::span<const Transfer> transfers, WallTime now) {
  std::vector<const Transfer*> all;
  for (const auto& transfer : transfers) all.push_back(&transfer);
  json.begin_object().member("username", username);
  write_directories(json, all, now);
  json.end_object();
}

void write_groups(JsonWriter& json, std::span<const Transfer> transfers, WallTime now) {
  std::vector<std::pair<std::string_view, std::vector<const Transfer*>>> users;
  std::unordered_map<std::string_view, std::size_t> places;
  for (const auto& transfer : transfers) {
    const auto [it, added] = places.try_emplace(transfer.username, users.size());
    if (added) users.emplace_back(transfer.username, std::vector<const Transfer*>{});
    users[it->second].second.push_back(&transfer);
  }
  json.begin_array();
  for (const auto& [user, list] : users) {
    json.begin_object().member("username", user);
    write_directories(json, list, now);
    json.end_object();
  }
  json.end_array();
}

}  // namespace soulfabric::gateway

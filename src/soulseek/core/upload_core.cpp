// SPDX-License-Identifier: GPL-3.0-or-later
// Turns, places, refusals.
#include "core/upload_core.hpp"

#include <algorithm>
#include <functional>

namespace soulfabric::soulseek::core {
namespace {

constexpr std::uint64_t kAfterAll = 1ULL << 62U;
constexpr std::size_t kVoicesRemembered = 4096;  // users whose rate of refusals is known; all are forgotten above

std::uint64_t key_of(const std::string& user, const std::string& path) {
  std::string both = user;
  both.push_back('\0');
  both += path;
  return std::hash<std::string>{}(both);
}

}  // namespace

UploadQueue::Place UploadQueue::place_of(const std::string& name, const User& user) const {
  const bool fifo = options_.order == UploadOrder::FirstInFirstOut;
  // Who is being served now comes after all who wait, in the order in which they began.
  const std::uint64_t turn = user.busy ? kAfterAll + user.turn : user.turn;
  return {privileged_.contains(name) ? 0 : 1, fifo && !user.files.empty() ? user.files.front().first : turn};
}

void UploadQueue::enter(const std::string& name, User& user) {
  if (user.online && !user.files.empty()) turns_.emplace(place_of(name, user), name);
}

void UploadQueue::leave(const std::string& name, User& user) {
  if (user.online && !user.files.empty()) turns_.erase(place_of(name, user));
}

void UploadQueue::configure(const UploadOptions& options) {
  options_ = options;
  turns_.clear();
  for (auto& [name, user] : users_) enter(name, user);
}

void UploadQueue::add(UploadId id, const std::string& user, std::uint64_t bytes) {
  User& entry = users_[user];
  leave(user, entry);
  ++counter_;
  if (entry.files.empty()) entry.turn = counter_;
  entry.files.emplace_back(counter_, id);
  entry.bytes[id] = bytes;
  entry.total_bytes += bytes;
  enter(user, entry);
  where_[id] = user;
}

bool UploadQueue::remove(UploadId id) {
  const auto found = where_.find(id);
  if (found == where_.end()) return false;
  const std::string name = found->second;
  where_.erase(found);
  User& user = users_.at(name);
  leave(name, user);
  std::erase_if(user.files, [id](const auto& file) { return file.second == id; });
  user.total_bytes -= user.bytes[id];
  user.bytes.erase(id);
  enter(name, user);
  forget_if_idle(name);
  return true;
}

std::optional<UploadId> UploadQueue::next() {
  if (running_.size() >= options_.slots) return std::nullopt;
  for (const auto& [place, name] : turns_) {
    User& user = users_.at(name);
    if (user.busy) continue;
    const std::string owner = name;
    const UploadId id = user.files.front().second;
    leave(owner, user);
    user.files.erase(user.files.begin());
    user.total_bytes -= user.bytes[id];
    user.bytes.erase(id);
    user.turn = ++counter_;
    user.busy = true;
    enter(owner, user);
    where_.erase(id);
    running_.emplace(id, owner);
    return id;
  }
  return std::nullopt;
}

void UploadQueue::finished(UploadId id) {
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  const std::string name = found->second;
  running_.erase(found);
  User& user = users_.at(name);
  leave(name, user);
  user.busy = false;
  user.turn = ++counter_;
  enter(name, user);
  forget_if_idle(name);
}

void UploadQueue::forget_if_idle(const std::string& name) {
  const auto found = users_.find(name);
  if (found != users_.end() && found->second.files.empty() && !found->second.busy) users_.erase(found);
}

void UploadQueue::set_privileged(const std::string& user, bool privileged) {
  if (privileged_.contains(user) == privileged) return;
  const auto found = users_.find(user);
  if (found != users_.end()) leave(user, found->second);
  if (privileged) {
    privileged_.insert(user);
  } else {
    privileged_.erase(user);
  }
  if (found != users_.end()) enter(user, found->second);
}

void UploadQueue::set_online(const std::string& user, bool online) {
  const auto found = users_.find(user);
  if (found == users_.end()) return;
  leave(user, found->second);
  found->second.online = online;
  enter(user, found->second);
}

std::uint64_t UploadQueue::before(const User& other, const Place& other_place, const Place& own, std::uint64_t index, std::uint64_t number) const {
  const std::uint64_t count = other.files.size();
  if (other_place.rank != own.rank) return other_place.rank < own.rank ? count : 0;
  if (options_.order == UploadOrder::FirstInFirstOut) {
    const auto end = std::lower_bound(other.files.begin(), other.files.end(), std::pair<std::uint64_t, UploadId>(number, 0));
    return static_cast<std::uint64_t>(end - other.files.begin());
  }
  return std::min(count, index + (other_place.turn < own.turn ? 1U : 0U));
}

std::optional<std::uint32_t> UploadQueue::place(UploadId id) const {
  const auto found = where_.find(id);
  if (found == where_.end()) return std::nullopt;
  const User& user = users_.at(found->second);
  const auto file = std::find_if(user.files.begin(), user.files.end(), [id](const auto& entry) { return entry.second == id; });
  const auto index = static_cast<std::uint64_t>(file - user.files.begin());
  const Place own = place_of(found->second, user);
  std::uint64_t ahead = index;
  for (const auto& [place, name] : turns_) {
    if (name != found->second) ahead += before(users_.at(name), place, own, index, file->first);
  }
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(ahead + 1, UINT32_MAX));
}

std::size_t UploadQueue::queued_of(const std::string& user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? 0 : found->second.files.size();
}

std::uint64_t UploadQueue::bytes_of(const std::string& user) const {
  const auto found = users_.find(user);
  return found == users_.end() ? 0 : found->second.total_bytes;
}

std::vector<UploadId> UploadQueue::queued_ids_of(const std::string& user) const {
  std::vector<UploadId> ids;
  const auto found = users_.find(user);
  if (found == users_.end()) return ids;
  for (const auto& [number, id] : found->second.files) ids.push_back(id);
  return ids;
}

std::optional<std::string_view> UploadQueue::refuse(const std::string& user, std::uint64_t bytes) const {
  constexpr std::uint64_t kMegabyte = 1'000'000;
  const std::size_t files = queued_of(user);
  const bool full = files >= options_.most_per_user || where_.size() >= options_.most_in_all;
  if (full || (options_.queued_files > 0 && files >= options_.queued_files)) return refusal::kTooManyFiles;
  if (options_.queued_megabytes > 0 && files > 0 && (bytes_of(user) + bytes) / kMegabyte >= options_.queued_megabytes) {
    return refusal::kTooManyMegabytes;
  }
  return std::nullopt;
}

std::optional<std::string_view> DenialMemory::recall(const std::string& user, const std::string& path, MonoTime now) {
  const auto found = entries_.find(key_of(user, path));
  if (found == entries_.end() || found->second.until <= now) return std::nullopt;
  return found->second.reason;
}

void DenialMemory::remember(const std::string& user, const std::string& path, std::string_view reason, MonoTime now) {
  const std::uint64_t key = key_of(user, path);
  if (entries_.insert_or_assign(key, Entry{reason, now + options_.denial_memory}).second) order_.push_back(key);
  while (order_.size() > options_.denials_remembered) {
    entries_.erase(order_.front());
    order_.pop_front();
  }
}

void DenialMemory::clear() {
  entries_.clear();
  order_.clear();
}

bool DenialMemory::may_answer(const std::string& user, MonoTime now) {
  if (voices_.size() > kVoicesRemembered) voices_.clear();
  const auto [found, fresh] = voices_.try_emplace(user, Voice{options_.answers_burst, now});
  Voice& voice = found->second;
  const double seconds = std::chrono::duration<double>(now - voice.last).count();
  voice.tokens = std::min(options_.answers_burst, voice.tokens + std::max(0.0, seconds) * options_.answers_per_second);
  voice.last = now;
  if (voice.tokens < 1) return false;
  voice.tokens -= 1;
  return true;
}

}  // namespace soulfabric::soulseek::core

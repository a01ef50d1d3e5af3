// SPDX-License-Identifier: GPL-3.0-or-later
// Keeping the records, the index by content and the counts in step.
#include "core/copy_book.hpp"

#include <algorithm>
#include <cstring>

namespace soulfabric::library {
namespace {

std::string key_of(const CopyPlace& place) {
  std::string key = place.root;
  key.push_back('\0');
  key += place.path;
  return key;
}

bool is_open(CopyState state) { return state == CopyState::Waiting || state == CopyState::Working; }

}  // namespace

std::size_t CopyBook::IdHash::operator()(const ContentId& id) const noexcept {
  std::size_t value = 0;
  std::memcpy(&value, id.sha256.data(), sizeof value);
  return value;
}

void CopyBook::count(const CopyRecord& record, bool add) {
  if (record.look == 0) return;
  const auto step = [add](std::uint64_t& value, std::uint64_t by) { value = add ? value + by : value - by; };
  step(counts_.files, 1);
  step(counts_.bytes, record.stamp.size);
  if (is_open(record.state)) return;
  step(counts_.files_done, 1);
  step(counts_.bytes_done, record.stamp.size);
  step(record.state == CopyState::Verified ? counts_.verified : counts_.refused, 1);
}

void CopyBook::list(CopyRecord& record) {
  if (record.look == 0) return;
  if (record.has_id) by_id_.emplace(record.id, &record);
  if (record.state != CopyState::Verified) return;
  record.number = verified_.size();
  verified_.push_back(&record);
}

void CopyBook::unlist(const CopyRecord& record) {
  if (record.look == 0) return;
  if (record.state == CopyState::Verified) {
    verified_[record.number] = verified_.back();
    verified_[record.number]->number = record.number;
    verified_.pop_back();
  }
  if (!record.has_id) return;
  const auto [from, to] = by_id_.equal_range(record.id);
  const auto found = std::find_if(from, to, [&](const auto& entry) { return entry.second == &record; });
  if (found != to) by_id_.erase(found);
}

template <class Change>
void CopyBook::change(CopyRecord& record, Change&& change) {
  count(record, false);
  unlist(record);
  change(record);
  list(record);
  count(record, true);
}

CopyRecord* CopyBook::find(const CopyPlace& place) {
  const auto found = records_.find(key_of(place));
  return found == records_.end() ? nullptr : &found->second;
}
const CopyRecord* CopyBook::at(const CopyPlace& place) const {
  const auto found = records_.find(key_of(place));
  return found == records_.end() ? nullptr : &found->second;
}

void CopyBook::load(CopyRecord record) {
  record.look = 0;
  record.is_queued = false;
  record.has_id = record.is_hashed;
  std::string key = key_of(record.place);
  records_.insert_or_assign(std::move(key), std::move(record));
}

void CopyBook::enqueue(CopyRecord& record) {
  if (record.is_queued) return;
  record.is_queued = true;
  queue_.push_back(key_of(record.place));
}

bool CopyBook::see(const SeenCopy& seen) {
  const auto [at, is_new] = records_.try_emplace(key_of(seen.place));
  CopyRecord& record = at->second;
  if (is_new) record.place = seen.place;
  const bool was_served = record.look != 0 && record.state == CopyState::Verified;
  change(record, [&](CopyRecord& r) {
    r.look = look_;
    r.file = seen.file;
    // What is being read now is judged by the reader, which compares the stamps itself.
    if (r.state == CopyState::Working) return;
    if (!seen.is_there) {
      r.state = CopyState::Changed;
      r.is_hashed = false;
      return;
    }
    const bool is_same = !is_new && r.stamp == seen.stamp;
    r.stamp = seen.stamp;
    if (is_same && r.state != CopyState::Unreadable && r.state != CopyState::Changed) return;
    r.state = CopyState::Waiting;
    r.is_hashed = false;
  });
  if (record.state == CopyState::Waiting) enqueue(record);
  return was_served != (record.state == CopyState::Verified);
}

std::vector<CopyPlace> CopyBook::end_look(const std::set<std::string>& away) {
  std::vector<CopyPlace> gone;
  for (auto at = records_.begin(); at != records_.end();) {
    CopyRecord& record = at->second;
    if (record.look == look_) {
      ++at;
      continue;
    }
    const bool is_away = away.contains(record.place.root);
    change(record, [](CopyRecord& r) {
      r.look = 0;
      r.is_queued = false;
    });
    if (is_away) {
      ++at;
      continue;
    }
    gone.push_back(record.place);
    at = records_.erase(at);
  }
  return gone;
}

const CopyRecord* CopyBook::next() {
  while (!queue_.empty()) {
    const auto found = records_.find(queue_.front());
    queue_.pop_front();
    if (found == records_.end() || !found->second.is_queued) continue;
    found->second.is_queued = false;
    change(found->second, [](CopyRecord& r) { r.state = CopyState::Working; });
    return &found->second;
  }
  return nullptr;
}

const CopyRecord* CopyBook::finish(const CopyPlace& place, const CopyReading& reading, std::int64_t now_us) {
  CopyRecord* record = find(place);
  if (record == nullptr) return nullptr;
  change(*record, [&](CopyRecord& r) {
    r.state = reading.state;
    r.stamp = reading.stamp;
    r.is_hashed = reading.manifest.has_value();
    r.seconds = reading.seconds;
    r.checked_us = now_us;
    if (!reading.manifest) return;
    r.has_id = true;
    r.id = reading.manifest->id;
    r.root = reading.manifest->root;
  });
  return record;
}

void CopyBook::give_back(const CopyPlace& place) {
  CopyRecord* record = find(place);
  if (record == nullptr) return;
  change(*record, [](CopyRecord& r) { r.state = CopyState::Waiting; });
  if (record->is_queued) return;
  record->is_queued = true;
  queue_.push_front(key_of(place));
}

void CopyBook::set_aside(const CopyPlace& place) {
  CopyRecord* record = find(place);
  if (record != nullptr) change(*record, [](CopyRecord& r) { r.state = CopyState::Waiting; });
}

bool CopyBook::withdraw(const CopyPlace& place) {
  CopyRecord* record = find(place);
  if (record == nullptr || record->state != CopyState::Verified) return false;
  change(*record, [](CopyRecord& r) {
    r.state = CopyState::Changed;
    r.is_hashed = false;
  });
  enqueue(*record);
  return true;
}

std::size_t CopyBook::retry() {
  std::size_t count = 0;
  for (auto& [key, record] : records_) {
    if (record.look == 0 || record.is_queued) continue;
    if (record.state != CopyState::Changed && record.state != CopyState::Unreadable && record.state != CopyState::Waiting) continue;
    enqueue(record);
    ++count;
  }
  return count;
}

std::vector<const CopyRecord*> CopyBook::of(const ContentId& id) const {
  std::vector<const CopyRecord*> out;
  const auto [from, to] = by_id_.equal_range(id);
  for (auto at = from; at != to; ++at) {
    if (at->second->state == CopyState::Verified) out.push_back(at->second);
  }
  return out;
}

std::vector<const CopyRecord*> CopyBook::known_as(const ContentId& id) const {
  std::vector<const CopyRecord*> out;
  const auto [from, to] = by_id_.equal_range(id);
  for (auto at = from; at != to; ++at) out.push_back(at->second);
  return out;
}

std::vector<std::string> PrivatePaths::remove(std::string_view shown, std::string_view real) {
  std::vector<std::string> out;
  for (auto at = paths_.begin(); at != paths_.end();) {
    if (at->second != shown && at->first != real) {
      ++at;
      continue;
    }
    out.push_back(at->first);
    at = paths_.erase(at);
  }
  return out;
}

bool PrivatePaths::covers(std::string_view real) const {
  if (paths_.empty()) return false;
  while (!real.empty()) {
    if (paths_.contains(std::string(real))) return true;
    const std::size_t slash = real.rfind('/');
    if (slash == std::string_view::npos) return false;
    real = real.substr(0, slash);
  }
  return false;
}

std::vector<std::string> PrivatePaths::shown() const {
  std::vector<std::string> out;
  for (const auto& [real, shown] : paths_) out.push_back(shown);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::string_view name_of(CopyState state) noexcept {
  switch (state) {
    case CopyState::Verified: return "verified";
    case CopyState::NotShared: return "notShared";
    case CopyState::NotForMesh: return "notForMesh";
    case CopyState::Private: return "private";
    case CopyState::Waiting: return "waiting";
    case CopyState::Working: return "working";
    case CopyState::Changed: return "changed";
    case CopyState::Unreadable: return "unreadable";
    case CopyState::Undecodable: return "undecodable";
    case CopyState::WrongLength: return "wrongLength";
    case CopyState::Silent: return "silent";
    case CopyState::NotAudio: return "notAudio";
    case CopyState::MediaFailed: return "mediaFailed";
  }
  return "waiting";
}

std::string reason_of(CopyState state) {
  switch (state) {
    case CopyState::Verified: return {};
    case CopyState::NotShared: return "This file is in none of your shares: add its folder to a share that is offered to the mesh.";
    case CopyState::NotForMesh: return "Its share is not offered to the mesh: add mesh to the networks of the share.";
    case CopyState::Private: return "This file, a folder above it or its share is marked private: it is never offered to the mesh.";
    case CopyState::Waiting: return "It waits for its turn to be read and hashed.";
    case CopyState::Working: return "It is being read and hashed now.";
    case CopyState::Changed: return "It changed while it was read or since it was hashed: it is read again once it keeps still.";
    case CopyState::Unreadable: return "It could not be read to the end: check that soulfabric may read it and that the disk is well.";
    case CopyState::Undecodable: return "Its audio has errors or does not match its own checksum: replace it by a sound copy.";
    case CopyState::WrongLength: return "Its audio ends more than 1 % away from the length its header states: it may be cut off.";
    case CopyState::Silent: return "All of its audio is silence.";
    case CopyState::NotAudio: return "It holds no audio of the kind that its name says: it is damaged at its beginning or has the wrong extension.";
    case CopyState::MediaFailed: return "The program that checks audio gave up over it: the file may be damaged or made to do harm.";
  }
  return {};
}

}  // namespace soulfabric::library

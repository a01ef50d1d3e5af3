// SPDX-License-Identifier: GPL-3.0-or-later
// Handing files to the media pool folder by folder.
#include "tag_scan.hpp"

#include <fcntl.h>

#include <algorithm>

namespace soulfabric::library {
namespace {

constexpr auto kCommitEvery = std::chrono::milliseconds(500);

}  // namespace

TagScan::TagScan(LibraryStore& store, const std::vector<ScanRoot>& roots, ScanCounters& counters, const Clock& clock)
    : store_(store), counters_(counters), clock_(clock), last_commit_(clock.now()) {
  for (const ScanRoot& root : roots) {
    if (root.problem.empty()) roots_[root.number] = open_share_root(root.path);
  }
}

Status TagScan::run(MediaPool& pool) {
  SF_TRY_ASSIGN(counters_.tags_owed, store_.pending_files());
  SF_TRY(store_.begin());
  Status result = pool.run(*this, counters_.stop);
  // Folders that were not finished keep what came back for them.
  for (auto& [number, open] : open_) {
    if (failure_) failure_ = write(open);
  }
  const Status committed = store_.commit();
  if (!failure_) return failure_;
  if (!committed) return committed;
  return result;
}

UniqueFd TagScan::open_folder(const StoredFolder& folder) {
  const auto root = roots_.find(folder.root);
  if (root == roots_.end() || !root->second) return {};
  return open_folder_beneath(root->second.get(), folder.path, true);
}

bool TagScan::open_next_folder() {
  while (failure_) {
    auto found = store_.next_pending(last_folder_);
    if (!found) {
      failure_ = std::unexpected(found.error());
      return false;
    }
    if (!*found) return false;
    last_folder_ = (*found)->id;
    UniqueFd descriptor = open_folder(**found);
    if (!descriptor) continue;  // gone: the next look at its parent removes it
    ++current_;
    current_record_ = (*found)->record;
    reader_.emplace(current_record_);
    place_ = 0;
    open_.emplace(current_, Open{std::move(**found), std::move(descriptor), {}, 0});
    return true;
  }
  return false;
}

std::optional<MediaJob> TagScan::next() {
  for (;;) {
    if (!reader_ && !open_next_folder()) return std::nullopt;
    Open& open = open_.at(current_);
    FolderFileView file;
    while (reader_->next(file)) {
      const std::uint32_t place = place_++;
      if (file.state != TagState::Pending) continue;
      const std::string name(file.name);
      UniqueFd descriptor(::openat(open.descriptor.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
      if (!descriptor) continue;  // stays pending
      ++open.owed;
      return MediaJob{(std::uint64_t{current_} << 32) | place, std::move(descriptor), file.stamp.size, std::string(audio_extension(name))};
    }
    reader_.reset();
    close_if_complete(current_);
  }
}

void TagScan::done(std::uint64_t key, ByteView packed) {
  const auto number = static_cast<std::uint32_t>(key >> 32);
  const auto found = open_.find(number);
  if (found == open_.end()) return;
  ++counters_.tags_read;
  if (packed.empty()) ++counters_.unreadable;
  found->second.results.emplace_back(static_cast<std::uint32_t>(key), Bytes(packed.begin(), packed.end()));
  --found->second.owed;
  close_if_complete(number);
}

void TagScan::close_if_complete(std::uint32_t number) {
  const auto found = open_.find(number);
  if (found == open_.end() || found->second.owed > 0 || (number == current_ && reader_)) return;
  if (failure_) failure_ = write(found->second);
  open_.erase(found);
}

Status TagScan::write(Open& open) {
  if (open.results.empty()) return {};
  std::sort(open.results.begin(), open.results.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  FolderRecordWriter writer;
  FolderRecordReader reader(open.folder.record);
  FolderFileView file;
  auto result = open.results.begin();
  for (std::uint32_t place = 0; reader.next(file); ++place) {
    if (result != open.results.end() && result->first == place) {
      if (result->second.empty()) {
        writer.add(file.name, file.stamp, TagState::Unreadable);
      } else {
        writer.add_read(file.name, file.stamp, result->second);
      }
      ++result;
    } else {
      writer.add(file);
    }
  }
  const std::uint32_t pending = writer.pending();
  SF_TRY(store_.update(open.folder.id, pending, writer.finish()));
  const MonoTime now = clock_.now();
  if (now - last_commit_ < kCommitEvery) return {};
  last_commit_ = now;
  SF_TRY(store_.commit());
  return store_.begin();
}

}  // namespace soulfabric::library

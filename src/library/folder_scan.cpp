// SPDX-License-Identifier: GPL-3.0-or-later
// Walking the shares, folder by folder, through descriptors.
#include "folder_scan.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace soulfabric::library {
namespace {

constexpr int kMaxDepth = 100;  // each level holds a descriptor
constexpr std::size_t kMaxRelative = 3500;  // with the root within PATH_MAX
constexpr auto kCommitEvery = std::chrono::milliseconds(500);

std::string join(const std::string& folder, std::string_view name) {
  std::string out;
  out.reserve(folder.size() + 1 + name.size());
  out.append(folder);
  if (!folder.empty()) out += '/';
  out.append(name);
  return out;
}

std::string why_not(int error) {
  if (error == ENOENT) return "does not exist: create it, mount it, or take it out of shares.directories.";
  if (error == ENOTDIR) return "is not a folder: name the folder that holds it.";
  if (error == EACCES || error == EPERM) return "cannot be read: give the user that runs soulfabric permission to read and enter it.";
  return std::string("cannot be read (") + std::strerror(error) + "): check the disk.";
}

}  // namespace

FolderScan::FolderScan(LibraryStore& store, const ShareRules& rules, ScanCounters& counters, const Clock& clock, FolderWatch* watch)
    : store_(store), rules_(rules), counters_(counters), clock_(clock), watch_(watch), last_commit_(clock.now()) {}

Status FolderScan::number_roots() {
  roots_.clear();
  for (const ShareRule& share : rules_.shares()) {
    const bool is_known = std::any_of(roots_.begin(), roots_.end(), [&](const ScanRoot& root) { return root.path == share.path; });
    if (is_known || rules_.is_left_out(share.path)) continue;
    SF_TRY_ASSIGN(const std::int64_t number, store_.root_number(share.path));
    roots_.push_back({number, share.path, {}});
  }
  return {};
}

Status FolderScan::scan_all(FolderScanOptions options) {
  options_ = options;
  SF_TRY(store_.begin());
  SF_TRY(number_roots());
  std::vector<std::int64_t> numbers;
  for (const ScanRoot& root : roots_) numbers.push_back(root.number);
  SF_TRY(store_.keep_only_roots(numbers));
  Status result;
  for (ScanRoot& root : roots_) {
    const UniqueFd folder = open_share_root(root.path);
    if (!folder) {
      // Its rows stay, so that a disk that comes back needs no second reading of all tags.
      root.problem = "The share " + root.path + " " + why_not(errno);
      continue;
    }
    result = walk(root, folder.get(), "", 0);
    if (result) result = remove_unseen(root.number);
    if (!result) break;
  }
  SF_TRY(store_.commit());
  return result;
}

Status FolderScan::walk(const ScanRoot& root, int folder, const std::string& relative, int depth) {
  if (counters_.stop) return fail(Errc::Cancelled, "The scan was ended.");
  const std::string absolute = root.path + "/" + relative;
  SF_TRY_ASSIGN(const std::optional<StoredFolder> known, store_.find(root.number, relative));
  // Watched before it is read, so that no change falls between the two.
  int watch = -1;
  if (watch_ != nullptr && (!known || !watch_->is_watched(known->id))) watch = watch_->add(absolute);
  if (const int error = listing_.read(folder); error != 0) {
    note_unreadable(absolute, error);
    return {};
  }
  SF_TRY_ASSIGN(const std::int64_t id, compare(root, relative, known));
  if (watch > 0) watch_->name_folder(watch, id);
  const auto at = static_cast<std::size_t>(id);
  if (at >= seen_.size()) seen_.resize(at * 2 + 64);
  seen_[at] = true;
  ++counters_.folders;
  SF_TRY(commit_sometimes());
  return walk_subfolders(root, folder, relative, depth);
}

Status FolderScan::walk_subfolders(const ScanRoot& root, int folder, const std::string& relative, int depth) {
  std::vector<std::string> names(listing_.folders().begin(), listing_.folders().end());
  for (const std::string& name : names) {
    const std::string below = join(relative, name);
    const std::string absolute = root.path + "/" + below;
    if (rules_.is_left_out(absolute)) continue;
    if (depth >= kMaxDepth || below.size() > kMaxRelative) {
      ++deep_folders_;
      continue;
    }
    const UniqueFd next = open_folder_beneath(folder, name, false);
    if (next) {
      SF_TRY(walk(root, next.get(), below, depth + 1));
    } else if (errno != ENOENT && errno != ELOOP && errno != ENOTDIR) {
      note_unreadable(absolute, errno);
    }
  }
  return {};
}

bool FolderScan::is_unchanged(const std::string& absolute, ByteView record) const {
  if (options_.read_all_tags || options_.apply_filters) return false;
  FolderRecordReader reader(record);
  FolderFileView known;
  bool has_known = reader.next(known);
  for (const auto& file : listing_.files()) {
    if (has_known && known.name == file.name) {
      if (known.stamp != file.stamp) return false;
      has_known = reader.next(known);
    } else if (!rules_.is_filtered(absolute + "/" + std::string(file.name))) {
      return false;
    }
  }
  return !has_known;
}

void FolderScan::merge(const std::string& absolute, ByteView record) {
  FolderRecordReader reader(record);
  FolderFileView known;
  bool has_known = reader.next(known);
  for (const auto& file : listing_.files()) {
    while (has_known && known.name < file.name) has_known = reader.next(known);
    const bool is_known = has_known && known.name == file.name;
    if ((!is_known || options_.apply_filters) && rules_.is_filtered(absolute + "/" + std::string(file.name))) continue;
    if (is_known && known.stamp == file.stamp && !(options_.read_all_tags && known.state != TagState::None)) {
      writer_.add(known);
    } else {
      writer_.add(file.name, file.stamp, audio_extension(file.name).empty() ? TagState::None : TagState::Pending);
    }
  }
}

Result<std::int64_t> FolderScan::compare(const ScanRoot& root, const std::string& relative, const std::optional<StoredFolder>& known) {
  std::string absolute = root.path;
  if (!relative.empty()) absolute += "/" + relative;
  if (known && is_unchanged(absolute, known->record)) {
    counters_.files += listing_.files().size();
    return known->id;
  }
  merge(absolute, known ? ByteView(known->record) : ByteView());
  counters_.files += writer_.files();
  const std::uint32_t pending = writer_.pending();
  const Bytes record = writer_.finish();
  if (known && record == known->record) return known->id;
  if (!known) return store_.insert(root.number, relative, pending, record);
  SF_TRY(store_.update(known->id, pending, record));
  return known->id;
}

Status FolderScan::scan_folders(const std::vector<std::int64_t>& ids) {
  SF_TRY(store_.begin());
  SF_TRY(number_roots());
  Status result;
  for (const std::int64_t id : ids) {
    result = scan_one(id);
    if (!result) break;
  }
  SF_TRY(store_.commit());
  return result;
}

Status FolderScan::scan_one(std::int64_t id) {
  SF_TRY_ASSIGN(const std::optional<StoredFolder> known, store_.find(id));
  if (!known) {
    if (watch_ != nullptr) watch_->forget_folder(id);
    return {};
  }
  const auto root = std::find_if(roots_.begin(), roots_.end(), [&](const ScanRoot& r) { return r.number == known->root; });
  if (root == roots_.end() || is_seen(id)) return {};
  const UniqueFd top = open_share_root(root->path);
  if (!top) return {};  // the next complete scan says so
  const UniqueFd folder = open_folder_beneath(top.get(), known->path, false);
  if (!folder) {
    const bool is_gone = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
    return is_gone ? remove_subtree(known->root, known->path) : Status();
  }
  if (listing_.read(folder.get()) != 0) return {};
  SF_TRY(compare(*root, known->path, known));
  const std::vector<std::string> present(listing_.folders().begin(), listing_.folders().end());
  SF_TRY_ASSIGN(const std::vector<std::string> before, store_.subfolders(known->root, known->path));
  for (const std::string& name : before) {
    if (!std::binary_search(present.begin(), present.end(), name)) SF_TRY(remove_subtree(known->root, join(known->path, name)));
  }
  for (const std::string& name : present) {
    const std::string below = join(known->path, name);
    if (std::find(before.begin(), before.end(), name) != before.end() || below.size() > kMaxRelative) continue;
    if (rules_.is_left_out(root->path + "/" + below)) continue;
    const UniqueFd next = open_folder_beneath(folder.get(), name, false);
    if (next) SF_TRY(walk(*root, next.get(), below, static_cast<int>(std::count(below.begin(), below.end(), '/'))));
  }
  return commit_sometimes();
}

Status FolderScan::remove_subtree(std::int64_t root, std::string_view relative) {
  SF_TRY_ASSIGN(const std::vector<std::int64_t> ids, store_.ids_below(root, relative));
  for (const std::int64_t id : ids) {
    SF_TRY(store_.remove(id));
    if (watch_ != nullptr) watch_->forget_folder(id);
  }
  return {};
}

Status FolderScan::remove_unseen(std::int64_t root) {
  SF_TRY_ASSIGN(const std::vector<std::int64_t> ids, store_.ids_of(root));
  for (const std::int64_t id : ids) {
    if (is_seen(id)) continue;
    SF_TRY(store_.remove(id));
    if (watch_ != nullptr) watch_->forget_folder(id);
  }
  return {};
}

bool FolderScan::is_seen(std::int64_t id) const {
  const auto at = static_cast<std::size_t>(id);
  return at < seen_.size() && seen_[at];
}

Status FolderScan::commit_sometimes() {
  const MonoTime now = clock_.now();
  if (now - last_commit_ < kCommitEvery) return {};
  last_commit_ = now;
  SF_TRY(store_.commit());
  return store_.begin();
}

void FolderScan::note_unreadable(const std::string& absolute, int error) {
  if (unreadable_folders_++ == 0) first_unreadable_ = "The folder " + absolute + " is left out: it " + why_not(error);
}

std::vector<std::string> FolderScan::warnings() const {
  std::vector<std::string> out;
  for (const ScanRoot& root : roots_) {
    if (!root.problem.empty()) out.push_back(root.problem);
  }
  if (unreadable_folders_ == 1) out.push_back(first_unreadable_);
  if (unreadable_folders_ > 1) out.push_back(first_unreadable_ + " The same goes for " + std::to_string(unreadable_folders_ - 1) + " more.");
  if (deep_folders_ > 0) out.push_back(std::to_string(deep_folders_) + " folders are left out because they lie too deep: move them up.");
  return out;
}

}  // namespace soulfabric::library

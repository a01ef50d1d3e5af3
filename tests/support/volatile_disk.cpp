// SPDX-License-Identifier: GPL-3.0-or-later
// Two states side by side, what programs see and what is safe, and the way from one to the other.
#include "volatile_disk.hpp"

#include <algorithm>
#include <cstring>

namespace soulfabric::testing {
namespace {

constexpr std::size_t kSector = 512;

std::string parent_of(const std::string& path) { return std::filesystem::path(path).parent_path().string(); }

std::unexpected<Error> power_is_off() { return fail(Errc::Io, "the power is off"); }

}  // namespace

class VolatileFile final : public File {
 public:
  VolatileFile(VolatileDisk& disk, VolatileDisk::InodePtr inode) : disk_(disk), inode_(std::move(inode)), epoch_(disk.epoch_) {}

  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
    const std::scoped_lock lock(disk_.mutex_);
    SF_TRY(disk_.check_power(epoch_));
    const Bytes& bytes = inode_->now;
    if (offset >= bytes.size()) return std::size_t{0};
    const auto count = std::min<std::size_t>(out.size(), bytes.size() - offset);
    std::memcpy(out.data(), bytes.data() + offset, count);
    return count;
  }
  Status write_at(std::uint64_t offset, ByteView data) override {
    return disk_.change(*inode_, {offset, Bytes(data.begin(), data.end()), false}, epoch_);
  }
  Status sync() override { return disk_.sync(*inode_, epoch_); }
  Status truncate(std::uint64_t size) override { return disk_.change(*inode_, {size, {}, true}, epoch_); }
  Result<std::uint64_t> size() override {
    const std::scoped_lock lock(disk_.mutex_);
    SF_TRY(disk_.check_power(epoch_));
    return inode_->now.size();
  }
  int descriptor() const noexcept override { return -1; }

 private:
  VolatileDisk& disk_;
  VolatileDisk::InodePtr inode_;
  std::uint64_t epoch_;
};

void VolatileDisk::cut_after(std::uint64_t count) {
  const std::scoped_lock lock(mutex_);
  cut_at_ = changes_ + count;
}

void VolatileDisk::cut_now() {
  const std::scoped_lock lock(mutex_);
  power_off();
}

void VolatileDisk::on_cut(std::function<void()> tell) {
  const std::scoped_lock lock(mutex_);
  tell_cut_ = std::move(tell);
}

void VolatileDisk::power_off() {
  is_cut_ = true;
  if (const auto tell = std::exchange(tell_cut_, nullptr)) tell();
}

bool VolatileDisk::is_cut() const {
  const std::scoped_lock lock(mutex_);
  return is_cut_;
}

std::uint64_t VolatileDisk::changes() const {
  const std::scoped_lock lock(mutex_);
  return changes_;
}

void VolatileDisk::add_folder(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  for (std::string at = path; at != "/" && !at.empty(); at = parent_of(at)) {
    now_.folders.insert(at);
    safe_.folders.insert(at);
  }
}

std::vector<std::string> VolatileDisk::files() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [path, inode] : now_.files) names.push_back(path);
  return names;
}

Bytes VolatileDisk::content(const std::string& path) const {
  const std::scoped_lock lock(mutex_);
  const auto found = now_.files.find(path);
  return found == now_.files.end() ? Bytes{} : found->second->now;
}

void VolatileDisk::apply(const Change& change, Bytes& bytes) {
  const std::size_t end = change.offset + change.bytes.size();
  if (change.is_cut || end > bytes.size()) bytes.resize(end);
  std::copy(change.bytes.begin(), change.bytes.end(), bytes.begin() + static_cast<std::ptrdiff_t>(change.offset));
}

Status VolatileDisk::check_power(std::uint64_t epoch) const {
  if (is_cut_ || epoch != epoch_) return power_is_off();
  return {};
}

Status VolatileDisk::begin_change() {
  if (is_cut_) return power_is_off();
  ++changes_;
  if (changes_ == cut_at_) {
    power_off();
    return power_is_off();
  }
  return {};
}

Status VolatileDisk::change(Inode& inode, Change change, std::uint64_t epoch) {
  const std::scoped_lock lock(mutex_);
  SF_TRY(check_power(epoch));
  const Status begun = begin_change();
  // The power may go off while the disk is at it, so even the last change may be found in part.
  apply(change, inode.now);
  inode.unsynced.push_back(std::move(change));
  return begun;
}

Status VolatileDisk::sync(Inode& inode, std::uint64_t epoch) {
  const std::scoped_lock lock(mutex_);
  SF_TRY(check_power(epoch));
  SF_TRY(begin_change());
  inode.safe = inode.now;
  inode.unsynced.clear();
  return {};
}

Result<VolatileDisk::InodePtr> VolatileDisk::open(const std::string& path, OpenMode mode) {
  const std::scoped_lock lock(mutex_);
  if (is_cut_) return power_is_off();
  const auto found = now_.files.find(path);
  if (found != now_.files.end()) {
    if (mode == OpenMode::CreateNew) return fail(Errc::Exists, path + " exists");
    return found->second;
  }
  if (mode == OpenMode::Read || !now_.folders.contains(parent_of(path))) return fail(Errc::NotFound, path + " does not exist");
  SF_TRY(begin_change());
  return now_.files[path] = std::make_shared<Inode>();
}

Status VolatileDisk::rename(const std::string& from, const std::string& to, bool replace) {
  const std::scoped_lock lock(mutex_);
  if (is_cut_) return power_is_off();
  const auto found = now_.files.find(from);
  if (found == now_.files.end() || !now_.folders.contains(parent_of(to))) return fail(Errc::NotFound, from + " does not exist");
  if (!replace && now_.files.contains(to)) return fail(Errc::Exists, to + " exists");
  SF_TRY(begin_change());
  now_.files[to] = found->second;
  now_.files.erase(from);
  renames_.emplace_back(from, to);
  return {};
}

Status VolatileDisk::remove(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  if (is_cut_) return power_is_off();
  if (!now_.files.contains(path)) return fail(Errc::NotFound, path + " does not exist");
  SF_TRY(begin_change());
  now_.files.erase(path);
  return {};
}

Status VolatileDisk::create_folders(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  if (is_cut_) return power_is_off();
  std::vector<std::string> missing;
  for (std::string at = path; !at.empty() && at != "/" && !now_.folders.contains(at); at = parent_of(at)) missing.push_back(at);
  if (missing.empty()) return {};
  SF_TRY(begin_change());
  now_.folders.insert(missing.begin(), missing.end());
  return {};
}

void VolatileDisk::make_safe(const std::string& path) {
  const auto found = now_.files.find(path);
  if (found == now_.files.end()) {
    safe_.files.erase(path);
  } else {
    safe_.files[path] = found->second;
  }
}

Status VolatileDisk::sync_folder(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  if (is_cut_) return power_is_off();
  if (!now_.folders.contains(path)) return fail(Errc::NotFound, path + " does not exist");
  SF_TRY(begin_change());
  std::set<std::string> touched;
  for (const Names* names : {&now_, &safe_}) {
    for (const auto& [file, inode] : names->files) {
      if (parent_of(file) == path) touched.insert(file);
    }
  }
  std::erase_if(renames_, [&](const auto& rename) {
    const bool is_here = parent_of(rename.first) == path || parent_of(rename.second) == path;
    if (is_here) touched.insert({rename.first, rename.second});
    return is_here;
  });
  for (const std::string& file : touched) make_safe(file);
  for (const std::string& folder : now_.folders) {
    if (parent_of(folder) == path) safe_.folders.insert(folder);
  }
  return {};
}

void VolatileDisk::keep_some_names() {
  for (const auto& [from, to] : renames_) {
    if (random_.below(2) == 0) continue;
    make_safe(from);
    make_safe(to);
  }
  const auto is_renamed = [&](const std::string& path) {
    return std::any_of(renames_.begin(), renames_.end(), [&](const auto& rename) { return rename.first == path || rename.second == path; });
  };
  std::set<std::string> names;
  for (const Names* side : {&now_, &safe_}) {
    for (const auto& [file, inode] : side->files) names.insert(file);
  }
  for (const std::string& file : names) {
    if (!is_renamed(file) && random_.below(2) != 0) make_safe(file);
  }
  for (const std::string& folder : now_.folders) {
    if (random_.below(2) != 0) safe_.folders.insert(folder);
  }
}

void VolatileDisk::restore(Unsynced unsynced) {
  const std::scoped_lock lock(mutex_);
  if (unsynced == Unsynced::SomeKept) keep_some_names();
  if (unsynced == Unsynced::AllKept) safe_ = now_;
  // What lies in a folder that is not there is lost with it.
  const auto is_reachable = [&](std::string path) {
    for (path = parent_of(path); !path.empty() && path != "/"; path = parent_of(path)) {
      if (!safe_.folders.contains(path)) return false;
    }
    return true;
  };
  std::erase_if(safe_.files, [&](const auto& entry) { return !is_reachable(entry.first); });
  std::erase_if(safe_.folders, [&](const std::string& folder) { return !is_reachable(folder); });
  Names names;
  names.folders = safe_.folders;
  for (const auto& [path, old] : safe_.files) {
    // A new inode: whatever still holds the old one cannot reach it.
    auto inode = std::make_shared<Inode>();
    inode->now = old->safe;
    for (Change& change : old->unsynced) {
      if (unsynced == Unsynced::Lost || (unsynced == Unsynced::SomeKept && random_.below(2) == 0)) continue;
      if (unsynced == Unsynced::SomeKept && random_.below(4) == 0) change.bytes.resize(change.bytes.size() / kSector / 2 * kSector);
      apply(change, inode->now);
    }
    inode->safe = inode->now;
    names.files[path] = std::move(inode);
  }
  now_ = names;
  safe_ = std::move(names);
  renames_.clear();
  shared_memory_.clear();
  cut_at_ = 0;
  is_cut_ = false;
  ++epoch_;
}

Result<std::unique_ptr<File>> VolatileFiles::open(const std::filesystem::path& path, OpenMode mode) {
  SF_TRY_ASSIGN(VolatileDisk::InodePtr inode, disk_.open(path.string(), mode));
  return std::make_unique<VolatileFile>(disk_, std::move(inode));
}
Status VolatileFiles::rename(const std::filesystem::path& from, const std::filesystem::path& to, bool replace) {
  return disk_.rename(from.string(), to.string(), replace);
}
Status VolatileFiles::remove(const std::filesystem::path& path) { return disk_.remove(path.string()); }
Status VolatileFiles::create_folders(const std::filesystem::path& path) { return disk_.create_folders(path.string()); }
Status VolatileFiles::sync_folder(const std::filesystem::path& path) { return disk_.sync_folder(path.string()); }
Result<std::uint64_t> VolatileFiles::size_of(const std::filesystem::path& path) {
  SF_TRY_ASSIGN(const VolatileDisk::InodePtr inode, disk_.open(path.string(), OpenMode::Read));
  const std::scoped_lock lock(disk_.mutex_);
  return inode->now.size();
}
bool VolatileFiles::exists(const std::filesystem::path& path) {
  const std::scoped_lock lock(disk_.mutex_);
  return !disk_.is_cut_ && (disk_.now_.files.contains(path.string()) || disk_.now_.folders.contains(path.string()));
}

}  // namespace soulfabric::testing

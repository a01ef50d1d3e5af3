// SPDX-License-Identifier: GPL-3.0-or-later
// Reading files whole without getting in anybody's way.
#include "copy_reader.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "folder_listing.hpp"
#include "media_judge.hpp"

namespace soulfabric::library {
namespace {

constexpr std::size_t kBlock = 1U << 20;
constexpr std::size_t kFilesPerLook = 2'000;
constexpr auto kClockTick = std::chrono::milliseconds(50);  // more than any kernel's
constexpr int kIdlePriority = 19;
// <linux/ioprio.h>: class 3 is idle, in the upper bits; 1 names a thread.
constexpr int kIoprioWhoThread = 1;
constexpr int kIoprioIdle = 3 << 13;

FileStamp stamp_of(const struct stat& info) {
  return {static_cast<std::uint64_t>(info.st_size), info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec, info.st_ino};
}

/// The kernel tells file times in ticks: a change in the same tick as the one before it does not show. True once a tick has passed.
bool let_time_pass(const FileStamp& stamp, ReadPace& pace) {
  const auto age = SystemClock{}.wall().time_since_epoch() - std::chrono::nanoseconds(stamp.modified_ns);
  if (age < std::chrono::nanoseconds(0) || age >= kClockTick) return true;
  return pace.rest(kClockTick);
}

CopyState state_of_open_failure(int error) { return error == EACCES || error == EPERM || error == EIO ? CopyState::Unreadable : CopyState::Changed; }

/// Nothing: the child died over it.
CopyState state_of(const std::optional<MediaCheckAnswer>& answer) {
  if (!answer) return CopyState::MediaFailed;
  switch (answer->verdict) {
    case MediaVerdict::Sound: return CopyState::Verified;
    case MediaVerdict::NotAudio: return CopyState::NotAudio;
    case MediaVerdict::Broken: return CopyState::Undecodable;
    case MediaVerdict::WrongLength: return CopyState::WrongLength;
    case MediaVerdict::Silent: return CopyState::Silent;
  }
  return CopyState::MediaFailed;
}

}  // namespace

void ReadPace::stop() {
  const std::scoped_lock lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}
bool ReadPace::is_stopped() const {
  const std::scoped_lock lock(mutex_);
  return stopped_;
}
void ReadPace::pause(bool paused) {
  const std::scoped_lock lock(mutex_);
  paused_ = paused;
  changed_.notify_all();
}
void ReadPace::limit(std::uint64_t bytes_per_second) {
  const std::scoped_lock lock(mutex_);
  bytes_per_second_ = bytes_per_second;
  due_ = {};
  changed_.notify_all();
}

bool ReadPace::go_on(std::uint64_t block) {
  bytes += block;
  std::unique_lock lock(mutex_);
  const MonoTime now = clock_.now();
  if (bytes_per_second_ > 0) {
    due_ = std::max(due_, now) + std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 * static_cast<double>(block) / static_cast<double>(bytes_per_second_)));
  } else {
    due_ = now;
  }
  for (;;) {
    if (stopped_) return false;
    if (paused_) {
      changed_.wait(lock);
      continue;
    }
    if (bytes_per_second_ == 0 || clock_.now() >= due_) return true;
    changed_.wait_until(lock, due_);
  }
}

bool ReadPace::rest(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stopped_; });
}

void make_thread_idle() {
  const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
  // Both are wishes: without them the work is done all the same.
  if (::setpriority(PRIO_PROCESS, thread, kIdlePriority) != 0) errno = 0;
  if (::syscall(SYS_ioprio_set, kIoprioWhoThread, thread, kIoprioIdle) != 0) errno = 0;
}

FileStamp stamp_of(int descriptor, bool& is_regular) {
  struct stat info {};
  is_regular = ::fstat(descriptor, &info) == 0 && S_ISREG(info.st_mode);
  return stamp_of(info);
}

std::uint32_t look_at(const Snapshot& snapshot, std::uint32_t from, std::vector<SeenCopy>& out) {
  std::string root;
  UniqueFd top;
  std::uint32_t folder = from;
  for (; folder < snapshot.folder_count() && out.size() < kFilesPerLook; ++folder) {
    const FolderEntry entry = snapshot.folder(FolderId{folder});
    if (entry.share >= snapshot.shares().size()) continue;
    UniqueFd here;
    snapshot.for_each_file(FolderId{folder}, kMeshNetwork, [&](const FileEntry& file) {
      const std::string_view share_root = snapshot.shares()[entry.share].root;
      const std::string real = snapshot.real_path(file.id);
      if (real.size() <= share_root.size() + 1) return;
      SeenCopy seen{{std::string(share_root), real.substr(share_root.size() + 1)}, file.id, {}, false};
      const std::size_t slash = seen.place.path.rfind('/');
      if (!top || root != share_root) {
        root = share_root;
        top = open_share_root(root);
      }
      if (!here && top) here = open_folder_beneath(top.get(), slash == std::string::npos ? std::string() : seen.place.path.substr(0, slash), true);
      const std::string leaf = slash == std::string::npos ? seen.place.path : seen.place.path.substr(slash + 1);
      struct stat info {};
      if (here && ::fstatat(here.get(), leaf.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode)) {
        seen.stamp = stamp_of(info);
        seen.is_there = seen.stamp.size == file.size;
      }
      out.push_back(std::move(seen));
    });
  }
  return folder;
}

std::set<std::string> roots_away(const std::set<std::string>& roots) {
  std::set<std::string> out;
  for (const std::string& root : roots) {
    if (!open_share_root(root)) out.insert(root);
  }
  return out;
}

UniqueFd open_copy(const CopyPlace& place) {
  const UniqueFd top = open_share_root(place.root);
  if (!top) return {};
  return open_file_beneath(top.get(), place.path);
}

Result<Manifest> read_whole_file(int descriptor, std::uint64_t size, ReadPace* pace) {
  ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  ContentHasher hasher(size);
  Bytes block(std::min<std::uint64_t>(kBlock, size));
  std::uint64_t at = 0;
  while (at < size) {
    const ssize_t got = ::pread(descriptor, block.data(), std::min<std::uint64_t>(block.size(), size - at), static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(error_from_errno(errno, "reading it failed"));
    if (got == 0) break;  // it shrank; the hasher says so
    hasher.update(ByteView(block).first(static_cast<std::size_t>(got)));
    at += static_cast<std::uint64_t>(got);
    if (pace == nullptr) continue;
    if (!pace->go_on(static_cast<std::uint64_t>(got))) return fail(Errc::Cancelled, "the reading was given up");
  }
  return hasher.finish();
}

CopyReading read_copy(const CopyPlace& place, ReadPace& pace, MediaJudge& judge, const std::filesystem::path& media_program) {
  CopyReading out;
  pace.bytes = 0;
  const std::string extension(audio_extension(std::string_view(place.path).substr(place.path.rfind('/') + 1)));
  if (!extension.empty()) {
    // Asked first: without a judge the reading would be for nothing.
    const Status ready = judge.prepare(media_program);
    if (!ready) {
      out.fault = ready.error().message;
      return out;
    }
  }
  const UniqueFd file = open_copy(place);
  if (!file) {
    out.state = state_of_open_failure(errno);
    return out;
  }
  bool is_regular = false;
  out.stamp = stamp_of(file.get(), is_regular);
  if (!let_time_pass(out.stamp, pace)) return out;
  out.state = CopyState::Changed;
  if (!is_regular || out.stamp.size > kLargestContent) return out;
  auto manifest = read_whole_file(file.get(), out.stamp.size, &pace);
  if (!manifest) {
    if (manifest.error().code == Errc::Cancelled) out.state = CopyState::Waiting;
    if (manifest.error().code == Errc::Io) out.state = CopyState::Unreadable;
    return out;
  }
  CopyState heard = CopyState::Verified;
  if (!extension.empty()) {
    const auto answer = judge.judge(file.get(), out.stamp.size, extension, pace);
    if (!answer) {
      out.state = CopyState::Waiting;
      return out;
    }
    heard = state_of(*answer);
    if (*answer) out.seconds = static_cast<double>((*answer)->milliseconds) / 1000;
  }
  // What was read for this alone shall not push out of memory what others use.
  ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
  if (stamp_of(file.get(), is_regular) != out.stamp) return out;
  // The name must still lead to the file that was read.
  const UniqueFd again = open_copy(place);
  if (!again || stamp_of(again.get(), is_regular) != out.stamp || !is_regular) return out;
  out.state = heard;
  out.manifest = std::move(*manifest);
  return out;
}

}  // namespace soulfabric::library

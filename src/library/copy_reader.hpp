// SPDX-License-Identifier: GPL-3.0-or-later
// The blocking part of verifying: looking at files, reading one whole at the pace that is allowed, opening what was hashed.
#pragma once
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <vector>

#include "core/copy_book.hpp"
#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/base/files.hpp"
#include "unique_fd.hpp"

namespace soulfabric::library {

class MediaJudge;

/// What the network thread tells a reading that is under way, and learns of it. Thread-safe.
class ReadPace {
 public:
  void stop();
  [[nodiscard]] bool is_stopped() const;
  void pause(bool paused);
  void limit(std::uint64_t bytes_per_second);
  /// Bytes of the file that is being read.
  std::atomic<std::uint64_t> bytes = 0;

  /// After each block, on the reader's thread: waits while paused and as the limit says. False: give up.
  [[nodiscard]] bool go_on(std::uint64_t block);
  /// Waits that long. False: give up.
  [[nodiscard]] bool rest(std::chrono::milliseconds time);

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  SystemClock clock_;
  bool stopped_ = false;
  bool paused_ = false;
  std::uint64_t bytes_per_second_ = 0;
  MonoTime due_;  // when the next block may be read
};

/// The calling thread yields to everything else on this machine, for the processor and for the disk.
void make_thread_idle();

[[nodiscard]] FileStamp stamp_of(int descriptor, bool& is_regular);

/// Some files from folder number `from` on that are offered to the mesh. Returns where to go on; folder_count() at the end.
[[nodiscard]] std::uint32_t look_at(const Snapshot& snapshot, std::uint32_t from, std::vector<SeenCopy>& out);

/// Those of the roots that do not open, as a disk that is not mounted.
[[nodiscard]] std::set<std::string> roots_away(const std::set<std::string>& roots);

/// A regular file beneath its share's root, through no symbolic link. Empty with errno set.
[[nodiscard]] UniqueFd open_copy(const CopyPlace& place);

/// Reads an open file of `size` bytes whole from its beginning. Cancelled: `pace` said so; Conflict: another length; Io.
[[nodiscard]] Result<Manifest> read_whole_file(int descriptor, std::uint64_t size, ReadPace* pace);

/// State Waiting means that it was given up, halfway or, with a fault, before it was begun. Audio is decoded by `judge`.
[[nodiscard]] CopyReading read_copy(const CopyPlace& place, ReadPace& pace, MediaJudge& judge, const std::filesystem::path& media_program);

/// NotFound where the root of its share does not open, Conflict where it is not what was hashed. `on_conflict` is called from any thread when a later read finds that out.
[[nodiscard]] Result<std::unique_ptr<File>> open_verified(const CopyPlace& place, const FileStamp& stamp, std::function<void()> on_conflict);

}  // namespace soulfabric::library

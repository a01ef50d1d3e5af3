// SPDX-License-Identifier: GPL-3.0-or-later
// The unfinished file of a download on disk: opened so that only trusted bytes stay, written in order behind the network's back.
#pragma once
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>

#include "soulfabric/base/files.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/base/worker_pool.hpp"

namespace soulfabric::soulseek {

struct OpenedPartial {
  std::shared_ptr<File> file;
  std::uint64_t offset = 0;  // bytes held already
};

/// On a worker. Keeps the first min(trusted, what is there) bytes, none where that is more than `size`.
[[nodiscard]] Result<OpenedPartial> open_partial(FileLayer& files, const std::filesystem::path& path, std::uint64_t trusted, std::uint64_t size);

/// On a worker. Removes `folder` and what is above it up to `root`, as far as they are empty. Any number at once, beside open_partial.
void remove_empty_folders(const std::filesystem::path& folder, const std::filesystem::path& root);

/// Writes blocks in the order given, on workers, a few at a time; syncs after growing amounts so that a crash loses little.
/// Network thread only; may die while a write is under way.
class DiskWriter {
 public:
  /// `on_synced` is told on the network thread how many bytes from the start of the file are safe.
  DiskWriter(WorkerPool& workers, IoContext& context, IoClock& clock, std::shared_ptr<File> file, std::uint64_t offset,
             std::function<void(std::uint64_t)> on_synced);
  ~DiskWriter();
  DiskWriter(const DiskWriter&) = delete;
  DiskWriter& operator=(const DiskWriter&) = delete;

  /// A block to fill, reused where possible. Waits while too much is unwritten; fails with what the disk said.
  [[nodiscard]] Task<Result<Bytes>> take_block();
  /// The first `count` bytes of the block come next in the file.
  void put(Bytes block, std::size_t count);
  /// Waits until all that was put is written.
  [[nodiscard]] Task<Status> drain();
  /// Bytes from the start of the file that are written.
  [[nodiscard]] std::uint64_t written() const noexcept;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace soulfabric::soulseek

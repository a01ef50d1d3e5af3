// SPDX-License-Identifier: GPL-3.0-or-later
// The partial file and its bitmap on the disk, in the orders that survive a power cut. Blocking: on a worker.
#pragma once
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/piece_map.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/library/manifest.hpp"

namespace soulfabric::swarm {

/// What an earlier run left.
struct Found {
  std::optional<std::filesystem::path> placed;  // finished: nothing is to be done
  std::optional<core::PieceMap> map;
};

/// `write`, `read` and `save` from several workers at once; the others alone.
class PieceFile {
 public:
  PieceFile(FileLayer& files, std::filesystem::path partial, std::filesystem::path target)
      : files_(files), partial_(std::move(partial)), map_path_(partial_.string() + ".map"), target_(std::move(target)) {}

  /// Either order of the last steps of an earlier run is brought to its end.
  [[nodiscard]] Result<Found> look(const library::ContentId& want, std::optional<std::uint64_t> size);
  /// Makes both files, the partial one as long as the whole; `map.pieces` of what is there now holds.
  [[nodiscard]] Status prepare(core::PieceMap map);
  [[nodiscard]] Status write(std::uint64_t offset, ByteView bytes) { return file_->write_at(offset, bytes); }
  /// Fills `out` or fails.
  [[nodiscard]] Status read(std::uint64_t offset, MutableByteView out);
  /// Pieces written before this call; their bits are set once their bytes are safe. Nothing where the file follows another root by now.
  [[nodiscard]] Status save(const crypto::Sha256& root, const std::vector<bool>& pieces);
  /// Nothing of it is believed any more; the bitmap goes.
  [[nodiscard]] Status forget();
  /// The proven file to its place; its name may differ from the one wished for, which is kept where it is taken.
  [[nodiscard]] Result<std::filesystem::path> place();

 private:
  [[nodiscard]] Status check_room(std::uint64_t size);
  [[nodiscard]] Status write_map();
  [[nodiscard]] bool is_content(const std::filesystem::path& path, const library::ContentId& want, std::uint64_t size);
  [[nodiscard]] Status remove_rest();

  FileLayer& files_;
  std::filesystem::path partial_;
  std::filesystem::path map_path_;
  std::filesystem::path target_;
  std::unique_ptr<File> file_;
  std::unique_ptr<File> map_file_;
  std::mutex saving_;
  core::PieceMap map_;
  bool prepared_ = false;  // `map_` is of what is being fetched
};

}  // namespace soulfabric::swarm

// SPDX-License-Identifier: GPL-3.0-or-later
// A bit is set only after a sync of the bytes it speaks of; the bitmap goes last.
#include "piece_file.hpp"

#include <algorithm>

namespace soulfabric::swarm {
namespace {

namespace fs = std::filesystem;
constexpr int kNamesTried = 1000;
constexpr std::size_t kReadBlock = 1024 * 1024;

fs::path numbered(const fs::path& path, int number) {
  if (number == 1) return path;
  return path.parent_path() / (path.stem().string() + " (" + std::to_string(number) + ")" + path.extension().string());
}

}  // namespace

Result<Found> PieceFile::look(const library::ContentId& want, std::optional<std::uint64_t> size) {
  Found found;
  if (files_.exists(map_path_)) {
    SF_TRY_ASSIGN(const auto file, files_.open(map_path_, OpenMode::Read));
    SF_TRY_ASSIGN(const std::uint64_t length, file->size());
    Bytes bytes(std::min<std::uint64_t>(length, core::kLargestMap));
    SF_TRY_ASSIGN(const std::size_t got, file->read_at(0, bytes));
    bytes.resize(got);
    auto map = core::PieceMap::parse(bytes);
    const bool fits = map && map->sha256 == want.sha256 && map->pieces.size() == library::piece_count_of(map->size) && (!size || *size == map->size);
    if (fits) found.map = std::move(*map);
  }
  if (found.map && !found.map->placing.empty() && is_content(found.map->placing, want, found.map->size)) {
    found.placed = found.map->placing;
    SF_TRY(files_.sync_folder(found.placed->parent_path()));
    SF_TRY(remove_rest());
    return found;
  }
  if (!files_.exists(partial_)) {
    found.map.reset();
    if (size && is_content(target_, want, *size)) found.placed = target_;
  }
  return found;
}

bool PieceFile::is_content(const fs::path& path, const library::ContentId& want, std::uint64_t size) {
  const auto length = files_.size_of(path);
  if (!length || *length != size) return false;
  const auto file = files_.open(path, OpenMode::Read);
  if (!file) return false;
  library::ContentHasher hasher(size, false);
  Bytes block(kReadBlock);
  for (std::uint64_t at = 0; at < size;) {
    const auto got = (*file)->read_at(at, block);
    if (!got || *got == 0) return false;
    hasher.update(ByteView(block).first(*got));
    at += *got;
  }
  const auto whole = hasher.finish();
  return whole && whole->id == want;
}

Status PieceFile::remove_rest() {
  if (files_.exists(partial_)) SF_TRY(files_.remove(partial_));
  if (files_.exists(map_path_)) SF_TRY(files_.remove(map_path_));
  const auto synced = files_.sync_folder(partial_.parent_path());
  return synced || synced.error().code == Errc::NotFound ? Status{} : synced;
}

/// A stated size is only a claim until the whole is proven: more than there is room for is not begun.
Status PieceFile::check_room(std::uint64_t size) {
  SF_TRY_ASSIGN(const std::uint64_t there, file_->size());
  std::error_code unknown;
  const auto space = fs::space(partial_.parent_path(), unknown);
  if (unknown || size <= there || size - there <= space.available) return {};
  return fail(Errc::NoSpace, "the file would need more room than there is");
}

Status PieceFile::prepare(core::PieceMap map) {
  const std::scoped_lock lock(saving_);
  if (!file_) {
    SF_TRY(files_.create_folders(partial_.parent_path()));
    SF_TRY_ASSIGN(file_, files_.open(partial_, OpenMode::Create));
  }
  SF_TRY(check_room(map.size));
  SF_TRY(file_->truncate(map.size));
  map_ = std::move(map);
  prepared_ = true;
  // Where no bitmap says anything yet, none is needed before the first bit is set.
  if (!files_.exists(map_path_)) return {};
  SF_TRY(file_->sync());
  return write_map();
}

/// A new file in the place of the old one, so that no moment has half of each.
Status PieceFile::write_map() {
  const fs::path fresh = map_path_.string() + ".new";
  map_file_.reset();
  {
    SF_TRY_ASSIGN(const auto file, files_.open(fresh, OpenMode::Create));
    SF_TRY(file->truncate(0));
    SF_TRY(file->write_at(0, map_.encode()));
    SF_TRY(file->sync());
  }
  SF_TRY(files_.rename(fresh, map_path_, true));
  SF_TRY(files_.sync_folder(map_path_.parent_path()));
  SF_TRY_ASSIGN(map_file_, files_.open(map_path_, OpenMode::Create));
  return {};
}

Status PieceFile::read(std::uint64_t offset, MutableByteView out) {
  while (!out.empty()) {
    SF_TRY_ASSIGN(const std::size_t got, file_->read_at(offset, out));
    if (got == 0) return fail(Errc::Io, "The partial file " + partial_.string() + " is shorter than it was made.");
    offset += got;
    out = out.subspan(got);
  }
  return {};
}

Status PieceFile::save(const crypto::Sha256& root, const std::vector<bool>& pieces) {
  const std::scoped_lock lock(saving_);
  if (!prepared_ || map_.root != root || map_.pieces.size() != pieces.size()) return {};
  SF_TRY(file_->sync());
  if (map_file_ && map_.pieces == pieces) return {};
  map_.pieces = pieces;
  if (!map_file_) return write_map();
  SF_TRY(map_file_->write_at(core::kMapHeader, map_.bits()));
  return map_file_->sync();
}

Status PieceFile::forget() {
  const std::scoped_lock lock(saving_);
  map_file_.reset();
  prepared_ = false;
  if (!files_.exists(map_path_)) return {};
  SF_TRY(files_.remove(map_path_));
  return files_.sync_folder(map_path_.parent_path());
}

Result<fs::path> PieceFile::place() {
  const std::scoped_lock lock(saving_);
  SF_TRY(file_->sync());
  map_.pieces.assign(map_.pieces.size(), true);
  for (int number = 1; number <= kNamesTried; ++number) {
    const fs::path path = numbered(target_, number);
    if (files_.exists(path)) continue;
    map_.placing = path.string();
    SF_TRY(write_map());
    const Status moved = move_durably(files_, partial_, path, false);
    if (!moved && moved.error().code == Errc::Exists) continue;
    SF_TRY(moved);
    map_file_.reset();
    prepared_ = false;
    // Unsynced: one that comes back after a power cut names a finished file, and is removed by the next look.
    SF_TRY(files_.remove(map_path_));
    return path;
  }
  return fail(Errc::Exists, "Every name tried beside " + target_.string() + " is taken; move some of them away.");
}

}  // namespace soulfabric::swarm

// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a snapshot and reading its folders and files; searching is in snapshot_search.cpp.
#include "soulfabric/library/snapshot.hpp"

#include <algorithm>
#include <bit>

#include "core/snapshot_parts.hpp"
#include "core/words.hpp"
#include "soulfabric/base/text.hpp"
#include "soulfabric/library/snapshot_builder.hpp"

namespace soulfabric::library {
namespace {

std::uint32_t to_u32(FileId id) { return static_cast<std::uint32_t>(id); }
std::uint32_t to_u32(FolderId id) { return static_cast<std::uint32_t>(id); }

void read_record(Reader& reader, const Table<Format>& formats, FileEntry& entry) noexcept {
  entry.leaf = reader.text(reader.varint());
  entry.size = reader.varint();
  const Format format = formats[reader.varint()];
  const auto has = [&](Format::Flag flag) { return (format.flags & flag) != 0; };
  entry.networks = format.networks;
  entry.attributes = AudioAttributes{};
  if (has(Format::kDuration)) entry.attributes.duration_s = static_cast<std::uint32_t>(reader.varint());
  if (has(Format::kBitrate)) entry.attributes.bitrate_kbps = format.bitrate;
  if (has(Format::kVbrKnown)) entry.attributes.is_vbr = has(Format::kVbr);
  if (has(Format::kSampleRate)) entry.attributes.sample_rate_hz = format.sample_rate;
  if (has(Format::kBitDepth)) entry.attributes.bit_depth = format.bit_depth;
}

void skip_record(Reader& reader, const Table<Format>& formats) noexcept {
  (void)reader.text(reader.varint());
  (void)reader.varint();
  if ((formats[reader.varint()].flags & Format::kDuration) != 0) (void)reader.varint();
}

std::optional<std::string_view> raw_name(const Table<RawName>& names, ByteView text, std::uint32_t id) noexcept {
  std::size_t low = 0;
  for (std::size_t high = names.size(); low < high;) {
    const std::size_t middle = (low + high) / 2;
    if (names[middle].id < id) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (low >= names.size() || names[low].id != id) return std::nullopt;
  Reader reader(text, names[low].offset);
  return reader.text(reader.varint());
}

/// Offsets that grow and end within `limit`.
bool is_ascending(const Table<std::uint32_t>& table, std::uint64_t limit) noexcept {
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i] < last) return false;
    last = table[i];
  }
  return last <= limit;
}

}  // namespace

Snapshot::Snapshot(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Snapshot::~Snapshot() = default;

Result<std::shared_ptr<const Snapshot>> Snapshot::open_unverified(ByteView blob, std::shared_ptr<const void> owner) {
  SF_TRY_ASSIGN(const BlobHeader header, read_header(blob, false));
  auto parts = std::make_unique<Parts>();
  Parts& p = *parts;
  p.blob = blob;
  p.owner = std::move(owner);
  p.header = header;
  p.folder_paths = Table<std::uint32_t>(p.section(Section::FolderPaths));
  p.folder_first_file = Table<std::uint32_t>(p.section(Section::FolderFirstFile));
  p.folder_share = Table<std::uint32_t>(p.section(Section::FolderShare));
  p.folder_hash = Table<std::uint32_t>(p.section(Section::FolderHash));
  p.file_blocks = Table<std::uint32_t>(p.section(Section::FileBlocks));
  p.formats = Table<Format>(p.section(Section::Formats));
  p.raw_folders = Table<RawName>(p.section(Section::RawFolders));
  p.raw_files = Table<RawName>(p.section(Section::RawFiles));
  p.term_text_offsets = Table<std::uint32_t>(p.section(Section::TermTextOffsets));
  p.term_postings = Table<std::uint32_t>(p.section(Section::TermPostings));
  p.term_hash = Table<std::uint64_t>(p.section(Section::TermHash));

  const std::size_t bitmap_bytes = (std::size_t{header.file_count} + 63) / 64 * 8;
  const auto fits_bitmap = [&](Section section) { return p.section(section).empty() || p.section(section).size() == bitmap_bytes; };
  const std::size_t blocks = (std::size_t{header.file_count} + kFilesPerBlock - 1) / kFilesPerBlock;
  const bool sound = p.folder_paths.size() == std::size_t{header.folder_count} + 1 && p.folder_first_file.size() == p.folder_paths.size() &&
                     p.folder_share.size() == header.folder_count && p.file_blocks.size() == blocks + 1 &&
                     p.term_text_offsets.size() == std::size_t{header.term_count} + 1 &&
                     p.term_postings.size() == p.term_text_offsets.size() && std::has_single_bit(p.folder_hash.size()) &&
                     std::has_single_bit(p.term_hash.size()) && fits_bitmap(Section::SoulseekFiles) && fits_bitmap(Section::MeshFiles) &&
                     is_ascending(p.folder_paths, p.section(Section::FolderText).size()) &&
                     is_ascending(p.folder_first_file, header.file_count) && p.folder_first_file[header.folder_count] == header.file_count &&
                     is_ascending(p.file_blocks, p.section(Section::FileRecords).size()) &&
                     header.share_count <= p.section(Section::Shares).size();
  if (!sound) return fail(Errc::Corrupt, "The search index cache has a wrong form; it is built again.");

  Reader shares(p.section(Section::Shares), 0);
  for (std::uint32_t i = 0; i < header.share_count; ++i) {
    ShareEntry share;
    share.alias = shares.text(shares.varint());
    share.root = shares.text(shares.varint());
    p.shares.push_back(share);
  }
  return std::shared_ptr<const Snapshot>(new Snapshot(std::move(parts)));
}

Result<std::shared_ptr<const Snapshot>> Snapshot::open(ByteView blob, std::shared_ptr<const void> owner, std::uint64_t expected_stamp) {
  SF_TRY_ASSIGN(const BlobHeader header, read_header(blob, true));
  if (header.stamp != expected_stamp)
    return fail(Errc::Conflict, "The search index cache tells of another state of the shares; it is built again.");
  return open_unverified(blob, std::move(owner));
}

std::shared_ptr<const Snapshot> Snapshot::empty() {
  auto built = SnapshotBuilder(0).finish();
  return built ? *built : nullptr;  // nothing to be too large: it is built
}

std::uint32_t Snapshot::file_count() const noexcept { return parts_->header.file_count; }
std::uint32_t Snapshot::folder_count() const noexcept { return parts_->header.folder_count; }
std::uint32_t Snapshot::term_count() const noexcept { return parts_->header.term_count; }
std::uint64_t Snapshot::stamp() const noexcept { return parts_->header.stamp; }
const std::vector<ShareEntry>& Snapshot::shares() const noexcept { return parts_->shares; }
ByteView Snapshot::blob() const noexcept { return parts_->blob; }

std::uint32_t Snapshot::visible_file_count(NetworkMask network) const noexcept {
  return parts_->header.visible_files[network == kMeshNetwork ? 1 : 0];
}

std::uint32_t Snapshot::visible_folder_count(NetworkMask network) const noexcept {
  return parts_->header.visible_folders[network == kMeshNetwork ? 1 : 0];
}

FolderEntry Snapshot::folder(FolderId id) const noexcept {
  const std::uint32_t i = to_u32(id);
  FolderEntry entry;
  if (i >= folder_count()) return entry;
  entry.id = id;
  entry.path = text_of(slice(parts_->section(Section::FolderText), parts_->folder_paths[i], parts_->folder_paths[std::size_t{i} + 1]));
  entry.share = parts_->folder_share[i];
  entry.first_file = parts_->folder_first_file[i];
  entry.file_count = parts_->folder_first_file[std::size_t{i} + 1] - entry.first_file;
  return entry;
}

std::uint32_t Snapshot::folder_of(std::uint32_t file, std::uint32_t near) const noexcept {
  const Table<std::uint32_t>& first = parts_->folder_first_file;
  std::uint32_t low = near < folder_count() && first[near] <= file ? near : 0;
  std::uint32_t high = folder_count();
  for (std::uint32_t step = 1; low + step < high; step *= 2) {  // files asked for one after the other lie near each other
    if (first[low + step] > file) {
      high = low + step;
      break;
    }
    low += step;
  }
  while (low + 1 < high) {
    const std::uint32_t middle = low + (high - low) / 2;
    (first[middle] <= file ? low : high) = middle;
  }
  return low;
}

FileEntry Snapshot::file(FileId id) const noexcept {
  return to_u32(id) < file_count() ? file_in(id, FolderId{folder_of(to_u32(id), 0)}) : FileEntry{};
}

FileEntry Snapshot::file_in(FileId id, FolderId folder) const noexcept {
  const std::uint32_t i = to_u32(id);
  FileEntry entry;
  Reader reader(parts_->section(Section::FileRecords), parts_->file_blocks[i / kFilesPerBlock]);
  for (std::uint32_t skip = i % kFilesPerBlock; skip > 0; --skip) skip_record(reader, parts_->formats);
  read_record(reader, parts_->formats, entry);
  entry.id = id;
  entry.folder = folder;
  return entry;
}

Snapshot::FileCursor Snapshot::files_of(FolderId id) const noexcept {
  const FolderEntry entry = folder(id);
  FileCursor cursor{entry.first_file, entry.first_file + entry.file_count, 0, id};
  if (entry.file_count == 0) return cursor;
  Reader reader(parts_->section(Section::FileRecords), parts_->file_blocks[entry.first_file / kFilesPerBlock]);
  for (std::uint32_t skip = entry.first_file % kFilesPerBlock; skip > 0; --skip) skip_record(reader, parts_->formats);
  cursor.at = reader.at();
  return cursor;
}

bool Snapshot::next_file(FileCursor& cursor, FileEntry& entry) const noexcept {
  if (cursor.next >= cursor.end) return false;
  Reader reader(parts_->section(Section::FileRecords), cursor.at);
  read_record(reader, parts_->formats, entry);
  entry.id = FileId{cursor.next};
  entry.folder = cursor.folder;
  cursor.at = reader.at();
  ++cursor.next;
  return true;
}

std::string Snapshot::virtual_path(FileId id) const {
  const FileEntry entry = file(id);
  const std::string_view path = folder(entry.folder).path;
  std::string out;
  out.reserve(path.size() + 1 + entry.leaf.size());
  out.append(path).append(1, '\\').append(entry.leaf);
  return out;
}

std::string Snapshot::real_path(FolderId id) const {
  const FolderEntry entry = folder(id);
  if (entry.share >= parts_->shares.size()) return {};
  const ShareEntry& share = parts_->shares[entry.share];
  std::string out(share.root);
  if (const auto raw = raw_name(parts_->raw_folders, parts_->section(Section::RawText), to_u32(id))) {
    if (!raw->empty()) out.append(1, '/').append(*raw);
    return out;
  }
  if (entry.path.size() <= share.alias.size() + 1) return out;
  const std::size_t start = out.size();
  out.append(entry.path.substr(share.alias.size()));
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), '\\', '/');
  return out;
}

std::string Snapshot::real_path(FileId id) const {
  if (to_u32(id) >= file_count()) return {};
  const FileEntry entry = file(id);
  std::string out = real_path(entry.folder);
  const auto raw = raw_name(parts_->raw_files, parts_->section(Section::RawText), to_u32(id));
  out.append(1, '/').append(raw ? *raw : entry.leaf);
  return out;
}

bool Snapshot::is_visible(FileId id, NetworkMask network) const noexcept {
  if (to_u32(id) >= file_count()) return false;
  if (network == kAllNetworks) return is_visible(id, kSoulseekNetwork) || is_visible(id, kMeshNetwork);
  const ByteView bitmap = parts_->visible(network);
  if (bitmap.empty()) return visible_file_count(network) != 0;
  return ((bitmap[to_u32(id) / 8] >> (to_u32(id) % 8)) & 1U) != 0;
}

}  // namespace soulfabric::library

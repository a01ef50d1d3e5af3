// SPDX-License-Identifier: GPL-3.0-or-later
// Collecting files in any order, then writing them out ordered by virtual path.
#include "soulfabric/library/snapshot_builder.hpp"

#include <algorithm>
#include <numeric>

#include "core/blob_writer.hpp"
#include "core/posting_builder.hpp"
#include "core/string_pool.hpp"
#include "core/words.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::library {
namespace {

constexpr std::size_t kMaxLeafBytes = 4096;  // file systems allow 255
constexpr std::uint32_t kNoFolder = 0xFFFFFFFFU;

/// A file as it waits in the arena; its shown name follows, then its real one where that differs.
struct Pending {
  std::uint64_t size;
  std::uint32_t folder;
  std::uint32_t format;
  std::uint32_t duration;
  std::uint16_t leaf_bytes;
  std::uint16_t raw_bytes;  // 0: the real name is the shown one
};
static_assert(sizeof(Pending) == 24);

struct PendingView {
  Pending head;
  std::string_view leaf;
  std::string_view raw;
};

struct Folder {
  std::uint32_t share = 0;
  std::string raw;      // relative to the share's root
  std::string virtual_path;
  bool is_plain = true;  // the real path follows from the virtual one
};

Format format_of(const SharedFile& file) {
  const AudioAttributes& a = file.attributes;
  Format format{};
  unsigned flags = 0;
  if (a.bitrate_kbps) flags |= Format::kBitrate;
  if (a.duration_s) flags |= Format::kDuration;
  if (a.is_vbr) flags |= Format::kVbrKnown;
  if (a.is_vbr.value_or(false)) flags |= Format::kVbr;
  if (a.sample_rate_hz) flags |= Format::kSampleRate;
  if (a.bit_depth) flags |= Format::kBitDepth;
  format.flags = static_cast<std::uint8_t>(flags);
  format.networks = file.networks;
  format.bitrate = a.bitrate_kbps.value_or(0);
  format.sample_rate = a.sample_rate_hz.value_or(0);
  format.bit_depth = a.bit_depth.value_or(0);
  return format;
}

std::string_view text_of_format(const Format& format) { return {reinterpret_cast<const char*>(&format), sizeof format}; }

Folder make_folder(std::uint32_t share, std::string_view alias, std::string_view raw) {
  Folder folder;
  folder.share = share;
  folder.virtual_path = alias;
  for (const std::string_view name : split(raw, '/')) {
    if (name.empty()) continue;
    const std::string shown = virtual_name(name);
    folder.is_plain = folder.is_plain && shown == name;
    folder.virtual_path.append(1, '\\').append(shown);
    if (!folder.raw.empty()) folder.raw += '/';
    folder.raw += name;
  }
  return folder;
}

}  // namespace

std::string virtual_name(std::string_view raw_name) {
  std::string shown = display_text(raw_name);
  for (std::size_t at = 0; (at = shown.find('\\', at)) != std::string::npos;) shown.replace(at, 1, "@@BACKSLASH@@");
  return shown;
}

struct SnapshotBuilder::Work {
  explicit Work(std::uint64_t stamp_in) : stamp(stamp_in) {}
  std::uint64_t stamp;
  std::vector<std::pair<std::string, std::string>> shares;  // alias, root
  StringPool folder_keys;                                   // share as four bytes, real relative path
  StringPool formats;                                       // a Format's bytes
  ByteArena arena;
  std::vector<std::uint32_t> files;  // positions in the arena
  std::string key;
  std::uint32_t last_folder = kNoFolder;
  bool is_full = false;

  [[nodiscard]] PendingView view(std::uint32_t position) const {
    PendingView out;
    const std::uint8_t* at = arena.at(position);
    out.head = load<Pending>(at);
    const auto* text = reinterpret_cast<const char*>(at + sizeof(Pending));
    out.leaf = {text, out.head.leaf_bytes};
    out.raw = {text + out.head.leaf_bytes, out.head.raw_bytes};
    return out;
  }
  void sort_files(const std::vector<std::uint32_t>& folder_rank, const std::vector<std::uint32_t>& format_rank);
  std::vector<Folder> take_folders(std::vector<std::uint32_t>& rank);
  std::vector<std::uint32_t> write_formats(PagedBytes& out) const;
  void write_shares(PagedBytes& out) const;
  void write_folders(BlobWriter& blob, const std::vector<Folder>& folders, const std::vector<std::uint32_t>& first_file) const;
  void write_files(BlobWriter& blob, BlobHeader& header, std::vector<std::uint32_t>& first_file,
                   const std::vector<std::uint32_t>& folder_rank, const std::vector<std::uint32_t>& format_rank);
  Result<std::uint32_t> write_terms(BlobWriter& blob, const std::vector<Folder>& folders, const std::vector<std::uint32_t>& first_file) const;
};

SnapshotBuilder::SnapshotBuilder(std::uint64_t stamp) : work_(std::make_unique<Work>(stamp)) {}
SnapshotBuilder::~SnapshotBuilder() = default;
SnapshotBuilder::SnapshotBuilder(SnapshotBuilder&&) noexcept = default;
SnapshotBuilder& SnapshotBuilder::operator=(SnapshotBuilder&&) noexcept = default;

std::uint32_t SnapshotBuilder::add_share(std::string_view alias, std::string_view root) {
  while (root.size() > 1 && root.ends_with('/')) root.remove_suffix(1);
  work_->shares.emplace_back(virtual_name(alias), root);
  return static_cast<std::uint32_t>(work_->shares.size() - 1);
}

std::uint64_t SnapshotBuilder::file_count() const noexcept { return work_->files.size(); }

void SnapshotBuilder::add(const SharedFile& file) {
  Work& w = *work_;
  if (file.share >= w.shares.size() || file.leaf.empty() || file.leaf.size() > kMaxLeafBytes) return;
  std::string key(reinterpret_cast<const char*>(&file.share), sizeof file.share);
  key += file.folder;
  if (w.last_folder == kNoFolder || w.folder_keys[w.last_folder] != key) w.last_folder = w.folder_keys.intern(key);

  const bool is_plain = is_utf8(file.leaf) && file.leaf.find('\\') == std::string_view::npos;
  const std::string shown = is_plain ? std::string() : virtual_name(file.leaf);
  const std::string_view leaf = is_plain ? file.leaf : std::string_view(shown);
  const std::string_view raw = is_plain ? std::string_view() : file.leaf;
  Pending head{};
  head.size = file.size;
  head.folder = w.last_folder;
  head.format = w.formats.intern(text_of_format(format_of(file)));
  head.duration = file.attributes.duration_s.value_or(0);
  head.leaf_bytes = static_cast<std::uint16_t>(leaf.size());
  head.raw_bytes = static_cast<std::uint16_t>(raw.size());
  std::uint32_t position = 0;
  std::uint8_t* out = w.arena.take(sizeof head + leaf.size() + raw.size(), position);
  if (out == nullptr) {
    w.is_full = true;
    return;
  }
  std::memcpy(out, &head, sizeof head);
  std::copy(leaf.begin(), leaf.end(), out + sizeof head);
  std::copy(raw.begin(), raw.end(), out + sizeof head + leaf.size());
  w.files.push_back(position);
}

std::vector<Folder> SnapshotBuilder::Work::take_folders(std::vector<std::uint32_t>& rank) {
  std::vector<Folder> folders;
  folders.reserve(folder_keys.size());
  for (std::uint32_t i = 0; i < folder_keys.size(); ++i) {
    const std::string_view entry = folder_keys[i];
    const auto share = load<std::uint32_t>(bytes_of(entry).data());
    folders.push_back(make_folder(share, shares[share].first, entry.substr(sizeof share)));
  }
  folder_keys = StringPool();
  std::vector<std::uint32_t> order(folders.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const auto tie = [](const Folder& f) { return std::tie(f.virtual_path, f.share, f.raw); };
    return tie(folders[a]) < tie(folders[b]);
  });
  rank.resize(folders.size());
  std::vector<Folder> sorted;
  sorted.reserve(folders.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    // "a//b" and "a/b" are one folder.
    Folder& next = folders[order[i]];
    if (sorted.empty() || sorted.back().share != next.share || sorted.back().raw != next.raw) sorted.push_back(std::move(next));
    rank[order[i]] = static_cast<std::uint32_t>(sorted.size() - 1);
  }
  return sorted;
}

/// Formats in byte order, so that the order of adding leaves no trace; returns the rank of each.
std::vector<std::uint32_t> SnapshotBuilder::Work::write_formats(PagedBytes& out) const {
  std::vector<std::uint32_t> order(formats.size());
  std::iota(order.begin(), order.end(), 0U);
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return formats[a] < formats[b]; });
  std::vector<std::uint32_t> rank(order.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    rank[order[i]] = i;
    out.append(bytes_of(formats[order[i]]));
  }
  return rank;
}

void SnapshotBuilder::Work::sort_files(const std::vector<std::uint32_t>& folder_rank, const std::vector<std::uint32_t>& format_rank) {
  std::sort(files.begin(), files.end(), [&](std::uint32_t a, std::uint32_t b) {
    const PendingView x = view(a);
    const PendingView y = view(b);
    const auto folder_x = folder_rank[x.head.folder];
    const auto folder_y = folder_rank[y.head.folder];
    if (folder_x != folder_y) return folder_x < folder_y;
    if (x.leaf != y.leaf) return x.leaf < y.leaf;
    return std::make_tuple(x.raw, x.head.size, format_rank[x.head.format], x.head.duration) <
           std::make_tuple(y.raw, y.head.size, format_rank[y.head.format], y.head.duration);
  });
}

void SnapshotBuilder::Work::write_shares(PagedBytes& out) const {
  for (const auto& [alias, root] : shares) {
    out.put_varint(alias.size());
    out.append(bytes_of(alias));
    out.put_varint(root.size());
    out.append(bytes_of(root));
  }
}

void SnapshotBuilder::Work::write_folders(BlobWriter& blob, const std::vector<Folder>& folders,
                                          const std::vector<std::uint32_t>& first_file) const {
  std::vector<std::uint32_t> slots(std::bit_ceil(folders.size() * 4 / 3 + 2), 0);
  std::string lowered;
  for (std::uint32_t i = 0; i < folders.size(); ++i) {
    const Folder& folder = folders[i];
    blob[Section::FolderPaths].put(static_cast<std::uint32_t>(blob[Section::FolderText].size()));
    blob[Section::FolderText].append(bytes_of(folder.virtual_path));
    blob[Section::FolderShare].put(folder.share);
    blob[Section::FolderFirstFile].put(first_file[i]);
    if (!folder.is_plain) {
      blob[Section::RawFolders].put(i);
      blob[Section::RawFolders].put(static_cast<std::uint32_t>(blob[Section::RawText].size()));
      blob[Section::RawText].put_varint(folder.raw.size());
      blob[Section::RawText].append(bytes_of(folder.raw));
    }
    lower_into(folder.virtual_path, lowered);
    std::size_t slot = hash64(bytes_of(lowered)) & (slots.size() - 1);
    while (slots[slot] != 0) slot = (slot + 1) & (slots.size() - 1);
    slots[slot] = i + 1;
  }
  blob[Section::FolderPaths].put(static_cast<std::uint32_t>(blob[Section::FolderText].size()));
  blob[Section::FolderFirstFile].put(first_file.back());
  for (const std::uint32_t slot : slots) blob[Section::FolderHash].put(slot);
}

void SnapshotBuilder::Work::write_files(BlobWriter& blob, BlobHeader& header, std::vector<std::uint32_t>& first_file,
                                        const std::vector<std::uint32_t>& folder_rank, const std::vector<std::uint32_t>& format_rank) {
  PagedBytes& records = blob[Section::FileRecords];
  std::vector<std::uint64_t> visible[2];
  std::uint32_t last_visible_folder[2] = {kNoFolder, kNoFolder};
  for (auto& bitmap : visible) bitmap.resize((files.size() + 63) / 64);
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    const PendingView file = view(files[i]);
    const std::uint32_t folder = folder_rank[file.head.folder];
    ++first_file[std::size_t{folder} + 1];
    if (i % kFilesPerBlock == 0) blob[Section::FileBlocks].put(static_cast<std::uint32_t>(records.size()));
    const auto format = load<Format>(bytes_of(formats[file.head.format]).data());
    records.put_varint(file.leaf.size());
    records.append(bytes_of(file.leaf));
    records.put_varint(file.head.size);
    records.put_varint(format_rank[file.head.format]);
    if ((format.flags & Format::kDuration) != 0) records.put_varint(file.head.duration);
    if (!file.raw.empty()) {
      blob[Section::RawFiles].put(i);
      blob[Section::RawFiles].put(static_cast<std::uint32_t>(blob[Section::RawText].size()));
      blob[Section::RawText].put_varint(file.raw.size());
      blob[Section::RawText].append(bytes_of(file.raw));
    }
    for (std::size_t network = 0; network < 2; ++network) {
      if ((format.networks & (network == 0 ? kSoulseekNetwork : kMeshNetwork)) == 0) continue;
      visible[network][i / 64] |= std::uint64_t{1} << (i % 64);
      ++header.visible_files[network];
      if (last_visible_folder[network] != folder) ++header.visible_folders[network];
      last_visible_folder[network] = folder;
    }
  }
  blob[Section::FileBlocks].put(static_cast<std::uint32_t>(records.size()));
  std::partial_sum(first_file.begin(), first_file.end(), first_file.begin());
  for (std::size_t network = 0; network < 2; ++network) {
    // Where all or none is visible the counts alone say so.
    if (header.visible_files[network] == 0 || header.visible_files[network] == files.size()) continue;
    PagedBytes& out = blob[network == 0 ? Section::SoulseekFiles : Section::MeshFiles];
    for (const std::uint64_t word : visible[network]) out.put(word);
  }
}

Result<std::uint32_t> SnapshotBuilder::Work::write_terms(BlobWriter& blob, const std::vector<Folder>& folders,
                                                         const std::vector<std::uint32_t>& first_file) const {
  PostingBuilder postings;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    postings.add_folder(folders[i].virtual_path, first_file[i], first_file[i + 1]);
    for (std::uint32_t file = first_file[i]; file < first_file[i + 1]; ++file) {
      if (!postings.add_file(file, view(files[file]).leaf)) break;
    }
  }
  return postings.write(blob);
}

Result<std::shared_ptr<const Snapshot>> SnapshotBuilder::finish() {
  const std::unique_ptr<Work> work = std::exchange(work_, std::make_unique<Work>(work_->stamp));
  Work& w = *work;
  constexpr std::uint64_t kMaxSection = 0xFFFFFFFFULL;
  if (w.is_full) return fail(Errc::TooLarge, "The shares hold more than 4 GiB of file names: share fewer files.");

  BlobWriter blob;
  BlobHeader header{};
  std::vector<std::uint32_t> folder_rank;
  std::vector<Folder> folders = w.take_folders(folder_rank);
  const std::vector<std::uint32_t> format_rank = w.write_formats(blob[Section::Formats]);
  w.sort_files(folder_rank, format_rank);
  std::vector<std::uint32_t> first_file(folders.size() + 1, 0);
  w.write_files(blob, header, first_file, folder_rank, format_rank);
  w.write_folders(blob, folders, first_file);
  w.write_shares(blob[Section::Shares]);
  SF_TRY_ASSIGN(header.term_count, w.write_terms(blob, folders, first_file));
  for (const Section section : {Section::FileRecords, Section::FolderText, Section::RawText}) {
    if (blob[section].size() > kMaxSection) return fail(Errc::TooLarge, "The shares hold more than 4 GiB of file names: share fewer files.");
  }
  header.stamp = w.stamp;
  header.file_count = static_cast<std::uint32_t>(w.files.size());
  header.folder_count = static_cast<std::uint32_t>(folders.size());
  header.share_count = static_cast<std::uint32_t>(w.shares.size());
  w.arena = {};
  w.files = {};
  folders = {};
  auto [bytes, owner] = blob.finish(header);
  return Snapshot::open_unverified(bytes, std::move(owner));
}

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// The sections of an opened snapshot, ready for reading.
#pragma once
#include <memory>
#include <vector>

#include "core/blob.hpp"
#include "soulfabric/library/snapshot.hpp"

namespace soulfabric::library {

struct RawName {
  std::uint32_t id;
  std::uint32_t offset;
};

struct Snapshot::Parts {
  ByteView blob;
  std::shared_ptr<const void> owner;
  BlobHeader header{};
  std::vector<ShareEntry> shares;
  Table<std::uint32_t> folder_paths, folder_first_file, folder_share, folder_hash, file_blocks;
  Table<Format> formats;
  Table<RawName> raw_folders, raw_files;
  Table<std::uint32_t> term_text_offsets, term_postings;
  Table<std::uint64_t> term_hash;

  [[nodiscard]] ByteView section(Section which) const noexcept {
    const BlobHeader::Range& range = header.sections[static_cast<std::size_t>(which)];
    return blob.subspan(range.offset, range.size);
  }
  /// Absent (empty) where every file is visible.
  [[nodiscard]] ByteView visible(NetworkMask network) const noexcept {
    return section(network == kMeshNetwork ? Section::MeshFiles : Section::SoulseekFiles);
  }
};

}  // namespace soulfabric::library

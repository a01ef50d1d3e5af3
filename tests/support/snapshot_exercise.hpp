// SPDX-License-Identifier: GPL-3.0-or-later
// Uses everything a snapshot offers, for tests that only ask whether it survives.
#pragma once
#include <cstdint>

#include "soulfabric/library/snapshot.hpp"

namespace soulfabric::library {

/// Returns a number made of all that was read, so that nothing is optimised away.
inline std::uint64_t exercise(const Snapshot& snapshot) {
  std::uint64_t seen = 0;
  for (std::uint32_t i = 0; i <= snapshot.folder_count(); ++i) {
    const FolderEntry folder = snapshot.folder(FolderId{i});
    seen += folder.path.size() + snapshot.real_path(FolderId{i}).size();
    snapshot.for_each_file(FolderId{i}, kAllNetworks, [&](const FileEntry& file) { seen += file.size + file.leaf.size(); });
  }
  for (std::uint32_t i = 0; i <= snapshot.file_count() && i < 300; ++i) {
    const std::string path = snapshot.virtual_path(FileId{i});
    seen += snapshot.real_path(FileId{i}).size() + (snapshot.find_file(path) ? 1 : 0) + (snapshot.find_folder(path) ? 1 : 0);
    if (i % 7 == 0) seen += snapshot.find_file(path + "X", kMeshNetwork) ? 1 : 0;
  }
  const ExcludedPhrases phrases({"live", "x"});
  for (const char* text : {"mp3", "music song", "song -live", "flac *e", "song -*g", "\"one two\" mp3", "song -\"one two\"", "song -a.b",
                           "music -*ong.mp3", "zzz", "the music"}) {
    const auto query = Query::parse(text);
    if (!query) continue;
    for (const NetworkMask network : {kSoulseekNetwork, kMeshNetwork}) {
      SearchLimits limits;
      limits.network = network;
      limits.excluded = (text[0] == 's') ? &phrases : nullptr;
      const auto found = snapshot.search(*query, limits);
      snapshot.for_each_of(found, [&](const FolderEntry& folder, const FileEntry& file) { seen += folder.path.size() + file.leaf.size(); });
    }
  }
  return seen;
}

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// The second part of a scan: files marked as pending in library.db go to the media pool, what comes back is written there.
// Blocking, on the scan's thread. Goes on where it stopped, also after a restart.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "folder_scan.hpp"
#include "media_pool.hpp"

namespace soulfabric::library {

class TagScan final : public MediaSource {
 public:
  TagScan(LibraryStore& store, const std::vector<ScanRoot>& roots, ScanCounters& counters, const Clock& clock);
  /// Cancelled, Io (library.db), Unavailable (the media program).
  [[nodiscard]] Status run(MediaPool& pool);

  [[nodiscard]] std::optional<MediaJob> next() override;
  void done(std::uint64_t key, ByteView packed) override;

 private:
  /// A folder some of whose files are with the pool.
  struct Open {
    StoredFolder folder;
    UniqueFd descriptor;
    std::vector<std::pair<std::uint32_t, Bytes>> results;  // by place in the record; empty: unreadable
    std::uint32_t owed = 0;
  };
  [[nodiscard]] bool open_next_folder();
  [[nodiscard]] UniqueFd open_folder(const StoredFolder& folder);
  void close_if_complete(std::uint32_t number);
  [[nodiscard]] Status write(Open& open);

  LibraryStore& store_;
  ScanCounters& counters_;
  const Clock& clock_;
  std::map<std::int64_t, UniqueFd> roots_;
  std::map<std::uint32_t, Open> open_;
  // The folder whose files are being handed out.
  std::uint32_t current_ = 0;
  Bytes current_record_;
  std::optional<FolderRecordReader> reader_;
  std::uint32_t place_ = 0;
  std::int64_t last_folder_ = 0;
  MonoTime last_commit_;
  Status failure_;
};

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// All shared folders and files at one moment, immutable and searchable: what uploads, searches and browses read while a scan goes on.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/library/query.hpp"

namespace soulfabric::library {

/// Positions in one snapshot, 0 .. count-1; they mean nothing in another snapshot. Ordered by virtual path.
enum class FileId : std::uint32_t {};
enum class FolderId : std::uint32_t {};

using NetworkMask = std::uint8_t;
inline constexpr NetworkMask kSoulseekNetwork = 1;
inline constexpr NetworkMask kMeshNetwork = 2;
inline constexpr NetworkMask kAllNetworks = 3;

/// As Soulseek states them (protocol note, section 8); absent where unknown or not audio.
struct AudioAttributes {
  std::optional<std::uint32_t> bitrate_kbps;
  std::optional<std::uint32_t> duration_s;
  std::optional<bool> is_vbr;
  std::optional<std::uint32_t> sample_rate_hz;
  std::optional<std::uint32_t> bit_depth;
  bool operator==(const AudioAttributes&) const = default;
};

/// Views are valid as long as the snapshot is held.
struct FileEntry {
  FileId id{};
  FolderId folder{};
  std::string_view leaf;  ///< UTF-8, without any backslash
  std::uint64_t size = 0;
  AudioAttributes attributes;
  NetworkMask networks = 0;  ///< the file may be shown on these only
};

struct FolderEntry {
  FolderId id{};
  std::string_view path;  ///< virtual, UTF-8: `<share alias>\dir\dir`, no trailing backslash
  std::uint32_t share = 0;
  std::uint32_t first_file = 0;  ///< value of the FileId of its first file; its files follow each other
  std::uint32_t file_count = 0;  ///< on whatever network
};

struct ShareEntry {
  std::string_view alias;
  std::string_view root;  ///< absolute real path, raw bytes
};

/// What search() may spend and show.
struct SearchLimits {
  std::size_t max_files = 300;
  NetworkMask network = kSoulseekNetwork;
  const ExcludedPhrases* excluded = nullptr;
  /// Files whose text may be looked at for phrases and excluded phrases; the answer ends there, so that every query's cost is bounded.
  std::size_t max_inspected = 5'000;
};

/// Held as shared_ptr<const Snapshot>, swapped whole when a scan ends. Any thread, no locks, never touches a disk except by paging in a
/// mapped cache file.
class Snapshot {
 public:
  /// Reads a blob made by SnapshotBuilder: `owner` keeps its bytes alive and unchanged. Corrupt where the form or a checksum is wrong,
  /// Conflict where it is sound but its stamp is not `expected_stamp` (it tells of another state of the shares).
  [[nodiscard]] static Result<std::shared_ptr<const Snapshot>> open(ByteView blob, std::shared_ptr<const void> owner, std::uint64_t expected_stamp);
  /// The same without reading all bytes for the checksums; safe on any bytes, right only on sound ones.
  [[nodiscard]] static Result<std::shared_ptr<const Snapshot>> open_unverified(ByteView blob, std::shared_ptr<const void> owner);
  /// No folder, no file.
  [[nodiscard]] static std::shared_ptr<const Snapshot> empty();
  ~Snapshot();

  [[nodiscard]] std::uint32_t file_count() const noexcept;
  [[nodiscard]] std::uint32_t folder_count() const noexcept;
  /// Folders and files that may be shown on a network: the numbers a Soulseek client reports.
  [[nodiscard]] std::uint32_t visible_file_count(NetworkMask network) const noexcept;
  [[nodiscard]] std::uint32_t visible_folder_count(NetworkMask network) const noexcept;
  [[nodiscard]] std::uint32_t term_count() const noexcept;
  [[nodiscard]] std::uint64_t stamp() const noexcept;
  [[nodiscard]] const std::vector<ShareEntry>& shares() const noexcept;
  /// All bytes, as written to a cache file.
  [[nodiscard]] ByteView blob() const noexcept;

  /// Ids out of range give an empty entry.
  [[nodiscard]] FolderEntry folder(FolderId id) const noexcept;
  [[nodiscard]] FileEntry file(FileId id) const noexcept;
  [[nodiscard]] std::string virtual_path(FileId id) const;
  /// Absolute, raw bytes as the file system has them; empty for an id out of range.
  [[nodiscard]] std::string real_path(FileId id) const;
  [[nodiscard]] std::string real_path(FolderId id) const;
  [[nodiscard]] bool is_visible(FileId id, NetworkMask network) const noexcept;

  /// Calls visit(const FileEntry&) for each file of a folder that may be shown on `network`, ordered by name.
  template <class Visit>
  void for_each_file(FolderId id, NetworkMask network, Visit&& visit) const {
    FileEntry entry;
    for (FileCursor cursor = files_of(id); next_file(cursor, entry);) {
      if ((entry.networks & network) != 0) visit(static_cast<const FileEntry&>(entry));
    }
  }

  /// Calls visit(const FolderEntry&, const FileEntry&) for files in ascending order, as search() returns them: quicker than one by one.
  template <class Visit>
  void for_each_of(const std::vector<FileId>& ids, Visit&& visit) const {
    FolderEntry in;
    for (const FileId id : ids) {
      const auto i = static_cast<std::uint32_t>(id);
      if (i >= file_count()) continue;
      if (i - in.first_file >= in.file_count) in = folder(FolderId{folder_of(i, static_cast<std::uint32_t>(in.id))});
      visit(static_cast<const FolderEntry&>(in), file_in(id, in.id));
    }
  }

  /// A virtual path as a peer sent it: exact bytes first, then as text with "/" read as a backslash, then ignoring case. A file that
  /// may not be shown on `network` is not found.
  [[nodiscard]] std::optional<FileId> find_file(std::string_view virtual_path, NetworkMask network = kSoulseekNetwork) const;
  /// The same for a folder; it is found when one of its files may be shown on `network`.
  [[nodiscard]] std::optional<FolderId> find_folder(std::string_view virtual_path, NetworkMask network = kSoulseekNetwork) const;

  /// Matching files in order of their virtual paths, at most `limits.max_files`.
  [[nodiscard]] std::vector<FileId> search(const Query& query, const SearchLimits& limits = {}) const;

 private:
  struct Parts;
  struct FileCursor {
    std::uint32_t next = 0;
    std::uint32_t end = 0;
    std::uint64_t at = 0;
    FolderId folder{};
  };
  explicit Snapshot(std::unique_ptr<Parts> parts);
  [[nodiscard]] FileCursor files_of(FolderId id) const noexcept;
  [[nodiscard]] bool next_file(FileCursor& cursor, FileEntry& entry) const noexcept;
  /// `near` is where to look first.
  [[nodiscard]] std::uint32_t folder_of(std::uint32_t file, std::uint32_t near) const noexcept;
  [[nodiscard]] FileEntry file_in(FileId id, FolderId folder) const noexcept;
  friend class SnapshotSearch;
  friend class PathText;
  friend class TermIndex;

  std::unique_ptr<Parts> parts_;
};

}  // namespace soulfabric::library

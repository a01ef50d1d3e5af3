// SPDX-License-Identifier: GPL-3.0-or-later
// Makes a Snapshot from what a scan found, in any order.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "soulfabric/base/error.hpp"
#include "soulfabric/library/snapshot.hpp"

namespace soulfabric::library {

/// One file below a share's root, as the file system names it.
struct SharedFile {
  std::uint32_t share = 0;    ///< as returned by add_share
  std::string_view folder;    ///< raw bytes relative to the share's root, "/" between names, empty for the root itself
  std::string_view leaf;      ///< raw bytes
  std::uint64_t size = 0;
  AudioAttributes attributes;
  NetworkMask networks = kSoulseekNetwork;
};

/// Used once, by one thread, usually a worker. The result does not depend on the order of the files. Names that are not UTF-8 are shown
/// as if they were latin-1, a backslash in a name as "@@BACKSLASH@@"; the real names are kept beside.
class SnapshotBuilder {
 public:
  /// `stamp` names the state of the shares; Snapshot::open compares it.
  explicit SnapshotBuilder(std::uint64_t stamp);
  ~SnapshotBuilder();
  SnapshotBuilder(SnapshotBuilder&&) noexcept;
  SnapshotBuilder& operator=(SnapshotBuilder&&) noexcept;

  /// `alias` is the first name of every virtual path of the share (no slash or backslash in it); `root` is its absolute real path.
  std::uint32_t add_share(std::string_view alias, std::string_view root);
  /// Adding the same file twice keeps both entries. Files of a share that was not added are dropped.
  void add(const SharedFile& file);
  [[nodiscard]] std::uint64_t file_count() const noexcept;
  /// TooLarge above 4 GiB of names, or of postings; else the snapshot. The builder is empty afterwards.
  [[nodiscard]] Result<std::shared_ptr<const Snapshot>> finish();

 private:
  struct Work;
  std::unique_ptr<Work> work_;
};

/// A raw name as peers see it (see SnapshotBuilder).
[[nodiscard]] std::string virtual_name(std::string_view raw_name);

}  // namespace soulfabric::library

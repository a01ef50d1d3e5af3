// SPDX-License-Identifier: GPL-3.0-or-later
// The file operations whose order matters for durability, behind one interface that tests replace by one that
// forgets whatever was not synced. Blocking: call on a worker. Thread-safe.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric {

class File {
 public:
  virtual ~File() = default;
  /// May read less than asked; 0 at the end.
  [[nodiscard]] virtual Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) = 0;
  /// Writes all or fails.
  [[nodiscard]] virtual Status write_at(std::uint64_t offset, ByteView data) = 0;
  [[nodiscard]] virtual Status sync() = 0;
  [[nodiscard]] virtual Status truncate(std::uint64_t size) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size() = 0;
  /// For sendfile; -1 where there is none.
  [[nodiscard]] virtual int descriptor() const noexcept = 0;
};

enum class OpenMode { Read, Create, CreateNew };  // Create keeps what is there; CreateNew fails with Errc::Exists

class FileLayer {
 public:
  virtual ~FileLayer() = default;
  /// New files get mode 0644; symbolic links as the last component are refused.
  [[nodiscard]] virtual Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) = 0;
  /// Atomic within one file system (Errc::Unsupported across two). Replaces `to` only when `replace`, else Errc::Exists.
  [[nodiscard]] virtual Status rename(const std::filesystem::path& from, const std::filesystem::path& to, bool replace) = 0;
  [[nodiscard]] virtual Status remove(const std::filesystem::path& path) = 0;
  /// Creates missing folders; the new entries are synced by the caller's sync_folder of each parent.
  [[nodiscard]] virtual Status create_folders(const std::filesystem::path& path) = 0;
  [[nodiscard]] virtual Status sync_folder(const std::filesystem::path& path) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> size_of(const std::filesystem::path& path) = 0;
  [[nodiscard]] virtual bool exists(const std::filesystem::path& path) = 0;
};

class SystemFiles final : public FileLayer {
 public:
  [[nodiscard]] Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) override;
  [[nodiscard]] Status rename(const std::filesystem::path& from, const std::filesystem::path& to, bool replace) override;
  [[nodiscard]] Status remove(const std::filesystem::path& path) override;
  [[nodiscard]] Status create_folders(const std::filesystem::path& path) override;
  [[nodiscard]] Status sync_folder(const std::filesystem::path& path) override;
  [[nodiscard]] Result<std::uint64_t> size_of(const std::filesystem::path& path) override;
  [[nodiscard]] bool exists(const std::filesystem::path& path) override;
};

/// A descriptor that somebody else opened; the value closes it. `name` is for error messages.
[[nodiscard]] std::unique_ptr<File> file_from_descriptor(int descriptor, std::filesystem::path name);

/// Moves a finished file into place so that it is there whole after a power cut: sync the file, create the target folder,
/// rename (across file systems: copy to a temporary name in the target folder first), sync both folders.
[[nodiscard]] Status move_durably(FileLayer& files, const std::filesystem::path& from, const std::filesystem::path& to, bool replace);
/// Writes a small file as a whole: temporary name, sync, rename, sync folder. `mode` such as 0600.
[[nodiscard]] Status write_whole(const std::filesystem::path& path, ByteView content, unsigned mode);
[[nodiscard]] Result<Bytes> read_whole(const std::filesystem::path& path, std::uint64_t cap);

}  // namespace soulfabric

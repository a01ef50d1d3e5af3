// SPDX-License-Identifier: GPL-3.0-or-later
// The one folder that a demo writes to. It holds secrets, so nobody else may look in or slip something in: folders are
// made 0700, files 0600 and never over something that is there or through a symbolic link (security rule S23).
// Blocking. Not thread-safe, except `write` and `make_folder` on different paths.
#pragma once
#include <filesystem>
#include <memory>

#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/error.hpp"

namespace soulfabric::daemon::demo {

class DemoFolder {
 public:
  /// Makes the folder, or empties one that an earlier demo made. Holds a lock until it dies. Errors, one sentence each:
  /// Forbidden (a link, somebody else's, open to others, or not empty and not made by a demo), Busy (a demo runs in it), Io.
  [[nodiscard]] static Result<DemoFolder> open(const std::filesystem::path& path);
  DemoFolder(DemoFolder&& other) noexcept;
  DemoFolder& operator=(DemoFolder&& other) noexcept;
  ~DemoFolder();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// `relative` with its missing parents. Each component is opened without following links.
  [[nodiscard]] Status make_folder(const std::filesystem::path& relative);
  /// A new file; Exists where something is there already.
  [[nodiscard]] Status write(const std::filesystem::path& relative, ByteView content);
  /// The same, appearing whole under its name.
  [[nodiscard]] Status publish(const std::filesystem::path& relative, ByteView content);
  /// An open, new, empty file for a child's output; the caller closes it.
  [[nodiscard]] Result<int> create(const std::filesystem::path& relative);

 private:
  DemoFolder(std::filesystem::path path, int descriptor, int lock) noexcept : path_(std::move(path)), descriptor_(descriptor), lock_(lock) {}

  std::filesystem::path path_;
  int descriptor_ = -1;
  int lock_ = -1;
};

}  // namespace soulfabric::daemon::demo

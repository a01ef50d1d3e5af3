// SPDX-License-Identifier: GPL-3.0-or-later
// What lies in one folder, read through its descriptor so that nobody can slip a symbolic link in between.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/folder_record.hpp"
#include "unique_fd.hpp"

namespace soulfabric::library {

/// Reused from folder to folder; views are valid until the next read. Hidden names and everything that is neither regular file
/// nor folder are left out.
class FolderListing {
 public:
  struct Entry {
    std::string_view name;
    FileStamp stamp;
  };
  FolderListing();
  /// Blocking. 0, or the errno of what failed. A file that vanishes meanwhile is left out.
  [[nodiscard]] int read(int folder);
  /// Ordered by name, like `folders`.
  [[nodiscard]] const std::vector<Entry>& files() const noexcept { return files_; }
  [[nodiscard]] const std::vector<std::string_view>& folders() const noexcept { return folders_; }

 private:
  struct Span {
    std::size_t at;
    std::size_t length;
    bool is_folder;
    FileStamp stamp;
  };
  void take(int folder, const char* name, unsigned char type);
  std::vector<char> buffer_;
  std::string names_;
  std::vector<Span> spans_;
  std::vector<Entry> files_;
  std::vector<std::string_view> folders_;
};

/// A folder by its path below `root` ("" is the root itself), through no symbolic link. `path_only`: for looking things up beneath
/// it, else also for listing it. Empty with errno set where it does not open.
[[nodiscard]] UniqueFd open_folder_beneath(int root, const std::string& relative, bool path_only);
/// The root of a share; the configured path itself may go through symbolic links.
[[nodiscard]] UniqueFd open_share_root(const std::string& path);
/// A regular file beneath `root`, never waiting for the other end of a pipe.
[[nodiscard]] UniqueFd open_file_beneath(int root, const std::string& relative);

}  // namespace soulfabric::library

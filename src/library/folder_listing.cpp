// SPDX-License-Identifier: GPL-3.0-or-later
// getdents64 and fstatat, without a copy more than needed.
#include "folder_listing.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/share_rules.hpp"

namespace soulfabric::library {
namespace {

constexpr std::size_t kBuffer = 64 * 1024;

/// As the kernel writes it; the name follows.
struct Record {
  std::uint64_t inode;
  std::int64_t offset;
  std::uint16_t length;
  std::uint8_t type;
};
constexpr std::size_t kNameOffset = 19;

UniqueFd open_beneath(int root, const char* relative, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  for (int tries = 0; tries < 16; ++tries) {
    const long descriptor = ::syscall(SYS_openat2, root, relative, &how, sizeof how);
    if (descriptor >= 0) return UniqueFd(static_cast<int>(descriptor));
    // Something was renamed while the kernel looked.
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return {};
}

}  // namespace

FolderListing::FolderListing() : buffer_(kBuffer) {}

void FolderListing::take(int folder, const char* name, unsigned char type) {
  if (is_hidden(name) || (type != DT_REG && type != DT_DIR && type != DT_UNKNOWN)) return;
  const std::size_t length = std::strlen(name);
  FileStamp stamp;
  bool is_folder = type == DT_DIR;
  if (!is_folder) {
    struct stat info {};
    if (::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0) return;
    is_folder = S_ISDIR(info.st_mode);
    if (!is_folder && !S_ISREG(info.st_mode)) return;
    stamp.size = static_cast<std::uint64_t>(info.st_size);
    stamp.modified_ns = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
    stamp.inode = info.st_ino;
  }
  spans_.push_back({names_.size(), length, is_folder, stamp});
  names_.append(name, length);
}

int FolderListing::read(int folder) {
  names_.clear();
  spans_.clear();
  files_.clear();
  folders_.clear();
  for (;;) {
    const long got = ::syscall(SYS_getdents64, folder, buffer_.data(), buffer_.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) break;
    for (long at = 0; at < got;) {
      Record record{};
      std::memcpy(&record, buffer_.data() + at, kNameOffset);
      take(folder, buffer_.data() + at + kNameOffset, record.type);
      at += record.length;
    }
  }
  for (const Span& span : spans_) {
    const std::string_view name = std::string_view(names_).substr(span.at, span.length);
    if (span.is_folder) {
      folders_.push_back(name);
    } else {
      files_.push_back({name, span.stamp});
    }
  }
  std::sort(files_.begin(), files_.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
  std::sort(folders_.begin(), folders_.end());
  return 0;
}

UniqueFd open_folder_beneath(int root, const std::string& relative, bool path_only) {
  const std::uint64_t flags = O_DIRECTORY | (path_only ? O_PATH : O_RDONLY | O_NONBLOCK);
  return open_beneath(root, relative.empty() ? "." : relative.c_str(), flags);
}

UniqueFd open_share_root(const std::string& path) { return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)); }

UniqueFd open_file_beneath(int root, const std::string& relative) {
  return open_beneath(root, relative.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY);
}

}  // namespace soulfabric::library

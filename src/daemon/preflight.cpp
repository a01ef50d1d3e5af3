// SPDX-License-Identifier: GPL-3.0-or-later
// Folder checks by doing what will be done later: entering, listing, writing a file and removing it.
#include "preflight.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>

namespace soulfabric::daemon {
namespace {

namespace fs = std::filesystem;

/// "it belongs to user 0, group 0 with mode 755, we are user 1000, group 1000"
std::string whose(const fs::path& path) {
  struct stat info{};
  std::array<char, 160> text{};
  if (::stat(path.c_str(), &info) != 0) {
    std::snprintf(text.data(), text.size(), "we are user %u, group %u", ::geteuid(), ::getegid());
    return text.data();
  }
  std::snprintf(text.data(), text.size(), "it belongs to user %u, group %u with mode %o, we are user %u, group %u", info.st_uid,
                info.st_gid, info.st_mode & 07777U, ::geteuid(), ::getegid());
  return text.data();
}

std::string refusal(const std::string& what, const fs::path& path, int error, const std::string& remedy) {
  return what + " " + path.string() + ": " + std::strerror(error) + " (" + whose(path) + "); " + remedy + ".";
}

/// 0, or the errno of the first step that failed.
int try_writing(const fs::path& folder) {
  std::string pattern = (folder / ".soulfabric-check-XXXXXX").string();
  const int file = ::mkostemp(pattern.data(), O_CLOEXEC);
  if (file < 0) return errno;
  ::close(file);
  ::unlink(pattern.c_str());
  return 0;
}

int try_reading(const fs::path& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return errno;
  ::close(opened);
  return ::access(folder.c_str(), X_OK) == 0 ? 0 : errno;
}

void make_private(Preflight& out, const fs::path& folder) {
  std::error_code failed;
  const bool made = fs::create_directories(folder, failed);
  if (failed) {
    out.errors.push_back(refusal("The folder cannot be made:", folder, failed.value(),
                                 "give us the right to write into the folder above it, or choose another with --app-dir"));
    return;
  }
  if (made) fs::permissions(folder, fs::perms::owner_all, failed);
}

void check_writable(Preflight& out, const fs::path& folder, bool named_by_user, const char* key) {
  std::error_code failed;
  if (!named_by_user) fs::create_directories(folder, failed);
  if (const int error = try_writing(folder); error != 0)
    out.errors.push_back(refusal(std::string("We cannot write to ") + key + ",", folder, error,
                                 "make it, change its owner or mode, or name another folder"));
}

}  // namespace

Preflight prepare_folders(const Options& options, const fs::path& app_dir) {
  Preflight out;
  make_private(out, app_dir);
  if (!out.errors.empty()) return out;
  make_private(out, app_dir / "data");
  make_private(out, app_dir / "secrets");
  if (options.logger.disk) make_private(out, app_dir / "logs");
  if (const int error = try_writing(app_dir); error != 0) {
    out.errors.push_back(
        refusal("We cannot write to the application folder", app_dir, error, "change its owner or mode, or choose another with --app-dir"));
    return out;
  }
  const auto folder_of = [&](const std::string& named, const char* usual) { return named.empty() ? app_dir / usual : fs::path(named); };
  check_writable(out, folder_of(options.directories.downloads, "downloads"), !options.directories.downloads.empty(), "directories.downloads");
  check_writable(out, folder_of(options.directories.incomplete, "incomplete"), !options.directories.incomplete.empty(), "directories.incomplete");
  for (const ShareDirectory& share : options.shares.directories) {
    if (share.excluded) continue;
    if (const int error = try_reading(share.path); error != 0)
      out.warnings.push_back(
          refusal("The shared folder is left out:", share.path, error, "make it readable for us, or take it out of shares.directories"));
  }
  return out;
}

}  // namespace soulfabric::daemon

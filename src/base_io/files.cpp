// SPDX-License-Identifier: GPL-3.0-or-later
// File operations of the system, and the orders of them that survive a power cut.
#include "soulfabric/base/files.hpp"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

namespace soulfabric {
namespace {

constexpr std::size_t kCopyBlock = 256 * 1024;

std::unexpected<Error> failed(std::string_view what, const std::filesystem::path& path) {
  return std::unexpected(error_from_errno(errno, std::string(what) + " " + path.string()));
}

class SystemFile final : public File {
 public:
  SystemFile(int fd, std::filesystem::path path) : fd_(fd), path_(std::move(path)) {}
  ~SystemFile() override { ::close(fd_); }
  SystemFile(const SystemFile&) = delete;
  SystemFile& operator=(const SystemFile&) = delete;

  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
    for (;;) {
      const auto n = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
      if (n >= 0) return static_cast<std::size_t>(n);
      if (errno != EINTR) return failed("could not read", path_);
    }
  }

  Status write_at(std::uint64_t offset, ByteView data) override {
    while (!data.empty()) {
      const auto n = ::pwrite(fd_, data.data(), data.size(), static_cast<off_t>(offset));
      if (n < 0) {
        if (errno == EINTR) continue;
        return failed("could not write", path_);
      }
      offset += static_cast<std::uint64_t>(n);
      data = data.subspan(static_cast<std::size_t>(n));
    }
    return {};
  }

  Status sync() override {
    if (::fdatasync(fd_) != 0) return failed("could not sync", path_);
    return {};
  }
  Status truncate(std::uint64_t size) override {
    if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return failed("could not cut", path_);
    return {};
  }
  Result<std::uint64_t> size() override {
    struct stat info {};
    if (::fstat(fd_, &info) != 0) return failed("could not look at", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }
  int descriptor() const noexcept override { return fd_; }

 private:
  int fd_;
  std::filesystem::path path_;
};

Status copy_content(File& from, File& to) {
  Bytes block(kCopyBlock);
  for (std::uint64_t at = 0;;) {
    SF_TRY_ASSIGN(const std::size_t n, from.read_at(at, block));
    if (n == 0) return to.sync();
    SF_TRY(to.write_at(at, ByteView(block).first(n)));
    at += n;
  }
}

}  // namespace

Result<std::unique_ptr<File>> SystemFiles::open(const std::filesystem::path& path, OpenMode mode) {
  int flags = O_CLOEXEC | O_NOFOLLOW;
  if (mode == OpenMode::Read) flags |= O_RDONLY;
  if (mode == OpenMode::Create) flags |= O_RDWR | O_CREAT;
  if (mode == OpenMode::CreateNew) flags |= O_RDWR | O_CREAT | O_EXCL;
  const int fd = ::open(path.c_str(), flags, 0644);
  if (fd < 0) return failed("could not open", path);
  return std::make_unique<SystemFile>(fd, path);
}

Status SystemFiles::rename(const std::filesystem::path& from, const std::filesystem::path& to, bool replace) {
  const unsigned flags = replace ? 0U : RENAME_NOREPLACE;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) return {};
  if (errno == EXDEV) return fail(Errc::Unsupported, from.string() + " and " + to.string() + " are on different file systems");
  return failed("could not rename to", to);
}

Status SystemFiles::remove(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0) return failed("could not remove", path);
  return {};
}

Status SystemFiles::create_folders(const std::filesystem::path& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) return std::unexpected(error_from_errno(code.value(), "could not create " + path.string()));
  return {};
}

Status SystemFiles::sync_folder(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed("could not open", path);
  const int result = ::fsync(fd);
  const int saved = errno;
  ::close(fd);
  errno = saved;
  if (result != 0 && saved != EINVAL) return failed("could not sync", path);
  return {};
}

Result<std::uint64_t> SystemFiles::size_of(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return failed("could not look at", path);
  return static_cast<std::uint64_t>(info.st_size);
}

bool SystemFiles::exists(const std::filesystem::path& path) {
  struct stat info {};
  return ::lstat(path.c_str(), &info) == 0;
}

std::unique_ptr<File> file_from_descriptor(int descriptor, std::filesystem::path name) {
  return std::make_unique<SystemFile>(descriptor, std::move(name));
}

Status move_durably(FileLayer& files, const std::filesystem::path& from, const std::filesystem::path& to, bool replace) {
  {
    SF_TRY_ASSIGN(const std::unique_ptr<File> file, files.open(from, OpenMode::Create));
    SF_TRY(file->sync());
  }
  std::vector<std::filesystem::path> fresh;
  // Ends at the root too: on a dead disk nothing exists.
  for (auto folder = to.parent_path(); folder.has_relative_path() && !files.exists(folder); folder = folder.parent_path()) fresh.push_back(folder);
  SF_TRY(files.create_folders(to.parent_path()));
  for (auto folder = fresh.rbegin(); folder != fresh.rend(); ++folder) SF_TRY(files.sync_folder(folder->parent_path()));
  auto moved = files.rename(from, to, replace);
  if (!moved && moved.error().code == Errc::Unsupported) {
    const auto temporary = to.parent_path() / (".soulfabric-" + from.filename().string() + ".part");
    {
      SF_TRY_ASSIGN(const std::unique_ptr<File> source, files.open(from, OpenMode::Read));
      SF_TRY_ASSIGN(const std::unique_ptr<File> target, files.open(temporary, OpenMode::Create));
      SF_TRY(target->truncate(0));
      SF_TRY(copy_content(*source, *target));
    }
    SF_TRY(files.rename(temporary, to, replace));
    SF_TRY(files.sync_folder(to.parent_path()));
    return files.remove(from);
  }
  SF_TRY(moved);
  SF_TRY(files.sync_folder(to.parent_path()));
  const auto left = files.sync_folder(from.parent_path());
  // The folder left behind may be empty and removed by now; the old name went with it.
  return left || left.error().code == Errc::NotFound ? Status{} : left;
}

Status write_whole(const std::filesystem::path& path, ByteView content, unsigned mode) {
  const auto temporary = std::filesystem::path(path.string() + ".new");
  const int fd = ::open(temporary.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, mode);
  if (fd < 0) return failed("could not write", temporary);
  ::fchmod(fd, mode);
  {
    SystemFile file(fd, temporary);
    SF_TRY(file.write_at(0, content));
    SF_TRY(file.sync());
  }
  SystemFiles files;
  SF_TRY(files.rename(temporary, path, true));
  return files.sync_folder(path.has_parent_path() ? path.parent_path() : std::filesystem::path("."));
}

Result<Bytes> read_whole(const std::filesystem::path& path, std::uint64_t cap) {
  SystemFiles files;
  SF_TRY_ASSIGN(const std::unique_ptr<File> file, files.open(path, OpenMode::Read));
  SF_TRY_ASSIGN(const std::uint64_t size, file->size());
  if (size > cap) return fail(Errc::TooLarge, path.string() + " is larger than the " + std::to_string(cap) + " bytes expected of it");
  Bytes content(size);
  std::size_t got = 0;
  while (got < content.size()) {
    SF_TRY_ASSIGN(const std::size_t n, file->read_at(got, MutableByteView(content).subspan(got)));
    if (n == 0) break;
    got += n;
  }
  content.resize(got);
  return content;
}

}  // namespace soulfabric

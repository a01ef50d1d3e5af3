// SPDX-License-Identifier: GPL-3.0-or-later
// Everything goes through descriptors of folders, so that a name swapped for a link in between changes nothing.
#include "demo/demo_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace soulfabric::daemon::demo {
namespace {

constexpr const char* kMarker = ".soulfabric-demo";
constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

std::unexpected<Error> io_error(const std::filesystem::path& path, int code) { return std::unexpected(error_from_errno(code, "the demo cannot use " + path.string())); }

class Descriptor {
 public:
  explicit Descriptor(int value) noexcept : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  [[nodiscard]] int get() const noexcept { return value_; }
  [[nodiscard]] int release() noexcept { return std::exchange(value_, -1); }

 private:
  int value_;
};

Status check_owner(const std::filesystem::path& path, int descriptor) {
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) return io_error(path, errno);
  if (info.st_uid != ::geteuid()) return fail(Errc::Forbidden, path.string() + " belongs to somebody else, choose another --dir");
  if ((info.st_mode & 077U) != 0) return fail(Errc::Forbidden, path.string() + " is open to others: chmod 700 it, or choose another --dir");
  return {};
}

/// Empty, or made by a demo. A folder of somebody's files is never cleared.
Status check_content(const std::filesystem::path& path, int descriptor) {
  struct stat info{};
  if (::fstatat(descriptor, kMarker, &info, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISREG(info.st_mode) && info.st_uid == ::geteuid()) return {};
    return fail(Errc::Forbidden, path.string() + " was not made by a demo, choose an empty or new --dir");
  }
  std::error_code code;
  const bool empty = std::filesystem::is_empty(path, code);
  if (code) return io_error(path, code.value());
  if (!empty) return fail(Errc::Forbidden, path.string() + " is not empty and was not made by a demo, choose an empty or new --dir");
  return {};
}

Status clear(const std::filesystem::path& path) {
  std::error_code code;
  for (auto entry = std::filesystem::directory_iterator(path, code); !code && entry != std::filesystem::directory_iterator(); entry.increment(code)) {
    if (entry->path().filename() != kMarker) std::filesystem::remove_all(entry->path(), code);
    if (code) break;
  }
  if (code) return io_error(path, code.value());
  return {};
}

Result<Descriptor> lock(const std::filesystem::path& path, int folder) {
  Descriptor marker(::openat(folder, kMarker, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (marker.get() < 0) return io_error(path / kMarker, errno);
  if (::flock(marker.get(), LOCK_EX | LOCK_NB) != 0) return fail(Errc::Busy, "a demo already runs in " + path.string() + ": end it, or choose another --dir and --base-port");
  return marker;
}

/// The folder `relative` beneath `root`, made where missing.
Result<Descriptor> enter(const std::filesystem::path& root, int descriptor, const std::filesystem::path& relative) {
  Descriptor at(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
  if (at.get() < 0) return io_error(root, errno);
  for (const auto& part : relative) {
    if (part == ".." || part.is_absolute()) return fail(Errc::InvalidArgument, relative.string() + " leads out of " + root.string());
    if (::mkdirat(at.get(), part.c_str(), 0700) != 0 && errno != EEXIST) return io_error(root / relative, errno);
    Descriptor next(::openat(at.get(), part.c_str(), kFolderFlags));
    if (next.get() < 0) return io_error(root / relative, errno);
    at = std::move(next);
  }
  return at;
}

Status write_all(const std::filesystem::path& path, int descriptor, ByteView content) {
  while (!content.empty()) {
    const auto written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return io_error(path, errno);
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

}  // namespace

Result<DemoFolder> DemoFolder::open(const std::filesystem::path& path) {
  std::error_code code;
  auto whole = std::filesystem::absolute(path, code).lexically_normal();
  if (code) return io_error(path, code.value());
  if (!whole.has_filename()) whole = whole.parent_path();
  std::filesystem::create_directories(whole.parent_path(), code);
  if (::mkdir(whole.c_str(), 0700) != 0 && errno != EEXIST) return io_error(whole, errno);
  Descriptor folder(::open(whole.c_str(), kFolderFlags));
  if (folder.get() < 0 && (errno == ELOOP || errno == ENOTDIR)) return fail(Errc::Forbidden, whole.string() + " is a link or no folder, choose another --dir");
  if (folder.get() < 0) return io_error(whole, errno);
  SF_TRY(check_owner(whole, folder.get()));
  SF_TRY(check_content(whole, folder.get()));
  SF_TRY_ASSIGN(Descriptor marker, lock(whole, folder.get()));
  SF_TRY(clear(whole));
  return DemoFolder(std::move(whole), folder.release(), marker.release());
}

DemoFolder::DemoFolder(DemoFolder&& other) noexcept
    : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)), lock_(std::exchange(other.lock_, -1)) {}

DemoFolder& DemoFolder::operator=(DemoFolder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(lock_, other.lock_);
  return *this;
}

DemoFolder::~DemoFolder() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (lock_ >= 0) ::close(lock_);
}

Status DemoFolder::make_folder(const std::filesystem::path& relative) {
  SF_TRY(enter(path_, descriptor_, relative));
  return {};
}

Result<int> DemoFolder::create(const std::filesystem::path& relative) {
  SF_TRY_ASSIGN(const Descriptor folder, enter(path_, descriptor_, relative.parent_path()));
  const int file = ::openat(folder.get(), relative.filename().c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) return fail(Errc::Exists, (path_ / relative).string() + " is there already");
  if (file < 0) return io_error(path_ / relative, errno);
  return file;
}

Status DemoFolder::write(const std::filesystem::path& relative, ByteView content) {
  SF_TRY_ASSIGN(const int created, create(relative));
  const Descriptor file(created);
  return write_all(path_ / relative, file.get(), content);
}

Status DemoFolder::publish(const std::filesystem::path& relative, ByteView content) {
  const auto temporary = std::filesystem::path(relative.string() + ".new");
  SF_TRY(write(temporary, content));
  if (::renameat(descriptor_, temporary.c_str(), descriptor_, relative.c_str()) != 0) return io_error(path_ / relative, errno);
  return {};
}

}  // namespace soulfabric::daemon::demo

// SPDX-License-Identifier: GPL-3.0-or-later
// A verified copy that is open: every read asks first whether it still is the file that was hashed.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "copy_reader.hpp"
#include "folder_listing.hpp"
#include "soulfabric/library/verified.hpp"

namespace soulfabric::library {
namespace {

std::unexpected<Error> changed() { return fail(Errc::Conflict, "The file changed since it was verified: it is read again before it is served."); }

class CheckedFile final : public File {
 public:
  CheckedFile(UniqueFd root, UniqueFd file, std::string path, const FileStamp& stamp, std::function<void()> on_conflict)
      : root_(std::move(root)), file_(std::move(file)), path_(std::move(path)), stamp_(stamp), on_conflict_(std::move(on_conflict)) {}

  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
    ssize_t got = 0;
    do {
      got = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    } while (got < 0 && errno == EINTR);
    if (got < 0) return std::unexpected(error_from_errno(errno, "a verified file could not be read"));
    // Asked after the read: what was written before it shows in the time of the file.
    if (!is_unchanged()) {
      on_conflict_();
      return changed();
    }
    return static_cast<std::size_t>(got);
  }
  Status write_at(std::uint64_t, ByteView) override { return fail(Errc::Forbidden, "A verified file is only read."); }
  Status sync() override { return {}; }
  Status truncate(std::uint64_t) override { return fail(Errc::Forbidden, "A verified file is only read."); }
  Result<std::uint64_t> size() override { return stamp_.size; }
  /// None: whoever reads it goes through read_at.
  int descriptor() const noexcept override { return -1; }

 private:
  /// The open file, and what stands under its name now: a file moved away and replaced keeps its own stamp.
  [[nodiscard]] bool is_unchanged() const {
    bool is_regular = false;
    if (stamp_of(file_.get(), is_regular) != stamp_ || !is_regular) return false;
    const UniqueFd named = open_file_beneath(root_.get(), path_);
    return named && stamp_of(named.get(), is_regular) == stamp_ && is_regular;
  }

  UniqueFd root_;
  UniqueFd file_;
  std::string path_;
  FileStamp stamp_;
  std::function<void()> on_conflict_;
};

}  // namespace

Result<std::unique_ptr<File>> open_verified(const CopyPlace& place, const FileStamp& stamp, std::function<void()> on_conflict) {
  UniqueFd root = open_share_root(place.root);
  if (!root) return fail(Errc::NotFound, "The folder of the share is not there at this time: is its disk mounted?");
  UniqueFd file = open_file_beneath(root.get(), place.path);
  if (!file) return errno == EMFILE || errno == ENFILE ? fail(Errc::Io, "A verified file could not be opened: too many files are open.") : changed();
  bool is_regular = false;
  if (stamp_of(file.get(), is_regular) != stamp || !is_regular) return changed();
  return std::make_unique<CheckedFile>(std::move(root), std::move(file), place.path, stamp, std::move(on_conflict));
}

Result<Manifest> hash_file(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!file) {
    if (errno == ENOENT || errno == ENOTDIR) return fail(Errc::NotFound, "There is no file " + path.string() + ": check the path.");
    return std::unexpected(error_from_errno(errno, "The file " + path.string() + " could not be opened"));
  }
  bool is_regular = false;
  const FileStamp before = stamp_of(file.get(), is_regular);
  if (!is_regular) return fail(Errc::Io, path.string() + " is not a regular file: name a file.");
  if (before.size > kLargestContent) return fail(Errc::Io, "The file " + path.string() + " is too large: 16 TiB is the most.");
  auto manifest = read_whole_file(file.get(), before.size, nullptr);
  if (!manifest && manifest.error().code == Errc::Io) {
    return fail(Errc::Io, "The file " + path.string() + " could not be read to its end: " + manifest.error().message + ".");
  }
  if (!manifest || stamp_of(file.get(), is_regular) != before) {
    return fail(Errc::Conflict, "The file " + path.string() + " changed while it was read: try again when nothing writes to it.");
  }
  return manifest;
}

}  // namespace soulfabric::library

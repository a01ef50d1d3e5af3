// SPDX-License-Identifier: GPL-3.0-or-later
// Opening a shared file for upload: nothing but the very file that the scan saw.
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "folder_listing.hpp"
#include "soulfabric/library/shares.hpp"

namespace soulfabric::library {

Result<SharedFileHandle> open_shared_file(const Snapshot& snapshot, FileId id) {
  const FileEntry entry = snapshot.file(id);
  const std::string real = snapshot.real_path(id);
  const std::uint32_t share = snapshot.folder(entry.folder).share;
  if (entry.leaf.empty() || share >= snapshot.shares().size()) return fail(Errc::NotFound, "The file is not shared.");
  const std::string root(snapshot.shares()[share].root);
  const std::string shown(entry.leaf);
  const auto changed = [&] {
    return fail(Errc::Conflict, "The file " + shown + " has changed or is gone since the shares were scanned: scan them again.");
  };
  if (!real.starts_with(root + "/")) return fail(Errc::NotFound, "The file " + shown + " is not shared.");
  const UniqueFd top = open_share_root(root);
  if (!top) return changed();
  UniqueFd file = open_file_beneath(top.get(), real.substr(root.size() + 1));
  if (!file) {
    const int error = errno;
    if (error == EACCES || error == EPERM) {
      return fail(Errc::Forbidden, "The file " + shown + " cannot be read: give the user that runs soulfabric permission to read it.");
    }
    // ELOOP and EXDEV: a symbolic link stands where the file or one of its folders was.
    if (error == ENOENT || error == ENOTDIR || error == ELOOP || error == EXDEV || error == EISDIR || error == ENXIO) return changed();
    return std::unexpected(error_from_errno(error, "could not open " + shown));
  }
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return std::unexpected(error_from_errno(errno, "could not look at " + shown));
  if (!S_ISREG(info.st_mode) || static_cast<std::uint64_t>(info.st_size) != entry.size) return changed();
  return SharedFileHandle{file_from_descriptor(file.release(), real), entry.size};
}

}  // namespace soulfabric::library

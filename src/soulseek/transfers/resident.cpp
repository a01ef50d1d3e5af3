// SPDX-License-Identifier: GPL-3.0-or-later
// The size and time of a file, and its pages brought into memory.
#include "transfers/resident.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "soulfabric/net/resident.hpp"

namespace soulfabric::soulseek {
namespace {

/// For kernels and file systems that cannot: a copy to nowhere.
Status read_pages(File& file, std::uint64_t offset, std::uint64_t count) {
  Bytes scratch(static_cast<std::size_t>(std::min<std::uint64_t>(count, 256 * 1024)));
  while (count > 0) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(count, scratch.size()));
    SF_TRY_ASSIGN(const std::size_t got, file.read_at(offset, MutableByteView(scratch).first(want)));
    if (got == 0) return fail(Errc::Conflict, "the file became shorter");
    offset += got;
    count -= got;
  }
  return {};
}

}  // namespace

Result<FileStamp> stamp_of(File& file) {
  struct stat info {};
  if (file.descriptor() >= 0 && ::fstat(file.descriptor(), &info) == 0) {
    return FileStamp{static_cast<std::uint64_t>(info.st_size), info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec};
  }
  SF_TRY_ASSIGN(const std::uint64_t size, file.size());
  return FileStamp{size, 0};
}

Status make_resident(File& file, std::uint64_t offset, std::uint64_t count, const FileStamp& expected) {
  SF_TRY_ASSIGN(const FileStamp now, stamp_of(file));
  if (!(now == expected)) return fail(Errc::Conflict, "the file changed");
  const int descriptor = file.descriptor();
  if (count == 0 || net::is_resident(descriptor, offset, count) || net::fill_pages(descriptor, offset, count)) return {};
  return read_pages(file, offset, count);
}

}  // namespace soulfabric::soulseek

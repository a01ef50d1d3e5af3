// SPDX-License-Identifier: GPL-3.0-or-later
// A mapping that is filled and dropped reads pages without copying them; nothing ever looks through it.
#include "transfers/resident.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace soulfabric::soulseek {
namespace {

constexpr std::uint64_t kPage = 4096;
constexpr int kPopulateRead = 22;  // MADV_POPULATE_READ, Linux 5.14; missing in the headers of Debian 12's C library

/// True where the kernel says that every page is there already. It answers only about files that we own or may write (for others it
/// would say yes whatever is true), so for those the pages are always filled.
bool is_resident(int descriptor, void* at, std::size_t length) {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || info.st_uid != ::geteuid()) return false;
  std::vector<unsigned char> pages((length + kPage - 1) / kPage);
  if (::mincore(at, length, pages.data()) != 0) return false;
  return std::all_of(pages.begin(), pages.end(), [](unsigned char page) { return (page & 1U) != 0; });
}

bool map_pages(int descriptor, std::uint64_t offset, std::uint64_t count) {
  const std::uint64_t start = offset / kPage * kPage;
  const auto length = static_cast<std::size_t>(offset + count - start);
  void* const at = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, descriptor, static_cast<off_t>(start));
  if (at == MAP_FAILED) return false;
  const bool filled = is_resident(descriptor, at, length) || ::madvise(at, length, kPopulateRead) == 0;
  ::munmap(at, length);
  return filled;
}

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
  if (count == 0 || map_pages(file.descriptor(), offset, count)) return {};
  return read_pages(file, offset, count);
}

}  // namespace soulfabric::soulseek

// SPDX-License-Identifier: GPL-3.0-or-later
// A mapping that is asked about or filled, then dropped; nothing ever looks through it.
#include "soulfabric/net/resident.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

namespace soulfabric::net {
namespace {

constexpr int kPopulateRead = 22;  // MADV_POPULATE_READ, Linux 5.14; missing in the headers of Debian 12's C library

std::uint64_t page_size() noexcept {
  static const auto size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

template <class Use>
bool with_mapping(int descriptor, std::uint64_t offset, std::uint64_t count, Use use) noexcept {
  if (count == 0) return true;
  const auto begin = offset / page_size() * page_size();
  const auto length = static_cast<std::size_t>(offset + count - begin);
  void* map = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, descriptor, static_cast<off_t>(begin));
  if (map == MAP_FAILED) return false;
  const bool result = use(map, length);
  ::munmap(map, length);
  return result;
}

}  // namespace

bool is_resident(int descriptor, std::uint64_t offset, std::uint64_t count) noexcept {
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || info.st_uid != ::geteuid()) return false;
  return with_mapping(descriptor, offset, count, [](void* map, std::size_t length) {
    std::vector<unsigned char> pages((length + page_size() - 1) / page_size());
    if (::mincore(map, length, pages.data()) != 0) return false;
    return std::all_of(pages.begin(), pages.end(), [](unsigned char page) { return (page & 1U) != 0; });
  });
}

bool fill_pages(int descriptor, std::uint64_t offset, std::uint64_t count) noexcept {
  return with_mapping(descriptor, offset, count, [](void* map, std::size_t length) { return ::madvise(map, length, kPopulateRead) == 0; });
}

}  // namespace soulfabric::net

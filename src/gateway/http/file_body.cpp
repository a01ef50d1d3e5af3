// SPDX-License-Identifier: GPL-3.0-or-later
// Page cache and sendfile.
#include "http/file_body.hpp"

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace soulfabric::gateway {

namespace {

constexpr std::size_t kMostPages = 1024;  // of one step: 4 MiB in ordinary pages
constexpr int kPopulateRead = 22;  // MADV_POPULATE_READ, Linux 5.14; missing in the headers of Debian 12's C library

std::uint64_t page_size() noexcept {
  static const auto size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return size;
}

/// Runs `use` on a mapping of the range; nothing ever looks through it.
template <class Use>
bool with_mapping(int descriptor, std::uint64_t offset, std::uint64_t count, Use use) noexcept {
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
  // The kernel answers truly only about files that we own or may write; of others it says yes whatever is so.
  struct stat info {};
  if (::fstat(descriptor, &info) != 0 || info.st_uid != ::geteuid()) return false;
  return with_mapping(descriptor, offset, count, [](void* map, std::size_t length) {
    std::array<unsigned char, kMostPages> pages{};
    const auto needed = (length + page_size() - 1) / page_size();
    if (needed > pages.size() || ::mincore(map, length, pages.data()) != 0) return false;
    return std::all_of(pages.begin(), pages.begin() + static_cast<std::ptrdiff_t>(needed), [](unsigned char page) { return (page & 1U) != 0; });
  });
}

void make_resident(int descriptor, std::uint64_t offset, std::uint64_t count) noexcept {
  // Populating a mapping reads what is missing and waits for it, without copying what is there.
  static_cast<void>(with_mapping(descriptor, offset, count, [](void* map, std::size_t length) { return ::madvise(map, length, kPopulateRead) == 0; }));
}

SendResult send_resident(int socket, int descriptor, std::uint64_t& offset, std::uint64_t& count) noexcept {
  while (count > 0) {
    auto at = static_cast<off_t>(offset);
    const auto sent = ::sendfile(socket, descriptor, &at, count);
    if (sent > 0) {
      offset += static_cast<std::uint64_t>(sent);
      count -= static_cast<std::uint64_t>(sent);
      continue;
    }
    if (sent == 0) return SendResult::Failed;
    if (errno == EINTR) continue;
    return errno == EAGAIN ? SendResult::Blocked : SendResult::Failed;
  }
  return SendResult::Done;
}

}  // namespace soulfabric::gateway

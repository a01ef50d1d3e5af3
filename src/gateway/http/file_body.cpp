// SPDX-License-Identifier: GPL-3.0-or-later
// Page cache and sendfile.
#include "http/file_body.hpp"

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>

namespace soulfabric::gateway {

void make_resident(int descriptor, std::uint64_t offset, std::uint64_t count) noexcept {
  // Populating a mapping reads what is missing and waits for it, without copying what is there.
  static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = offset / page * page;
  const auto length = static_cast<std::size_t>(offset + count - begin);
  void* map = ::mmap(nullptr, length, PROT_READ, MAP_SHARED | MAP_POPULATE, descriptor, static_cast<off_t>(begin));
  if (map != MAP_FAILED) ::munmap(map, length);
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

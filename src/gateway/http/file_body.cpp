// SPDX-License-Identifier: GPL-3.0-or-later
// Non-blocking sendfile.
#include "http/file_body.hpp"

#include <sys/sendfile.h>

#include <cerrno>

namespace soulfabric::gateway {

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

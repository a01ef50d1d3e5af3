// SPDX-License-Identifier: GPL-3.0-or-later
// Names of error codes, and errno as an error.
#include "soulfabric/base/error.hpp"

#include <cerrno>
#include <system_error>

namespace soulfabric {

std::string_view name_of(Errc code) noexcept {
  switch (code) {
    case Errc::InvalidArgument: return "invalid argument";
    case Errc::Malformed: return "malformed";
    case Errc::TooLarge: return "too large";
    case Errc::Unsupported: return "unsupported";
    case Errc::NotFound: return "not found";
    case Errc::Exists: return "exists";
    case Errc::Unauthorized: return "unauthorized";
    case Errc::Forbidden: return "forbidden";
    case Errc::Offline: return "offline";
    case Errc::Unavailable: return "unavailable";
    case Errc::TimedOut: return "timed out";
    case Errc::Cancelled: return "cancelled";
    case Errc::Closed: return "closed";
    case Errc::RateLimited: return "rate limited";
    case Errc::Busy: return "busy";
    case Errc::Banned: return "banned";
    case Errc::Conflict: return "conflict";
    case Errc::Rejected: return "rejected";
    case Errc::Io: return "input/output error";
    case Errc::NoSpace: return "no space";
    case Errc::Corrupt: return "corrupt";
    case Errc::Internal: return "internal error";
  }
  return "unknown";
}

Error error_from_errno(int errno_value, std::string_view what) {
  Errc code = Errc::Io;
  switch (errno_value) {
    case ENOENT: code = Errc::NotFound; break;
    case EEXIST: code = Errc::Exists; break;
    case EACCES:
    case EPERM: code = Errc::Forbidden; break;
    case ENOSPC:
    case EDQUOT: code = Errc::NoSpace; break;
    case ETIMEDOUT: code = Errc::TimedOut; break;
    case ECONNRESET:
    case EPIPE: code = Errc::Closed; break;
    default: break;
  }
  return Error{code, std::string(what) + ": " + std::generic_category().message(errno_value)};
}

}  // namespace soulfabric

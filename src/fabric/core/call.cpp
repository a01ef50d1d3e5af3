// SPDX-License-Identifier: GPL-3.0-or-later
// Statuses of calls, their names and what they are in HTTP.
#include "soulfabric/fabric/call.hpp"

#include <array>

namespace soulfabric::fabric {
namespace {

struct Row {
  std::string_view name;
  unsigned http;
};
constexpr std::array<Row, kCallStatusCount> kRows = {{{"ok", 200},
                                                      {"invalid_payload", 400},
                                                      {"unauthorized", 401},
                                                      {"forbidden", 403},
                                                      {"not_found", 404},
                                                      {"service_not_found", 404},
                                                      {"method_not_found", 404},
                                                      {"payload_too_large", 413},
                                                      {"rate_limited", 429},
                                                      {"quota_exceeded", 429},
                                                      {"timeout", 504},
                                                      {"unavailable", 503},
                                                      {"internal", 502}}};

}  // namespace

std::string_view name_of(CallStatus status) noexcept { return kRows.at(static_cast<std::size_t>(status)).name; }

unsigned http_status_of(CallStatus status) noexcept { return kRows.at(static_cast<std::size_t>(status)).http; }

CallStatus status_of(const Error& error) noexcept {
  switch (error.code) {
    case Errc::InvalidArgument:
    case Errc::Malformed: return CallStatus::InvalidPayload;
    case Errc::TooLarge: return CallStatus::PayloadTooLarge;
    case Errc::Unsupported: return CallStatus::MethodNotFound;
    case Errc::NotFound: return CallStatus::NotFound;
    case Errc::Unauthorized: return CallStatus::Unauthorized;
    case Errc::Forbidden:
    case Errc::Banned:
    case Errc::Rejected: return CallStatus::Forbidden;
    case Errc::TimedOut: return CallStatus::Timeout;
    case Errc::RateLimited: return CallStatus::RateLimited;
    case Errc::NoSpace: return CallStatus::QuotaExceeded;
    case Errc::Offline:
    case Errc::Unavailable:
    case Errc::Busy:
    case Errc::Closed:
    case Errc::Cancelled: return CallStatus::Unavailable;
    case Errc::Exists:
    case Errc::Conflict: return CallStatus::InvalidPayload;
    case Errc::Io:
    case Errc::Corrupt:
    case Errc::Internal: return CallStatus::Internal;
  }
  return CallStatus::Internal;
}

}  // namespace soulfabric::fabric

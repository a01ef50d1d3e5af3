// SPDX-License-Identifier: GPL-3.0-or-later
// Statuses of calls, their names and what they are in HTTP; how services and methods may be named.
#include "soulfabric/fabric/call.hpp"

#include <algorithm>
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

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

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

bool is_method_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMethodNameCap && is_letter(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c); });
}

bool is_service_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kServiceNameCap && is_lower(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

}  // namespace soulfabric::fabric

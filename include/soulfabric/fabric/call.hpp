// SPDX-License-Identifier: GPL-3.0-or-later
// What a call is made of, as values: its outcome, and what a service says about itself and its methods. Pure.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "soulfabric/base/error.hpp"

namespace soulfabric::fabric {

/// How a call ended; the numbers are on the wire.
enum class CallStatus : std::uint8_t {
  Ok = 0,
  InvalidPayload = 1,
  Unauthorized = 2,
  Forbidden = 3,
  NotFound = 4,
  ServiceNotFound = 5,
  MethodNotFound = 6,
  PayloadTooLarge = 7,
  RateLimited = 8,
  QuotaExceeded = 9,
  Timeout = 10,
  Unavailable = 11,
  Internal = 12,
};
constexpr int kCallStatusCount = 13;
[[nodiscard]] std::string_view name_of(CallStatus status) noexcept;
/// The one table: 200, 400, 401, 403, 404, 404, 404, 413, 429, 429, 504, 503, 502.
[[nodiscard]] unsigned http_status_of(CallStatus status) noexcept;
/// What an error of ours is called towards a caller; nothing of its message travels.
[[nodiscard]] CallStatus status_of(const Error& error) noexcept;

constexpr std::size_t kServiceNameCap = 32;
constexpr std::size_t kMethodNameCap = 48;
/// Bytes that a request or a reply may carry at all; more than that is a stream.
constexpr std::size_t kPayloadCap = 1024 * 1024;

struct MethodInfo {
  std::string name{};         // [A-Za-z][A-Za-z0-9]{0,47}
  bool idempotent = false;    // may be asked again elsewhere
  bool streams = false;       // answers by a stream
  std::size_t request_cap = 64 * 1024;
  std::size_t reply_cap = 256 * 1024;  // at most kPayloadCap both
  unsigned units = 0;                  // set aside of the caller's budget, for permits the handler takes; 0: answers from what is here
};

[[nodiscard]] bool is_method_name(std::string_view text) noexcept;
[[nodiscard]] bool is_service_name(std::string_view text) noexcept;

struct ServiceInfo {
  std::string name{};     // [a-z][a-z0-9-]{0,31}, no personal data
  std::string version{};  // "1.0.0"
  std::vector<MethodInfo> methods{};
  std::vector<std::pair<std::string, std::string>> metadata{};  // at most 10, 4 KB in all; fetched over the link
  unsigned calls_per_minute = 100;  // per peer
  std::chrono::milliseconds longest_call{30'000};
  bool announced = true;  // put in the directory where it is exposed; else only those who know of it call it
};

}  // namespace soulfabric::fabric

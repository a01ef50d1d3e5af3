// SPDX-License-Identifier: GPL-3.0-or-later
// A service of the mesh: one class (architecture, section 8). Network thread only.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/io.hpp"
#include "soulfabric/base/peer_id.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/mesh/stream.hpp"

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

struct MethodInfo {
  std::string name;           // [A-Za-z][A-Za-z0-9]{0,47}
  bool idempotent = false;    // may be asked again elsewhere
  bool streams = false;       // answers by a stream
  std::size_t request_cap = 64 * 1024;
  std::size_t reply_cap = 256 * 1024;  // at most 1 MiB both
};

struct ServiceInfo {
  std::string name;     // [a-z][a-z0-9-]{0,31}, no personal data
  std::string version;  // "1.0.0"
  std::vector<MethodInfo> methods;
  std::vector<std::pair<std::string, std::string>> metadata;  // at most 10, 4 KB in all; fetched over the link
  unsigned calls_per_minute = 100;  // per peer
  std::chrono::milliseconds longest_call{30'000};
};

/// What a handler knows of its call. Lives until the handler has ended.
struct CallContext {
  PeerId caller;
  guard::CallBudget& budget;  // permits for what the caller may make us do
  MonoTime deadline;
  bool trusted = false;  // configured so by the operator
};

struct Reply {
  CallStatus status = CallStatus::Ok;
  Bytes payload;  // deterministic CBOR
};

class MeshService {
 public:
  virtual ~MeshService() = default;
  [[nodiscard]] virtual const ServiceInfo& info() const = 0;
  /// `method` is one of info().methods and does not stream; `payload` is within its cap. Both live until the task ends. Cancelled at
  /// the deadline or when the caller went away. What it throws is an Internal towards the caller.
  [[nodiscard]] virtual Task<Reply> call(CallContext& context, std::string_view method, ByteView payload) = 0;
  /// For methods that stream: after Ok was sent, the handler owns the conversation until it returns.
  [[nodiscard]] virtual Task<CallStatus> stream(CallContext& context, std::string_view method, ByteView payload, mesh::Stream& stream);
};

}  // namespace soulfabric::fabric

// SPDX-License-Identifier: GPL-3.0-or-later
// A service of the mesh: one class (architecture, section 8). Network thread only.
#pragma once
#include <string>

#include "soulfabric/base/io.hpp"
#include "soulfabric/base/peer_id.hpp"
#include "soulfabric/fabric/call.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/mesh/stream.hpp"

namespace soulfabric::fabric {

/// What a handler knows of its call. Lives until the handler has ended.
struct CallContext {
  PeerId caller;
  guard::CallBudget& budget;  // permits for what the caller may make us do
  MonoTime deadline;
  bool trusted = false;  // configured so by the operator
  IpAddress address{};   // where its link comes from
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
  [[nodiscard]] virtual Task<Reply> call(CallContext& context, std::string method, ByteView payload) = 0;
  /// For methods that stream: after Ok was sent, the handler owns the conversation until it returns.
  [[nodiscard]] virtual Task<CallStatus> stream(CallContext& context, std::string method, ByteView payload, mesh::Stream& stream);
};

}  // namespace soulfabric::fabric

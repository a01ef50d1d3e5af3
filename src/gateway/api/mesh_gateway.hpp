// SPDX-License-Identifier: GPL-3.0-or-later
// Services of the mesh over HTTP and WebSocket, by allow-list (architecture, section 12). Network thread only.
#pragma once
#include "api/hub.hpp"
#include "core/client_rates.hpp"
#include "soulfabric/fabric/fabric.hpp"

namespace soulfabric::gateway {

inline constexpr unsigned kMeshCallsPerMinute = 60;  // of one client

class MeshGateway {
 public:
  /// Both outlive it.
  MeshGateway(Context& context, Hub& hub) : context_(context), hub_(hub) {}
  void add_routes(RouteTable& table);

 private:
  /// What a call needs once it was let in.
  struct Admitted {
    fabric::Fabric& fabric;
    guard::Permit<guard::MeshCall> permit;
    fabric::CallOptions options;
  };
  [[nodiscard]] std::optional<Response> refuse(const Call& call);
  [[nodiscard]] std::expected<Admitted, Response> admit(const Call& call);
  [[nodiscard]] Task<Response> answer(Call& call);
  [[nodiscard]] Task<Response> open(Call& call);
  [[nodiscard]] Response list();

  Context& context_;
  Hub& hub_;
  ClientRates rates_{kMeshCallsPerMinute};
};

}  // namespace soulfabric::gateway

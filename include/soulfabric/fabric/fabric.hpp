// SPDX-License-Identifier: GPL-3.0-or-later
// Calls between nodes: the router that lets them in, the client that makes them (architecture, section 8). Network thread only.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/fabric/directory.hpp"
#include "soulfabric/fabric/router_settings.hpp"
#include "soulfabric/fabric/service.hpp"
#include "soulfabric/mesh/links.hpp"

namespace soulfabric::fabric {

struct CallOptions {
  std::optional<PeerId> to{};                    // nothing: chosen from the directory
  std::chrono::milliseconds timeout{30'000};
  unsigned budget = 10;                          // units the other side may spend on it
  std::size_t reply_cap = kPayloadCap;
  bool idempotent = false;                       // may be asked again of another provider where one fails
};

struct CallOutcome {
  CallStatus status = CallStatus::Ok;
  Bytes payload;
  PeerId provider;
  Duration took{};
};

class Fabric {
 public:
  virtual ~Fabric() = default;
  /// Before `start`. The service outlives the fabric. Conflict: the name is taken.
  [[nodiscard]] virtual Status add(MeshService& service) = 0;
  [[nodiscard]] virtual Task<Status> start() = 0;
  [[nodiscard]] virtual Task<void> stop() = 0;
  virtual void configure(const RouterSettings& settings) = 0;

  /// Without `to` at most 3 providers are tried: another one where nothing was sent yet, or the call is `idempotent` and this one failed.
  /// Each further try needs a permit of its own, taken from guard for the same origin. Errors: NotFound (nobody offers it), Offline, TimedOut,
  /// Forbidden (the permit's origin may not). A status other than Ok of the other side is an outcome, not an error.
  [[nodiscard]] virtual Task<Result<CallOutcome>> call(guard::Permit<guard::MeshCall> permit, std::string service, std::string method,
                                                       Bytes payload, CallOptions options) = 0;
  /// For methods that stream: the stream after the other side said Ok.
  [[nodiscard]] virtual Task<Result<mesh::StreamPtr>> open(guard::Permit<guard::MeshCall> permit, std::string service, std::string method,
                                                           Bytes payload, CallOptions options) = 0;
  /// What a provider says about its service: checked against the hash in its descriptor. Malformed where it does not fit.
  using Metadata = std::vector<std::pair<std::string, std::string>>;
  [[nodiscard]] virtual Task<Result<Metadata>> metadata(guard::Permit<guard::MeshCall> permit, Provider provider, MonoTime deadline) = 0;
  [[nodiscard]] virtual Task<Result<std::vector<Provider>>> find(guard::Origin origin, std::string service, MonoTime deadline) = 0;
  /// What is registered here, and whether the outside may see it.
  struct Local {
    ServiceInfo info;
    bool exposed = false;
    ServiceMetrics metrics;
  };
  [[nodiscard]] virtual std::vector<Local> services() const = 0;
  [[nodiscard]] virtual Directory& directory() = 0;
};

struct FabricDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  guard::Guard& guard;
  mesh::Links& links;
  mesh::PeerBook& peers;
  mesh::Dht& dht;
  SigningKey key;
};
[[nodiscard]] std::unique_ptr<Fabric> make_fabric(FabricDependencies dependencies, RouterSettings router, DirectorySettings directory);

}  // namespace soulfabric::fabric

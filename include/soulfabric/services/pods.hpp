// SPDX-License-Identifier: GPL-3.0-or-later
// Pods: small signed group conversations between nodes. The service `pods` for others, and its face for our own user. Network thread only.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/fabric/fabric.hpp"
#include "soulfabric/services/pod.hpp"

namespace soulfabric::services {

class Pods {
 public:
  virtual ~Pods() = default;
  /// For Fabric::add.
  [[nodiscard]] virtual fabric::MeshService& service() = 0;
  [[nodiscard]] virtual Task<Status> start() = 0;
  [[nodiscard]] virtual Task<void> stop() = 0;
  // For our own user; `origin` is the entry path's.
  [[nodiscard]] virtual Task<Result<Pod>> create(std::string name, PodVisibility visibility, bool approval, bool keep) = 0;
  [[nodiscard]] virtual std::vector<Pod> list() const = 0;
  /// Pods of a peer that it shows to everyone.
  [[nodiscard]] virtual Task<Result<std::vector<Pod>>> list_of(PeerId peer, guard::Origin origin, MonoTime deadline) = 0;
  /// Known from then on, also while approval is awaited (`ours` is Asked). NotFound: unknown to the host, or private and we are not let in.
  [[nodiscard]] virtual Task<Result<Pod>> join(std::string pod, PeerId host, guard::Origin origin, MonoTime deadline) = 0;
  /// Forgets the pod here at once and tells its host, later where it is away. The owner's own pod is closed for everybody.
  [[nodiscard]] virtual Task<Status> leave(std::string pod, guard::Origin origin, MonoTime deadline) = 0;
  /// The owner's and moderators' acts: approve or invite (Member), ban (Banned), send away or lift a ban (Left), make a moderator.
  /// Done later where the host is away.
  [[nodiscard]] virtual Task<Status> set_member(std::string pod, PeerId member, PodRole role, MemberState state) = 0;
  /// `pending` in the answer where the host is away: it is delivered, and signed anew, when the host is back.
  [[nodiscard]] virtual Task<Result<PodMessage>> post(std::string pod, std::string body, guard::Origin origin, MonoTime deadline) = 0;
  [[nodiscard]] virtual Task<Status> remove_message(std::string pod, std::string message) = 0;
  /// Newest last; those before `before` where it is given; at most 100.
  [[nodiscard]] virtual Task<Result<std::vector<PodMessage>>> messages(std::string pod, std::optional<WallTime> before, std::size_t limit) = 0;
  virtual void mark_read(const std::string& pod) = 0;
  /// A pod or its messages changed.
  virtual void on_change(std::function<void(const std::string& pod)> callback) = 0;
  virtual void configure(const PodSettings& settings) = 0;
};

struct PodDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  guard::Guard& guard;
  fabric::Fabric& fabric;
  mesh::Links& links;
  DbWriter& store;  // mesh.db
  SigningKey key;
};
[[nodiscard]] std::unique_ptr<Pods> make_pods(PodDependencies dependencies, PodSettings settings);

}  // namespace soulfabric::services

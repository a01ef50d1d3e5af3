// SPDX-License-Identifier: GPL-3.0-or-later
// Pods: small signed group conversations between nodes. The service `pods` for others, and its face for our own user. Network thread only.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/fabric/fabric.hpp"

namespace soulfabric::services {

enum class PodVisibility : std::uint8_t { Visible, Unlisted, Private };
enum class PodRole : std::uint8_t { Owner, Moderator, Member };
enum class MemberState : std::uint8_t { Asked, Member, Banned, Left };

struct PodMember {
  PeerId peer;
  PodRole role = PodRole::Member;
  MemberState state = MemberState::Member;
  WallTime since{};
};

struct Pod {
  std::string id;    // "pod:" and 32 hex digits
  std::string name;  // 1..100 characters
  PodVisibility visibility = PodVisibility::Visible;
  PeerId owner;
  bool approval = false;   // the owner or a moderator lets each member in
  bool keep = true;        // false: messages are kept in memory only
  std::vector<PodMember> members;
  WallTime created{};
  MemberState ours = MemberState::Member;
  std::size_t unread = 0;
};

struct PodMessage {
  std::string id;  // 32 hex digits of SHA-256 over what was signed
  std::string pod;
  PeerId sender;
  std::string body;  // 1..4096 bytes of UTF-8
  WallTime sent{};
  bool removed = false;  // by a moderator: the body is empty
};

struct PodSettings {
  bool enabled = true;
  std::chrono::hours retention{7 * 24};
  std::size_t members = 50;
  std::size_t messages_kept = 1000;  // per pod
  unsigned messages_per_minute = 10;  // per peer and pod
  std::size_t pods = 100;
};

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
  /// Pods that a peer shows to us.
  [[nodiscard]] virtual Task<Result<std::vector<Pod>>> list_of(PeerId peer, guard::Origin origin, MonoTime deadline) = 0;
  [[nodiscard]] virtual Task<Result<Pod>> join(std::string pod, PeerId host, guard::Origin origin, MonoTime deadline) = 0;
  [[nodiscard]] virtual Task<Status> leave(std::string pod, guard::Origin origin, MonoTime deadline) = 0;
  /// The owner's and moderators' acts: approve, ban, make a moderator.
  [[nodiscard]] virtual Task<Status> set_member(std::string pod, PeerId member, PodRole role, MemberState state) = 0;
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

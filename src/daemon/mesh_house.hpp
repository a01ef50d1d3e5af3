// SPDX-License-Identifier: GPL-3.0-or-later
// Whether this program is on the mesh: the configuration's word, else the user's one answer; joining and leaving while it runs.
// Network thread only.
#pragma once
#include <functional>
#include <memory>
#include <optional>

#include "mesh_choice.hpp"
#include "mesh_node.hpp"

namespace soulfabric::daemon {

class MeshHouse final : public gateway::MeshControl {
 public:
  /// `options`: those in force; `shares_changed`: the shares offered to the mesh are others now.
  MeshHouse(MeshNodeDependencies dependencies, std::function<const Options&()> options, std::function<void()> shares_changed);

  /// From the next joining on.
  void use_relays(RelayBase& base) { deps_.relays = &base; }
  /// Reads the remembered answer. Blocking for a moment; before `start`.
  void remember();
  /// Joins where that is wanted. A mesh that cannot start is a trouble that is shown, not one that stops the program.
  [[nodiscard]] Task<void> start();
  [[nodiscard]] Task<void> stop();
  /// New options: joins, leaves or goes on with them.
  [[nodiscard]] Task<void> configure();
  /// Shares as configured, with those that the user offered to the mesh marked.
  [[nodiscard]] ShareOptions with_answer(ShareOptions shares) const;

  [[nodiscard]] const gateway::MeshParts* parts() override;
  /// Nothing while this node is not on the mesh.
  [[nodiscard]] MeshRelays* relays();
  [[nodiscard]] Choice choice() const override;
  [[nodiscard]] Task<Status> choose(bool join, std::vector<std::string> shares) override;

 private:
  [[nodiscard]] bool wanted() const;
  /// Brings what runs in line with what is wanted; one at a time.
  [[nodiscard]] Task<void> settle();
  [[nodiscard]] Task<void> settle_once();
  [[nodiscard]] Task<Status> join();
  [[nodiscard]] Task<void> leave();

  MeshNodeDependencies deps_;
  std::function<const Options&()> options_;
  std::function<void()> shares_changed_;
  std::optional<MeshAnswer> answer_;
  std::unique_ptr<MeshNode> node_;
  struct Retired {
    std::unique_ptr<MeshNode> node;
    MonoTime since;
  };
  std::vector<Retired> retired_;  // stopped; kept while a request that began before may still look at them
  bool running_ = false;
  bool stopping_ = false;
  bool settling_ = false;
  Notifier settled_;
  std::string trouble_;
};

}  // namespace soulfabric::daemon

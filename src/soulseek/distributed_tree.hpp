// SPDX-License-Identifier: GPL-3.0-or-later
// The shell of the search tree: D connections and their frames, performing what TreeCore decides. Network thread only.
#pragma once
#include <functional>
#include <map>

#include "core/tree_core.hpp"
#include "peer_hub.hpp"

namespace soulfabric::soulseek {

class DistributedTree final : public ServerListener {
 public:
  using AnswerHandler = std::function<void(const TreeAnswer&)>;
  DistributedTree(IoContext& context, IoClock& clock, ServerSession& server, PeerHub& hub, TreeOptions options, AnswerHandler answer);
  void start();
  [[nodiscard]] Task<void> stop();
  void configure(const TreeOptions& options);
  /// Whether we take part was changed and holds from the next login on.
  [[nodiscard]] bool is_outdated() const noexcept { return core_.is_outdated(); }
  [[nodiscard]] DistributedInfo info() const;
  /// A D connection that somebody opened to us.
  void on_incoming(PeerConnection connection);

  void on_login() override;
  void on_logout() override;
  void on_reply(const wire::ServerReply& reply) override;

 private:
  struct Line;
  [[nodiscard]] Task<void> tick();
  [[nodiscard]] Task<void> dial(TreeDial candidate);
  [[nodiscard]] Task<void> read(TreeConnection id, std::shared_ptr<Line> line);
  [[nodiscard]] Task<void> write(std::shared_ptr<Line> line);
  std::shared_ptr<Line> add(TreeConnection id, PeerConnection connection);
  void perform(TreeActions actions);
  void send(TreeConnection id, std::shared_ptr<const Bytes> frame);
  void drop(TreeConnection id);

  IoClock& clock_;
  ServerSession& server_;
  PeerHub& hub_;
  TreeCore core_;
  AnswerHandler answer_;
  std::map<TreeConnection, std::shared_ptr<Line>> lines_;
  TreeConnection next_id_ = 0;
  TaskScope scope_;
};

}  // namespace soulfabric::soulseek

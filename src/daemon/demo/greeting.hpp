// SPDX-License-Identifier: GPL-3.0-or-later
// What a demo says to its user. Secrets go to a terminal only (security rule S22).
#pragma once
#include "demo/music_folder.hpp"
#include "demo/network_plan.hpp"
#include "soulfabric/base/clock.hpp"

namespace soulfabric::daemon::demo {

class Greeting {
 public:
  Greeting(const NetworkPlan& plan, Random& random, Clock& clock);

  [[nodiscard]] bool is_terminal() const noexcept { return terminal_; }
  void begin();
  void music(const MusicMade& made);
  /// The network is ready: where everything is, and what to try.
  [[nodiscard]] Status welcome();
  /// A new link for each node. Error: Io.
  [[nodiscard]] Status links();
  /// A node has ended by itself: where its words are, how to have it back.
  void lost(const NodePlan& node);
  void farewell();

 private:
  void mesh_hints();
  void relay_hints(const NodePlan& here);
  [[nodiscard]] std::string bold(const std::string& text) const;
  [[nodiscard]] std::string dim(const std::string& text) const;

  const NetworkPlan& plan_;
  Random& random_;
  Clock& clock_;
  MonoTime begun_;
  bool terminal_;
  bool color_;
};

}  // namespace soulfabric::daemon::demo

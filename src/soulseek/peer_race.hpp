// SPDX-License-Identifier: GPL-3.0-or-later
// One attempt to reach a user, by both ways at once. Private to the hub.
#pragma once
#include "peer_hub.hpp"

namespace soulfabric::soulseek {

struct PeerHub::Race {
  std::string username;
  std::string type;
  std::uint32_t token = 0;
  MonoTime expires{};  // a late PierceFireWall with this token still finds the user until then
  std::optional<PeerConnection> winner;
  std::optional<Result<std::shared_ptr<PeerLink>>> link;  // P races: what those who joined the race get
  bool won = false;
  bool direct_failed = false;
  bool indirect_failed = false;
  Notifier changed;
};

}  // namespace soulfabric::soulseek

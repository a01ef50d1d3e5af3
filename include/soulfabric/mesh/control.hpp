// SPDX-License-Identifier: GPL-3.0-or-later
// What linked nodes tell and ask each other about nodes: where they are, to dial back, that a key has changed (S7, S8, S10).
// Network thread only.
#pragma once
#include <memory>
#include <optional>

#include "soulfabric/mesh/identity.hpp"
#include "soulfabric/mesh/links.hpp"
#include "soulfabric/mesh/peer_book.hpp"

namespace soulfabric::mesh {

struct ControlSettings {
  unsigned asks_per_minute = 60;       // of one peer, all kinds
  unsigned call_backs_per_minute = 6;  // of one peer, asked of us or passed to us
  std::size_t common_peers = 4;        // asked before a peer counts as out of reach
  std::size_t concurrent = 256;
};

struct ControlMetrics {
  std::uint64_t asked = 0;     // questions of others
  std::uint64_t limited = 0;   // refused by rate
  std::uint64_t passed_on = 0;  // connect-back through us
  std::uint64_t dialled_back = 0;
};

class Control {
 public:
  virtual ~Control() = default;
  /// Takes the streams of Protocol::Control and the links' call-back hook.
  virtual void start() = 0;
  [[nodiscard]] virtual Task<void> stop() = 0;
  /// Told to each peer when a link comes up.
  virtual void tell_rotation(const Rotation& rotation) = 0;
  [[nodiscard]] virtual ControlMetrics metrics() const = 0;
};

/// All outlive the control.
struct ControlDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  guard::Guard& guard;
  Links& links;
  PeerBook& peers;
};

[[nodiscard]] std::unique_ptr<Control> make_control(ControlDependencies dependencies, ControlSettings settings);

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// Tunnels that forwards use one after another: a node allows few of them, a browser opens many connections. Network thread only.
#pragma once
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "soulfabric/net/stream.hpp"
#include "soulfabric/relay/tunnels.hpp"

namespace soulfabric::relay {

class TunnelsImpl;

class TunnelPool {
 public:
  explicit TunnelPool(TunnelsImpl& tunnels) : tunnels_(tunnels) {}
  struct Taken {
    std::unique_ptr<net::ByteStream> stream;
    bool used_before = false;  // the other side may have ended it meanwhile
  };
  /// One that waits, else a new one; where the peer has no place, one that waits for another forward is closed, or the caller waits
  /// for its turn. `age`: a used one must not have waited for longer; zero: a new one.
  [[nodiscard]] Task<Result<Taken>> take(ForwardSettings forward, Duration age, MonoTime deadline);
  /// For the next request of the same forward.
  void give_back(const ForwardSettings& forward, std::unique_ptr<net::ByteStream> stream);
  /// Those of one forward, of all.
  void drop(const std::string& forward);
  void clear() { idle_.clear(); }

 private:
  struct Idle {
    ForwardSettings forward;  // whole: one of the same name that leads elsewhere gets none of these
    std::unique_ptr<net::ByteStream> stream;
    MonoTime since{};
  };
  [[nodiscard]] std::unique_ptr<net::ByteStream> find(const ForwardSettings& forward, Duration age);
  /// True where a place became free.
  bool make_room(const PeerId& peer);
  void forget_ended();
  TunnelsImpl& tunnels_;
  std::list<Idle> idle_;  // the longest idle first
};

}  // namespace soulfabric::relay

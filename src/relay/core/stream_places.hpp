// SPDX-License-Identifier: GPL-3.0-or-later
// Places for streams that are served: few for one peer, half of all for strangers, some kept for trusted peers. Sans-IO.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>

#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::relay {

/// What a peer is to us; who stands lower never takes what is kept for those above.
enum class Standing : std::uint8_t { Stranger, Known, Trusted };

class StreamPlaces {
 public:
  struct Limits {
    std::size_t per_peer = 0;
    std::size_t all = 0;
  };
  enum class Answer : std::uint8_t {
    Taken,
    Own,   // the peer has as many as it may
    Full,  // the others have as many as there are for its standing
  };
  /// Limits that shrank take nobody's place away.
  [[nodiscard]] Answer enter(const PeerId& peer, Standing standing, Limits limits);
  /// One for each `enter` that gave Taken, with the same standing.
  void leave(const PeerId& peer, Standing standing);
  [[nodiscard]] std::size_t taken() const noexcept;

 private:
  std::map<PeerId, std::size_t> peers_;
  std::array<std::size_t, 3> taken_{};  // by standing
};

}  // namespace soulfabric::relay

// SPDX-License-Identifier: GPL-3.0-or-later
// Who gets a place in the table of links (security rules S2, S9): strangers have a share, a network of them a part of it, and whoever is
// cared for takes the place of the idlest stranger. Sans-IO.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "soulfabric/base/error.hpp"
#include "soulfabric/base/ip.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::mesh {

/// One link that has its place.
struct LinkSeat {
  PeerId peer;
  IpAddress address;
  bool is_stranger = true;      // neither configured nor reputable
  std::uint32_t streams = 0;    // open now
  std::uint64_t bytes = 0;      // in and out since it stands
};

/// Who wants one; whom this node dials for a reason of its own is no stranger for that.
struct LinkGuest {
  IpAddress address;
  bool is_stranger = true;
};

/// A quarter of all places is never a stranger's; of the rest one /24 or /48 has a quarter at most.
struct LinkShares {
  std::size_t all = 256;
  [[nodiscard]] std::size_t strangers() const noexcept { return all - all / 4; }
  [[nodiscard]] std::size_t of_prefix() const noexcept { return std::max<std::size_t>(strangers() / 4, 1); }
};

/// The stranger who has to go so that `guest` may stay; nothing: there is room. Busy: there is none for this guest. Addresses of the local
/// network are not counted by prefix: a house has one.
[[nodiscard]] Result<std::optional<PeerId>> place_for(const LinkGuest& guest, std::span<const LinkSeat> seats, const LinkShares& shares);

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// Counting strangers, and choosing the one who goes.
#include "core/link_places.hpp"

#include <algorithm>
#include <tuple>

namespace soulfabric::mesh {
namespace {

Error busy() { return {Errc::Busy, "All places for links are taken; try again later."}; }

}  // namespace

Result<std::optional<PeerId>> place_for(const LinkGuest& guest, std::span<const LinkSeat> seats, const LinkShares& shares) {
  if (guest.is_stranger) {
    const auto strangers = static_cast<std::size_t>(std::ranges::count_if(seats, &LinkSeat::is_stranger));
    const auto beside = [prefix = guest.address.prefix()](const LinkSeat& seat) { return seat.is_stranger && seat.address.prefix() == prefix; };
    const bool is_counted = guest.address.is_global();
    if (seats.size() >= shares.all || strangers >= shares.strangers()) return std::unexpected(busy());
    if (is_counted && static_cast<std::size_t>(std::ranges::count_if(seats, beside)) >= shares.of_prefix()) return std::unexpected(busy());
    return std::nullopt;
  }
  if (seats.size() < shares.all) return std::nullopt;
  const LinkSeat* idlest = nullptr;
  const auto use = [](const LinkSeat& seat) { return std::tie(seat.streams, seat.bytes); };
  for (const auto& seat : seats)
    if (seat.is_stranger && (idlest == nullptr || use(seat) < use(*idlest))) idlest = &seat;
  if (idlest == nullptr) return std::unexpected(busy());
  return idlest->peer;
}

}  // namespace soulfabric::mesh

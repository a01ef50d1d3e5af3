// SPDX-License-Identifier: GPL-3.0-or-later
// Which of all who offer a service are kept (security rule S5), and which of them owns a key for everybody. Pure.
//
// Whoever makes a thousand keys makes a thousand valid descriptors, so nobody is kept for being first, newest or plentiful:
//  - half of the places are reserved for peers that are linked or known, linked ones first; a link costs nothing, so who is known by
//    a past one only and left no address behind is a stranger here;
//  - of one /24 or /48, where a link or a record of the peer tells it, at most two are kept in all; addresses of this house (private,
//    loopback) are no group, because only its own machines are there;
//  - peers of whom no address is known cannot be told apart by where they are: all of them together are one group, which gets at
//    most the half that is not reserved; only whom the operator named is outside of it;
//  - within these bounds it is chance.
#pragma once
#include <optional>
#include <span>
#include <vector>

#include "soulfabric/base/ip.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/fabric/descriptor.hpp"

namespace soulfabric::fabric {

constexpr std::size_t kKeptOfPrefix = 2;

struct Contender {
  ServiceDescriptor descriptor;
  bool linked = false;
  bool known = false;                // configured, trusted or linked before
  bool vouched = false;              // configured or trusted: the operator named it
  std::optional<IpAddress> address;  // of its link, else of its record
};

/// At most `count`, in random order within each half.
[[nodiscard]] std::vector<Contender> choose_providers(std::vector<Contender> contenders, std::size_t count, Random& random);

/// The one with the highest SHA-256(salt, PeerId) that is not passed over; nothing where none is left. The same for all who believe
/// the same peers, in whatever order they know them.
[[nodiscard]] std::optional<PeerId> rendezvous_owner(ByteView salt, std::span<const PeerId> believed, std::span<const PeerId> passed_over);

}  // namespace soulfabric::fabric

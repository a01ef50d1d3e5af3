// SPDX-License-Identifier: GPL-3.0-or-later
// Who is charged, banned and trusted: a name that was proven, or an address that opened a connection to us.
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "soulfabric/base/ip.hpp"

namespace soulfabric::guard {

enum class SubjectKind : std::uint8_t {
  Node,          // ourselves: the user and our automation
  Peer,          // a PeerId after TLS
  SoulseekUser,  // a name seen on a connection to or from the address that the server gave for it
  Address,       // an IP address after it opened a TCP connection to us
};

struct Subject {
  SubjectKind kind = SubjectKind::Node;
  std::string name;  // PeerId, user name or address as text; empty for Node

  [[nodiscard]] static Subject node() { return {}; }
  [[nodiscard]] static Subject peer(std::string_view id) { return {SubjectKind::Peer, std::string(id)}; }
  [[nodiscard]] static Subject user(std::string_view name) { return {SubjectKind::SoulseekUser, std::string(name)}; }
  [[nodiscard]] static Subject address(const IpAddress& address) { return {SubjectKind::Address, address.to_string()}; }
  friend auto operator<=>(const Subject&, const Subject&) = default;
};

[[nodiscard]] constexpr std::string_view name_of(SubjectKind kind) noexcept {
  switch (kind) {
    case SubjectKind::Node: return "node";
    case SubjectKind::Peer: return "peer";
    case SubjectKind::SoulseekUser: return "user";
    case SubjectKind::Address: return "address";
  }
  return "unknown";
}

}  // namespace soulfabric::guard

// SPDX-License-Identifier: GPL-3.0-or-later
// What a node says about where it is: the body of a signed record (security rule S7). Pure.
#pragma once
#include <vector>

#include "soulfabric/base/ip.hpp"
#include "soulfabric/mesh/record.hpp"

namespace soulfabric::mesh {

constexpr std::size_t kMostEndpoints = 4;

/// Where the record of a peer stands in the DHT.
[[nodiscard]] DhtKey peer_key(const PeerId& peer);
/// Global, unless `private_too`; port 443 or >= 1024: a record must not aim at what is no node.
[[nodiscard]] bool may_be_told(const Endpoint& endpoint, bool private_too) noexcept;
/// The first four that may be told. One byte of family (4 or 6), address, port, each big endian.
[[nodiscard]] Bytes encode_endpoints(const std::vector<Endpoint>& endpoints, bool private_too);
/// Malformed where the form is wrong, or more than four; endpoints that may not be told are left out.
[[nodiscard]] Result<std::vector<Endpoint>> decode_endpoints(ByteView body, bool private_too);

}  // namespace soulfabric::mesh

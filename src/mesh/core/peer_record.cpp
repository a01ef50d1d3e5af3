// SPDX-License-Identifier: GPL-3.0-or-later
// Endpoints of a node as bytes, and which of them are believed.
#include "core/peer_record.hpp"

#include <algorithm>

namespace soulfabric::mesh {

DhtKey peer_key(const PeerId& peer) { return dht_key(kPeerDomain, bytes_of(peer.text())); }

bool may_be_told(const Endpoint& endpoint, bool private_too) noexcept {
  if (endpoint.port != 443 && endpoint.port < 1024) return false;
  const auto& address = endpoint.address;
  if (address.is_global()) return true;
  return private_too && (address.is_private() || address.is_loopback());
}

Bytes encode_endpoints(const std::vector<Endpoint>& endpoints, bool private_too) {
  Bytes out;
  std::size_t count = 0;
  for (const auto& endpoint : endpoints) {
    if (!may_be_told(endpoint, private_too) || count == kMostEndpoints) continue;
    ++count;
    const auto& bytes = endpoint.address.bytes();
    out.push_back(endpoint.address.is_v4() ? 4 : 6);
    out.insert(out.end(), bytes.begin() + (endpoint.address.is_v4() ? 12 : 0), bytes.end());
    out.push_back(static_cast<std::uint8_t>(endpoint.port >> 8U));
    out.push_back(static_cast<std::uint8_t>(endpoint.port));
  }
  return out;
}

Result<std::vector<Endpoint>> decode_endpoints(ByteView body, bool private_too) {
  std::vector<Endpoint> out;
  std::size_t count = 0;
  while (!body.empty()) {
    const std::size_t width = body[0] == 4 ? 4 : 16;
    if ((body[0] != 4 && body[0] != 6) || body.size() < 1 + width + 2 || ++count > kMostEndpoints)
      return fail(Errc::Malformed, "the endpoints of a record are not of the known form");
    Endpoint endpoint;
    if (width == 4) {
      endpoint.address = IpAddress::v4(static_cast<std::uint32_t>(body[1]) << 24U | static_cast<std::uint32_t>(body[2]) << 16U |
                                       static_cast<std::uint32_t>(body[3]) << 8U | body[4]);
    } else {
      std::array<std::uint8_t, 16> bytes{};
      std::copy_n(body.begin() + 1, bytes.size(), bytes.begin());
      endpoint.address = IpAddress::v6(bytes);
    }
    endpoint.port = static_cast<std::uint16_t>(body[1 + width] << 8U | body[2 + width]);
    if (may_be_told(endpoint, private_too)) out.push_back(endpoint);
    body = body.subspan(1 + width + 2);
  }
  return out;
}

}  // namespace soulfabric::mesh

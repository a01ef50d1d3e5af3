// SPDX-License-Identifier: GPL-3.0-or-later
// A peer locator that knows what the test told it, and remembers what the links told it.
#pragma once
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "soulfabric/mesh/links.hpp"

namespace soulfabric::testing {

class FixedPeers final : public mesh::PeerLocator {
 public:
  struct Dialled {
    PeerId peer;
    Endpoint endpoint;
    Status outcome;
  };
  struct Linked {
    PeerId peer;
    PublicKey key;
    Endpoint remote;
    mesh::Direction direction;
  };

  Task<std::vector<Endpoint>> locate(PeerId peer, guard::Origin origin, MonoTime) override {
    located.emplace_back(peer, origin);
    const auto found = endpoints.find(peer);
    co_return found == endpoints.end() ? std::vector<Endpoint>{} : found->second;
  }
  void dialled(const PeerId& peer, const Endpoint& endpoint, const Status& outcome) override { dials.push_back({peer, endpoint, outcome}); }
  void linked(const PeerId& peer, const PublicKey& key, const Endpoint& remote, mesh::Direction direction) override {
    links.push_back({peer, key, remote, direction});
  }
  std::vector<PeerId> wanted() const override { return wanted_peers; }
  bool is_cared_for(const PeerId& peer) const override { return cared_for.contains(peer); }
  bool is_known_address(const IpAddress& address) const override { return known_addresses.contains(address); }

  // What the test says.
  std::map<PeerId, std::vector<Endpoint>> endpoints;
  std::vector<PeerId> wanted_peers;
  std::set<IpAddress> known_addresses;
  std::set<PeerId> cared_for;
  // What was asked and told.
  std::vector<std::pair<PeerId, guard::Origin>> located;
  std::vector<Dialled> dials;
  std::vector<Linked> links;
};

}  // namespace soulfabric::testing

// SPDX-License-Identifier: GPL-3.0-or-later
// What we offer, as signed statements: when each is signed anew, under which keys it is owed to the DHT, how it is taken back. Sans-IO.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "soulfabric/fabric/descriptor.hpp"

namespace soulfabric::fabric {

class OwnServices {
 public:
  OwnServices(SigningKey key, std::chrono::seconds life, std::chrono::seconds republish);
  void configure(std::chrono::seconds life, std::chrono::seconds republish);

  /// Name, version and hash of the metadata of each; the rest is filled in here. What is no longer there is withdrawn. Those with a bad
  /// name or version are left out.
  void offer(const std::vector<ServiceDescriptor>& services, WallTime now);
  void withdraw_all(WallTime now);
  /// Signs anew what has lived half of its life, or seems to come from another time because the clock jumped; forgets tombstones
  /// that have outlived what they took back.
  void refresh(WallTime now);

  struct Put {
    std::string name;
    mesh::SignedRecord record;
  };
  /// What the DHT was not told yet: of each service all 16 shards of today, and of tomorrow where this signature lives to see it.
  [[nodiscard]] std::vector<Put> owed(WallTime now) const;
  void done(const Put& put);

  [[nodiscard]] bool offers(std::string_view name) const;
  /// For a linked peer: our own record, under one of today's keys.
  [[nodiscard]] std::optional<mesh::SignedRecord> tell(std::string_view name, WallTime now) const;

 private:
  struct Service {
    ServiceDescriptor descriptor;
    std::set<mesh::DhtKey> put;                // under this signature
    std::map<mesh::DhtKey, WallTime> stands;  // where the DHT holds something of us, and until when: there a tombstone is owed
  };
  void sign_anew(Service& service, WallTime now);
  void withdraw(Service& service, WallTime now);

  SigningKey key_;
  std::chrono::seconds life_;
  std::chrono::seconds republish_;
  std::map<std::string, Service, std::less<>> services_;
};

}  // namespace soulfabric::fabric

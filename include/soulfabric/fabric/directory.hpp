// SPDX-License-Identifier: GPL-3.0-or-later
// Who offers a service: found over links and in the DHT, checked, chosen, remembered; and our own services made known. Network thread only.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "soulfabric/fabric/descriptor.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/mesh/dht.hpp"
#include "soulfabric/mesh/links.hpp"
#include "soulfabric/mesh/peer_book.hpp"

namespace soulfabric::fabric {

struct Provider {
  ServiceDescriptor descriptor;
  bool linked = false;
  bool known = false;
  int reputation = 50;
  std::optional<Duration> round_trip;
};

struct DirectorySettings {
  std::chrono::seconds life{3600};
  std::chrono::seconds republish{1800};
  std::chrono::seconds cache{60};
  std::size_t verified = 256;  // per lookup, at most
  std::size_t returned = 20;
  std::size_t cached_names = 1024;
  bool publish = true;  // false: nothing about us goes into the DHT
};

class Directory {
 public:
  virtual ~Directory() = default;
  [[nodiscard]] virtual Task<Status> start() = 0;
  /// Withdraws our services by tombstones, briefly.
  [[nodiscard]] virtual Task<void> stop() = 0;
  /// What the allow-list exposes; a change is published or withdrawn.
  virtual void offer(std::vector<ServiceDescriptor> services) = 0;
  /// Chosen by S5, at most 20, never ourselves; a cached answer spends nothing. Empty where nobody offers it. TimedOut where nobody
  /// could be asked.
  [[nodiscard]] virtual Task<Result<std::vector<Provider>>> find(guard::Permit<guard::DhtQuery>& permit, std::string name, MonoTime deadline) = 0;
  /// The believed one with the highest SHA-256(salt, PeerId): the same on all nodes that know each other, ourselves included.
  [[nodiscard]] virtual std::optional<PeerId> owner(std::string_view name, ByteView salt, const std::vector<PeerId>& passed_over) const = 0;
  /// Descriptors of this name that we would tell a linked peer: our own and our linked peers', as signed.
  [[nodiscard]] virtual std::vector<mesh::SignedRecord> tell(std::string_view name) const = 0;
  /// Before `tell` for a peer: RateLimited where it looks up too much, such as one name after the other; it is charged for that.
  [[nodiscard]] virtual Status may_ask(const PeerId& /*requester*/, std::string_view /*name*/) { return {}; }
  virtual void configure(const DirectorySettings& settings) = 0;
};

/// Asks one linked peer for descriptors; implemented over calls.
class DescriptorSource {
 public:
  virtual ~DescriptorSource() = default;
  [[nodiscard]] virtual Task<Result<std::vector<mesh::SignedRecord>>> ask(PeerId peer, std::string name, MonoTime deadline) = 0;
};

struct DirectoryDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  guard::Guard& guard;
  mesh::Dht& dht;
  mesh::Links& links;
  mesh::PeerBook& peers;
  DescriptorSource& source;
  SigningKey key;
};
[[nodiscard]] std::unique_ptr<Directory> make_directory(DirectoryDependencies dependencies, DirectorySettings settings);

}  // namespace soulfabric::fabric

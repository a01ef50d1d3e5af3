// SPDX-License-Identifier: GPL-3.0-or-later
// OpenDHT's node: routing table, store and answers to others. It asks for nodes only; lookups and puts are ours. It has a thread of
// its own and reaches the network through the wire alone.
#pragma once
#include <memory>
#include <vector>

#include "core/record_ledger.hpp"
#include "dht/wire.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::mesh {

/// What the node knows of its store, told by its policies on the library's thread.
class GuardedLedger {
 public:
  GuardedLedger(LedgerSettings settings, std::uint64_t salt, const Clock& clock) : clock_(clock), ledger_(settings, salt) {}
  template <class F>
  auto with(F use) const {
    const std::scoped_lock lock(mutex_);
    return use(ledger_, clock_);
  }

 private:
  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable RecordLedger ledger_;
};

class LibraryNode {
 public:
  virtual ~LibraryNode() = default;
  /// Datagrams in canonical form. Network thread.
  struct Arrival {
    Endpoint from;
    Bytes datagram;
  };
  virtual void deliver(std::vector<Arrival> arrivals) = 0;
  /// Pings them; whoever answers gets into its table. Any thread.
  virtual void bootstrap(const std::vector<Endpoint>& nodes) = 0;
  /// Ends its thread. Takes as long as it takes: on a worker.
  virtual void join() = 0;
};

/// Errors: Internal with the library's words. `life`: how long values are kept.
[[nodiscard]] Result<std::shared_ptr<LibraryNode>> start_library_node(std::shared_ptr<Wire> wire, std::shared_ptr<GuardedLedger> ledger,
                                                                      const NodeId& self, std::uint32_t network, std::chrono::seconds life);

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// The distributed hash table: signed records by key. Nothing that comes out of it is believed unchecked. Network thread only.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/io.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/mesh/record.hpp"

namespace soulfabric::mesh {

struct DhtHealth {
  bool running = false;
  bool connected = false;           // at least one node answered lately
  std::size_t nodes_good = 0;
  std::size_t nodes_dubious = 0;
  std::size_t values_stored = 0;    // of others, here
  std::uint64_t datagrams_in = 0;
  std::uint64_t datagrams_dropped = 0;  // by the allow-list, a rate or a cap
  std::uint64_t datagrams_out = 0;
  std::uint64_t values_refused = 0;  // by the policies
  std::string trouble;              // one sentence where something is wrong, else empty
};

class Dht {
 public:
  virtual ~Dht() = default;
  [[nodiscard]] virtual Status start() = 0;
  /// Saves the nodes, waits at most two seconds.
  [[nodiscard]] virtual Task<void> stop() = 0;
  /// Done only when a read from the network gave it back (security rule S4). TimedOut, Unavailable, Rejected.
  [[nodiscard]] virtual Task<Status> put(guard::Permit<guard::DhtQuery>& permit, SignedRecord record, MonoTime deadline) = 0;
  /// Checked records of this kind under this key, at most `cap`, in random order, the highest sequence of each signer, tombstones
  /// included. Empty is an answer too; TimedOut where nobody answered.
  [[nodiscard]] virtual Task<Result<std::vector<SignedRecord>>> get(guard::Permit<guard::DhtQuery>& permit, DhtKey key, RecordKind kind,
                                                                    std::size_t cap, MonoTime deadline) = 0;
  [[nodiscard]] virtual DhtHealth health() const = 0;
  /// Where datagrams arrive, with the port that was picked.
  [[nodiscard]] virtual std::optional<Endpoint> bound() const = 0;
  /// Instead of the settings' nodes to start from, "host:port": they are asked at once, and again while few nodes answer.
  virtual void set_bootstrap(std::vector<std::string> nodes) = 0;
};

struct DhtSettings {
  Endpoint bind;
  std::uint32_t network = 0x5f4d;           // our own id, in every packet
  std::vector<std::string> bootstrap;       // host:port
  bool local_discovery = false;             // multicast on the LAN
  std::filesystem::path state_file;         // saved nodes; empty: none
  std::chrono::seconds record_life{3600};   // how long values are kept unless refreshed; above 10 s (library note)
  unsigned requests_per_second = 8192;      // in all; 0: without limit, for tests on one address
  std::size_t values_per_key = 256;
  std::size_t values_per_source = 64;       // of one key, from one /24 or /48
  std::size_t outside_reply_bytes = 2048;   // per request towards an address that never answered us (security rule S6)
  std::size_t outside_reply_minute = 64 * 1024;
};

/// All outlive the table. `network_change` and the like are not needed: the socket is ours.
struct DhtDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  WorkerPool& workers;
};

[[nodiscard]] Result<std::unique_ptr<Dht>> make_dht(DhtDependencies dependencies, DhtSettings settings);

}  // namespace soulfabric::mesh

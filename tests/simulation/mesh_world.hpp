// SPDX-License-Identifier: GPL-3.0-or-later
// A hundred nodes on virtual time: eighty that keep to the rules, twenty that do not, and a trace of all that happened.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/mesh/control.hpp"
#include "soulfabric/mesh/peer_book.hpp"
#include "soulfabric/services/pods.hpp"
#include "support/sim_dht.hpp"
#include "support/sim_network.hpp"
#include "support/sim_rogue.hpp"

namespace soulfabric::testing {

/// Everything that happened, in order, as one number; two runs of one seed must agree in it.
class Trace {
 public:
  void note(Duration at, std::string_view what, std::uint64_t who, std::uint64_t whom = 0) {
    add(static_cast<std::uint64_t>(at.count()));
    for (const char letter : what) add(static_cast<std::uint8_t>(letter));
    add(who);
    add(whom);
    ++events_;
  }
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }
  [[nodiscard]] std::uint64_t events() const noexcept { return events_; }

 private:
  void add(std::uint64_t value) noexcept {
    hash_ ^= value;
    hash_ *= 0x100000001B3ULL;
    hash_ ^= hash_ >> 29U;
  }
  std::uint64_t hash_ = 0xCBF29CE484222325ULL;
  std::uint64_t events_ = 0;
};

struct WorldOptions {
  std::uint64_t seed = 1;
  std::size_t honest = 80;
  std::size_t hostile = 20;
  std::size_t wanted = 4;         // links that each node keeps
  std::size_t acquaintances = 6;  // whom it calls: these and a few more
  SimWeather weather{std::chrono::milliseconds(5), std::chrono::milliseconds(120), 10, std::chrono::milliseconds(250)};
};

struct CallRecord {
  Duration begun{};
  std::size_t from = 0;
  std::size_t to = 0;
  bool ok = false;
  bool both_up = true;
  bool anybody = false;  // the directory chose; `to` was not asked for
  std::string why;       // it failed
};

class MeshWorld;

/// One node that keeps to the rules. Its power can go and come back.
class SimNode {
 public:
  SimNode(MeshWorld& world, std::size_t index);
  SimNode(const SimNode&) = delete;
  SimNode& operator=(const SimNode&) = delete;
  ~SimNode();

  [[nodiscard]] Task<void> power_on();
  /// Nothing is heard of it from here on.
  void power_off();
  [[nodiscard]] bool is_on() const noexcept { return running_ && !dying_; }
  [[nodiscard]] Task<void> shut_down();

  /// Bytes there and back, by a call of one node or of whom the directory gives.
  [[nodiscard]] Task<Status> call(std::optional<PeerId> whom, std::size_t size, Duration patience);

  [[nodiscard]] mesh::Links& links() noexcept { return *links_; }
  [[nodiscard]] guard::Guard& guard() noexcept { return *guard_; }
  [[nodiscard]] const PeerId& id() const noexcept { return id_; }
  [[nodiscard]] Endpoint endpoint() const noexcept { return endpoint_; }
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  [[nodiscard]] unsigned restarts() const noexcept { return restarts_; }
  [[nodiscard]] mesh::PeerBook& book() noexcept { return *book_; }
  /// What its user does; ended with its power.
  void act(std::string_view what, Task<void> task);
  [[nodiscard]] services::Pods& pods() noexcept { return *pods_; }
  [[nodiscard]] fabric::Fabric& fabric() noexcept { return *fabric_; }
  std::vector<mesh::ConfiguredPeer> configured;
  std::vector<std::size_t> acquaintances;

 private:
  [[nodiscard]] bool open_store();
  void assemble();
  MeshWorld& world_;
  std::size_t index_;
  SeededRandom random_;
  SigningKey key_;
  PeerId id_;
  Endpoint endpoint_;
  std::shared_ptr<const net::TlsIdentity> identity_;
  std::unique_ptr<fabric::MeshService> echo_;
  std::unique_ptr<net::Dialer> dialer_;
  // Anew with each power on; the file of the store stays.
  std::unique_ptr<guard::Guard> guard_;
  std::unique_ptr<DbWriter> store_;
  std::unique_ptr<SimDht> dht_;
  std::unique_ptr<mesh::PeerBook> book_;
  std::unique_ptr<mesh::Links> links_;
  std::unique_ptr<mesh::Control> control_;
  std::unique_ptr<fabric::Fabric> fabric_;
  std::unique_ptr<services::Pods> pods_;
  std::unique_ptr<TaskScope> user_;
  bool running_ = false;
  bool dying_ = false;
  unsigned restarts_ = 0;
};

class MeshWorld {
 public:
  explicit MeshWorld(const WorldOptions& options);
  ~MeshWorld();
  MeshWorld(const MeshWorld&) = delete;
  MeshWorld& operator=(const MeshWorld&) = delete;

  /// Everyone comes up within ten seconds, calls now and then, and the hostile ones begin.
  void begin(Duration length);
  /// Half of the hosts, hostile ones among them, do not hear the other half.
  void split();
  void restart(std::size_t index, Duration dark);
  // A pod of the first node; the others join, post and read.
  void found_pod();
  void join_pod(std::size_t index);
  void post(std::size_t index, std::string body);
  void read_pod(std::size_t index, std::set<std::string>& bodies);
  void run_for(Duration duration);

  [[nodiscard]] IoContext& context() noexcept { return context_; }
  [[nodiscard]] SimClock& clock() noexcept { return clock_; }
  [[nodiscard]] SimNetwork& network() noexcept { return network_; }
  [[nodiscard]] SimDhtWorld& dht() noexcept { return dht_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
  [[nodiscard]] const WorldOptions& options() const noexcept { return options_; }
  [[nodiscard]] std::size_t index_of(const PeerId& peer) const;

  // What is asserted.
  [[nodiscard]] std::size_t links() const;
  [[nodiscard]] std::size_t calls(Duration from, Duration to, bool ok) const;
  /// Those that failed, one per line, for whoever reads a failed test.
  [[nodiscard]] std::string failures(Duration from, Duration to) const;
  [[nodiscard]] std::size_t honest_banned_by_honest() const;
  [[nodiscard]] std::size_t hostile_banned() const;

  Trace trace;
  std::vector<std::unique_ptr<SimNode>> nodes;
  std::vector<std::unique_ptr<SimRogue>> rogues;
  std::vector<CallRecord> call_records;
  std::size_t failed_acts = 0;  // of the pod's members
  std::size_t most_half_open = 0;
  std::size_t most_streams = 0;  // of one link
  std::size_t most_links = 0;    // of one node
  std::size_t most_known = 0;    // peers in one book

 private:
  void introduce();
  [[nodiscard]] std::vector<Bytes> junk(const mesh::DhtKey& key, mesh::RecordKind kind);
  void look();
  [[nodiscard]] Task<void> wake(SimNode& node);
  [[nodiscard]] Task<void> live(SimNode& node);
  [[nodiscard]] Task<void> one_call(SimNode& from, SimNode& to);
  [[nodiscard]] Task<void> come_back(SimNode& node, Duration dark);

  WorldOptions options_;
  IoContext context_{1};
  SimClock clock_{context_};
  SeededRandom random_;
  SimNetwork network_;
  SimDhtWorld dht_;
  std::filesystem::path folder_;
  MonoTime until_{};
  std::string pod_;
  TaskScope scope_;
  std::map<PeerId, std::size_t> by_id_;
};

}  // namespace soulfabric::testing

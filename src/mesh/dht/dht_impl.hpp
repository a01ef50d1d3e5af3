// SPDX-License-Identifier: GPL-3.0-or-later
// The table on the network thread: the receiving loop, lookups and puts of our own, joining and staying joined.
#pragma once
#include <boost/asio/posix/stream_descriptor.hpp>

#include <map>

#include "core/dht_nodes.hpp"
#include "core/dht_put.hpp"
#include "core/dht_search.hpp"
#include "dht/lan_discovery.hpp"
#include "dht/library_node.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/mesh/dht.hpp"

namespace soulfabric::mesh {

class DhtImpl final : public Dht {
 public:
  static constexpr std::size_t kOperations = 64;         // lookups and puts at a time
  static constexpr std::size_t kStartNodes = 12;         // a lookup starts with
  static constexpr std::size_t kBatch = 256;             // datagrams taken before others get a turn
  static constexpr std::chrono::seconds kConnected{120};  // since the last answer of another node
  static constexpr std::chrono::seconds kStopWait{2};
  static constexpr std::chrono::milliseconds kFirstRetry{500};
  static constexpr std::chrono::minutes kSaveInterval{10};

  DhtImpl(DhtDependencies dependencies, DhtSettings settings, Wire::Line line);
  ~DhtImpl() override;

  [[nodiscard]] Status start() override;
  [[nodiscard]] Task<void> stop() override;
  [[nodiscard]] Task<Status> put(guard::Permit<guard::DhtQuery>& permit, SignedRecord record, MonoTime deadline) override;
  [[nodiscard]] Task<Result<std::vector<SignedRecord>>> get(guard::Permit<guard::DhtQuery>& permit, DhtKey key, RecordKind kind, std::size_t cap,
                                                            MonoTime deadline) override;
  [[nodiscard]] DhtHealth health() const override;
  [[nodiscard]] std::optional<Endpoint> bound() const override;
  void set_bootstrap(std::vector<std::string> nodes) override;

  /// For tests: what the gate and the ledger counted.
  [[nodiscard]] DatagramGate::Counters counters() const { return wire_ ? wire_->counters() : DatagramGate::Counters{}; }
  [[nodiscard]] const GuardedLedger& ledger() const { return *ledger_; }
  [[nodiscard]] const NodeId& self() const noexcept { return self_; }

 private:
  /// One lookup or put that waits for datagrams; lives in the coroutine that runs it.
  class Operation {
   public:
    explicit Operation(DhtImpl& owner) : owner_(owner) {}
    virtual ~Operation();
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    virtual void answer(const Endpoint& from, const DatagramMessage& message) = 0;
    virtual void step(MonoTime now) = 0;
    [[nodiscard]] virtual bool finished(MonoTime now) const = 0;
    [[nodiscard]] virtual MonoTime next(MonoTime now) const = 0;
    Notifier changed;

   protected:
    void send(const SearchAsk& ask, const DatagramMessage& request);
    DhtImpl& owner_;

   private:
    std::vector<TransactionId> transactions_;
  };
  class Lookup;
  class PutRound;
  /// A caller is inside get or put: stop waits for it.
  struct Visit {
    explicit Visit(DhtImpl& owner) : owner_(owner) { ++owner_.visits_; }
    ~Visit() {
      if (--owner_.visits_ == 0) owner_.idle_.notify_all();
    }
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    DhtImpl& owner_;
  };

  [[nodiscard]] Task<void> receive();
  [[nodiscard]] Task<void> stay_joined();
  [[nodiscard]] Task<void> join_network();
  void add_saved(const std::vector<Endpoint>& nodes);
  [[nodiscard]] Task<void> look_around();
  [[nodiscard]] Task<void> announce_on_lan();
  [[nodiscard]] Task<void> save();
  [[nodiscard]] Task<void> end_library();
  [[nodiscard]] Task<void> drive(Operation& operation, MonoTime deadline);
  [[nodiscard]] Task<bool> wait_for_nodes(MonoTime deadline);
  [[nodiscard]] Task<Status> put_once(const SignedRecord& record, const Bytes& encoded, MonoTime deadline);
  void take_datagram(const Endpoint& from, ByteView datagram, std::vector<LibraryNode::Arrival>& arrivals);
  void take_own_answer(ByteView datagram);
  void dispatch(const Endpoint& from, const DatagramMessage& message);
  void send(const Endpoint& to, DatagramMessage request);
  [[nodiscard]] std::vector<NodeContact> start_of(const DhtKey& key) const;
  [[nodiscard]] bool is_connected(MonoTime now) const;
  [[nodiscard]] Status may_begin() const;

  DhtDependencies dependencies_;
  DhtSettings settings_;
  Wire::Line line_;
  NodeId self_{};
  NodeId asker_{};  // who our lookups are towards our own store
  std::shared_ptr<Wire> wire_;
  std::shared_ptr<GuardedLedger> ledger_;
  std::shared_ptr<LibraryNode> library_;
  boost::asio::posix::basic_stream_descriptor<IoContext::executor_type> readable_;
  std::unique_ptr<LanDiscovery> lan_;
  TaskScope scope_;
  DhtNodes nodes_;
  std::vector<Endpoint> bootstrap_;  // saved ones
  std::map<TransactionId, Operation*> transactions_;
  std::size_t visits_ = 0;
  Notifier idle_;
  Notifier stopping_;
  Notifier nodes_changed_;
  std::optional<MonoTime> last_answer_;
  std::uint64_t values_refused_ = 0;
  std::string trouble_;
  bool running_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for what the library's thread posts here
};

/// For benches and tests of this room.
[[nodiscard]] Result<std::unique_ptr<DhtImpl>> make_dht_over(DhtDependencies dependencies, DhtSettings settings, Wire::Line line);

}  // namespace soulfabric::mesh

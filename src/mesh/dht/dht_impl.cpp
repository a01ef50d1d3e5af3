// SPDX-License-Identifier: GPL-3.0-or-later
// Start, stop, what arrives, and joining: bootstrap nodes are asked until somebody answers, ever less often.
#include "dht/dht_impl.hpp"

#include <boost/asio/post.hpp>
#include <unistd.h>

#include "dht/dht_operations.hpp"
#include "dht/node_file.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::mesh {

namespace {

constexpr std::chrono::seconds kShortestLife{11};  // the library keeps shorter ones at its pleasure
constexpr std::chrono::seconds kJoinFirst{1};
constexpr std::chrono::seconds kJoinLongest{60};
constexpr std::size_t kFewNodes = 4;
constexpr std::chrono::minutes kRejoin{5};
constexpr std::chrono::seconds kLookAround{5};
constexpr std::chrono::minutes kLookAroundInterval{10};

}  // namespace

DhtImpl::DhtImpl(DhtDependencies dependencies, DhtSettings settings, Wire::Line line)
    : dependencies_(dependencies),
      settings_(std::move(settings)),
      line_(std::move(line)),
      ledger_(std::make_shared<GuardedLedger>(
          LedgerSettings{settings_.record_life, settings_.values_per_key, settings_.values_per_source}, dependencies.random.u64(), dependencies.clock)),
      readable_(dependencies.context),
      scope_(dependencies.context, "dht") {
  dependencies_.random.fill(self_);
  dependencies_.random.fill(asker_);
}

DhtImpl::~DhtImpl() {
  *alive_ = false;
  if (wire_) wire_->close();
  if (library_) library_->join();
}

Status DhtImpl::start() {
  if (running_) return {};
  if (scope_.closing()) return fail(Errc::Unavailable, "a stopped DHT does not start again: make a new one");
  const GateSettings gate{settings_.network, settings_.requests_per_second, settings_.outside_reply_bytes, settings_.outside_reply_minute};
  SF_TRY_ASSIGN(wire_, Wire::open(settings_.bind, gate, dependencies_.random, dependencies_.clock, line_));
  wire_->set_self(self_);
  wire_->on_own_answer([this, alive = alive_, &context = dependencies_.context](ByteView datagram) {
    boost::asio::post(context, [this, alive, copy = Bytes(datagram.begin(), datagram.end())] {
      if (*alive) take_own_answer(copy);
    });
  });
  SF_TRY_ASSIGN(library_, start_library_node(wire_, ledger_, self_, settings_.network, settings_.record_life));
  const int reader = ::dup(wire_->descriptor());
  if (reader < 0) return std::unexpected(error_from_errno(errno, "the DHT's socket cannot be watched"));
  readable_.assign(reader);
  running_ = true;
  scope_.spawn("receive", receive());
  scope_.spawn("join", stay_joined());
  if (settings_.local_discovery) {
    auto lan = LanDiscovery::open(dependencies_.context, wire_->bound(), settings_.network);
    if (lan) {
      lan_ = *std::move(lan);
      scope_.spawn("hear", lan_->listen(dependencies_.clock, [this](Endpoint node) {
        if (running_ && node != wire_->bound()) library_->bootstrap({node});
      }));
      scope_.spawn("announce", announce_on_lan());
    } else {
      log::warning("dht", lan.error().message);
    }
  }
  return {};
}

std::optional<Endpoint> DhtImpl::bound() const { return running_ ? std::optional(wire_->bound()) : std::nullopt; }

void DhtImpl::set_bootstrap(std::vector<std::string> nodes) {
  if (nodes == settings_.bootstrap) return;
  settings_.bootstrap = std::move(nodes);
  trouble_.clear();
  if (running_) scope_.spawn("join", join_network());
}

void DhtImpl::add_saved(const std::vector<Endpoint>& nodes) {
  for (const auto& node : nodes) {
    if (std::ranges::find(bootstrap_, node) == bootstrap_.end() && bootstrap_.size() < 4 * kSavedNodes) bootstrap_.push_back(node);
  }
  if (running_) library_->bootstrap(nodes);
}

Task<void> DhtImpl::receive() {
  using Descriptor = boost::asio::posix::descriptor_base;
  Bytes buffer(kDatagramCap + 1);  // one more, so that a longer one is seen as too long
  while (running_) {
    const auto [code] = co_await readable_.async_wait(Descriptor::wait_read, kAwait);
    if (code || !running_) co_return;
    std::vector<LibraryNode::Arrival> arrivals;
    Endpoint from;
    for (std::size_t i = 0; i < kBatch; ++i) {
      const auto size = wire_->receive(buffer, from);
      if (!size) break;
      take_datagram(from, ByteView(buffer).first(*size), arrivals);
    }
    library_->deliver(std::move(arrivals));
  }
}

void DhtImpl::take_datagram(const Endpoint& from, ByteView datagram, std::vector<LibraryNode::Arrival>& arrivals) {
  auto verdict = wire_->admit(from, datagram);
  const auto now = dependencies_.clock.now();
  if (verdict.answered) {
    last_answer_ = now;
    // The library names only nodes that answered itself; and on loopback it finds none by itself, since it takes every loopback
    // address in an answer for the answerer's own.
    if (nodes_.seen(*verdict.answered, now)) library_->bootstrap({from});
    nodes_changed_.notify_all();
  }
  if (auto* library = std::get_if<DatagramGate::ForLibrary>(&verdict.outcome)) {
    if (const auto& put = library->put) {
      ledger_->with([&](RecordLedger& book, const Clock&) { book.refreshed(put->key, put->slot, put->digest, now); });
    }
    arrivals.push_back({from, std::move(library->datagram)});
  } else if (const auto* search = std::get_if<DatagramGate::ForSearch>(&verdict.outcome)) {
    dispatch(from, search->message);
  }
}

void DhtImpl::take_own_answer(ByteView datagram) {
  if (const auto message = parse_datagram(datagram, settings_.network)) dispatch(own_store(), *message);
}

void DhtImpl::dispatch(const Endpoint& from, const DatagramMessage& message) {
  const auto found = transactions_.find(message.transaction);
  if (found == transactions_.end()) return;
  found->second->answer(from, message);
  found->second->changed.notify_all();
}

void DhtImpl::send(const Endpoint& to, DatagramMessage request) {
  if (to != own_store()) return wire_->send_for_search(to, request);
  request.sender = asker_;
  request.client = true;  // nobody to be kept in the routing table
  std::vector<LibraryNode::Arrival> arrivals;
  arrivals.push_back({to, encode_datagram(request, settings_.network)});
  library_->deliver(std::move(arrivals));
}

std::vector<NodeContact> DhtImpl::start_of(const DhtKey& key) const {
  auto out = nodes_.nearest(key, kStartNodes);
  out.push_back({self_, own_store()});
  return out;
}

bool DhtImpl::is_connected(MonoTime now) const { return last_answer_ && now - *last_answer_ <= kConnected; }

Task<void> DhtImpl::join_network() {
  const auto named = settings_.bootstrap;
  auto found = co_await dependencies_.workers.run([named] { return resolve_nodes(named); });
  if (found.size() < named.size()) trouble_ = "a bootstrap node of the DHT has no address: check its name and the network";
  found.insert(found.end(), bootstrap_.begin(), bootstrap_.end());
  if (running_) library_->bootstrap(found);
}

/// Looks for the nodes near us and near a place at random: they learn of us, we of them.
Task<void> DhtImpl::look_around() {
  NodeId elsewhere{};
  dependencies_.random.fill(elsewhere);
  for (const auto& place : {self_, elsewhere}) {
    if (!running_) co_return;
    const auto deadline = dependencies_.clock.now() + kLookAround;
    Lookup lookup(*this, place, ValueId{1}, RecordKind::Peer);
    co_await drive(lookup, deadline);
  }
}

Task<void> DhtImpl::stay_joined() {
  if (!settings_.state_file.empty()) {
    auto file = settings_.state_file;
    const auto saved = co_await dependencies_.workers.run([file = std::move(file)] { return load_nodes(file); });
    add_saved(saved);
  }
  auto& clock = dependencies_.clock;
  MonoTime::duration pause = kJoinFirst;
  MonoTime next_join = clock.now();
  MonoTime next_save = clock.now() + kSaveInterval;
  MonoTime next_look = clock.now();
  while (running_) {
    const auto now = clock.now();
    if (is_connected(now)) pause = kJoinFirst;
    if (is_connected(now) && now >= next_look) {
      const auto before = nodes_.size();
      co_await look_around();
      // Again soon while that brings many more.
      next_look = clock.now() + (nodes_.size() > before ? MonoTime::duration(kJoinFirst) : MonoTime::duration(kLookAroundInterval));
    }
    const bool is_alone = !is_connected(now) || nodes_.good(now) < kFewNodes;
    if (is_alone && now >= next_join) {
      co_await join_network();
      next_join = clock.now() + (is_connected(clock.now()) ? MonoTime::duration(kRejoin) : pause);
      pause = std::min<MonoTime::duration>(pause * 2, kJoinLongest);
    }
    if (now >= next_save) {
      co_await save();
      next_save = clock.now() + kSaveInterval;
    }
    const auto until = clock.now() + kJoinFirst;
    if (is_connected(clock.now())) {
      co_await stopping_.wait(clock, until);
    } else {
      co_await nodes_changed_.wait(clock, until);  // the first answer is not waited out
    }
  }
}

Task<void> DhtImpl::announce_on_lan() {
  while (running_) {
    lan_->announce();
    const auto now = dependencies_.clock.now();
    // Alone, one says so more often.
    const auto pause = is_connected(now) ? MonoTime::duration(LanDiscovery::kInterval) : MonoTime::duration(kJoinFirst);
    co_await stopping_.wait(dependencies_.clock, now + pause);
  }
}

Task<void> DhtImpl::save() {
  auto nodes = nodes_.newest(kSavedNodes);
  if (settings_.state_file.empty() || nodes.empty()) co_return;
  auto file = settings_.state_file;
  const auto saved =
      co_await dependencies_.workers.run([file = std::move(file), nodes = std::move(nodes)] { return save_nodes(file, nodes); });
  if (!saved) log::warning("dht", "the nodes of the DHT were not saved: " + saved.error().message);
}

Task<void> DhtImpl::stop() {
  if (!running_) co_return;
  running_ = false;
  wire_->close();
  readable_.close();
  if (lan_) lan_->close();
  nodes_changed_.notify_all();
  stopping_.notify_all();
  for (const auto& [transaction, operation] : transactions_) operation->changed.notify_all();
  const auto deadline = dependencies_.clock.now() + kStopWait;
  co_await save();
  co_await scope_.close();
  while (visits_ > 0 && dependencies_.clock.now() < deadline) {
    co_await idle_.wait(dependencies_.clock, deadline);
  }
  co_await end_library();
}

/// An isolated node may take seconds to end: it does so on a worker, and we wait no longer than promised. The socket lives as long.
Task<void> DhtImpl::end_library() {
  auto ended = std::make_shared<Notifier>();
  auto is_over = std::make_shared<bool>(false);
  dependencies_.workers.post([library = std::move(library_), wire = wire_, ended, is_over, &context = dependencies_.context]() mutable {
    library->join();
    library.reset();
    wire.reset();
    boost::asio::post(context, [ended, is_over] {
      *is_over = true;
      ended->notify_all();
    });
  });
  library_.reset();
  const auto deadline = dependencies_.clock.now() + kStopWait;
  while (!*is_over && dependencies_.clock.now() < deadline) {
    co_await ended->wait(dependencies_.clock, deadline);
  }
}

DhtHealth DhtImpl::health() const {
  DhtHealth out;
  const auto now = dependencies_.clock.now();
  out.running = running_;
  out.connected = running_ && is_connected(now);
  out.nodes_good = nodes_.good(now);
  out.nodes_dubious = nodes_.size() - out.nodes_good;
  ledger_->with([&](const RecordLedger& book, const Clock&) {
    out.values_stored = book.size();
    out.values_refused = book.refused();
  });
  out.values_refused += values_refused_;
  if (wire_) {
    const auto counters = wire_->counters();
    out.datagrams_in = counters.in;
    out.datagrams_out = counters.out;
    out.datagrams_dropped = counters.dropped_in_all();
  }
  if (running_ && !out.connected) {
    out.trouble = trouble_.empty() ? "no node of the DHT answers: check the network, the firewall for UDP and the bootstrap nodes" : trouble_;
  }
  return out;
}

Result<std::unique_ptr<DhtImpl>> make_dht_over(DhtDependencies dependencies, DhtSettings settings, Wire::Line line) {
  if (settings.record_life < kShortestLife) {
    return fail(Errc::InvalidArgument, "records of the DHT must live longer than 10 seconds");
  }
  if (settings.network == 0) return fail(Errc::InvalidArgument, "the DHT's network id must not be 0, which is the public network's");
  return std::make_unique<DhtImpl>(dependencies, std::move(settings), std::move(line));
}

Result<std::unique_ptr<Dht>> make_dht(DhtDependencies dependencies, DhtSettings settings) {
  SF_TRY_ASSIGN(auto dht, make_dht_over(dependencies, std::move(settings), {}));
  return std::unique_ptr<Dht>(std::move(dht));
}

}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// The DHT with 64 nodes in one process, each on an address of its own: put, get, and the lookup of 20 providers under 4 keys at once,
// plain on loopback and through a line of 50 ms round trip that loses 2 % of the datagrams.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <condition_variable>
#include <queue>
#include <set>
#include <thread>

#include "bench/figures.hpp"
#include "mesh/dht/dht_impl.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/guard/guard.hpp"

using namespace soulfabric;
using namespace soulfabric::mesh;

namespace {

constexpr std::size_t kNodes = 64;
constexpr std::size_t kProviders = 20;
constexpr std::size_t kKeys = 4;
constexpr std::size_t kRounds = 8;
constexpr std::chrono::milliseconds kOneWay{25};
constexpr unsigned kLossPercent = 2;

/// Holds each datagram back for half a round trip and loses some.
class ShapedLine {
 public:
  ShapedLine() : thread_([this] { run(); }) {}
  ~ShapedLine() {
    {
      const std::scoped_lock lock(mutex_);
      ends_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  ShapedLine(const ShapedLine&) = delete;
  ShapedLine& operator=(const ShapedLine&) = delete;
  void carry(const Endpoint& to, ByteView datagram, const Wire::Send& send) {
    const std::scoped_lock lock(mutex_);
    if (random_.below(100) < kLossPercent) return;
    held_.push({std::chrono::steady_clock::now() + kOneWay, to, Bytes(datagram.begin(), datagram.end()), send});
    wake_.notify_all();
  }

 private:
  struct Held {
    MonoTime due;
    Endpoint to;
    Bytes datagram;
    Wire::Send send;
  };
  void run() {
    std::unique_lock lock(mutex_);
    while (!ends_) {
      if (held_.empty()) {
        wake_.wait(lock);
      } else if (held_.front().due > std::chrono::steady_clock::now()) {
        wake_.wait_until(lock, held_.front().due);
      } else {
        const auto due = std::move(held_.front());
        held_.pop();
        lock.unlock();
        due.send(due.to, due.datagram);
        lock.lock();
      }
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::queue<Held> held_;  // every datagram is held equally long
  SeededRandom random_{7};
  bool ends_ = false;
  std::thread thread_;
};

struct World {
  IoContext context{1};
  SystemIoClock clock;
  SystemRandom random;
  WorkerPool workers{2};
  std::unique_ptr<guard::Guard> guardian;
  std::unique_ptr<ShapedLine> line;
  std::vector<std::unique_ptr<DhtImpl>> nodes;
  bench::Rounds puts, gets, lookups;
  std::size_t wanted = 0;
  std::size_t found = 0;

  World() {
    guard::GuardOptions options;
    options.budget.node_minute = 1'000'000;
    options.budget.user_reserve = 900'000;
    guardian = std::make_unique<guard::Guard>(options, clock);
  }
  [[nodiscard]] double seconds() const { return bench::wall_seconds(); }
};

Task<void> start_nodes(World& world) {
  for (std::size_t i = 0; i < kNodes; ++i) {
    DhtSettings settings;
    settings.network = 77;
    settings.bind = {IpAddress::v4(0x7F000001U + static_cast<std::uint32_t>((i + 1) << 8)), 0};
    if (i > 0) settings.bootstrap = {world.nodes[world.random.below(i)]->bound()->to_string()};
    Wire::Line line;
    if (world.line) line = [&world](const Endpoint& to, ByteView datagram, const Wire::Send& send) { world.line->carry(to, datagram, send); };
    auto node = make_dht_over({world.context, world.clock, world.random, world.workers}, settings, std::move(line));
    if (!node || !(*node)->start()) std::abort();
    world.nodes.push_back(*std::move(node));
    co_await world.clock.sleep_for(std::chrono::milliseconds(20));
  }
  co_await world.clock.sleep_for(std::chrono::seconds(6));
}

Task<void> put_one(World& world, std::size_t node, SignedRecord record) {
  auto permit = world.guardian->try_permit<guard::DhtQuery>(guard::ActRequest{});
  const double start = world.seconds();
  const auto done = co_await world.nodes[node]->put(*permit, std::move(record), world.clock.now() + std::chrono::seconds(10));
  if (done) world.puts.add((world.seconds() - start) * 1000);
}

Task<void> get_one(World& world, std::size_t node, DhtKey key, std::set<PublicKey>& signers) {
  auto permit = world.guardian->try_permit<guard::DhtQuery>(guard::ActRequest{});
  const double start = world.seconds();
  const auto found = co_await world.nodes[node]->get(*permit, key, RecordKind::Descriptor, 256, world.clock.now() + std::chrono::seconds(5));
  world.gets.add((world.seconds() - start) * 1000);
  if (!found) co_return;
  for (const auto& record : *found) signers.insert(record.signer);
}

DhtKey key_of(std::size_t round, std::size_t shard) { return dht_key("bench", bytes_of(std::to_string(round) + "/" + std::to_string(shard))); }

Task<void> one_round(World& world, std::size_t round) {
  {
    TaskScope scope(world.context, "put");
    for (std::size_t i = 0; i < kProviders; ++i) {
      const auto signer = SigningKey::generate(world.random);
      for (std::size_t shard = 0; shard < kKeys; ++shard) {
        SignedRecord record;
        record.kind = RecordKind::Descriptor;
        record.key = key_of(round, shard);
        record.sequence = 1;
        record.created = to_unix_micros(world.clock.wall()) / 1'000'000;
        record.expires = record.created + 3600;
        record.body.assign(200, 0x42);
        const auto signed_record = sign_record(signer, record);
        scope.spawn("put", put_one(world, i, *signed_record));
      }
    }
    co_await scope.join();
  }
  // Each asker has never asked for these keys; the askers are not the providers.
  for (std::size_t asker = kProviders + round * 5; asker < kProviders + round * 5 + 5; ++asker) {
    std::set<PublicKey> signers;
    const double start = world.seconds();
    TaskScope scope(world.context, "get");
    for (std::size_t shard = 0; shard < kKeys; ++shard) scope.spawn("get", get_one(world, asker, key_of(round, shard), signers));
    co_await scope.join();
    world.lookups.add((world.seconds() - start) * 1000);
    world.wanted += kProviders;
    world.found += signers.size();
  }
}

Task<void> measure(World& world) {
  co_await start_nodes(world);
  for (std::size_t round = 0; round < kRounds; ++round) co_await one_round(world, round);
  for (const auto& node : world.nodes) co_await node->stop();
}

void run(const std::string& name, bool is_shaped) {
  World world;
  if (is_shaped) world.line = std::make_unique<ShapedLine>();
  boost::asio::co_spawn(world.context, measure(world), boost::asio::detached);
  world.context.run();
  std::printf("%s: %zu nodes, %zu lookups of %zu records under %zu keys\n", name.c_str(), kNodes, world.lookups.values.size(), kProviders, kKeys);
  const auto print = [&](const char* what, double value, const char* unit, const char* goal) {
    bench::print_figure((name + "_" + what).c_str(), value, unit, goal);
  };
  print("put_p50", world.puts.median(), "ms", "-");
  print("put_p95", world.puts.quantile(0.95), "ms", "-");
  print("get_p50", world.gets.median(), "ms", "-");
  print("get_p95", world.gets.quantile(0.95), "ms", "-");
  print("lookup_p50", world.lookups.median(), "ms", is_shaped ? "<=400" : "-");
  print("lookup_p95", world.lookups.quantile(0.95), "ms", is_shaped ? "<=1200" : "-");
  print("found", 100.0 * static_cast<double>(world.found) / static_cast<double>(world.wanted), "%", ">=99");
  print("puts_done", 100.0 * static_cast<double>(world.puts.values.size()) / static_cast<double>(kRounds * kProviders * kKeys), "%", "-");
  world.nodes.clear();
}

}  // namespace

int main() {
  if (!crypto::initialise()) return 1;
  run("dht_loopback", false);
  run("dht_50ms_2percent", true);
  return 0;
}

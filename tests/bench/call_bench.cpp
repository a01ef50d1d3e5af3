// SPDX-License-Identifier: GPL-3.0-or-later
// Calls between two nodes on loopback, each on a thread of its own, over TLS and with every check on; beside bare TLS ping-pong and,
// where Debian's package is there, gRPC doing the same.
#include <sched.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <thread>
#include <vector>

#include "bench/call_yardsticks.hpp"
#include "bench/figures.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/fabric/typed.hpp"
#include "soulfabric/net/tcp.hpp"
#include "support/fixed_peers.hpp"
#include "support/memory_dht.hpp"

namespace soulfabric::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kWarmUp = 2'000;
constexpr int kRoundTrips = 20'000;
constexpr int kCalls = 100'000;
constexpr int kInFlight = 64;
constexpr int kRounds = 5;

struct Words {
  std::string text;
  template <class Visitor>
  void fields(Visitor& f) {
    f("text", text, 200);
  }
};

class Echo final : public fabric::TypedService<Echo> {
 public:
  Echo()
      : TypedService({.name = "echo", .version = "1.0.0", .calls_per_minute = 2'000'000'000},
                     {fabric::method<&Echo::say>("Say", {.idempotent = true, .units = 1})}) {}
  Task<Result<Words>> say(fabric::CallContext&, Words words) { co_return words; }
};

/// Nobody is known: what the fabric asks of the book is whether a caller is trusted.
class EmptyBook final : public mesh::PeerBook {
 public:
  Task<std::vector<Endpoint>> locate(PeerId, guard::Origin, MonoTime) override { co_return std::vector<Endpoint>{}; }
  void dialled(const PeerId&, const Endpoint&, const Status&) override {}
  void linked(const PeerId&, const PublicKey&, const Endpoint&, mesh::Direction) override {}
  std::vector<PeerId> wanted() const override { return {}; }
  Task<Status> start() override { co_return Status{}; }
  Task<void> stop() override { co_return; }
  void set_endpoints(std::vector<Endpoint>) override {}
  std::optional<mesh::SignedRecord> own_record() const override { return std::nullopt; }
  Status learn(const mesh::SignedRecord&) override { return {}; }
  mesh::RotationOutcome learn(const mesh::Rotation&, const std::optional<IpAddress>&) override { return {}; }
  std::vector<mesh::KnownPeer> known() const override { return {}; }
  std::optional<mesh::KnownPeer> find(const PeerId&) const override { return std::nullopt; }
  bool is_trusted(const PeerId&) const override { return false; }
  void configure(const mesh::PeerBookSettings&) override {}
};

/// The checks of a real node; only the numbers are raised.
guard::GuardOptions raised() {
  guard::GuardOptions options;
  options.budget.per_peer_minute = 100'000'000;
  options.budget.node_minute = 400'000'000;
  options.budget.user_reserve = 100'000'000;
  options.budget.strangers.percent = 100;
  options.budget.strangers.prefix_percent = 100;
  return options;
}

fabric::RouterSettings open_router() {
  fabric::RouterSettings settings;
  settings.exposed = {"echo"};
  settings.calls_per_peer = 2'000'000'000;
  settings.outbound_per_peer = 1024;
  settings.concurrent_per_peer = 2048;
  settings.strangers = {100, 100};
  return settings;
}

struct Node {
  Node(std::uint64_t seed, bool listens) : random(seed), guard(raised(), clock), key(SigningKey::generate(random)), id(PeerId::of(key.public_key())) {
    mesh::LinkSettings settings;
    if (listens) settings.listen = Endpoint{IpAddress::v4(0x7F000001), 0};
    const auto identity = net::TlsIdentity::make(key, mesh::kAlpn);
    links = mesh::make_links({context, clock, random, guard, *dialer, peers, identity.value(),
                              [this](Endpoint at) { return net::listen_tcp(context, clock, at); }},
                             settings);
    fabric::DirectorySettings quiet;
    quiet.publish = false;
    fabric = fabric::make_fabric({context, clock, random, guard, *links, book, dht, key}, open_router(), quiet);
    if (!fabric->add(echo)) std::abort();
  }
  void start() {
    if (!links->start()) std::abort();
  }
  IoContext context{1};
  SystemIoClock clock;
  SeededRandom random;
  guard::Guard guard;
  SigningKey key;
  PeerId id;
  soulfabric::testing::MemoryTable table;
  soulfabric::testing::MemoryDht dht{table, clock};
  EmptyBook book;
  soulfabric::testing::FixedPeers peers;
  std::unique_ptr<net::Dialer> dialer = net::make_tcp_dialer(context, clock);
  std::unique_ptr<mesh::Links> links;
  Echo echo;
  std::unique_ptr<fabric::Fabric> fabric;
};

Task<void> one_call(Node& node, PeerId to) {
  auto permit = node.guard.try_permit<guard::MeshCall>({guard::Origin::UserLocal, guard::Subject::node()});
  if (!permit) std::abort();
  const auto answer = co_await fabric::ask<Words>(*node.fabric, std::move(*permit), "echo", "Say", Words{"sixteen letters."}, {.to = to});
  if (!answer) {
    std::fprintf(stderr, "a call failed: %s\n", answer.error().message.c_str());
    std::abort();
  }
}

Task<void> ping_pong(Node& node, PeerId to, int calls, std::vector<double>& micros) {
  for (int i = 0; i < calls; ++i) {
    const double begin = wall_seconds();
    co_await one_call(node, to);
    micros.push_back((wall_seconds() - begin) * 1e6);
  }
}

Task<void> some_calls(Node& node, PeerId to, int calls) {
  for (int i = 0; i < calls; ++i) co_await one_call(node, to);
}

Task<void> many(Node& node, PeerId to) {
  TaskScope scope(node.context, "bench");
  for (int i = 0; i < kInFlight; ++i) scope.spawn("calls", some_calls(node, to, kCalls / kInFlight));
  co_await scope.join();
}

/// Runs on the node's own loop, in this thread.
void drive(Node& node, Task<void> task) {
  bool ended = false;
  boost::asio::co_spawn(node.context, std::move(task), [&](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
    ended = true;
    node.context.stop();
  });
  node.context.restart();
  while (!ended) node.context.run();
}

Task<void> begin(Node& node, Node& other, Endpoint at) {
  const auto started = co_await node.fabric->start();
  const auto linked = co_await node.links->dial(other.id, at, node.clock.now() + 5s);
  if (!started || !linked) std::abort();
}

Task<void> finish(Node& node) {
  co_await node.fabric->stop();
  co_await node.links->stop();
}

/// Keeps every core from sleeping, with threads that run only where nobody else wants to: on an idle machine most of a round trip is
/// the waking of the two cores, for whoever is measured.
class AwakeCores {
 public:
  AwakeCores() {
    for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) threads_.emplace_back([this] { spin(); });
  }
  AwakeCores(const AwakeCores&) = delete;
  AwakeCores& operator=(const AwakeCores&) = delete;
  ~AwakeCores() {
    over_ = true;
    for (auto& thread : threads_) thread.join();
  }

 private:
  void spin() const {
    const sched_param none{};
    if (sched_setscheduler(0, SCHED_IDLE, &none) != 0) return;
    while (!over_.load(std::memory_order_relaxed)) {
    }
  }
  std::atomic<bool> over_ = false;
  std::vector<std::thread> threads_;
};

void measure_awake(Node& client, const PeerId& to) {
  const AwakeCores awake;
  const PingPong bare = bare_tls_ping_pong(kRoundTrips);
  Rounds trips;
  drive(client, ping_pong(client, to, kRoundTrips, trips.values));
  print_figure("call_round_trip_p50_cores_awake", trips.quantile(0.5), "us", "<=80", bare.p50);
  print_figure("call_round_trip_p99_cores_awake", trips.quantile(0.99), "us", "<=1000", bare.p99);
}

void measure(Node& client, const PeerId& to, const PingPong& bare, double grpc_per_core, double grpc_p50) {
  std::vector<double> warm;
  drive(client, ping_pong(client, to, kWarmUp, warm));
  Rounds trips;
  drive(client, ping_pong(client, to, kRoundTrips, trips.values));
  print_figure("call_round_trip_p50", trips.quantile(0.5), "us", "<=80", bare.p50);
  print_figure("call_round_trip_p99", trips.quantile(0.99), "us", "<=1000", bare.p99);
  if (grpc_p50 > 0) print_figure("call_round_trip_p50_beside_grpc", trips.quantile(0.5), "us", "none", grpc_p50);
  Rounds per_core;
  Rounds per_second;
  for (int round = 0; round < kRounds; ++round) {
    const double wall = wall_seconds();
    const double cpu = process_cpu_seconds();
    drive(client, many(client, to));
    per_core.add(kCalls / kInFlight * kInFlight / (process_cpu_seconds() - cpu));
    per_second.add(kCalls / kInFlight * kInFlight / (wall_seconds() - wall));
  }
  print_rounds("calls_per_core_both_ends", per_core, "calls/cpu_s", ">=20000", grpc_per_core);
  print_rounds("calls_per_second_one_link", per_second, "calls/s", "none");
}

}  // namespace
}  // namespace soulfabric::bench

int main() {
  using namespace soulfabric;
  using namespace soulfabric::bench;
  const PingPong bare = bare_tls_ping_pong(20'000);
  const GrpcFigures grpc = grpc_echo(20'000, 100'000, 64);
  Node server(1, true);
  Node client(2, false);
  server.start();
  client.start();
  const Endpoint at = server.links->listening().value();
  drive(server, [](Node& node) -> Task<void> {
    const auto started = co_await node.fabric->start();
    if (!started) std::abort();
  }(server));
  server.context.restart();
  std::thread other([&server] {
    const auto work = boost::asio::make_work_guard(server.context);
    server.context.run();
  });
  drive(client, begin(client, server, at));
  measure(client, server.id, bare, grpc.per_core, grpc.p50);
  measure_awake(client, server.id);
  drive(client, finish(client));
  boost::asio::post(server.context, [&server] { server.context.stop(); });
  other.join();
  drive(server, finish(server));
  return 0;
}

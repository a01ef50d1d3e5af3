// SPDX-License-Identifier: GPL-3.0-or-later
// Discover, then call, cold: 64 nodes of the table, 20 of them providers of one service, 50 ms round trips and 2 % loss between all.
// An asker has joined the table and knows nothing else: no provider, no address, no link. Measured from the wish to the answer.
#include <boost/asio/co_spawn.hpp>

#include <filesystem>

#include "bench/delayed_net.hpp"
#include "bench/figures.hpp"
#include "mesh/dht/dht_impl.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/fabric/typed.hpp"
#include "soulfabric/mesh/control.hpp"

namespace soulfabric::bench {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kNodes = 64;
constexpr unsigned kProviders = 20;

struct Word {
  std::string text;
  template <class Visitor>
  void fields(Visitor& f) {
    f("text", text, 200);
  }
};

class Echo final : public fabric::TypedService<Echo> {
 public:
  Echo() : TypedService({.name = "echo", .version = "1.0.0"}, {fabric::method<&Echo::say>("Say", {.idempotent = true})}) {}
  Task<Result<Word>> say(fabric::CallContext&, Word word) { co_return word; }
};

struct World {
  IoContext context{1};
  SystemIoClock clock;
  SystemRandom random;
  WorkerPool workers{1};
  Distance distance;
  TaskScope lines{context, "lines"};
  std::filesystem::path folder;
  std::vector<std::unique_ptr<mesh::DhtImpl>> tables;
  std::unique_ptr<DelayQueue> queue = std::make_unique<DelayQueue>();

  static Endpoint address(unsigned node) { return {IpAddress::v4(0x7F000001U + ((node + 1) << 8U)), 0}; }
  mesh::Wire::Line line() {
    return [this](const Endpoint& to, ByteView datagram, const mesh::Wire::Send& send) {
      if (queue->lost(distance.loss_per_mille)) return;
      queue->at(clock.now() + distance.one_way, [to, data = Bytes(datagram.begin(), datagram.end()), send] { send(to, data); });
    };
  }
};

/// A node on one of the tables; everything of it is new.
struct Node {
  Node(World& world, unsigned number, bool provides, unsigned serial) : key(SigningKey::generate(world.random)) {
    auto db = Database::open(world.folder / ("mesh" + std::to_string(serial) + ".db"), mesh::mesh_migrations());
    if (!db) std::abort();
    store = std::make_unique<DbWriter>(world.context, world.clock, std::move(*db));
    guard = std::make_unique<guard::Guard>(guard::GuardOptions{}, world.clock);
    dialer = std::make_unique<DelayedDialer>(world.context, world.clock, world.lines, *world.queue, world.distance);
    mesh::PeerBookSettings book;
    book.publish = provides ? mesh::Publish::Public : mesh::Publish::Linked;
    book.private_endpoints = true;
    peers = mesh::make_peer_book({world.context, world.clock, world.random, *guard, *world.tables[number], *store, key}, book);
    mesh::LinkSettings links_settings;
    if (provides) links_settings.listen = World::address(number);
    links_settings.handshakes_per_prefix = links_settings.handshakes_per_second = 10'000;
    const auto listen = [&world](Endpoint at) -> Result<std::unique_ptr<net::Listener>> {
      SF_TRY_ASSIGN(std::unique_ptr<net::Listener> inner, net::listen_tcp(world.context, world.clock, at));
      return std::make_unique<DelayedListener>(std::move(inner), world.clock, world.lines, *world.queue, world.distance);
    };
    auto identity = net::TlsIdentity::make(key, mesh::kAlpn);
    if (!identity) std::abort();
    links = mesh::make_links({world.context, world.clock, world.random, *guard, *dialer, *peers, *identity, listen}, links_settings);
    fabric::RouterSettings router;
    if (provides) router.exposed = {"echo"};
    fabric::DirectorySettings directory;
    directory.publish = provides;
    fabric = fabric::make_fabric({world.context, world.clock, world.random, *guard, *links, *peers, *world.tables[number], key}, router, directory);
    if (provides && !fabric->add(echo)) std::abort();
  }
  Task<void> start() {
    if (!links->start()) std::abort();
    const auto book = co_await peers->start();
    if (!book) std::abort();
    if (links->listening()) peers->set_endpoints({*links->listening()});
    const auto begun = co_await fabric->start();
    if (!begun) std::abort();
  }
  Task<void> stop() {
    co_await fabric->stop();
    co_await links->stop();
    co_await peers->stop();
    co_await store->close();
  }
  SigningKey key;
  Echo echo;
  std::unique_ptr<DbWriter> store;
  std::unique_ptr<guard::Guard> guard;
  std::unique_ptr<net::Dialer> dialer;
  std::unique_ptr<mesh::PeerBook> peers;
  std::unique_ptr<mesh::Links> links;
  std::unique_ptr<fabric::Fabric> fabric;
};

struct Figures {
  Rounds whole, finding;
  unsigned asked = 0, found = 0, answered = 0;
};

Task<void> ask_once(World& world, Node& node, Figures& figures) {
  ++figures.asked;
  auto permit = node.guard->try_permit<guard::MeshCall>({guard::Origin::UserLocal, guard::Subject::node()});
  if (!permit) std::abort();
  const double begin = wall_seconds();
  const auto providers = co_await node.fabric->find(guard::Origin::UserLocal, "echo", world.clock.now() + 10s);
  figures.finding.add((wall_seconds() - begin) * 1000);
  if (providers && !providers->empty()) ++figures.found;
  fabric::CallOptions options;
  options.timeout = 10s;
  options.idempotent = true;
  const auto outcome = co_await node.fabric->call(std::move(*permit), "echo", "Say", fabric::encode(Word{"hello"}), options);
  if (outcome && outcome->status == fabric::CallStatus::Ok) {
    ++figures.answered;
    figures.whole.add((wall_seconds() - begin) * 1000);
  } else if (!outcome) {
    std::printf("  a call failed: %s\n", outcome.error().message.c_str());
  }
}

Task<void> settle(World& world) {
  const MonoTime limit = world.clock.now() + 60s;
  for (bool all = false; !all && world.clock.now() < limit;) {
    all = true;
    for (const auto& table : world.tables) all = all && table->health().nodes_good >= 16;
    co_await world.clock.sleep_for(100ms);
  }
}

Task<void> play(World& world, unsigned rounds, Figures& figures) {
  co_await settle(world);
  std::vector<std::unique_ptr<Node>> providers;
  for (unsigned i = 0; i < kProviders; ++i) {
    providers.push_back(std::make_unique<Node>(world, 1 + i * 3, true, i));
    co_await providers.back()->start();
  }
  co_await world.clock.sleep_for(30s);  // until all have published under all sixteen keys
  for (unsigned round = 0; round < rounds; ++round) {
    const unsigned number = 2 + (round % kProviders) * 3;
    const auto asker = std::make_unique<Node>(world, number, false, 1000 + round);
    co_await asker->start();
    co_await ask_once(world, *asker, figures);
    co_await asker->stop();
  }
  for (const auto& provider : providers) co_await provider->stop();
  for (const auto& table : world.tables) co_await table->stop();
  world.queue.reset();
  co_await world.lines.close();
}

void drive(IoContext& context, Task<void> task) {
  boost::asio::co_spawn(context, std::move(task), [&context](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
    context.stop();
  });
  context.run();
}

int run(unsigned rounds) {
  if (!crypto::initialise()) return 1;
  World world;
  std::string pattern = (std::filesystem::temp_directory_path() / "sf-discover-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) return 1;
  world.folder = pattern;
  for (unsigned i = 0; i < kNodes; ++i) {
    mesh::DhtSettings settings;
    settings.bind = World::address(i);
    settings.requests_per_second = 0;
    if (i > 0) settings.bootstrap = {world.tables.front()->bound()->to_string()};
    auto table = mesh::make_dht_over({world.context, world.clock, world.random, world.workers}, settings, world.line());
    if (!table || !(*table)->start()) return 1;
    world.tables.push_back(std::move(*table));
  }
  Figures figures;
  drive(world.context, play(world, rounds, figures));
  std::filesystem::remove_all(world.folder);
  const double share = 100.0 * figures.answered / figures.asked;
  std::printf("  %u rounds, each by a new identity on a table that has joined; %u nodes, %u providers, %lld ms round trip, %.1f %% loss\n",
              figures.asked, kNodes, kProviders, static_cast<long long>(2 * world.distance.one_way.count()), world.distance.loss_per_mille / 10.0);
  print_figure("discover_p50", figures.finding.quantile(0.5), "ms", "-");
  print_figure("discover_then_call_p50", figures.whole.quantile(0.5), "ms", "<=400");
  print_figure("discover_then_call_p95", figures.whole.quantile(0.95), "ms", "<=1200");
  print_figure("discover_found", 100.0 * figures.found / figures.asked, "%", ">=99");
  print_figure("discover_answered", share, "%", ">=99");
  return 0;
}

}  // namespace
}  // namespace soulfabric::bench

int main(int argc, char** argv) { return soulfabric::bench::run(argc > 1 ? static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10)) : 200U); }

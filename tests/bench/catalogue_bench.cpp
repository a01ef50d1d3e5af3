// SPDX-License-Identifier: GPL-3.0-or-later
// A release that its owner has in memory, asked for over one link on loopback and checked, beside a bare call over the same link: the time
// of a user's question whose answer is one node away. Each node is a thread of its own; every check is on.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <cstdlib>
#include <iterator>
#include <thread>

#include "bench/figures.hpp"
#include "soulfabric/fabric/typed.hpp"
#include "soulfabric/net/tcp.hpp"
#include "soulfabric/relay/catalogue.hpp"
#include "support/fake_mesh.hpp"
#include "support/fixed_peers.hpp"
#include "support/memory_dht.hpp"

namespace soulfabric::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kWarmUp = 1'000;
constexpr int kQuestions = 10'000;

struct Words {
  std::string text;
  template <class Visitor>
  void fields(Visitor& f) {
    f("text", text, 200);
  }
};

class Echo final : public fabric::TypedService<Echo> {
 public:
  Echo() : TypedService({.name = "echo", .version = "1.0.0", .calls_per_minute = 2'000'000'000}, {fabric::method<&Echo::say>("Say", {.units = 1})}) {}
  Task<Result<Words>> say(fabric::CallContext&, Words words) { co_return words; }
};

/// The catalogue's service under a rate that does not end the measurement.
class Hurried final : public fabric::MeshService {
 public:
  explicit Hurried(fabric::MeshService& inner) : inner_(inner), info_(inner.info()) { info_.calls_per_minute = 2'000'000'000; }
  const fabric::ServiceInfo& info() const override { return info_; }
  Task<fabric::Reply> call(fabric::CallContext& context, std::string method, ByteView payload) override {
    return inner_.call(context, std::move(method), payload);
  }
  Task<fabric::CallStatus> stream(fabric::CallContext& context, std::string method, ByteView payload, mesh::Stream& stream) override {
    return inner_.stream(context, std::move(method), payload, stream);
  }

 private:
  fabric::MeshService& inner_;
  fabric::ServiceInfo info_;
};

/// Every question gets the same release.
class OneRelease final : public net::HttpClient {
 public:
  explicit OneRelease(std::string body) : body_(std::move(body)) {}
  Task<Result<net::HttpResponse>> fetch(net::HttpRequest) override {
    net::HttpResponse response;
    response.status = 200;
    response.headers["content-type"] = "application/json";
    response.body = Bytes(body_.begin(), body_.end());
    co_return response;
  }
  void configure(net::HttpClientSettings) override {}
  net::HttpClientMetrics metrics() const override { return {}; }

 private:
  std::string body_;
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
  settings.exposed = {"echo", std::string(relay::kCatalogueService)};
  settings.calls_per_peer = 2'000'000'000;
  settings.concurrent_per_peer = 64;
  settings.strangers = {100, 100};
  return settings;
}

relay::CatalogueSettings unchecked() {
  relay::CatalogueSettings settings;
  settings.spot_check = 0;
  return settings;
}

struct Node {
  Node(std::uint64_t seed, bool listens, soulfabric::testing::MemoryTable& table, const std::string& release)
      : random(seed), guard(raised(), clock), key(SigningKey::generate(random)), id(PeerId::of(key.public_key())), dht(table, clock), http(release) {
    mesh::LinkSettings settings;
    if (listens) settings.listen = Endpoint{IpAddress::v4(0x7F000001), 0};
    const auto identity = net::TlsIdentity::make(key, mesh::kAlpn);
    links = mesh::make_links({context, clock, random, guard, *dialer, peers, identity.value(),
                              [this](Endpoint at) { return net::listen_tcp(context, clock, at); }},
                             settings);
    fabric = fabric::make_fabric({context, clock, random, guard, *links, book, dht, key}, open_router(), fabric::DirectorySettings{});
    catalogue = relay::make_catalogue({context, clock, random, workers, guard, http, key}, unchecked());
    hurried = std::make_unique<Hurried>(catalogue->service());
    if (!fabric->add(echo) || !fabric->add(*hurried)) std::abort();
    catalogue->use(fabric.get(), &book, links.get());
  }
  IoContext context{1};
  SystemIoClock clock;
  SeededRandom random;
  WorkerPool workers{0};
  guard::Guard guard;
  SigningKey key;
  PeerId id;
  soulfabric::testing::MemoryDht dht;
  soulfabric::testing::FakePeerBook book;
  soulfabric::testing::FixedPeers peers;
  OneRelease http;
  std::unique_ptr<net::Dialer> dialer = net::make_tcp_dialer(context, clock);
  std::unique_ptr<mesh::Links> links;
  Echo echo;
  std::unique_ptr<fabric::Fabric> fabric;
  std::unique_ptr<relay::Catalogue> catalogue;
  std::unique_ptr<fabric::MeshService> hurried;
};

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
  const auto ready = co_await node.catalogue->start();
  const auto linked = co_await node.links->dial(other.id, at, node.clock.now() + 5s);
  const auto found = co_await node.fabric->find(guard::Origin::UserLocal, std::string(relay::kCatalogueService), node.clock.now() + 5s);
  if (!started || !ready || !linked || !found) std::abort();
}

Task<void> finish(Node& node) {
  node.catalogue->use(nullptr, nullptr, nullptr);
  co_await node.fabric->stop();
  co_await node.links->stop();
  co_await node.catalogue->stop();
}

Task<void> calls(Node& node, PeerId to, int count, std::vector<double>& micros) {
  for (int i = 0; i < count; ++i) {
    const double before = wall_seconds();
    auto permit = node.guard.try_permit<guard::MeshCall>({guard::Origin::UserLocal, guard::Subject::node()});
    if (!permit) std::abort();
    const auto answer = co_await fabric::ask<Words>(*node.fabric, std::move(*permit), "echo", "Say", Words{"sixteen letters."}, {.to = to});
    if (!answer) std::abort();
    micros.push_back((wall_seconds() - before) * 1e6);
  }
}

/// What was told before is forgotten each time, so that each question goes over the link.
Task<void> questions(Node& node, relay::CatalogueKey key, int count, std::vector<double>& micros) {
  for (int i = 0; i < count; ++i) {
    node.catalogue->clear();
    const double before = wall_seconds();
    const auto answer = co_await node.catalogue->fetch(key, guard::Origin::UserLocal, node.clock.now() + 5s);
    micros.push_back((wall_seconds() - before) * 1e6);
    if (!answer || answer->via != relay::CatalogueVia::Mesh) {
      const auto metrics = node.catalogue->metrics();
      std::fprintf(stderr, "question %d was not answered by the owner (%s): %llu passed over, %llu refused, %llu from the mesh\n", i,
                   answer ? "it came from elsewhere" : answer.error().message.c_str(), static_cast<unsigned long long>(metrics.owners_passed_over),
                   static_cast<unsigned long long>(metrics.refused_answers), static_cast<unsigned long long>(metrics.from_mesh));
      std::abort();
    }
  }
}

/// A key that the other node owns in the eyes of this one.
relay::CatalogueKey owned_by(Node& node, const PeerId& owner) {
  for (int n = 10; n < 100; ++n) {
    const auto key = relay::CatalogueKey::make(relay::CatalogueKind::Release, "00000000-0000-4000-8000-0000000000" + std::to_string(n)).value();
    const std::string salt = key.text();
    if (node.fabric->directory().owner(relay::kCatalogueService, bytes_of(salt), {}) == owner) return key;
  }
  std::abort();
}

std::string read_release(const char* name) {
  std::ifstream file(std::string(SF_SOURCE_DIR) + "/tests/data/musicbrainz/" + name + ".json", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void measure(Node& client, Node& server) {
  const relay::CatalogueKey key = owned_by(client, server.id);
  std::vector<double> warm;
  drive(client, calls(client, server.id, kWarmUp, warm));
  drive(client, questions(client, key, kWarmUp, warm));
  Rounds bare;
  Rounds answers;
  for (int round = 0; round < 5; ++round) {
    drive(client, calls(client, server.id, kQuestions / 5, bare.values));
    drive(client, questions(client, key, kQuestions / 5, answers.values));
  }
  print_figure("catalogue_cached_answer_p50", answers.quantile(0.5), "us", "<=300", bare.quantile(0.5));
  print_figure("catalogue_cached_answer_p99", answers.quantile(0.99), "us", "none", bare.quantile(0.99));
}

}  // namespace
}  // namespace soulfabric::bench

int main() {
  using namespace soulfabric;
  using namespace soulfabric::bench;
  const std::string release = read_release("release");
  soulfabric::testing::MemoryTable table;
  Node server(1, true, table, release);
  Node client(2, false, table, release);
  client.book.know(server.id, std::nullopt, client.clock.wall()).rights.believe_catalogue = true;
  if (!server.links->start() || !client.links->start()) std::abort();
  const Endpoint at = server.links->listening().value();
  drive(server, [](Node& node) -> Task<void> {
    const auto started = co_await node.fabric->start();
    const auto ready = co_await node.catalogue->start();
    if (!started || !ready) std::abort();
    co_await node.clock.sleep_for(500ms);  // its descriptors are put
  }(server));
  server.context.restart();
  std::thread other([&server] {
    const auto work = boost::asio::make_work_guard(server.context);
    server.context.run();
  });
  drive(client, begin(client, server, at));
  measure(client, server);
  drive(client, finish(client));
  boost::asio::post(server.context, [&server] { server.context.stop(); });
  other.join();
  drive(server, finish(server));
  return 0;
}

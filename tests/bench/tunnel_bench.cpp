// SPDX-License-Identifier: GPL-3.0-or-later
// A forward to another node through a third, on real links over loopback; the one in the middle is a process of its own. HTTP download
// beside a bare program with as many ends of TLS in the same run, what a request takes longer than without, and the memory of the middle
// for each idle tunnel. First argument: MiB per round, second: rounds.
#include <malloc.h>
#include <signal.h>
#include <sys/wait.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_future.hpp>
#include <future>
#include <map>

#include "bench/tunnel_yardstick.hpp"
#include "soulfabric/relay/tunnels.hpp"
#include "support/fixed_peers.hpp"

namespace soulfabric::bench {
namespace {

using namespace std::chrono_literals;
constexpr int kIdleTunnels = 60;  // a node is called 100 times a minute at most
constexpr std::uint64_t kNear = 1;
constexpr std::uint64_t kMiddle = 2;
constexpr std::uint64_t kFar = 3;

SigningKey key_of(std::uint64_t number) {
  SeededRandom random(number + 1);
  return SigningKey::generate(random);
}
PeerId id_of(std::uint64_t number) { return PeerId::of(key_of(number).public_key()); }

class RightsBook final : public mesh::PeerBook {
 public:
  Task<Status> start() override { co_return Status{}; }
  Task<void> stop() override { co_return; }
  void set_endpoints(std::vector<Endpoint>) override {}
  std::optional<mesh::SignedRecord> own_record() const override { return std::nullopt; }
  Status learn(const mesh::SignedRecord&) override { return {}; }
  mesh::RotationOutcome learn(const mesh::Rotation&, const std::optional<IpAddress>&) override { return mesh::RotationOutcome::Known; }
  std::vector<mesh::KnownPeer> known() const override { return {}; }
  std::optional<mesh::KnownPeer> find(const PeerId& peer) const override {
    mesh::KnownPeer out;
    out.peer = peer;
    out.rights.tunnel_targets = true;
    out.rights.relay_for = {id_of(kFar)};
    return out;
  }
  bool is_trusted(const PeerId&) const override { return true; }
  void configure(const mesh::PeerBookSettings&) override {}
  Task<std::vector<Endpoint>> locate(PeerId, guard::Origin, MonoTime) override { co_return std::vector<Endpoint>{}; }
  void dialled(const PeerId&, const Endpoint&, const Status&) override {}
  void linked(const PeerId&, const PublicKey&, const Endpoint&, mesh::Direction) override {}
  std::vector<PeerId> wanted() const override { return {}; }
};

class NoDht final : public mesh::Dht {
 public:
  Status start() override { return {}; }
  Task<void> stop() override { co_return; }
  Task<Status> put(guard::Permit<guard::DhtQuery>&, mesh::SignedRecord, MonoTime) override { co_return Status{}; }
  Task<Result<std::vector<mesh::SignedRecord>>> get(guard::Permit<guard::DhtQuery>&, mesh::DhtKey, mesh::RecordKind, std::size_t,
                                                    MonoTime) override {
    co_return std::vector<mesh::SignedRecord>{};
  }
  mesh::DhtHealth health() const override { return {}; }
  std::optional<Endpoint> bound() const override { return std::nullopt; }
  void set_bootstrap(std::vector<std::string>) override {}
};

guard::GuardOptions wide_limits() {
  guard::GuardOptions options;
  options.budget.per_call = 100'000;
  options.budget.per_peer_minute = 1'000'000;
  options.budget.node_minute = 1'000'000;
  options.budget.user_reserve = 300'000;
  options.budget.automation_reserve = 300'000;
  return options;
}

relay::TunnelSettings many() {
  relay::TunnelSettings settings;
  settings.per_peer = settings.total = 2 * kIdleTunnels;
  return settings;
}

/// A node with links, calls and a trusted relay; its loop on a thread of its own.
struct Node {
  Node(std::uint64_t number, const relay::TunnelSettings& settings) : key(key_of(number)), work(context.get_executor()) {
    mesh::LinkSettings link_settings;
    link_settings.listen = Endpoint{IpAddress::v4(0x7F000001), 0};
    link_settings.handshakes_per_second = link_settings.handshakes_per_prefix = 100'000;
    auto outer = net::TlsIdentity::make(key, mesh::kAlpn);
    auto inner = net::TlsIdentity::make(key, relay::kInnerAlpn);
    if (!outer || !inner) die("identity");
    links = mesh::make_links(
        {context, clock, random, guard, *dialer, locator, *outer, [this](Endpoint at) { return net::listen_tcp(context, clock, at); }},
        link_settings);
    fabric::RouterSettings router;
    router.exposed = {std::string(relay::kTunnelService)};
    router.concurrent_per_peer = 10'000;
    router.calls_per_peer = 1'000'000;
    router.strangers = {100, 100};
    router.outbound_per_peer = 10'000;
    fabric = fabric::make_fabric({context, clock, random, guard, *links, book, dht, key}, router, {});
    tunnels = relay::make_tunnels({context, clock, random, guard, *dialer, *fabric, *links, book, *inner, nullptr}, settings);
    if (!fabric->add(tunnels->service()) || !links->start()) die("node");
    thread = std::thread([this] { context.run(); });
    if (!wait_for(fabric->start()) || !wait_for(tunnels->start())) die("start");
  }
  ~Node() {
    wait_for(tunnels->stop());
    wait_for(fabric->stop());
    wait_for(links->stop());
    context.stop();
    thread.join();
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  template <class T>
  T wait_for(Task<T> task) {
    return boost::asio::co_spawn(context, std::move(task), boost::asio::use_future).get();
  }
  void link_to(std::uint64_t number, std::uint16_t port) {
    const auto linked = wait_for(links->dial(id_of(number), {IpAddress::v4(0x7F000001), port}, clock.now() + 10s));
    if (!linked) die(linked.error().message);
  }

  IoContext context{1};
  SystemIoClock clock;
  SystemRandom random;
  guard::Guard guard{wide_limits(), clock};
  std::unique_ptr<net::Dialer> dialer = net::make_tcp_dialer(context, clock);
  testing::FixedPeers locator;
  RightsBook book;
  NoDht dht;
  SigningKey key;
  std::unique_ptr<mesh::Links> links;
  std::unique_ptr<fabric::Fabric> fabric;
  std::unique_ptr<relay::Tunnels> tunnels;
  boost::asio::executor_work_guard<IoContext::executor_type> work;
  std::thread thread;
};

/// The node between, as a child: says its port, then its memory in use as often as it is asked.
class MiddleProcess {
 public:
  MiddleProcess() {
    if (::pipe(asks_) != 0 || ::pipe(answers_) != 0) die("pipe");
    child_ = ::fork();
    if (child_ == 0) run();
    port = static_cast<std::uint16_t>(read_number());
  }
  ~MiddleProcess() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  MiddleProcess(const MiddleProcess&) = delete;
  MiddleProcess& operator=(const MiddleProcess&) = delete;
  [[nodiscard]] double memory() {
    const char ask = '?';
    if (::write(asks_[1], &ask, 1) != 1) die("pipe");
    return static_cast<double>(read_number());
  }
  /// Seconds of CPU it has used.
  [[nodiscard]] double cpu() const {
    clockid_t clock{};
    timespec now{};
    if (::clock_getcpuclockid(child_, &clock) != 0 || ::clock_gettime(clock, &now) != 0) die("clock");
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
  }
  std::uint16_t port = 0;

 private:
  [[nodiscard]] std::uint64_t read_number() {
    std::uint64_t number = 0;
    if (::read(answers_[0], &number, sizeof number) != sizeof number) die("the middle ended");
    return number;
  }
  [[noreturn]] void run() {
    ::close(asks_[1]);
    relay::TunnelSettings settings = many();
    settings.relay = true;
    const Node node(kMiddle, settings);
    std::uint64_t number = node.links->listening()->port;
    char ask = 0;
    do {
      if (::write(answers_[1], &number, sizeof number) != sizeof number) break;
      if (::read(asks_[0], &ask, 1) != 1) break;
      number = ::mallinfo2().uordblks;
    } while (true);
    std::_Exit(0);
  }
  int asks_[2] = {-1, -1};
  int answers_[2] = {-1, -1};
  int child_ = -1;
};

Task<void> hold_idle(Node& near, std::vector<std::unique_ptr<net::ByteStream>>& held) {
  for (int i = 0; i < kIdleTunnels; ++i) {
    auto stream = co_await near.tunnels->open(id_of(kFar), "web", id_of(kMiddle), near.clock.now() + 20s);
    if (!stream) die(stream.error().message);
    held.push_back(std::move(*stream));
  }
}
Task<void> drop_idle(std::vector<std::unique_ptr<net::ByteStream>>& held) {
  held.clear();
  co_return;
}
Task<relay::ForwardInfo> open_forward(Node& near) {
  relay::ForwardSettings settings;
  settings.name = "bench";
  settings.peer = id_of(kFar);
  settings.target = "web";
  settings.via = id_of(kMiddle);
  auto opened = near.tunnels->open_forward(settings);
  if (!opened) die(opened.error().message);
  co_return *opened;
}

double own_cpu() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Rounds request_times(std::uint16_t port, const std::string& host) {
  const int fd = dial(port);
  Rounds times;
  for (int i = 0; i < 2'000; ++i) {
    const double seconds = download(fd, host, 200);
    if (i >= 200) times.add(seconds * 1e6);
  }
  ::close(fd);
  return times;
}

int run(std::size_t mib, int rounds) {
  MiddleProcess middle;
  const std::uint16_t web = start_web_server();
  relay::TunnelSettings far_settings = many();
  far_settings.enabled = true;
  far_settings.targets["web"] = web;
  Node far(kFar, far_settings);
  Node near(kNear, many());
  near.link_to(kMiddle, middle.port);
  far.link_to(kMiddle, middle.port);
  const relay::ForwardInfo forward = near.wait_for(open_forward(near));
  const std::string host = "bench.localhost:" + std::to_string(forward.settings.port);

  Rounds tunnel_rates;
  Rounds bare_rates;
  const std::size_t bytes = mib * 1024 * 1024;
  const int client = dial(forward.settings.port);
  (void)download(client, host, bytes / 4);
  Rounds tunnel_cpu;  // of all threads and both processes, web server and client among them: says more than time on a busy machine
  Rounds bare_cpu;
  const double gib = static_cast<double>(mib) / 1024;
  for (int i = 0; i < rounds; ++i) {  // in turn, so that both see the same machine
    const double before = own_cpu() + middle.cpu();
    tunnel_rates.add(static_cast<double>(mib) / download(client, host, bytes));
    const double between = own_cpu() + middle.cpu();
    tunnel_cpu.add((between - before) / gib);
    const BareChain chain(web);
    const int bare = dial(chain.port());
    bare_rates.add(static_cast<double>(mib) / download(bare, host, bytes));
    ::close(bare);
    bare_cpu.add((own_cpu() + middle.cpu() - between) / gib);
  }
  std::printf("  bare: median %.6g, %.6g to %.6g MiB/s\n", bare_rates.median(), bare_rates.low(), bare_rates.high());
  std::printf("  CPU a GiB: %.3g s through the tunnel, %.3g s bare\n", tunnel_cpu.median(), bare_cpu.median());
  print_rounds("tunnel_download", tunnel_rates, "MiB/s", ">=0.8x", bare_rates.median());

  const Rounds through = request_times(forward.settings.port, host);
  const Rounds straight = request_times(web, host);
  std::printf("  a request: %.1f us through the tunnel, %.1f us without\n", through.median(), straight.median());
  print_figure("tunnel_request_adds", through.median() - straight.median(), "us", "<=1000");

  std::vector<std::unique_ptr<net::ByteStream>> held;
  held.reserve(kIdleTunnels);
  const double before = middle.memory();
  near.wait_for(hold_idle(near, held));
  std::this_thread::sleep_for(500ms);
  const double after = middle.memory();
  print_figure("idle_tunnel_at_the_relay", (after - before) / kIdleTunnels / 1024, "KiB", "<=64");
  near.wait_for(drop_idle(held));
  return 0;
}

}  // namespace
}  // namespace soulfabric::bench

int main(int argc, char** argv) {
  const std::size_t mib = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 512;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  ::signal(SIGPIPE, SIG_IGN);
  return soulfabric::bench::run(mib, rounds);
}

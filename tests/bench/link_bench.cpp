// SPDX-License-Identifier: GPL-3.0-or-later
// One link over loopback, an end on each of two threads pinned to cores 0 and 1, beside two bare blocking TLS 1.3 sockets on the
// same cores in the same run: throughput of a stream, ping-pong, small exchanges while a bulk stream runs; then memory of idle links,
// their other ends in a child process. First argument: MiB per round, second: rounds.
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdlib>
#include <future>
#include <thread>

#include "bench/figures.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "support/fixed_peers.hpp"

namespace soulfabric::bench {
namespace {

using namespace mesh;
constexpr std::size_t kBlock = 64 * 1024;
constexpr std::size_t kPing = 64;
constexpr int kPings = 20'000;
constexpr int kIdleLinks = 100;

void pin(unsigned core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  pthread_setaffinity_np(pthread_self(), sizeof cores, &cores);
}

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "link_bench: %s\n", what.c_str());
  std::exit(1);
}

SigningKey key_of(std::uint64_t number) {
  SeededRandom random(number + 1);
  return SigningKey::generate(random);
}

/// A node of nothing but links.
struct Node {
  explicit Node(std::uint64_t number, bool listens) : key(key_of(number)), id(PeerId::of(key.public_key())) {
    LinkSettings settings;
    if (listens) settings.listen = Endpoint{IpAddress::v4(0x7F000001), 0};
    settings.half_open = 4096;
    settings.handshakes_per_second = settings.handshakes_per_prefix = 100'000;
    auto identity = net::TlsIdentity::make(key, kAlpn);
    if (!identity) die(identity.error().message);
    links = make_links({context, clock, random, guard, *dialer, peers, *identity, [this](Endpoint at) { return net::listen_tcp(context, clock, at); }},
                       settings);
  }
  IoContext context{1};
  SystemIoClock clock;
  SystemRandom random;
  guard::Guard guard{{}, clock};
  std::unique_ptr<net::Dialer> dialer = net::make_tcp_dialer(context, clock);
  testing::FixedPeers peers;
  SigningKey key;
  PeerId id;
  std::unique_ptr<Links> links;
  TaskScope scope{context, "bench"};
};

/// The node's loop on a thread of its own, pinned.
struct Running {
  Running(Node& node_in, unsigned core) : node(node_in), work(node.context.get_executor()), thread([this, core] {
    pin(core);
    node.context.run();
  }) {}
  ~Running() {
    node.context.stop();
    thread.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  /// Runs a task on the node's loop and waits for it here.
  template <class T>
  T wait_for(Task<T> task) {
    return boost::asio::co_spawn(node.context, std::move(task), boost::asio::use_future).get();
  }
  Node& node;
  boost::asio::executor_work_guard<IoContext::executor_type> work;
  std::thread thread;
};

// What the far side does on a stream is its first byte: sink ('s', answers one byte at the end) or echo ('e').
Task<void> serve(StreamPtr stream) {
  Bytes buffer(kBlock);
  const auto first = co_await stream->read_some({buffer.data(), 1}, kNever);
  const bool echoes = first && buffer[0] == 'e';
  for (;;) {
    const auto got = co_await stream->read_some(buffer, kNever);
    if (!got) break;
    if (!echoes) continue;
    const auto sent = co_await stream->write(ByteView(buffer).first(*got), kNever);
    if (!sent) break;
  }
  co_await stream->write({buffer.data(), 1}, kNever);
  stream->shutdown_write();
}

Task<StreamPtr> open_for(Node& node, PeerId to, char what) {
  auto stream = co_await node.links->open(to, Protocol::Call, guard::Origin::UserLocal, node.clock.now() + std::chrono::seconds(10));
  if (!stream) die(stream.error().message);
  const auto byte = static_cast<std::uint8_t>(what);
  co_await (*stream)->write({&byte, 1}, kNever);
  co_return std::move(*stream);
}

Task<double> cpu_used() { co_return cpu_seconds(); }

Task<double> stream_rate(Node& node, PeerId to, std::size_t mib) {
  const auto stream = co_await open_for(node, to, 's');
  const Bytes block(kBlock, 42);
  const double begun = wall_seconds();
  for (std::size_t sent = 0; sent < mib * 1024 * 1024; sent += kBlock) co_await stream->write(block, kNever);
  stream->shutdown_write();
  Bytes end(1);
  co_await stream->read_some(end, kNever);
  co_return static_cast<double>(mib) / 1024 / (wall_seconds() - begun);
}

Task<Rounds> ping_pong(Node& node, PeerId to) {
  const auto stream = co_await open_for(node, to, 'e');
  Rounds times;
  Bytes message(kPing, 1);
  for (int i = 0; i < kPings; ++i) {
    const double begun = wall_seconds();
    co_await stream->write(message, kNever);
    co_await net::read_exactly(*stream, message, kNever);
    times.add((wall_seconds() - begun) * 1e6);
  }
  co_return times;
}

Task<void> bulk(Node& node, PeerId to, const bool& stop) {
  const auto stream = co_await open_for(node, to, 's');
  const Bytes block(kBlock, 42);
  while (!stop) co_await stream->write(block, kNever);
  stream->shutdown_write();
  Bytes end(1);
  co_await stream->read_some(end, kNever);
}

/// A stream per exchange, as calls do it.
Task<Rounds> exchanges(Node& node, PeerId to, bool under_load) {
  bool stop = false;
  if (under_load) node.scope.spawn("bulk", bulk(node, to, stop));
  co_await node.clock.sleep_for(std::chrono::milliseconds(200));
  Rounds times;
  Bytes message(kPing, 1);
  for (int i = 0; i < 3000; ++i) {
    const double begun = wall_seconds();
    const auto stream = co_await open_for(node, to, 'e');
    co_await stream->write(message, kNever);
    co_await net::read_exactly(*stream, message, kNever);
    times.add((wall_seconds() - begun) * 1e6);
    stream->shutdown_write();
    if (i % 100 == 0) co_await node.clock.sleep_for(std::chrono::milliseconds(5));
  }
  stop = true;
  co_await node.scope.join();
  co_return times;
}

// ---- the yardstick: sockets, threads and the library, nothing else -------------------------------------------------

struct BareTls {
  explicit BareTls(bool server) : context(SSL_CTX_new(TLS_method())) {
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context, 0);
    if (!server) return;
    EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    X509* certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, nullptr);
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
  }
  void take(int fd, bool server) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    if ((server ? SSL_accept(ssl) : SSL_connect(ssl)) != 1) die("bare TLS handshake");
  }
  void write(ByteView bytes) const {
    if (SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size())) <= 0) die("bare TLS write");
  }
  [[nodiscard]] int read(MutableByteView into) const { return SSL_read(ssl, into.data(), static_cast<int>(into.size())); }
  SSL_CTX* context;
  SSL* ssl = nullptr;
};

struct BarePair {
  BarePair() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener, 1);
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    std::thread accepting([&] { server.take(::accept(listener, nullptr, nullptr), true); });
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), size) != 0) die("connect");
    client.take(fd, false);
    accepting.join();
    ::close(listener);
  }
  BareTls client{false};
  BareTls server{true};
};

struct Cpu {
  Rounds sending;
  Rounds receiving;
};

double bare_rate(const BarePair& pair, std::size_t mib, Cpu& cpu) {
  const std::size_t total = mib * 1024 * 1024;
  const double gib = static_cast<double>(mib) / 1024;
  std::thread receiver([&] {
    pin(1);
    Bytes buffer(kBlock);
    for (std::size_t got = 0; got < total;) got += static_cast<std::size_t>(std::max(0, pair.server.read(buffer)));
    pair.server.write({buffer.data(), 1});
    cpu.receiving.add(cpu_seconds() / gib);
  });
  double seconds = 0;
  std::thread sender([&] {
    pin(0);
    Bytes block(kBlock, 42);
    const double begun = wall_seconds();
    for (std::size_t sent = 0; sent < total; sent += kBlock) pair.client.write(block);
    (void)pair.client.read({block.data(), 1});
    seconds = wall_seconds() - begun;
    cpu.sending.add(cpu_seconds() / gib);
  });
  sender.join();
  receiver.join();
  return static_cast<double>(mib) / 1024 / seconds;
}

Rounds bare_ping_pong(const BarePair& pair) {
  std::thread echo([&] {
    pin(1);
    Bytes buffer(kPing);
    for (int i = 0; i < kPings; ++i) {
      (void)pair.server.read(buffer);
      pair.server.write(buffer);
    }
  });
  Rounds times;
  std::thread asker([&] {
    pin(0);
    Bytes message(kPing, 1);
    for (int i = 0; i < kPings; ++i) {
      const double begun = wall_seconds();
      pair.client.write(message);
      (void)pair.client.read(message);
      times.add((wall_seconds() - begun) * 1e6);
    }
  });
  asker.join();
  echo.join();
  return times;
}

// ---- memory --------------------------------------------------------------------------------------------------------

/// The far ends: nodes in a child process that dial and then live until they are killed.
int start_far_ends(int (&port_pipe)[2]) {
  if (::pipe(port_pipe) != 0) die("pipe");
  const int child = ::fork();
  if (child != 0) return child;
  ::close(port_pipe[1]);
  std::uint16_t port = 0;
  if (::read(port_pipe[0], &port, sizeof port) != sizeof port) std::_Exit(0);
  std::vector<std::unique_ptr<Node>> nodes;
  const PeerId hub = PeerId::of(key_of(1000).public_key());
  for (int i = 0; i < kIdleLinks; ++i) {
    nodes.push_back(std::make_unique<Node>(2000 + static_cast<std::uint64_t>(i), false));
    Node& node = *nodes.back();
    (void)node.links->start();
    auto linked = boost::asio::co_spawn(node.context, node.links->dial(hub, {IpAddress::v4(0x7F000001), port}, node.clock.now() + std::chrono::seconds(10)),
                                        boost::asio::use_future);
    while (linked.wait_for(std::chrono::seconds(0)) != std::future_status::ready) node.context.run_for(std::chrono::milliseconds(1));
  }
  const int parent = ::getppid();
  while (::getppid() == parent) {
    for (const auto& node : nodes) node->context.poll();
    ::usleep(1000);
  }
  std::_Exit(0);
}

void measure_idle_links() {
  int port_pipe[2];
  const int child = start_far_ends(port_pipe);
  {
    Node hub(1000, true);
    (void)hub.links->start();
    hub.context.run_for(std::chrono::milliseconds(100));
    malloc_trim(0);
    const double before = status_bytes("VmRSS:");
    const std::uint16_t port = hub.links->listening()->port;
    if (::write(port_pipe[1], &port, sizeof port) != sizeof port) die("pipe");
    while (hub.links->metrics().links < kIdleLinks) hub.context.run_for(std::chrono::milliseconds(50));
    hub.context.run_for(std::chrono::seconds(1));
    malloc_trim(0);
    const double after = status_bytes("VmRSS:");
    print_figure("idle_link", (after - before) / kIdleLinks / 1024, "KiB", "<=32");
    print_figure("rss_100_links", after / 1024 / 1024, "MiB", "<=60");
    hub.context.stop();
  }
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

void measure_speed(std::size_t mib, int rounds) {
  Node near(1, false);
  Node far(2, true);
  far.links->on_stream(Protocol::Call, [&far](StreamPtr stream) { far.scope.spawn("serve", serve(std::move(stream))); });
  if (!near.links->start() || !far.links->start()) die("links did not start");
  near.peers.endpoints[far.id] = {*far.links->listening()};
  BarePair bare;
  Rounds ours;
  Rounds theirs;
  Rounds ratios;
  Cpu bare_cpu;
  Cpu cpu;
  Running on_zero(near, 0);
  Running on_one(far, 1);
  (void)on_zero.wait_for(stream_rate(near, far.id, mib / 4));  // credit grows
  for (int i = 0; i < rounds; ++i) {
    theirs.add(bare_rate(bare, mib, bare_cpu));
    const double sent = on_zero.wait_for(cpu_used());
    const double received = on_one.wait_for(cpu_used());
    ours.add(on_zero.wait_for(stream_rate(near, far.id, mib)));
    cpu.sending.add((on_zero.wait_for(cpu_used()) - sent) * 1024 / static_cast<double>(mib));
    cpu.receiving.add((on_one.wait_for(cpu_used()) - received) * 1024 / static_cast<double>(mib));
    ratios.add(ours.values.back() / theirs.values.back());
  }
  print_rounds("bare_tls_rate", theirs, "GiB/s", "none");
  print_rounds("stream_rate", ours, "GiB/s", "none", theirs.median());
  print_rounds("stream_rate_ratio", ratios, "of bare TLS", ">=0.85");
  print_figure("stream_cpu_sending", cpu.sending.median(), "s/GiB", "none", bare_cpu.sending.median());
  print_figure("stream_cpu_receiving", cpu.receiving.median(), "s/GiB", "none", bare_cpu.receiving.median());
  const Rounds bare_pings = bare_ping_pong(bare);
  const Rounds pings = on_zero.wait_for(ping_pong(near, far.id));
  print_figure("stream_ping_p50", pings.median(), "us", "none", bare_pings.median());
  print_figure("stream_ping_p99", pings.quantile(0.99), "us", "none", bare_pings.quantile(0.99));
  const Rounds alone = on_zero.wait_for(exchanges(near, far.id, false));
  const Rounds loaded = on_zero.wait_for(exchanges(near, far.id, true));
  print_figure("exchange_p50", alone.median(), "us", "none");
  print_figure("exchange_p99", alone.quantile(0.99), "us", "none");
  print_figure("exchange_under_bulk_p50", loaded.median(), "us", "none");
  print_figure("exchange_under_bulk_p99", loaded.quantile(0.99) / 1000, "ms", "<=5");
}

}  // namespace
}  // namespace soulfabric::bench

int main(int argc, char** argv) {
  const auto mib = static_cast<std::size_t>(argc > 1 ? std::atoi(argv[1]) : 1024);
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  soulfabric::bench::measure_idle_links();
  soulfabric::bench::measure_speed(mib, rounds);
  std::fflush(stdout);
  std::_Exit(0);  // streams of the far side are still open
}

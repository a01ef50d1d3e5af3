// SPDX-License-Identifier: GPL-3.0-or-later
// One provider to one downloader over a link on loopback: every piece proven, on the disk, synced and hashed whole; beside a bare program
// that does the same work in the same run: OpenSSL TLS 1.3 at both ends, the tree of every piece, SHA-256 of the whole, writes, one fsync;
// and, where Debian's package is there, beside two libtorrent sessions. Under other load believe the CPU seconds, not the rates: the relay
// has more threads than the bare program, and gets more of a shared machine.
// First argument: MiB, second: rounds, third: a folder on the disk that is meant.
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/use_future.hpp>

#include <cstdlib>
#include <thread>

#include "bench/content_yardstick.hpp"
#include "bench/figures.hpp"
#include "soulfabric/relay/content.hpp"
#include "support/fake_copies.hpp"
#include "support/fake_mesh.hpp"
#include "support/fixed_peers.hpp"
#include "support/memory_dht.hpp"

namespace soulfabric::bench {
namespace {

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "content_bench: %s\n", what.c_str());
  std::exit(1);
}

double process_cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

SigningKey key_of(std::uint64_t number) {
  SeededRandom random(number + 1);
  return SigningKey::generate(random);
}

/// A node with a content relay, its loop on a thread of its own.
struct Node {
  Node(std::uint64_t number, const relay::ContentSettings& settings) : key(key_of(number)), id(PeerId::of(key.public_key())), dht(table, clock) {
    mesh::LinkSettings link_settings;
    link_settings.listen = Endpoint{IpAddress::v4(0x7F000001), 0};
    auto identity = net::TlsIdentity::make(key, mesh::kAlpn);
    if (!identity) die(identity.error().message);
    links = mesh::make_links({context, clock, random, guard, *dialer, peers, *identity, [this](Endpoint at) { return net::listen_tcp(context, clock, at); }},
                             link_settings);
    fabric::RouterSettings router;
    router.exposed = {std::string(relay::kContentService)};
    fabric = fabric::make_fabric({context, clock, random, guard, *links, book, dht, key}, router, {});
    relay = relay::make_content_relay({context, clock, random, workers, files, guard, copies, *fabric, *links, book, dht, key, Bytes(32, 1)}, settings);
    if (!fabric->add(relay->service()) || !links->start()) die("the node did not start");
    thread = std::thread([this] { context.run(); });
    if (!wait_for(fabric->start()) || !wait_for(relay->start())) die("the node did not start");
  }
  ~Node() {
    wait_for(stop());
    work.reset();
    context.stop();
    thread.join();
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  Task<void> stop() {
    co_await relay->stop();
    co_await fabric->stop();
    co_await links->stop();
  }
  template <class T>
  T wait_for(Task<T> task) {
    return boost::asio::co_spawn(context, std::move(task), boost::asio::use_future).get();
  }

  IoContext context{1};
  boost::asio::executor_work_guard<IoContext::executor_type> work{context.get_executor()};
  SystemIoClock clock;
  SystemRandom random;
  guard::Guard guard{{}, clock};
  std::unique_ptr<net::Dialer> dialer = net::make_tcp_dialer(context, clock);
  testing::FixedPeers peers;
  SigningKey key;
  PeerId id;
  testing::FakePeerBook book;
  testing::MemoryTable table;
  testing::MemoryDht dht;
  testing::FakeCopies copies;
  WorkerPool workers{2};
  SystemFiles files;
  std::unique_ptr<mesh::Links> links;
  std::unique_ptr<fabric::Fabric> fabric;
  std::unique_ptr<relay::ContentRelay> relay;
  std::thread thread;
};

Task<double> fetch(Node& node, library::ContentId id, PeerId from) {
  using State = swarm::DownloadReport::State;
  const double begun = wall_seconds();
  const auto started = co_await node.relay->fetch({id, std::nullopt, "file", {from}}, guard::Origin::UserLocal);
  if (!started) die(started.error().message);
  for (;;) {
    const auto report = node.relay->fetches().front().report;
    if (report.state == State::Done) break;
    if (report.state == State::Failed) die(report.problem);
    co_await node.clock.sleep_for(std::chrono::milliseconds(1));
  }
  co_return wall_seconds() - begun;
}

library::Manifest make_file(const std::filesystem::path& path, std::size_t mib) {
  const std::uint64_t size = mib * 1024 * 1024;
  library::ContentHasher hasher(size);
  SystemFiles files;
  auto file = files.open(path, OpenMode::Create);
  if (!file) die(file.error().message);
  SeededRandom random(1);
  Bytes block(1024 * 1024);
  for (std::uint64_t at = 0; at < size; at += block.size()) {
    random.fill(block);
    hasher.update(block);
    if (!(*file)->write_at(at, block)) die("the disk is full");
  }
  if (!(*file)->sync()) die("the disk failed");
  return *hasher.finish();
}

/// Seconds, or 0 where there is no such program.
double libtorrent_seconds([[maybe_unused]] const std::filesystem::path& folder, [[maybe_unused]] std::size_t mib) {
  double seconds = 0;
#ifdef SF_LIBTORRENT_PAIR
  const std::string command = std::string(SF_LIBTORRENT_PAIR) + " '" + (folder / "torrent").string() + "' " + std::to_string(mib);
  if (std::FILE* const output = ::popen(command.c_str(), "r")) {
    if (std::fscanf(output, "%lf", &seconds) != 1) seconds = 0;
    ::pclose(output);
  }
  std::filesystem::remove_all(folder / "torrent");
#endif
  return seconds;
}

void measure(std::size_t mib, int rounds, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder / "downloads");
  const auto manifest = make_file(folder / "source", mib);
  relay::ContentSettings settings;
  settings.cache = 0;
  Node provider(1, settings);
  settings.incomplete = folder / "incomplete";
  settings.downloads = folder / "downloads";
  Node taker(2, settings);
  auto file = provider.files.open(folder / "source", OpenMode::Read);
  if (!file) die(file.error().message);
  provider.copies.add_file(std::move(*file), manifest, "Files/source");
  taker.peers.endpoints[provider.id] = {*provider.links->listening()};
  Rounds ours;
  Rounds theirs;
  Rounds ratios;
  Rounds cpu;
  Rounds bare_cpu;
  Rounds torrents;
  const BareTransfer bare(folder / "source", folder / "bare", manifest);
  const double gib = static_cast<double>(mib) / 1024;
  for (int round = -1; round < rounds; ++round) {  // the first one grows the credit and is not counted
    const double before_bare = process_cpu_seconds();
    const double bare_rate = gib / bare.run();
    const double before = process_cpu_seconds();
    const double rate = gib / taker.wait_for(fetch(taker, manifest.id, provider.id));
    const double after = process_cpu_seconds();
    std::filesystem::remove(folder / "bare");
    std::filesystem::remove(folder / "downloads" / "file");
    if (round < 0) continue;
    const double seconds = libtorrent_seconds(folder, mib);
    if (seconds > 0) torrents.add(gib / seconds);
    theirs.add(bare_rate);
    ours.add(rate);
    ratios.add(rate / bare_rate);
    bare_cpu.add((before - before_bare) / gib);
    cpu.add((after - before) / gib);
  }
  print_rounds("content_bare_rate", theirs, "GiB/s", "none");
  print_rounds("content_rate", ours, "GiB/s", "none", theirs.median());
  print_rounds("content_rate_ratio", ratios, "of a bare program", ">=0.8");
  if (!torrents.values.empty()) {
    print_rounds("content_libtorrent_rate", torrents, "GiB/s", "none");
    print_figure("content_rate_beside_libtorrent", ours.median() / torrents.median(), "times", ">=2");
  }
  print_figure("content_cpu", cpu.median(), "s/GiB", "none", bare_cpu.median());
}

}  // namespace
}  // namespace soulfabric::bench

int main(int argc, char** argv) {
  const auto mib = static_cast<std::size_t>(argc > 1 ? std::atoi(argv[1]) : 1024);
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  const std::filesystem::path base = argc > 3 ? argv[3] : std::filesystem::temp_directory_path();
  const auto folder = base / ("content_bench." + std::to_string(::getpid()));
  soulfabric::bench::measure(mib, rounds, folder);
  std::filesystem::remove_all(folder);
  return 0;
}

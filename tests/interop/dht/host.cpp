// SPDX-License-Identifier: GPL-3.0-or-later
// Debian's dhtnode, the independent peer, joins three nodes of ours. It routes with us and finds our record; what it puts is none of
// our types and is refused. It listens on all interfaces, so this program runs in a network namespace of its own.
// Usage: unshare -Urn interop_dht_host <dhtnode>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>

#include "dht/dht_impl.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/guard/guard.hpp"

using namespace soulfabric;
using namespace soulfabric::mesh;

namespace {

bool raise_loopback() {
  const int any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq wanted{};
  std::strcpy(wanted.ifr_name, "lo");
  const bool is_there = any >= 0 && ::ioctl(any, SIOCGIFFLAGS, &wanted) == 0;
  wanted.ifr_flags = static_cast<short>(wanted.ifr_flags | IFF_UP);
  const bool done = is_there && ::ioctl(any, SIOCSIFFLAGS, &wanted) == 0;
  ::close(any);
  return done;
}

/// The other program with its words in and out.
class Peer {
 public:
  Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    if (child_ <= 0) return;
    ::close(in_);
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  bool start(const char* program, const Endpoint& bootstrap) {
    int in[2];
    int out[2];
    if (::pipe(in) != 0 || ::pipe(out) != 0) return false;
    const auto where = bootstrap.to_string();
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      ::close(in[1]);
      ::close(out[0]);
      ::execl(program, program, "-n", "77", "-p", "21991", "-b", where.c_str(), static_cast<char*>(nullptr));
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    in_ = in[1];
    out_ = out[0];
    return child_ > 0;
  }
  void say(const std::string& line) const { (void)!::write(in_, (line + "\n").c_str(), line.size() + 1); }
  /// What it has said so far, white space left out.
  const std::string& heard() {
    char buffer[4096];
    pollfd waiting{out_, POLLIN, 0};
    while (::poll(&waiting, 1, 0) > 0 && (waiting.revents & POLLIN) != 0) {
      const auto got = ::read(out_, buffer, sizeof buffer);
      if (got <= 0) break;
      std::copy_if(buffer, buffer + got, std::back_inserter(heard_), [](char c) { return std::isspace(static_cast<unsigned char>(c)) == 0; });
    }
    return heard_;
  }

 private:
  pid_t child_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string heard_;
};

struct World {
  IoContext context{1};
  SystemIoClock clock;
  SystemRandom random;
  WorkerPool workers{2};
  guard::Guard guardian{guard::GuardOptions{}, clock};
  std::vector<std::unique_ptr<DhtImpl>> nodes;
  Peer peer;
  std::string program;
  std::string failure = "it did not end";
};

Task<bool> wait_until(World& world, std::function<bool()> is_so, std::chrono::seconds limit) {
  const auto deadline = world.clock.now() + limit;
  while (!is_so() && world.clock.now() < deadline) co_await world.clock.sleep_for(std::chrono::milliseconds(50));
  const bool done = is_so();
  co_return done;
}

/// Until the first, whom all know, has heard so many others.
Task<bool> wait_for_nodes(World& world, std::size_t count) {
  const std::function<bool()> is_so = [&world, count] { return world.nodes[0]->health().nodes_good >= count; };
  const bool done = co_await wait_until(world, is_so, std::chrono::seconds(30));
  co_return done;
}

SignedRecord record_of(World& world, const DhtKey& key) {
  SignedRecord record;
  record.kind = RecordKind::Descriptor;
  record.key = key;
  record.sequence = 1;
  record.created = to_unix_micros(world.clock.wall()) / 1'000'000;
  record.expires = record.created + 600;
  record.body.assign(60, 0x42);
  const auto done = sign_record(SigningKey::generate(world.random), record);
  return done ? *done : record;
}

std::uint64_t refused_types(const World& world) {
  std::uint64_t sum = 0;
  for (const auto& node : world.nodes) sum += node->counters().of(DatagramDrop::ForeignType);
  return sum;
}

Task<std::string> it_finds_ours(World& world) {
  const auto key = dht_key("interop", bytes_of("ours"));
  const auto record = record_of(world, key);
  auto permit = world.guardian.try_permit<guard::DhtQuery>(guard::ActRequest{});
  const auto put = co_await world.nodes[1]->put(*permit, record, world.clock.now() + std::chrono::seconds(10));
  if (!put) co_return "our put failed: " + put.error().message;
  char wanted[24];
  std::snprintf(wanted, sizeof wanted, "id:%llx", static_cast<unsigned long long>(slot_of(record.signer, key)));
  world.peer.say("g " + to_hex(key));
  const std::function<bool()> is_found = [&world, &wanted] { return world.peer.heard().find(&wanted[0]) != std::string::npos; };
  const bool done = co_await wait_until(world, is_found, std::chrono::seconds(20));
  co_return done ? std::string() : "dhtnode did not find our record; it said " + world.peer.heard();
}

Task<std::string> we_refuse_its(World& world) {
  const auto before = refused_types(world);
  const auto key = dht_key("interop", bytes_of("theirs"));
  world.peer.say("p " + to_hex(key) + " hello");
  const std::function<bool()> is_refused = [&world, before] { return refused_types(world) > before; };
  const bool done = co_await wait_until(world, is_refused, std::chrono::seconds(20));
  if (!done) co_return "the foreign put was not refused";
  auto permit = world.guardian.try_permit<guard::DhtQuery>(guard::ActRequest{});
  const auto found = co_await world.nodes[2]->get(*permit, key, RecordKind::Descriptor, 20, world.clock.now() + std::chrono::seconds(5));
  co_return found && found->empty() ? std::string() : "the foreign value was believed";
}

/// Empty where all went as it should.
Task<std::string> play(World& world) {
  const bool are_joined = co_await wait_for_nodes(world, 2);
  if (!are_joined) co_return "our nodes did not find each other";
  if (!world.peer.start(world.program.c_str(), *world.nodes[0]->bound())) co_return "dhtnode did not start";
  const bool is_routing = co_await wait_for_nodes(world, 3);
  if (!is_routing) co_return "dhtnode did not get into our tables";
  auto outcome = co_await it_finds_ours(world);
  if (!outcome.empty()) co_return outcome;
  outcome = co_await we_refuse_its(world);
  co_return outcome;
}

Task<void> run(World& world) {
  for (std::size_t i = 0; i < 3; ++i) {
    DhtSettings settings;
    settings.network = 77;
    settings.bind = {IpAddress::v4(0x7F000001), 0};
    if (i > 0) settings.bootstrap = {world.nodes[0]->bound()->to_string()};
    auto node = make_dht_over({world.context, world.clock, world.random, world.workers}, settings, {});
    if (!node || !(*node)->start()) std::abort();
    world.nodes.push_back(*std::move(node));
  }
  auto outcome = co_await play(world);
  world.failure = std::move(outcome);
  for (const auto& node : world.nodes) co_await node->stop();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2 || !crypto::initialise() || !raise_loopback()) {
    std::fprintf(stderr, "usage: unshare -Urn %s <dhtnode>\n", arguments[0]);
    return 2;
  }
  ::signal(SIGPIPE, SIG_IGN);
  World world;
  world.program = arguments[1];
  boost::asio::co_spawn(world.context, run(world), [](const std::exception_ptr& thrown) {
    if (thrown) std::terminate();
  });
  world.context.run();
  if (!world.failure.empty()) std::fprintf(stderr, "interop_dht: %s\n", world.failure.c_str());
  return world.failure.empty() ? 0 : 1;
}

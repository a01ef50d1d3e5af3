// SPDX-License-Identifier: GPL-3.0-or-later
// One stream over a line of 1 Gbit/s and 50 ms round trip, beside a bare TCP connection over the same line.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <cstdio>
#include <thread>

#include "bench/figures.hpp"
#include "bench/shaped_line.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/guard/guard.hpp"
#include "soulfabric/mesh/links.hpp"

namespace {

using namespace soulfabric;
using bench::ShapedLine;

constexpr std::size_t kBytes = 400U << 20U;
constexpr std::size_t kPiece = 256 * 1024;
constexpr int kRounds = 3;

class OnePeer final : public mesh::PeerLocator {
 public:
  Task<std::vector<Endpoint>> locate(PeerId /*peer*/, guard::Origin /*origin*/, MonoTime /*deadline*/) override { co_return std::vector<Endpoint>{}; }
  void dialled(const PeerId& /*peer*/, const Endpoint& /*endpoint*/, const Status& /*outcome*/) override {}
  void linked(const PeerId& /*peer*/, const PublicKey& /*key*/, const Endpoint& /*remote*/, mesh::Direction /*direction*/) override {}
  std::vector<PeerId> wanted() const override { return {}; }
};

/// One node at one end of the line.
struct End {
  explicit End(std::uint8_t number) : key(seed(number)), dialer(net::make_tcp_dialer(context, clock)) {
    auto identity = net::TlsIdentity::make(key, mesh::kAlpn);
    mesh::LinkSettings settings;
    settings.listen = Endpoint{IpAddress::v4(0), 50305};
    links = mesh::make_links({context, clock, random, guard, *dialer, peers, *identity,
                              [this](Endpoint at) { return net::listen_tcp(context, clock, at); }},
                             settings);
  }
  static SigningKey seed(std::uint8_t number) {
    SigningKey::Seed bytes{};
    bytes.fill(number);
    return SigningKey(bytes);
  }
  IoContext context{1};
  SystemIoClock clock;
  SystemRandom random;
  guard::Guard guard{{}, clock};
  SigningKey key;
  OnePeer peers;
  std::unique_ptr<net::Dialer> dialer;
  std::unique_ptr<mesh::Links> links;
};

Task<void> receive(End& end, mesh::StreamPtr stream) {
  std::vector<std::uint8_t> buffer(kPiece);
  for (;;) {
    const auto got = co_await stream->read_some(buffer, kNever);
    if (!got) break;
  }
  const std::uint8_t done = 1;
  const auto told = co_await stream->write({&done, 1}, kNever);
  if (told) stream->shutdown_write();
  (void)end;
}

Task<void> serve(End& end, std::atomic<bool>& over) {
  while (!over) co_await end.clock.sleep_for(std::chrono::milliseconds(20));
  co_await end.links->stop();
  end.context.stop();
}

Task<void> send(End& end, PeerId to, double& rate) {
  const auto dialled = co_await end.links->dial(to, {*IpAddress::parse("10.77.0.2"), 50305}, end.clock.now() + std::chrono::seconds(20));
  if (!dialled) {
    std::printf("no link: %s\n", dialled.error().message.c_str());
    end.context.stop();
    co_return;
  }
  auto stream = co_await end.links->open(to, mesh::Protocol::Call, guard::Origin::UserLocal, end.clock.now() + std::chrono::seconds(20));
  const std::vector<std::uint8_t> piece(kPiece, 7);
  const double begin = bench::wall_seconds();
  for (std::size_t sent = 0; sent < kBytes; sent += piece.size()) {
    const auto written = co_await (*stream)->write(piece, kNever);
    if (!written) break;
  }
  (*stream)->shutdown_write();
  std::uint8_t done = 0;
  const auto answered = co_await (*stream)->read_some({&done, 1}, kNever);
  if (answered) rate = static_cast<double>(kBytes) * 8 / (bench::wall_seconds() - begin) / 1e6;
  stream->reset();
  co_await end.links->stop();
  end.context.stop();
}

double over_a_link() {
  ShapedLine line({});
  double rate = 0;
  std::atomic<bool> over = false;
  const PeerId far_id = PeerId::of(End::seed(2).public_key());
  line.run(
      [&] {
        End near(1);
        if (near.links->start()) {
          boost::asio::co_spawn(near.context, send(near, far_id, rate), [](const std::exception_ptr&) {});
          near.context.run();
        }
        over = true;
      },
      [&] {
        End far(2);
        TaskScope scope(far.context, "far");
        far.links->on_stream(mesh::Protocol::Call, [&](mesh::StreamPtr stream) { scope.spawn("receive", receive(far, std::move(stream))); });
        if (!far.links->start()) return;
        boost::asio::co_spawn(far.context, serve(far, over), [](const std::exception_ptr&) {});
        far.context.run();
      });
  return rate;
}

void bare_receiver() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(9000);
  ::bind(listener, reinterpret_cast<const sockaddr*>(&at), sizeof at);
  ::listen(listener, 1);
  const int connection = ::accept(listener, nullptr, nullptr);
  std::vector<std::uint8_t> buffer(kPiece);
  ssize_t got = 1;
  while (got > 0) got = ::read(connection, buffer.data(), buffer.size());
  ::close(connection);
  ::close(listener);
}

double over_tcp() {
  ShapedLine line({});
  double rate = 0;
  line.run(
      [&] {
        const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_port = htons(9000);
        ::inet_pton(AF_INET, "10.77.0.2", &at.sin_addr);
        while (::connect(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0) ::usleep(10'000);
        const std::vector<std::uint8_t> piece(kPiece, 7);
        const double begin = bench::wall_seconds();
        std::size_t sent = 0;
        while (sent < kBytes) {
          const auto wrote = ::write(fd, piece.data(), piece.size());
          if (wrote <= 0) break;
          sent += static_cast<std::size_t>(wrote);
        }
        ::shutdown(fd, SHUT_WR);
        char end = 0;
        if (::read(fd, &end, 1) == 0) rate = static_cast<double>(sent) * 8 / (bench::wall_seconds() - begin) / 1e6;
        ::close(fd);
      },
      bare_receiver);
  return rate;
}

}  // namespace

int main() {
  if (!bench::enter_user_namespace() || !crypto::initialise()) {
    std::puts("bench_line: user namespaces are not allowed here, nothing was measured");
    return 0;
  }
  if (const ShapedLine trial({}); !trial.trouble().empty()) {
    std::printf("bench_line: %s\n", trial.trouble().c_str());
    return 0;
  }
  std::printf("  line: 1 Gbit/s, 50 ms round trip, MTU 9000; tcp_wmem and tcp_rmem %s\n", bench::LineSettings{}.socket_buffers.c_str());
  bench::Rounds links;
  bench::Rounds bare;
  for (int round = 0; round < kRounds; ++round) {
    links.add(over_a_link());
    bare.add(over_tcp());
  }
  std::printf("  bare TCP on the same line: median %.6g Mbit/s, %.6g to %.6g\n", bare.median(), bare.low(), bare.high());
  bench::print_rounds("stream_over_50ms_1gbit", links, "Mbit/s", ">=800", bare.median());
}

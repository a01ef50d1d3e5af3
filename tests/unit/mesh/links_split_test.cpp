// SPDX-License-Identifier: GPL-3.0-or-later
// Links over streams in memory that split bytes at random: whatever arrives in whatever pieces means the same.
#include <deque>

#include "links_fixture.hpp"

namespace soulfabric::mesh {
namespace {

/// Where one node listens and the other dials: each connection splits in a way of its own.
struct SplittingWire {
  IoContext& context;
  IoClock& clock;
  std::uint64_t seed;
  std::deque<std::unique_ptr<net::ByteStream>> waiting;
  bool closed = false;
  Notifier changed;
};

class SplittingDialer final : public net::Dialer {
 public:
  explicit SplittingDialer(SplittingWire& wire) : wire_(wire) {}
  Task<Result<std::unique_ptr<net::ByteStream>>> connect(Endpoint, MonoTime) override {
    auto pair = net::make_memory_streams(wire_.context, wire_.clock, ++wire_.seed);
    wire_.waiting.push_back(std::move(pair.second));
    wire_.changed.notify_all();
    co_return std::move(pair.first);
  }
  Task<Result<IpAddress>> resolve(std::string, MonoTime) override { co_return IpAddress{}; }

 private:
  SplittingWire& wire_;
};

class SplittingListener final : public net::Listener {
 public:
  explicit SplittingListener(SplittingWire& wire) : wire_(wire) {}
  Task<Result<std::unique_ptr<net::ByteStream>>> accept() override {
    while (wire_.waiting.empty() && !wire_.closed) co_await wire_.changed.wait(wire_.clock, kNever);
    if (wire_.closed) co_return fail(Errc::Cancelled, "closed");
    auto stream = std::move(wire_.waiting.front());
    wire_.waiting.pop_front();
    co_return stream;
  }
  Endpoint local() const override { return {IpAddress::v4(0x7F000001), 1}; }
  void close() override {
    wire_.closed = true;
    wire_.changed.notify_all();
  }

 private:
  SplittingWire& wire_;
};

class LinksSplit : public LinksTest {
 public:
  /// One link, a few exchanges of random sizes on several streams, a goodbye.
  Task<void> exchange(std::uint64_t seed) {
    SplittingWire wire{context, clock, seed * 1000, {}, false, {}};
    const auto listen = [&wire](Endpoint) -> Result<std::unique_ptr<net::Listener>> { return std::make_unique<SplittingListener>(wire); };
    const auto options = testing::MeshNodeOptions{};
    Node near(context, clock, testing::numbered_key(1), options, {std::make_unique<SplittingDialer>(wire), listen});
    Node far(context, clock, testing::numbered_key(2), options, {std::make_unique<SplittingDialer>(wire), listen});
    echo(far);
    EXPECT_TRUE(far.links->start());
    auto outbound = options.links;
    outbound.listen.reset();
    near.links->configure(outbound);
    EXPECT_TRUE(near.links->start());
    near.peers.endpoints[far.id] = {{IpAddress::v4(0x7F000001), 1}};
    SeededRandom random(seed);
    for (int i = 0; i < 4; ++i) {
      const auto stream = co_await near.links->open(far.id, Protocol::Call, kUser, soon());
      EXPECT_TRUE(stream) << seed << ": " << stream.error().message;
      if (!stream) break;
      Bytes sent(1 + random.below(150'000));
      random.fill(sent);
      scope.spawn("write", write_all(**stream, sent));
      Bytes got(sent.size());
      const auto read = co_await net::read_exactly(**stream, got, soon());
      EXPECT_TRUE(read && got == sent) << seed;
      co_await scope.join();
    }
    co_await near.links->stop();
    co_await far.links->stop();
  }
  static Task<void> write_all(Stream& stream, Bytes bytes) {
    co_await stream.write(bytes, kNever);
    stream.shutdown_write();
  }
  Task<void> many() {
    for (std::uint64_t seed = 1; seed <= 15; ++seed) co_await exchange(seed);
  }
};

TEST_F(LinksSplit, CarryTheSameBytesInEverySplit) { run(many()); }

}  // namespace
}  // namespace soulfabric::mesh

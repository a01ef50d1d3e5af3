// SPDX-License-Identifier: GPL-3.0-or-later
// The far side on virtual time: silence, rates, ends of one direction, callers that never read.
#include <boost/asio/co_spawn.hpp>

#include "soulfabric/fabric/fields.hpp"
#include "support/fake_fabric.hpp"
#include "support/stepped_clock.hpp"
#include "tunnels_impl.hpp"
#include "tunnels_world.hpp"

namespace soulfabric::relay {
namespace {

using namespace testing;
using soulfabric::testing::FakeFabric;
using soulfabric::testing::FakeMesh;
using soulfabric::testing::numbered_key;
using soulfabric::testing::SteppedClock;

class PeerStream final : public mesh::Stream {
 public:
  PeerStream(std::unique_ptr<net::ByteStream> inner, PeerId peer) : inner_(std::move(inner)), peer_(peer) {}
  Task<Result<std::size_t>> read_some(MutableByteView into, MonoTime deadline) override { return inner_->read_some(into, deadline); }
  Task<Status> wait_readable(MonoTime deadline) override { return inner_->wait_readable(deadline); }
  Task<Status> write(ByteView data, MonoTime deadline) override { return inner_->write(data, deadline); }
  Task<Status> send_file(int, std::uint64_t, std::uint64_t, MonoTime) override { co_return fail(Errc::Unsupported, "no files"); }
  void shutdown_write() override { inner_->shutdown_write(); }
  void close() override { inner_->close(); }
  bool is_open() const noexcept override { return inner_->is_open(); }
  Endpoint remote() const override { return {}; }
  Endpoint local() const override { return {}; }
  const PeerId& peer() const noexcept override { return peer_; }
  mesh::Protocol protocol() const noexcept override { return mesh::Protocol::Call; }

 private:
  std::unique_ptr<net::ByteStream> inner_;
  PeerId peer_;
};

class FarSide : public ::testing::Test {
 public:
  FarSide()
      : guard({}, clock),
        fabric(mesh, self, guard),
        door(context, clock),
        dialer(net::make_tcp_dialer(context, clock)),
        callers(context, "callers") {
    settings.enabled = true;
    tunnels = make_tunnels({context, clock, random, guard, *dialer, fabric, fabric.links, book, nullptr, &door}, settings);
    book.know(caller, std::nullopt, WallTime{}).rights.tunnel_targets = true;
    callers.spawn("start", start());
    run(0s);
  }
  ~FarSide() override {
    callers.spawn("stop", stop());
    run(30s);
    boost::asio::co_spawn(context, callers.close(), [](const std::exception_ptr&) {});
    run(1s);
  }
  Task<void> start() { co_await tunnels->start(); }
  Task<void> stop() {
    co_await tunnels->stop();
    co_await door.scope.close();
  }
  void run(Duration time) { clock.run_for(context, time); }

  Task<void> serve(std::unique_ptr<net::ByteStream> end) {
    PeerStream stream(std::move(end), caller);
    auto budget = guard.begin_call(guard::Subject::peer(caller.text()), IpAddress{}, 1);
    fabric::CallContext call{caller, *budget, kNever, false};
    const Bytes question = fabric::encode(OpenQuestion{std::string(kUiTarget)});
    co_await tunnels->service().stream(call, "Open", question, stream);
    ++ended;
  }
  /// The caller's end of a tunnel whose answer was Open.
  std::unique_ptr<net::ByteStream> open() {
    auto pair = net::make_memory_streams(context, clock, 0);
    callers.spawn("serve", serve(std::move(pair.second)));
    callers.spawn("hear", hear(*pair.first));
    run(0s);
    EXPECT_EQ(heard, std::string(1, '\0'));
    heard.clear();
    return std::move(pair.first);
  }
  Task<void> hear(net::ByteStream& stream) {
    std::array<std::uint8_t, 4096> buffer;
    const auto got = co_await stream.read_some(buffer, kNever);
    heard += got ? std::string(text_of(ByteView(buffer).first(*got))) : "(" + std::string(name_of(got.error().code)) + ")";
  }
  Task<void> say(net::ByteStream& stream, std::string words) { co_await stream.write(bytes_of(words), kNever); }
  Task<void> count(net::ByteStream& stream, std::size_t& bytes) {
    std::array<std::uint8_t, 65536> buffer;
    for (;;) {
      const auto got = co_await stream.read_some(buffer, kNever);
      if (!got) co_return;
      bytes += *got;
    }
  }

  IoContext context{1};
  SteppedClock clock;
  SeededRandom random{7};
  PeerId self = PeerId::of(numbered_key(1).public_key());
  PeerId caller = PeerId::of(numbered_key(2).public_key());
  guard::Guard guard;
  FakeMesh mesh{clock};
  FakeFabric fabric;
  FakePeerBook book;
  FakeDoor door;
  std::unique_ptr<net::Dialer> dialer;
  TunnelSettings settings;
  std::unique_ptr<Tunnels> tunnels;
  TaskScope callers;
  std::string heard;
  int ended = 0;
};

TEST_F(FarSide, EndsATunnelThatWasSilentForTwoMinutes) {
  const auto stream = open();
  run(119s);
  EXPECT_EQ(tunnels->tunnels().size(), 1U);
  callers.spawn("say", say(*stream, "x"));
  callers.spawn("hear", hear(*stream));
  run(119s);
  EXPECT_EQ(heard, "x");
  EXPECT_EQ(tunnels->tunnels().size(), 1U) << "a byte counts";
  run(2s);
  EXPECT_TRUE(tunnels->tunnels().empty());
  EXPECT_EQ(ended, 1);
}

TEST_F(FarSide, PassesOnTheEndOfOneDirectionAlone) {
  door.serve = [](std::unique_ptr<net::ByteStream> stream) -> Task<void> {  // reads to the end, then answers
    std::array<std::uint8_t, 64> buffer;
    std::string all;
    for (;;) {
      const auto got = co_await stream->read_some(buffer, kNever);
      if (!got) break;
      all += text_of(ByteView(buffer).first(*got));
    }
    all += " to the end";
    co_await stream->write(bytes_of(all), kNever);
  };
  const auto stream = open();
  callers.spawn("say", say(*stream, "heard"));
  run(1s);
  stream->shutdown_write();
  run(0s);
  callers.spawn("hear", hear(*stream));
  run(0s);
  EXPECT_EQ(heard, "heard to the end");
  callers.spawn("hear", hear(*stream));
  run(0s);
  EXPECT_EQ(heard, "heard to the end(closed)");
  EXPECT_TRUE(tunnels->tunnels().empty());
}

TEST_F(FarSide, PassesOnTheEndOfTheTargetAlone) {
  std::string got_later;
  door.serve = [&got_later](std::unique_ptr<net::ByteStream> stream) -> Task<void> {
    return [](std::unique_ptr<net::ByteStream> own, std::string& later) -> Task<void> {
      own->shutdown_write();
      std::array<std::uint8_t, 64> buffer;
      const auto got = co_await own->read_some(buffer, kNever);
      later = got ? std::string(text_of(ByteView(buffer).first(*got))) : "nothing";
    }(std::move(stream), got_later);
  };
  const auto stream = open();
  callers.spawn("hear", hear(*stream));
  run(0s);
  EXPECT_EQ(heard, "(closed)");
  EXPECT_EQ(tunnels->tunnels().at(0).state, "half-closed");
  callers.spawn("say", say(*stream, "still"));
  run(0s);
  EXPECT_EQ(got_later, "still");
}

TEST_F(FarSide, HoldsLittleForACallerThatNeverReads) {
  std::size_t written = 0;
  door.serve = [&written](std::unique_ptr<net::ByteStream> stream) -> Task<void> {
    return [](std::unique_ptr<net::ByteStream> own, std::size_t& sum) -> Task<void> {
      const Bytes block(65536, 7);
      for (;;) {
        const auto sent = co_await own->write(block, kNever);
        if (!sent) co_return;
        sum += block.size();
      }
    }(std::move(stream), written);
  };
  const auto stream = open();
  run(60s);
  EXPECT_LT(written, 2U * 1024 * 1024) << "the pump stands still";
  EXPECT_EQ(tunnels->tunnels().size(), 1U);
  run(70s);
  EXPECT_TRUE(tunnels->tunnels().empty()) << "and ends";
}

TEST_F(FarSide, KeepsToItsByteRate) {
  settings.bytes_per_second = 64 * 1024;
  tunnels->configure(settings);
  door.serve = [](std::unique_ptr<net::ByteStream> stream) -> Task<void> {
    const Bytes block(65536, 7);
    for (int i = 0; i < 16; ++i) {
      const auto sent = co_await stream->write(block, kNever);
      if (!sent) co_return;
    }
  };
  const auto stream = open();
  std::size_t bytes = 0;
  callers.spawn("count", count(*stream, bytes));
  run(4s);
  EXPECT_GE(bytes, 4U * 60 * 1024);
  EXPECT_LE(bytes, 4U * 64 * 1024 + 64 * 1024);
  run(13s);
  EXPECT_EQ(bytes, 16U * 65536);
}

TEST_F(FarSide, IsClosedFromThePage) {
  const auto stream = open();
  const auto infos = tunnels->tunnels();
  ASSERT_EQ(infos.size(), 1U);
  EXPECT_EQ(tunnels->close(infos[0].id + 1).error().code, Errc::NotFound);
  EXPECT_TRUE(tunnels->close(infos[0].id));
  run(0s);
  EXPECT_TRUE(tunnels->tunnels().empty());
  EXPECT_EQ(tunnels->metrics().opened, 1U);
}

}  // namespace
}  // namespace soulfabric::relay

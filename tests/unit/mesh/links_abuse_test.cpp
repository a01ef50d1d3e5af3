// SPDX-License-Identifier: GPL-3.0-or-later
// Strangers and proven peers who break the rules of a link: rationed, charged under their own key, never fatal. On virtual time.
#include "links_sim_fixture.hpp"
#include "raw_link.hpp"

namespace soulfabric::mesh {
namespace {

using namespace std::chrono_literals;
using testing::RawLink;
using wire::YamuxHeader;
using wire::YamuxType;

class LinksAbuse : public LinksSim {
 public:
  LinksAbuse() {
    keep(a);
    network.start();
  }
  /// A peer of its own key at a host of its own.
  [[nodiscard]] std::unique_ptr<RawLink> raw(std::uint32_t number) {
    dialers.push_back(sim.dialer_of(Network::sim_host(100 + number)));
    return std::make_unique<RawLink>(clock, *dialers.back(), key_of(number));
  }
  static SigningKey key_of(std::uint32_t number) { return testing::numbered_key(5000 + number); }
  static PeerId id_of(std::uint32_t number) { return PeerId::of(key_of(number).public_key()); }
  Task<void> throw_away(std::uint32_t number) {
    const auto one = raw(number);
    const bool connected = co_await one->connect(a.endpoint());
    if (!connected) co_return;
    ++handshakes;
    const bool greeted = co_await one->greet();
    if (greeted) ++admitted;
    co_await clock.sleep_for(10min);  // nothing more is said
  }
  Task<void> silent_connection(std::uint32_t number) {
    const auto dialer = sim.dialer_of(Network::sim_host(100 + number));
    auto stream = co_await dialer->connect(a.endpoint(), in(10s));
    if (!stream) co_return;
    Bytes into(10);
    const auto got = co_await (*stream)->read_some(into, in(1h));
    if (!got && got.error().code != Errc::TimedOut) ended.push_back(clock.now());
  }
  Node& a = network.add(real());
  std::vector<std::unique_ptr<net::Dialer>> dialers;
  std::size_t handshakes = 0;
  std::size_t admitted = 0;
  std::vector<MonoTime> ended;
};

TEST_F(LinksAbuse, ThreeThousandThrowawayKeysInASecondAreRationed) {
  const auto body = [](LinksAbuse& t) -> Task<void> {
    for (std::uint32_t i = 0; i < 3000; ++i) {
      t.scope.spawn("key", t.throw_away(i));
      if (i % 30 == 0) co_await t.clock.sleep_for(10ms);
    }
    co_await t.clock.sleep_for(10s);
    const auto metrics = t.a.links->metrics();
    EXPECT_LE(metrics.accepted, 190U) << "80 at once and 80 in the second";
    EXPECT_GE(metrics.accepted, 48U);
    EXPECT_EQ(metrics.accepted + metrics.refused_before_tls, 3000U);
    EXPECT_EQ(t.handshakes, t.admitted);
    EXPECT_EQ(t.a.guard.metrics().violations, 0U);
  };
  run(body(*this));
}

TEST_F(LinksAbuse, SilentConnectionsFillTheRationForFiveSecondsAndNoLonger) {
  const auto body = [](LinksAbuse& t) -> Task<void> {
    const MonoTime begun = t.clock.now();
    for (std::uint32_t i = 0; i < 200; ++i) t.scope.spawn("silent", t.silent_connection(i));
    co_await t.clock.sleep_for(1s);
    EXPECT_EQ(t.a.links->metrics().half_open, 48U);
    EXPECT_EQ(t.a.links->metrics().refused_before_tls, 152U);
    const auto shut_out = t.raw(300);
    const bool refused = co_await shut_out->connect(t.a.endpoint());
    EXPECT_FALSE(refused);
    t.a.peers.known_addresses.insert(Network::sim_host(401));
    const auto known = t.raw(301);
    const bool taken = co_await known->connect(t.a.endpoint());
    EXPECT_TRUE(taken) << "a known peer's address has places of its own";
    co_await t.clock.sleep_for(4s);
    EXPECT_EQ(t.a.links->metrics().half_open, 1U);
    EXPECT_EQ(t.ended.size(), 200U);
    for (const auto at : t.ended) EXPECT_LE(at - begun, 6s);
    const auto later = t.raw(302);
    const bool welcome = co_await later->connect(t.a.endpoint());
    EXPECT_TRUE(welcome);
  };
  run(body(*this));
}

TEST_F(LinksAbuse, AProvenPeerThatSaysNothingIsHalfOpen) {
  const auto body = [](LinksAbuse& t) -> Task<void> {
    const auto one = t.raw(1);
    const bool connected = co_await one->connect(t.a.endpoint());
    EXPECT_TRUE(connected);
    co_await t.clock.sleep_for(1s);
    EXPECT_EQ(t.a.links->metrics().links, 0U) << "no application byte came";
    const bool ended = co_await one->ends_within(6s);
    EXPECT_TRUE(ended);
    EXPECT_EQ(t.a.links->metrics().handshake_failures, 1U);
  };
  run(body(*this));
}

TEST_F(LinksAbuse, FramesThatBreakTheRulesAreChargedToThePeerAndFiveOfThemBanIt) {
  const auto body = [](LinksAbuse& t) -> Task<void> {
    const auto peer = guard::Subject::peer(id_of(1).text());
    for (int i = 0; i < 5; ++i) {
      EXPECT_FALSE(t.a.guard.is_banned(peer)) << i;
      const auto one = t.raw(1);
      const bool connected = co_await one->connect(t.a.endpoint());
      EXPECT_TRUE(connected) << i;
      const bool greeted = co_await one->greet();
      EXPECT_TRUE(greeted) << i;
      const bool sent = co_await one->send(Bytes(12, 0xFF));
      EXPECT_TRUE(sent);
      const bool ended = co_await one->ends_within(10s);
      EXPECT_TRUE(ended) << i;
      co_await t.clock.sleep_for(2s);
    }
    EXPECT_TRUE(t.a.guard.is_banned(peer));
    EXPECT_FALSE(t.a.guard.is_banned(guard::Subject::address(Network::sim_host(101))));
    const auto again = t.raw(1);
    const bool connected = co_await again->connect(t.a.endpoint());
    const bool greeted = co_await again->greet();
    EXPECT_FALSE(connected && greeted);
    const auto neighbour = std::make_unique<RawLink>(t.clock, *t.dialers.front(), key_of(2));  // the same address, another key
    const bool free = co_await neighbour->connect(t.a.endpoint());
    EXPECT_TRUE(free);
    const bool heard = co_await neighbour->greet();
    EXPECT_TRUE(heard);
  };
  run(body(*this));
}

TEST_F(LinksAbuse, FramesWithEveryLengthLieEndTheLinkOrTheStreamAndNothingElse) {
  const auto body = [](LinksAbuse& t) -> Task<void> {
    std::uint32_t number = 10;
    for (const auto type : {YamuxType::Data, YamuxType::WindowUpdate, YamuxType::Ping, YamuxType::GoAway}) {
      for (const std::uint32_t length : {0U, 1U, 255U, 262'144U, 262'145U, 0x7FFFFFFFU, 0x80000000U, 0xFFFFFFFFU}) {
        const auto one = t.raw(++number);
        const bool connected = co_await one->connect(t.a.endpoint());
        EXPECT_TRUE(connected);
        const bool greeted = co_await one->greet();
        EXPECT_TRUE(greeted);
        const bool stream_frame = type == YamuxType::Data || type == YamuxType::WindowUpdate;
        YamuxHeader header{type, 0, 0, length};
        if (stream_frame) header = {type, wire::kYamuxSyn, 1, length};
        co_await one->send(header);
        co_await one->send(Bytes(500, 0));
        co_await t.clock.sleep_for(1s);
        one->close();
      }
    }
    co_await t.clock.sleep_for(60s);
    EXPECT_EQ(t.a.links->metrics().links, 0U);
    const auto honest = t.raw(5);
    const bool connected = co_await honest->connect(t.a.endpoint());
    EXPECT_TRUE(connected);
    const bool greeted = co_await honest->greet();
    EXPECT_TRUE(greeted);
  };
  run(body(*this));
}

TEST_F(LinksAbuse, TenThousandStreamsOpenedAtOnceGiveTheHandlerAThousand) {
  const auto body = [](LinksAbuse& t) -> Task<void> {
    const auto one = t.raw(1);
    const bool connected = co_await one->connect(t.a.endpoint());
    EXPECT_TRUE(connected);
    const bool greeted = co_await one->greet();
    EXPECT_TRUE(greeted);
    for (std::uint32_t i = 0; i < 10'000; i += 100) {
      Bytes frames;
      for (std::uint32_t n = i; n < i + 100; ++n) {
        const auto header = wire::encode_yamux_header({YamuxType::Data, wire::kYamuxSyn, 2 * n + 1, 1});
        frames.insert(frames.end(), header.begin(), header.end());
        frames.push_back(static_cast<std::uint8_t>(Protocol::Call));
      }
      co_await one->send(std::move(frames));
    }
    co_await t.clock.sleep_for(3s);
    EXPECT_EQ(t.kept.size(), 1024U);
    EXPECT_TRUE(t.a.links->is_linked(id_of(1)));
    EXPECT_EQ(t.a.links->link(id_of(1))->streams, 1024U);
    t.kept.clear();
    EXPECT_EQ(t.a.links->link(id_of(1))->streams, 0U);
  };
  run(body(*this));
}

TEST_F(LinksAbuse, AStreamThatNeverSaysWhatItIsForIsReset) {
  const auto body = [](LinksAbuse& t) -> Task<void> {
    const auto one = t.raw(1);
    const bool connected = co_await one->connect(t.a.endpoint());
    EXPECT_TRUE(connected);
    const bool greeted = co_await one->greet();
    EXPECT_TRUE(greeted);
    co_await one->send(YamuxHeader{YamuxType::WindowUpdate, wire::kYamuxSyn, 1, 0});
    bool was_reset = false;
    const MonoTime limit = t.in(15s);
    while (!was_reset && t.clock.now() < limit) {
      auto got = co_await one->receive();
      EXPECT_TRUE(got);
      if (!got) break;
      for (std::size_t at = 0; at + 12 <= got->size(); at += 12) {
        const auto header = wire::decode_yamux_header(ByteView(*got).subspan(at));
        was_reset = was_reset || (header && header->stream == 1 && header->has(wire::kYamuxRst));
      }
    }
    EXPECT_TRUE(was_reset);
  };
  run(body(*this));
}

TEST_F(LinksAbuse, APeerThatNeverReadsIsGivenUpAndCostsNoMemory) {
  const auto body = [](LinksAbuse& t) -> Task<void> {
    const auto one = t.raw(1);
    const bool connected = co_await one->connect(t.a.endpoint());
    EXPECT_TRUE(connected);
    const bool greeted = co_await one->greet();
    EXPECT_TRUE(greeted);
    const MonoTime stopped = t.clock.now();
    // It asks and asks, each question wants an answer, and takes none.
    Bytes questions;
    for (std::uint32_t i = 0; i < 1000; ++i) {
      const auto header = wire::encode_yamux_header({YamuxType::Ping, wire::kYamuxSyn, 0, i});
      questions.insert(questions.end(), header.begin(), header.end());
    }
    while (t.a.links->is_linked(id_of(1)) && t.clock.now() < stopped + 10min) {
      co_await one->send(questions);
      co_await t.clock.sleep_for(100ms);
    }
    EXPECT_FALSE(t.a.links->is_linked(id_of(1)));
    EXPECT_LE(t.clock.now() - stopped, 90s);
  };
  run(body(*this));
}

TEST_F(LinksAbuse, AStreamNobodyReadsStopsItsWriterAndNoOther) {
  const auto body = [](LinksAbuse& t) -> Task<void> {
    Node& b = t.network.add(real());
    EXPECT_TRUE(b.links->start());
    const bool linked = co_await t.network.link(b, t.a);
    EXPECT_TRUE(linked);
    const Bytes block(64 * 1024, 1);
    const auto stuck = co_await b.links->open(t.a.id, Protocol::Call, kUser, t.in(5s));
    std::size_t taken = 0;
    for (;;) {
      const auto written = co_await (*stuck)->write(block, t.in(2s));
      if (!written) EXPECT_EQ(written.error().code, Errc::TimedOut);
      if (!written) break;
      taken += block.size();
    }
    EXPECT_LE(taken, 512U * 1024) << "the window and the one queued frame";
    const auto other = co_await b.links->open(t.a.id, Protocol::Call, kUser, t.in(5s));
    const auto free = co_await (*other)->write(block, t.in(2s));
    EXPECT_TRUE(free);
    const bool arrived = co_await t.network.until([&] { return t.kept.size() == 2; });
    EXPECT_TRUE(arrived);
    Bytes got(block.size());
    const auto read = co_await net::read_exactly(*t.kept[1], got, t.in(2s));
    EXPECT_TRUE(read);
    co_await t.clock.sleep_for(5min);
    EXPECT_TRUE(b.links->is_linked(t.a.id)) << "pings pass beside it";
  };
  run(body(*this));
}

TEST_F(LinksAbuse, NoMoreStreamsAreTakenWhileTheNodeHoldsAllItMay) {
  const auto body = [](LinksAbuse& t) -> Task<void> {
    auto options = real();
    options.links.node_window = 300 * 1024;
    Node& small = t.network.add(options);
    t.keep(small);
    Node& b = t.network.add(real());
    EXPECT_TRUE(small.links->start());
    EXPECT_TRUE(b.links->start());
    const bool linked = co_await t.network.link(b, small);
    EXPECT_TRUE(linked);
    const Bytes block(200 * 1024, 1);
    std::vector<StreamPtr> open;
    for (int i = 0; i < 2; ++i) {
      auto stream = co_await b.links->open(small.id, Protocol::Call, kUser, t.in(5s));
      co_await (*stream)->write(block, t.in(2s));
      open.push_back(std::move(*stream));
    }
    co_await t.clock.sleep_for(1s);
    EXPECT_EQ(t.kept.size(), 2U);
    auto third = co_await b.links->open(small.id, Protocol::Call, kUser, t.in(5s));
    Bytes into(1);
    const auto refused = co_await (*third)->read_some(into, t.in(5s));
    EXPECT_EQ(refused.error().code, Errc::Io);
    Bytes got(block.size());
    for (const auto& stream : t.kept) co_await net::read_exactly(*stream, got, t.in(5s));
    auto fourth = co_await b.links->open(small.id, Protocol::Call, kUser, t.in(5s));
    co_await t.clock.sleep_for(1s);
    EXPECT_EQ(t.kept.size(), 3U);
  };
  run(body(*this));
}

}  // namespace
}  // namespace soulfabric::mesh

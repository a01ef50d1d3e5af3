// SPDX-License-Identifier: GPL-3.0-or-later
// Links over loopback: they come up, carry streams both ways, go with a goodbye.
#include "links_fixture.hpp"

namespace soulfabric::mesh {
namespace {

class LinksBasic : public LinksTest {
 public:
  LinksBasic() {
    echo(a);
    echo(b);
    network.start();
  }
  Task<void> both_know_each_other() {
    const bool linked = co_await network.link(a, b);
    EXPECT_TRUE(linked);
    if (!linked) co_return;
    const auto at_a = a.links->link(b.id);
    const auto at_b = b.links->link(a.id);
    EXPECT_EQ(at_a->direction, Direction::Outbound);
    EXPECT_EQ(at_b->direction, Direction::Inbound);
    EXPECT_EQ(at_a->key, b.key.public_key());
    EXPECT_EQ(at_b->key, a.key.public_key());
    EXPECT_EQ(at_a->remote, b.endpoint());
    EXPECT_TRUE(a.guard.is_proven(guard::Subject::peer(b.id.text()), at_a->remote.address));
    EXPECT_EQ(b.peers.links.size(), 1U);
    EXPECT_EQ(a.peers.dials.size(), 1U);
    EXPECT_TRUE(a.peers.dials.front().outcome);
    const bool measured = co_await network.until([this] { return a.links->link(b.id)->round_trip && b.links->link(a.id)->round_trip; });
    EXPECT_TRUE(measured);
  }
  Task<void> round_trip(Node& from, Node& to, std::size_t size) {
    auto stream = co_await from.links->open(to.id, Protocol::Call, kUser, soon());
    EXPECT_TRUE(stream) << stream.error().message;
    if (!stream) co_return;
    EXPECT_EQ((*stream)->peer(), to.id);
    Bytes sent(size);
    SeededRandom random(size);
    random.fill(sent);
    scope.spawn("write", write_all(**stream, sent));
    Bytes got(size);
    const auto read = co_await net::read_exactly(**stream, got, soon());
    EXPECT_TRUE(read) << read.error().message;
    EXPECT_TRUE(got == sent);
    Bytes more(1);
    const auto end = co_await (*stream)->read_some(more, soon());
    EXPECT_FALSE(end);
    if (!end) EXPECT_EQ(end.error().code, Errc::Closed);
    co_await scope_empty();
  }
  static Task<void> write_all(Stream& stream, Bytes bytes) {
    const auto written = co_await stream.write(bytes, kNever);
    EXPECT_TRUE(written);
    stream.shutdown_write();
  }
  Task<void> scope_empty() {
    const bool empty = co_await network.until([this] { return scope.size() == 0; });
    EXPECT_TRUE(empty);
  }
  Node& a = network.add();
  Node& b = network.add();
};

TEST_F(LinksBasic, BothEndsKnowTheOtherByItsKey) { run(both_know_each_other()); }

TEST_F(LinksBasic, StreamsCarryBytesBothWaysOverOneLink) {
  const auto body = [](LinksBasic& t) -> Task<void> {
    const bool linked = co_await t.network.link(t.a, t.b);
    EXPECT_TRUE(linked);
    co_await t.round_trip(t.a, t.b, 1);
    co_await t.round_trip(t.a, t.b, 3'000'000);
    co_await t.round_trip(t.b, t.a, 3'000'000);  // called over the link that the other side dialled
    EXPECT_EQ(t.b.links->metrics().dialled, 0U);
    EXPECT_EQ(t.a.links->link(t.b.id)->streams, 0U);
  };
  run(body(*this));
}

TEST_F(LinksBasic, OpenDialsWhereThereIsNoLink) {
  const auto body = [](LinksBasic& t) -> Task<void> {
    t.a.knows(t.b);
    co_await t.round_trip(t.a, t.b, 100);
    EXPECT_EQ(t.a.links->metrics().dialled, 1U);
  };
  run(body(*this));
}

TEST_F(LinksBasic, ARemoteCallUsesALinkButNeverDials) {
  const auto body = [](LinksBasic& t) -> Task<void> {
    t.a.knows(t.b);
    const auto refused = co_await t.a.links->open(t.b.id, Protocol::Call, guard::Origin::RemoteMesh, t.soon());
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::Forbidden);
    EXPECT_TRUE(t.a.peers.located.empty());
    const bool linked = co_await t.network.link(t.a, t.b);
    EXPECT_TRUE(linked);
    const auto taken = co_await t.a.links->open(t.b.id, Protocol::Call, guard::Origin::RemoteMesh, t.soon());
    EXPECT_TRUE(taken);
  };
  run(body(*this));
}

TEST_F(LinksBasic, AStreamOfAProtocolNobodySpeaksIsReset) {
  const auto body = [](LinksBasic& t) -> Task<void> {
    const bool linked = co_await t.network.link(t.a, t.b);
    EXPECT_TRUE(linked);
    auto stream = co_await t.a.links->open(t.b.id, static_cast<Protocol>(9), kUser, t.soon());
    EXPECT_TRUE(stream);
    Bytes into(1);
    const auto got = co_await (*stream)->read_some(into, t.soon());
    EXPECT_FALSE(got);
    EXPECT_EQ(got.error().code, Errc::Io);
  };
  run(body(*this));
}

TEST_F(LinksBasic, GoodbyeIsHeardAndTheLinkIsGoneOnBothSides) {
  const auto body = [](LinksBasic& t) -> Task<void> {
    std::vector<bool> seen;
    t.b.links->on_link([&](const PeerId&, bool up) { seen.push_back(up); });
    const bool linked = co_await t.network.link(t.a, t.b);
    EXPECT_TRUE(linked);
    t.a.links->drop(t.b.id);
    EXPECT_FALSE(t.a.links->is_linked(t.b.id));
    const bool gone = co_await t.network.until([&] { return !t.b.links->is_linked(t.a.id); });
    EXPECT_TRUE(gone);
    EXPECT_EQ(seen, (std::vector<bool>{true, false}));
    EXPECT_EQ(t.b.links->metrics().dead_links, 0U);
  };
  run(body(*this));
}

TEST_F(LinksBasic, WhatWasWrittenBeforeTheGoodbyeArrives) {
  const auto body = [](LinksBasic& t) -> Task<void> {
    t.keep(t.b);
    const bool linked = co_await t.network.link(t.a, t.b);
    EXPECT_TRUE(linked);
    auto stream = co_await t.a.links->open(t.b.id, Protocol::Call, kUser, t.soon());
    const Bytes sent(50'000, 7);
    const auto written = co_await (*stream)->write(sent, t.soon());
    EXPECT_TRUE(written);
    (*stream)->shutdown_write();
    t.a.links->drop(t.b.id);
    const bool arrived = co_await t.network.until([&] { return !t.kept.empty(); });
    EXPECT_TRUE(arrived);
    if (!arrived) co_return;
    Bytes got(sent.size());
    const auto read = co_await net::read_exactly(*t.kept.front(), got, t.soon());
    EXPECT_TRUE(read);
    EXPECT_EQ(got, sent);
  };
  run(body(*this));
}

TEST_F(LinksBasic, APendingReadEndsWithTheLinkAndWithItsStream) {
  const auto body = [](LinksBasic& t) -> Task<void> {
    t.keep(t.b);
    const bool linked = co_await t.network.link(t.a, t.b);
    EXPECT_TRUE(linked);
    auto stream = co_await t.a.links->open(t.b.id, Protocol::Call, kUser, t.soon());
    const bool arrived = co_await t.network.until([&] { return !t.kept.empty(); });
    EXPECT_TRUE(arrived);
    Bytes into(1);
    const auto silent = co_await (*stream)->read_some(into, t.clock.now() + std::chrono::milliseconds(10));
    EXPECT_EQ(silent.error().code, Errc::TimedOut);
    t.b.links->drop(t.a.id);
    const auto broken = co_await (*stream)->read_some(into, t.soon());
    EXPECT_EQ(broken.error().code, Errc::Io);
    (*stream)->close();
    const auto closed = co_await (*stream)->read_some(into, t.soon());
    EXPECT_EQ(closed.error().code, Errc::Cancelled);
  };
  run(body(*this));
}

}  // namespace
}  // namespace soulfabric::mesh

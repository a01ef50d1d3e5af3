// SPDX-License-Identifier: GPL-3.0-or-later
// Peers that die, come back, are banned: on virtual time.
#include "links_sim_fixture.hpp"

namespace soulfabric::mesh {
namespace {

using namespace std::chrono_literals;

class LinksDeath : public LinksSim {
 public:
  Task<void> until_gone(Node& node, PeerId peer) {
    while (node.links->is_linked(peer) && clock.now() < begun + 1h) co_await clock.sleep_for(100ms);
  }
  static Task<void> write_on(Stream& stream, Status& outcome) {
    const Bytes bytes(64 * 1024, 1);
    do outcome = co_await stream.write(bytes, kNever);
    while (outcome);
  }
  Node& a = network.add(real());
  Node& b = network.add(real());
  MonoTime begun = clock.now();
};

TEST_F(LinksDeath, APeerThatLostItsPowerIsNoticedWithinAMinute) {
  const auto body = [](LinksDeath& t) -> Task<void> {
    const bool linked = co_await t.network.link(t.a, t.b);
    EXPECT_TRUE(linked);
    co_await t.clock.sleep_for(10min);
    EXPECT_TRUE(t.a.links->is_linked(t.b.id)) << "an idle link stands";
    t.sim.lose_power(Network::sim_host(1));
    const MonoTime died = t.clock.now();
    co_await t.until_gone(t.a, t.b.id);
    EXPECT_LE(t.clock.now() - died, 60s);
    EXPECT_EQ(t.a.links->metrics().dead_links, 1U);
    EXPECT_FALSE(t.a.guard.is_banned(subject(t.b)));
    EXPECT_EQ(t.a.guard.metrics().violations, 0U) << "to die is no violation";
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDeath, AWriteUnderWayEndsWhenThePeerVanishes) {
  const auto body = [](LinksDeath& t) -> Task<void> {
    t.keep(t.b);
    const bool linked = co_await t.network.link(t.a, t.b);
    EXPECT_TRUE(linked);
    auto stream = co_await t.a.links->open(t.b.id, Protocol::Call, kUser, t.in(5s));
    EXPECT_TRUE(stream);
    Status outcome;
    t.scope.spawn("write", write_on(**stream, outcome));
    co_await t.clock.sleep_for(50ms);
    t.sim.lose_power(Network::sim_host(1));
    const MonoTime died = t.clock.now();
    co_await t.scope.join();
    EXPECT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::Io);
    EXPECT_LE(t.clock.now() - died, 60s);
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDeath, ANewLinkReplacesOneThatMissesAPing) {
  const auto body = [](LinksDeath& t) -> Task<void> {
    const bool linked = co_await t.network.link(t.b, t.a);
    EXPECT_TRUE(linked);
    t.sim.lose_power(Network::sim_host(1));
    Node& again = t.network.add(real(), t.b.key);  // the same peer after a restart, at another address
    again.knows(t.a);
    EXPECT_TRUE(again.links->start());
    const MonoTime dialled = t.clock.now();
    const auto back = co_await again.links->connect(t.a.id, kUser, t.in(20s));
    EXPECT_TRUE(back) << back.error().message;
    EXPECT_LE(t.clock.now() - dialled, 5s);
    const auto at_a = t.a.links->link(t.b.id);
    EXPECT_TRUE(at_a);
    EXPECT_EQ(at_a->remote.address, Network::sim_host(2));
    co_await t.clock.sleep_for(2min);
    EXPECT_TRUE(t.a.links->is_linked(t.b.id));
    EXPECT_TRUE(again.links->is_linked(t.a.id));
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDeath, ASecondLinkOfAPeerWhoseFirstAnswersIsTurnedAway) {
  const auto body = [](LinksDeath& t) -> Task<void> {
    const bool linked = co_await t.network.link(t.b, t.a);
    EXPECT_TRUE(linked);
    Node& copy = t.network.add(real(), t.b.key);
    copy.knows(t.a);
    EXPECT_TRUE(copy.links->start());
    const auto second = co_await copy.links->connect(t.a.id, kUser, t.in(20s));
    EXPECT_FALSE(second);
    EXPECT_EQ(t.a.links->link(t.b.id)->remote.address, Network::sim_host(1));
    EXPECT_TRUE(t.b.links->is_linked(t.a.id));
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDeath, AWantedPeerThatWasLostIsLinkedAgain) {
  const auto body = [](LinksDeath& t) -> Task<void> {
    t.a.knows(t.b);
    t.a.peers.wanted_peers = {t.b.id};
    const bool up = co_await t.network.until([&] { return t.a.links->is_linked(t.b.id); });
    EXPECT_TRUE(up);
    t.sim.partition({{Network::sim_host(1), 1}});
    co_await t.until_gone(t.a, t.b.id);
    co_await t.clock.sleep_for(20s);
    t.sim.heal();
    co_await t.clock.sleep_for(90s);
    EXPECT_TRUE(t.a.links->is_linked(t.b.id));
    EXPECT_TRUE(t.b.links->is_linked(t.a.id));
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDeath, ABannedPeersLinkEndsAndNoneIsMade) {
  const auto body = [](LinksDeath& t) -> Task<void> {
    const bool linked = co_await t.network.link(t.b, t.a);
    EXPECT_TRUE(linked);
    t.a.knows(t.b);
    EXPECT_TRUE(t.a.guard.ban(subject(t.b), std::nullopt, "test"));
    co_await t.clock.sleep_for(3s);
    EXPECT_FALSE(t.a.links->is_linked(t.b.id));
    EXPECT_FALSE(t.b.links->is_linked(t.a.id));
    const auto dialled = co_await t.a.links->connect(t.b.id, kUser, t.in(20s));
    EXPECT_EQ(dialled.error().code, Errc::Banned);
    const auto again = co_await t.b.links->connect(t.a.id, kUser, t.in(20s));
    EXPECT_FALSE(again);
    EXPECT_TRUE(t.a.guard.unban(subject(t.b)));
    const auto free = co_await t.b.links->connect(t.a.id, kUser, t.in(20s));
    EXPECT_TRUE(free);
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDeath, AtABannedAddressOnlyTrustedAndProvenPeersComeIn) {
  const auto body = [](LinksDeath& t) -> Task<void> {
    t.b.knows(t.a);
    EXPECT_TRUE(t.a.guard.ban(guard::Subject::address(Network::sim_host(1)), std::nullopt, "test"));
    const auto stranger = co_await t.b.links->connect(t.a.id, kUser, t.in(20s));
    EXPECT_FALSE(stranger);
    t.a.guard.protect(subject(t.b));
    const auto trusted = co_await t.b.links->connect(t.a.id, kUser, t.in(20s));
    EXPECT_TRUE(trusted);
    t.b.links->drop(t.a.id);
    co_await t.clock.sleep_for(3s);
    t.a.guard.unprotect(subject(t.b));
    const auto proven = co_await t.b.links->connect(t.a.id, kUser, t.in(20s));
    EXPECT_TRUE(proven) << "it was proven here before";
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDeath, AStoppedNodeIsGoneAtOnceForTheOthers) {
  const auto body = [](LinksDeath& t) -> Task<void> {
    const bool linked = co_await t.network.link(t.a, t.b);
    EXPECT_TRUE(linked);
    const MonoTime stopped = t.clock.now();
    co_await t.b.links->stop();
    EXPECT_LE(t.clock.now() - stopped, 1100ms);
    co_await t.clock.sleep_for(500ms);
    EXPECT_FALSE(t.a.links->is_linked(t.b.id));
    const auto after = co_await t.b.links->connect(t.a.id, kUser, t.in(20s));
    EXPECT_EQ(after.error().code, Errc::Unavailable);
  };
  network.start();
  run(body(*this));
}

}  // namespace
}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// Who dials whom, who wins, who is not dialled again: on virtual time.
#include "links_sim_fixture.hpp"

namespace soulfabric::mesh {
namespace {

using namespace std::chrono_literals;

class LinksDial : public LinksSim {
 public:
  Task<void> dial_and_note(Node& from, PeerId to, Status& outcome) {
    outcome = co_await from.links->connect(to, kUser, in(20s));
  }
  Node& a = network.add(real());
  Node& b = network.add(real());
  Node& c = network.add(real());
};

TEST_F(LinksDial, WhenBothDialAtOnceTheSmallerIdsDialWins) {
  const auto body = [](LinksDial& t) -> Task<void> {
    for (int round = 0; round < 12; ++round) {
      Status one;
      Status other;
      t.scope.spawn("a", t.dial_and_note(t.a, t.b.id, one));
      t.scope.spawn("b", t.dial_and_note(t.b, t.a.id, other));
      const bool up = co_await t.network.until([&] { return t.a.links->is_linked(t.b.id) && t.b.links->is_linked(t.a.id) && t.scope.size() == 0; });
      EXPECT_TRUE(up) << round;
      EXPECT_TRUE(one && other) << round;
      co_await t.clock.sleep_for(3s);
      const auto at_a = t.a.links->link(t.b.id);
      const auto at_b = t.b.links->link(t.a.id);
      EXPECT_TRUE(at_a && at_b) << round;
      if (!at_a || !at_b) co_return;
      EXPECT_EQ(at_a->direction, t.a.id < t.b.id ? Direction::Outbound : Direction::Inbound) << round;
      EXPECT_NE(at_a->direction, at_b->direction) << round;
      EXPECT_GE(at_a->age, 3s) << "the winner stood from the start";
      EXPECT_EQ(t.a.links->metrics().half_open + t.b.links->metrics().half_open, 0U);
      t.a.links->drop(t.b.id);
      const bool gone = co_await t.network.until([&] { return !t.b.links->is_linked(t.a.id); });
      EXPECT_TRUE(gone) << round;
      co_await t.clock.sleep_for(2s);
    }
  };
  network.start();
  network.introduce();
  run(body(*this));
}

TEST_F(LinksDial, ADialThatIsOvertakenByAnInboundLinkCountsAsDone) {
  const auto body = [](LinksDial& t) -> Task<void> {
    t.a.peers.endpoints[t.b.id] = {{Network::sim_host(77), 50305}};  // nobody is there and nobody says so
    t.sim.partition({{Network::sim_host(77), 1}});
    t.b.knows(t.a);
    Status one;
    t.scope.spawn("a", t.dial_and_note(t.a, t.b.id, one));
    const auto linked = co_await t.b.links->connect(t.a.id, kUser, t.in(3s));
    EXPECT_TRUE(linked);
    const bool done = co_await t.network.until([&] { return t.a.links->is_linked(t.b.id); });
    EXPECT_TRUE(done);
    co_await t.clock.sleep_for(100ms);
    EXPECT_TRUE(one);
    EXPECT_EQ(t.scope.size(), 0U) << "who waits for the dial is told of the link";
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDial, ADeafEndpointHoldsUpTheNextOneForAMomentOnly) {
  const auto body = [](LinksDial& t) -> Task<void> {
    t.sim.partition({{Network::sim_host(77), 1}});
    t.a.peers.endpoints[t.b.id] = {{Network::sim_host(77), 50305}, t.b.endpoint()};
    const MonoTime begun = t.clock.now();
    const auto linked = co_await t.a.links->connect(t.b.id, kUser, t.in(20s));
    EXPECT_TRUE(linked);
    EXPECT_LT(t.clock.now() - begun, 1s);
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDial, ManyWhoWantTheSamePeerShareOneDial) {
  const auto body = [](LinksDial& t) -> Task<void> {
    std::vector<Status> outcomes(20, fail(Errc::Internal, ""));
    for (auto& outcome : outcomes) t.scope.spawn("a", t.dial_and_note(t.a, t.b.id, outcome));
    co_await t.scope.join();
    for (const auto& outcome : outcomes) EXPECT_TRUE(outcome);
    EXPECT_EQ(t.a.links->metrics().dialled, 1U);
    EXPECT_EQ(t.a.peers.located.size(), 1U);
  };
  network.start();
  network.introduce();
  run(body(*this));
}

TEST_F(LinksDial, SomebodyElseAtTheEndpointIsToldAndLeftAloneForTenMinutes) {
  const auto body = [](LinksDial& t) -> Task<void> {
    const Endpoint wrong = t.c.endpoint();
    const auto refused = co_await t.a.links->dial(t.b.id, wrong, t.in(20s));
    EXPECT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::Unauthorized);
    EXPECT_EQ(t.a.peers.dials.size(), 1U);
    EXPECT_EQ(t.a.peers.dials.front().outcome.error().code, Errc::Unauthorized);
    EXPECT_EQ(t.a.peers.dials.front().endpoint, wrong);
    EXPECT_EQ(t.c.links->metrics().links, 0U);
    for (const auto& peer : {t.b.id, t.c.id}) {  // whoever names it
      const auto again = co_await t.a.links->dial(peer, wrong, t.in(20s));
      EXPECT_EQ(again.error().code, Errc::Forbidden);
    }
    EXPECT_EQ(t.a.links->metrics().dialled, 1U);
    co_await t.clock.sleep_for(10min);
    const auto linked = co_await t.a.links->dial(t.c.id, wrong, t.in(20s));
    EXPECT_TRUE(linked);
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDial, ItsOwnIdAndItsOwnDoorAreRefused) {
  const auto body = [](LinksDial& t) -> Task<void> {
    const auto self = co_await t.a.links->connect(t.a.id, kUser, t.in(20s));
    EXPECT_EQ(self.error().code, Errc::InvalidArgument);
    const auto door = co_await t.a.links->dial(t.b.id, t.a.endpoint(), t.in(20s));
    EXPECT_EQ(door.error().code, Errc::Unauthorized);
    EXPECT_EQ(t.a.links->metrics().links, 0U);
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDial, APeerThatCannotBeReachedIsOfflineAndTheMessageSpeaksOfARelay) {
  const auto body = [](LinksDial& t) -> Task<void> {
    const auto unknown = co_await t.a.links->connect(t.b.id, kUser, t.in(20s));
    EXPECT_EQ(unknown.error().code, Errc::Offline);
    EXPECT_NE(unknown.error().message.find("relay"), std::string::npos);
    t.a.peers.endpoints[t.b.id] = {{Network::sim_host(1), 50306}};
    const auto closed = co_await t.a.links->connect(t.b.id, kUser, t.in(20s));
    EXPECT_EQ(closed.error().code, Errc::Offline);
    EXPECT_NE(closed.error().message.find("relay"), std::string::npos);
    t.sim.partition({{Network::sim_host(1), 1}});
    t.a.knows(t.b);
    const auto hurried = co_await t.a.links->connect(t.b.id, kUser, t.in(1s));
    EXPECT_EQ(hurried.error().code, Errc::TimedOut);
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDial, WantedPeersAreDialledAgainWithGrowingPausesUntilTheyAreThere) {
  const auto body = [](LinksDial& t) -> Task<void> {
    t.a.peers.endpoints[t.b.id] = {{Network::sim_host(1), 50305}};
    t.a.peers.wanted_peers = {t.b.id};
    co_await t.clock.sleep_for(30min);
    const auto tries = t.a.links->metrics().dialled;
    EXPECT_GE(tries, 10U);
    EXPECT_LE(tries, 30U);
    EXPECT_TRUE(t.b.links->start());
    co_await t.clock.sleep_for(302s);
    EXPECT_TRUE(t.a.links->is_linked(t.b.id));
  };
  EXPECT_TRUE(a.links->start());
  run(body(*this));
}

TEST_F(LinksDial, OnlySoManyLinksAreKeptAndSoManyTaken) {
  const auto body = [](LinksDial& t) -> Task<void> {
    auto few = real();
    few.links.links = 1;
    Node& d = t.network.add(few);
    EXPECT_TRUE(d.links->start());
    const bool linked = co_await t.network.link(t.a, d);
    EXPECT_TRUE(linked);
    t.b.knows(d);
    d.knows(t.b);
    const auto taken = co_await t.b.links->connect(d.id, kUser, t.in(20s));
    EXPECT_EQ(taken.error().code, Errc::Offline);
    d.peers.cared_for.insert(t.a.id);
    const auto full = co_await d.links->connect(t.b.id, kUser, t.in(20s));
    EXPECT_EQ(full.error().code, Errc::Busy);
    EXPECT_TRUE(d.links->is_linked(t.a.id));
  };
  network.start();
  run(body(*this));
}

TEST_F(LinksDial, StrangersOnEveryPlaceKeepOutNeitherAFriendNorOurOwnDial) {
  const auto body = [](LinksDial& t) -> Task<void> {
    auto few = real();
    few.links.links = 1;
    Node& d = t.network.add(few);
    EXPECT_TRUE(d.links->start());
    const bool linked = co_await t.network.link(t.a, d);
    EXPECT_TRUE(linked);
    d.peers.cared_for.insert(t.b.id);
    t.b.knows(d);
    const auto friendly = co_await t.b.links->connect(d.id, kUser, t.in(20s));
    EXPECT_TRUE(friendly) << friendly.error().message;
    EXPECT_TRUE(d.links->is_linked(t.b.id));
    EXPECT_FALSE(d.links->is_linked(t.a.id)) << "the stranger made room";
    d.peers.cared_for.clear();
    d.knows(t.a);
    const auto own = co_await d.links->connect(t.a.id, kUser, t.in(20s));
    EXPECT_TRUE(own) << own.error().message;
    EXPECT_FALSE(d.links->is_linked(t.b.id));
  };
  network.start();
  run(body(*this));
}

}  // namespace
}  // namespace soulfabric::mesh

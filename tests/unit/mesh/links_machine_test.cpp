// SPDX-License-Identifier: GPL-3.0-or-later
// Two link machines without sockets: every split of bytes, every point of time.
#include <gtest/gtest.h>

#include "core/link_machine.hpp"
#include "support/mesh_network.hpp"

namespace soulfabric::mesh {
namespace {

using net::TlsSide;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::shared_ptr<const net::TlsIdentity> identity(std::uint32_t number) {
  static std::map<std::uint32_t, std::shared_ptr<const net::TlsIdentity>> made;
  auto& one = made[number];
  if (!one) one = net::TlsIdentity::make(testing::numbered_key(number), kAlpn).value_or(nullptr);
  return one;
}

PeerId id_of(std::uint32_t number) { return PeerId::of(testing::numbered_key(number).public_key()); }

struct Machines {
  MonoTime now{std::chrono::hours(9)};
  LinkTimes times;
  LinkMachine client{identity(1), TlsSide::Client, id_of(2), MuxLimits{}, times, now};
  LinkMachine server{identity(2), TlsSide::Server, std::nullopt, MuxLimits{}, times, now};
  Status client_status{};
  Status server_status{};
  Bytes to_server;
  Bytes to_client;
  Bytes scratch = Bytes(16 * 1024);
  std::vector<MuxEvent> client_events;
  std::vector<MuxEvent> server_events;
  SeededRandom* random = nullptr;
  bool server_admits = true;

  void pass(Bytes& wire, LinkMachine& to, Status& status) {
    if (!status) return wire.clear();
    std::size_t count = wire.size();
    if (random != nullptr && count > 1) count = 1 + random->below(count);
    status = to.receive(ByteView(wire).first(count), scratch, now);
    wire.erase(wire.begin(), wire.begin() + static_cast<std::ptrdiff_t>(count));
  }
  void step() {
    client.produce(to_server, scratch, 64 * 1024, now);
    server.produce(to_client, scratch, 64 * 1024, now);
    if (!to_server.empty()) pass(to_server, server, server_status);
    if (!to_client.empty()) pass(to_client, client, client_status);
    if (client.phase() == LinkPhase::Proven) client.admit(now);
    if (server_admits && server.phase() == LinkPhase::Proven) server.admit(now);
    while (auto event = client.next_event()) client_events.push_back(*event);
    while (auto event = server.next_event()) server_events.push_back(*event);
  }
  [[nodiscard]] bool quiet() const {
    return to_server.empty() && to_client.empty() && !client.wants_to_send() && !server.wants_to_send();
  }
  void run() {
    do step();
    while (!quiet());
  }
  [[nodiscard]] bool open() const { return client.phase() == LinkPhase::Open && server.phase() == LinkPhase::Open; }
};

TEST(LinkMachine, OpensInEverySplitOfBytes) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SeededRandom random(seed);
    Machines m;
    m.random = &random;
    m.run();
    ASSERT_TRUE(m.open()) << seed;
    EXPECT_TRUE(m.client.round_trip());
    EXPECT_TRUE(m.server.round_trip());
    EXPECT_EQ(m.server.peer_key(), testing::numbered_key(1).public_key());
  }
}

TEST(LinkMachine, TheDiallerIsNotOpenBeforeTheOtherSideDecided) {
  Machines m;
  m.server_admits = false;
  m.run();
  EXPECT_EQ(m.server.phase(), LinkPhase::Proven);
  EXPECT_TRUE(m.client.is_established());
  EXPECT_EQ(m.client.phase(), LinkPhase::Handshaking);
  m.server_admits = true;
  m.run();
  EXPECT_TRUE(m.open());
}

TEST(LinkMachine, ARefusedDiallerHearsAGoodbyeAndNothingElse) {
  Machines m;
  m.server_admits = false;
  m.run();
  m.server.refuse();
  m.run();
  ASSERT_FALSE(m.client_status);
  EXPECT_EQ(m.client_status.error().code, Errc::Closed);
  EXPECT_NE(m.client.phase(), LinkPhase::Open);
}

TEST(LinkMachine, AWrongPeerIsUnauthorizedAndNobodyIsToBlame) {
  Machines m;
  m.client = LinkMachine(identity(1), TlsSide::Client, id_of(3), MuxLimits{}, m.times, m.now);
  m.run();
  ASSERT_FALSE(m.client_status);
  EXPECT_EQ(m.client_status.error().code, Errc::Unauthorized);
  EXPECT_FALSE(m.client.is_to_blame());
  EXPECT_FALSE(m.server.is_to_blame());
}

TEST(LinkMachine, AHandshakeThatTakesTooLongIsOver) {
  Machines m;
  EXPECT_EQ(m.server.due(), m.now + seconds(5));
  EXPECT_TRUE(m.server.tick(m.now + milliseconds(4999)));
  const auto late = m.server.tick(m.now + seconds(5));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::TimedOut);
}

TEST(LinkMachine, PingsKeepAnIdleLinkAlive) {
  Machines m;
  m.run();
  for (int second = 0; second < 600; ++second) {
    m.now += seconds(1);
    ASSERT_TRUE(m.client.tick(m.now) && m.server.tick(m.now)) << second;
    m.run();
  }
  EXPECT_TRUE(m.open());
}

TEST(LinkMachine, ADeadPeerIsNoticedWithinAMinute) {
  Machines m;
  m.run();
  const MonoTime died = m.now;
  Status alive;
  while (alive && m.now < died + seconds(120)) {
    m.now += milliseconds(100);
    alive = m.client.tick(m.now);
    m.client.produce(m.to_server, m.scratch, 64 * 1024, m.now);  // into the void
  }
  ASSERT_FALSE(alive);
  EXPECT_EQ(alive.error().code, Errc::TimedOut);
  EXPECT_LE(m.now - died, seconds(60));
  EXPECT_GE(m.now - died, seconds(30));
}

TEST(LinkMachine, APeerThatTalksButNeverAnswersIsGivenUpToo) {
  Machines m;
  m.run();
  const MonoTime start = m.now;
  Status alive;
  while (alive && m.now < start + seconds(300)) {
    m.now += seconds(1);
    alive = m.client.tick(m.now);
    m.client.produce(m.to_server, m.scratch, 64 * 1024, m.now);
    m.server.streams().ping(m.now);
    m.server.produce(m.to_client, m.scratch, 64 * 1024, m.now);
    if (alive) m.pass(m.to_client, m.client, m.client_status);
  }
  EXPECT_FALSE(alive);
  EXPECT_LE(m.now - start, seconds(90));
}

TEST(LinkMachine, DataThatArrivesCountsAsASignOfLife) {
  Machines m;
  m.run();
  m.client.probe(m.now);
  const MonoTime asked = m.now;
  m.now += seconds(14);
  m.server.streams().ping(m.now);
  m.server.produce(m.to_client, m.scratch, 64 * 1024, m.now);
  m.pass(m.to_client, m.client, m.client_status);
  EXPECT_GT(m.client.last_heard(), asked);
  m.now += seconds(14);
  EXPECT_TRUE(m.client.tick(m.now));
}

TEST(LinkMachine, WhatIsQueuedLeavesBeforeTheGoodbye) {
  Machines m;
  m.run();
  const auto id = m.client.streams().open();
  ASSERT_TRUE(id);
  ASSERT_TRUE(m.client.streams().write(*id, Bytes(40'000, 1)));
  m.client.streams().finish(*id);
  m.client.leave(m.now);
  EXPECT_FALSE(m.client.streams().open());
  m.run();
  EXPECT_TRUE(m.client.is_finished());
  ASSERT_FALSE(m.server_status);
  EXPECT_EQ(m.server_status.error().code, Errc::Closed);
  EXPECT_FALSE(m.server.is_to_blame());
  Bytes got(50'000);
  EXPECT_EQ(m.server.streams().read(*id, got), 40'000U);
  m.now += seconds(1);
  EXPECT_FALSE(m.client.tick(m.now));
}

TEST(LinkMachine, ABreachOfTheFramesIsToBlameAndToldToTheOther) {
  Machines m;
  m.run();
  net::TlsSession raw(identity(1), TlsSide::Client, id_of(2));
  LinkMachine victim(identity(2), TlsSide::Server, std::nullopt, MuxLimits{}, m.times, m.now);
  Bytes wire;
  const auto pump = [&]() -> Status {
    const Bytes hello(raw.pending().begin(), raw.pending().end());
    raw.sent(hello.size());
    auto taken = victim.receive(hello, m.scratch, m.now);
    wire.clear();
    victim.produce(wire, m.scratch, 64 * 1024, m.now);
    if (!wire.empty()) (void)raw.feed(wire);
    return taken;
  };
  ASSERT_TRUE(pump());
  ASSERT_TRUE(pump());
  ASSERT_TRUE(raw.write(Bytes(12, 0xFF)));  // no such version, no such type
  const auto taken = pump();
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::Malformed);
  EXPECT_TRUE(victim.is_to_blame());
  EXPECT_FALSE(wire.empty());
}

TEST(LinkMachine, RecordsThatWereTamperedWithBlameNobody) {
  Machines m;
  m.run();
  m.client.probe(m.now);
  m.client.produce(m.to_server, m.scratch, 64 * 1024, m.now);
  m.to_server.back() ^= 1U;
  m.pass(m.to_server, m.server, m.server_status);
  ASSERT_FALSE(m.server_status);
  EXPECT_EQ(m.server_status.error().code, Errc::Malformed);
  EXPECT_FALSE(m.server.is_to_blame());
}

TEST(LinkMachine, AThirdOfAMillionBytesPassInEverySplit) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SeededRandom random(seed);
    Machines m;
    m.random = &random;
    m.run();
    const auto id = m.client.streams().open();
    ASSERT_TRUE(id);
    Bytes sent(333'333);
    random.fill(sent);
    Bytes got;
    ByteView left(sent);
    Bytes into(50'000);
    for (int i = 0; i < 100'000 && got.size() < sent.size(); ++i) {
      if (!left.empty()) {
        const auto taken = m.client.streams().write(*id, left);
        ASSERT_TRUE(taken);
        left = left.subspan(*taken);
      }
      m.step();
      ASSERT_TRUE(m.client_status && m.server_status);
      const auto read = m.server.streams().read(*id, into);
      if (read) got.insert(got.end(), into.begin(), into.begin() + static_cast<std::ptrdiff_t>(*read));
    }
    ASSERT_TRUE(got == sent) << seed;
  }
}

}  // namespace
}  // namespace soulfabric::mesh

// SPDX-License-Identifier: GPL-3.0-or-later
// What linked nodes tell each other: where they are, a key's rotation, and the wish to be dialled by whom one cannot dial.
#include <gtest/gtest.h>

#include <filesystem>

#include "soulfabric/base/cbor.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/mesh/control.hpp"
#include "support/memory_dht.hpp"
#include "support/mesh_network.hpp"
#include "support/run_task.hpp"
#include "wire/control_message.hpp"

namespace soulfabric::mesh {
namespace {

using testing::MemoryDht;
using testing::MemoryTable;
using testing::numbered_key;
using testing::quick_links;
using testing::run_task;
using namespace std::chrono_literals;

TEST(ControlMessage, HasGoldenBytes) {
  EXPECT_EQ(to_hex(encode_control(ControlRequest{ControlAsk::Record, std::nullopt, {}, {}})), "00058401f64040");
  const Endpoint seen{IpAddress::v4(0x05090001), 50305};
  EXPECT_EQ(to_hex(encode_control(ControlRequest{ControlAsk::Record, std::nullopt, {}, {seen}})), "000c8401f640470405090001c481");
  EXPECT_EQ(to_hex(encode_control(ControlReply{ControlStatus::Ok, {0xaa}})), "0004820041aa");
}

TEST(ControlMessage, IsReadBackWholeAndFromNoPrefix) {
  const ControlRequest request{ControlAsk::PleaseDial, PeerId::of(numbered_key(1).public_key()), Bytes(300, 7), {{IpAddress::v4(0x05090001), 443}}};
  const auto bytes = encode_control(request);
  const ByteView body = ByteView(bytes).subspan(2);
  EXPECT_EQ(*decode_control_request(body), request);
  for (std::size_t n = 0; n < body.size(); ++n) EXPECT_FALSE(decode_control_request(body.first(n))) << n;
  const auto reply = encode_control(ControlReply{ControlStatus::Limited, {}});
  EXPECT_EQ(decode_control_reply(ByteView(reply).subspan(2))->status, ControlStatus::Limited);
}

/// A node with a book, links and control of its own.
class Node {
 public:
  Node(IoContext& context, IoClock& clock, MemoryTable& table, const std::filesystem::path& folder, std::uint32_t number, bool listens,
       ControlSettings control_settings = {})
      : key(numbered_key(number)), id(PeerId::of(key.public_key())), guard({}, clock), dht(table, clock), dialer(net::make_tcp_dialer(context, clock)) {
    auto db = Database::open(folder / ("mesh" + std::to_string(number) + ".db"), mesh_migrations());
    EXPECT_TRUE(db);
    store = std::make_unique<DbWriter>(context, clock, std::move(*db));
    PeerBookSettings settings;
    settings.private_endpoints = true;
    peers = make_peer_book({context, clock, random, guard, dht, *store, key}, settings);
    auto links_settings = quick_links();
    if (!listens) links_settings.listen.reset();
    links = make_links({context, clock, random, guard, *dialer, *peers, *net::TlsIdentity::make(key, kAlpn),
                        [&context, &clock](Endpoint at) { return net::listen_tcp(context, clock, at); }},
                       links_settings);
    control = make_control({context, clock, random, guard, *links, *peers}, control_settings);
    links->on_link([this](const PeerId& /*peer*/, bool /*up*/) { changed.notify_all(); });
  }
  Task<void> start() {
    control->start();
    const auto listening = links->start();
    EXPECT_TRUE(listening);
    const auto started = co_await peers->start();
    EXPECT_TRUE(started);
    if (links->listening()) peers->set_endpoints({*links->listening()});
  }
  Task<void> stop() {
    co_await control->stop();
    co_await links->stop();
    co_await peers->stop();
    co_await store->close();
  }

  SigningKey key;
  PeerId id;
  SystemRandom random;
  guard::Guard guard;
  MemoryDht dht;
  std::unique_ptr<net::Dialer> dialer;
  std::unique_ptr<DbWriter> store;
  std::unique_ptr<PeerBook> peers;
  std::unique_ptr<Links> links;
  std::unique_ptr<Control> control;
  Notifier changed;
};

class MeshControl : public ::testing::Test {
 public:
  void SetUp() override {
    ASSERT_TRUE(crypto::initialise());
    std::string pattern = (std::filesystem::temp_directory_path() / "sf-control-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::unique_ptr<Node> node(std::uint32_t number, bool listens = true, ControlSettings settings = {}) {
    return std::make_unique<Node>(context, clock, table, folder, number, listens, settings);
  }
  /// Waits until `at` knows the record of `peer`.
  Task<void> until_known(Node& at, PeerId peer) {
    for (int i = 0; i < 2000; ++i) {
      const auto known = at.peers->find(peer);
      if (known && known->record) co_return;
      co_await clock.sleep_for(5ms);
    }
    ADD_FAILURE() << "the record did not come";
  }
  MonoTime soon() const { return clock.now() + 10s; }

  IoContext context{1};
  SystemIoClock clock;
  MemoryTable table;
  std::filesystem::path folder;
};

TEST_F(MeshControl, ALinkTellsBothEndsWhereTheOtherIs) {
  auto a = node(1);
  auto b = node(2);
  const auto run = [](MeshControl& test, Node& one, Node& other) -> Task<void> {
    co_await one.start();
    co_await other.start();
    const auto dialled = co_await one.links->dial(other.id, *other.links->listening(), test.soon());
    EXPECT_TRUE(dialled);
    co_await test.until_known(one, other.id);
    co_await test.until_known(other, one.id);
    const auto known = other.peers->find(one.id);
    EXPECT_EQ(known->endpoints, std::vector<Endpoint>{*one.links->listening()});
    co_await one.stop();
    co_await other.stop();
  };
  run_task(context, run(*this, *a, *b));
  EXPECT_EQ(table.puts, 0U) << "publish is linked: nothing went into the table";
}

TEST_F(MeshControl, APeerThatCannotBeDialledDialsUsWhenACommonPeerAsksIt) {
  auto caller = node(1);
  auto middle = node(2);
  auto hidden = node(3, false);
  const auto run = [](MeshControl& test, Node& from, Node& between, Node& to) -> Task<void> {
    co_await from.start();
    co_await between.start();
    co_await to.start();
    const auto first = co_await from.links->dial(between.id, *between.links->listening(), test.soon());
    const auto second = co_await to.links->dial(between.id, *between.links->listening(), test.soon());
    EXPECT_TRUE(first && second);
    co_await test.until_known(between, from.id);
    const auto foreign = co_await from.links->connect(to.id, guard::Origin::RemoteMesh, test.soon());
    EXPECT_FALSE(foreign) << "a stranger's call buys no connect-back";
    EXPECT_EQ(between.control->metrics().passed_on, 0U);
    const auto linked = co_await from.links->connect(to.id, guard::Origin::UserLocal, test.soon());
    EXPECT_TRUE(linked) << (linked ? "" : linked.error().message);
    const auto link = from.links->link(to.id);
    EXPECT_TRUE(link && link->direction == Direction::Inbound);
    EXPECT_EQ(between.control->metrics().passed_on, 1U);
    EXPECT_EQ(to.control->metrics().dialled_back, 1U);
    co_await from.stop();
    co_await to.stop();
    co_await between.stop();
  };
  run_task(context, run(*this, *caller, *middle, *hidden));
}

TEST_F(MeshControl, NobodyIsMadeToDialAVictimThatARecordNames) {
  auto caller = node(1);
  auto middle = node(2);
  auto hidden = node(3, false);
  auto victim = net::listen_tcp(context, clock, {IpAddress::v4(0x7F000002), 0});
  ASSERT_TRUE(victim);
  const auto run = [](MeshControl& test, Node& from, Node& between, Node& to, Endpoint target) -> Task<void> {
    co_await from.start();
    co_await between.start();
    co_await to.start();
    from.peers->set_endpoints({target, *from.links->listening()});
    const auto first = co_await from.links->dial(between.id, *between.links->listening(), test.soon());
    const auto second = co_await to.links->dial(between.id, *between.links->listening(), test.soon());
    EXPECT_TRUE(first && second);
    co_await test.until_known(between, from.id);
    EXPECT_EQ(between.peers->find(from.id)->endpoints.size(), 2U) << "its own signed words";
    const auto linked = co_await from.links->connect(to.id, guard::Origin::UserLocal, test.soon());
    EXPECT_TRUE(linked) << (linked ? "" : linked.error().message);
    EXPECT_EQ(to.links->metrics().dialled, 2U) << "the common peer, and the one place where that sees the asker";
    co_await from.stop();
    co_await to.stop();
    co_await between.stop();
  };
  run_task(context, run(*this, *caller, *middle, *hidden, (*victim)->local()));
}

TEST_F(MeshControl, TwoHiddenPeersAreToldThatTheyNeedARelay) {
  auto one = node(1, false);
  auto middle = node(2);
  auto other = node(3, false);
  const auto run = [](MeshControl& test, Node& from, Node& between, Node& to) -> Task<void> {
    co_await from.start();
    co_await between.start();
    co_await to.start();
    const auto first = co_await from.links->dial(between.id, *between.links->listening(), test.soon());
    const auto second = co_await to.links->dial(between.id, *between.links->listening(), test.soon());
    EXPECT_TRUE(first && second);
    const auto linked = co_await from.links->connect(to.id, guard::Origin::UserLocal, test.soon());
    EXPECT_FALSE(linked);
    if (!linked) EXPECT_NE(linked.error().message.find("relay"), std::string::npos) << linked.error().message;
    co_await from.stop();
    co_await to.stop();
    co_await between.stop();
  };
  run_task(context, run(*this, *one, *middle, *other));
}

TEST_F(MeshControl, ARotationIsHeardOnceBothKeysHaveSignedIt) {
  auto a = node(1);
  auto b = node(2);
  const auto old_name = guard::Subject::peer(PeerId::of(numbered_key(9).public_key()).text());
  b->guard.import_reputations({{old_name, 90, {}}});
  a->control->tell_rotation(sign_rotation(numbered_key(9), numbered_key(1), clock.wall(), false));
  const auto run = [](MeshControl& test, Node& one, Node& other) -> Task<void> {
    co_await one.start();
    co_await other.start();
    const auto dialled = co_await one.links->dial(other.id, *other.links->listening(), test.soon());
    EXPECT_TRUE(dialled);
    const auto new_name = guard::Subject::peer(one.id.text());
    for (int i = 0; i < 2000 && other.guard.reputation(new_name) != 90; ++i) co_await test.clock.sleep_for(5ms);
    EXPECT_EQ(other.guard.reputation(new_name), 90) << "reputation goes over";
    co_await one.stop();
    co_await other.stop();
  };
  run_task(context, run(*this, *a, *b));
  EXPECT_EQ(b->guard.reputation(old_name), 50);
}

TEST_F(MeshControl, AKeyThatWasGivenUpLosesItsLinkAndGetsNoOther) {
  auto thief = node(9);
  auto owner = node(1);
  auto other = node(2);
  owner->control->tell_rotation(sign_rotation(numbered_key(9), numbered_key(1), clock.wall(), true));
  const auto run = [](MeshControl& test, Node& old_key, Node& new_key, Node& at) -> Task<void> {
    co_await old_key.start();
    co_await new_key.start();
    co_await at.start();
    const auto first = co_await old_key.links->dial(at.id, *at.links->listening(), test.soon());
    EXPECT_TRUE(first);
    co_await test.until_known(at, old_key.id);
    const auto told = co_await new_key.links->dial(at.id, *at.links->listening(), test.soon());
    EXPECT_TRUE(told);
    const auto end = test.soon();
    while (at.links->is_linked(old_key.id) && test.clock.now() < end) co_await at.changed.wait(test.clock, end);
    EXPECT_FALSE(at.links->is_linked(old_key.id)) << "closed at once";
    EXPECT_TRUE(at.links->is_linked(new_key.id));
    const auto out = co_await at.links->dial(old_key.id, *old_key.links->listening(), test.soon());
    EXPECT_FALSE(out);
    if (!out) EXPECT_EQ(out.error().code, Errc::Forbidden);
    const auto in = co_await old_key.links->dial(at.id, *at.links->listening(), test.soon());
    static_cast<void>(in);  // the proof itself succeeds
    while (old_key.links->is_linked(at.id) && test.clock.now() < end) co_await old_key.changed.wait(test.clock, end);
    EXPECT_FALSE(old_key.links->is_linked(at.id)) << "turned away after the proof";
    EXPECT_FALSE(at.links->is_linked(old_key.id));
    co_await old_key.stop();
    co_await new_key.stop();
    co_await at.stop();
  };
  run_task(context, run(*this, *thief, *owner, *other));
}

/// Opens streams of Protocol::Control by hand.
Task<std::optional<ControlReply>> ask_raw(Node& from, PeerId to, Bytes message, MonoTime deadline) {
  auto stream = co_await from.links->open(to, Protocol::Control, guard::Origin::UserLocal, deadline);
  if (!stream) co_return std::nullopt;
  const auto sent = co_await (*stream)->write(message, deadline);
  if (!sent) co_return std::nullopt;
  std::array<std::uint8_t, 2> head{};
  const auto began = co_await net::read_exactly(**stream, head, deadline);
  if (!began) co_return std::nullopt;
  Bytes body(static_cast<std::size_t>(head[0]) << 8U | head[1]);
  const auto rest = co_await net::read_exactly(**stream, body, deadline);
  if (!rest) co_return std::nullopt;
  const auto reply = decode_control_reply(body);
  if (!reply) co_return std::nullopt;
  co_return *reply;
}

TEST_F(MeshControl, WhoAsksTooOftenIsAnsweredNoAndWhoTalksNonsenseIsBlamed) {
  ControlSettings few;
  few.asks_per_minute = 3;
  auto asker = node(1, true, few);
  auto asked = node(2, true, few);
  const auto run = [](MeshControl& test, Node& one, Node& other) -> Task<void> {
    co_await one.start();
    co_await other.start();
    const auto dialled = co_await one.links->dial(other.id, *other.links->listening(), test.soon());
    EXPECT_TRUE(dialled);
    co_await test.until_known(one, other.id);
    std::optional<ControlReply> last;
    for (int i = 0; i < 3; ++i) last = co_await ask_raw(one, other.id, encode_control(ControlRequest{}), test.soon());
    EXPECT_TRUE(last && last->status == ControlStatus::Limited);
    EXPECT_GE(other.control->metrics().limited, 1U);
    const auto nonsense = co_await ask_raw(one, other.id, Bytes{0, 1, 0xff}, test.soon());
    EXPECT_FALSE(nonsense);
    EXPECT_EQ(other.guard.metrics().violations, 1U);
    co_await one.stop();
    co_await other.stop();
  };
  run_task(context, run(*this, *asker, *asked));
}

}  // namespace
}  // namespace soulfabric::mesh

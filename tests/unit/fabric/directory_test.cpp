// SPDX-License-Identifier: GPL-3.0-or-later
// Services found and made known: over links and in a table that is partly silent, hostile or behind the times.
#include "soulfabric/fabric/directory.hpp"

#include <gtest/gtest.h>

#include "core/record_sieve.hpp"
#include "support/fake_mesh.hpp"
#include "support/memory_dht.hpp"

namespace soulfabric::fabric {
namespace {

using namespace soulfabric::testing;
using namespace std::chrono_literals;

SigningKey key_of(std::uint32_t number) {
  SigningKey::Seed seed{};
  for (unsigned i = 0; i < 4; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  seed[31] = 1;
  return SigningKey(seed);
}
PeerId peer_of(std::uint32_t number) { return PeerId::of(key_of(number).public_key()); }
Endpoint at(unsigned prefix, unsigned host = 1) { return {IpAddress::v4(0x05000000U + (prefix << 8U) + host), 50305}; }

ServiceDescriptor service(const char* name = "pods", const char* version = "1.0.0") {
  ServiceDescriptor descriptor;
  descriptor.name = name;
  descriptor.version = version;
  return descriptor;
}

/// The memory table behind a line with some latency.
class SlowDht final : public mesh::Dht {
 public:
  SlowDht(MemoryTable& table, IoClock& clock) : inner_(table, clock), clock_(clock) {}
  Status start() override { return {}; }
  Task<void> stop() override { co_return; }
  Task<Status> put(guard::Permit<guard::DhtQuery>& permit, mesh::SignedRecord record, MonoTime deadline) override {
    co_await clock_.sleep_for(50ms);
    auto done = co_await inner_.put(permit, std::move(record), deadline);
    co_return done;
  }
  Task<Result<std::vector<mesh::SignedRecord>>> get(guard::Permit<guard::DhtQuery>& permit, mesh::DhtKey key, mesh::RecordKind kind,
                                                    std::size_t cap, MonoTime deadline) override {
    co_await clock_.sleep_for(50ms);
    if (stuck > 0) {
      --stuck;
      co_await clock_.sleep_until(deadline);
      co_return fail(Errc::TimedOut, "nobody answers");
    }
    auto found = co_await inner_.get(permit, key, kind, cap, deadline);
    co_return found;
  }
  mesh::DhtHealth health() const override { return {}; }
  std::optional<Endpoint> bound() const override { return std::nullopt; }
  void set_bootstrap(std::vector<std::string>) override {}
  int stuck = 0;  // so many questions stay without an answer

 private:
  MemoryDht inner_;
  IoClock& clock_;
};

struct Node {
  Node(IoContext& context, SimClock& clock, MemoryTable& table, std::uint32_t number, DirectorySettings settings = {})
      : key(key_of(number)), id(PeerId::of(key.public_key())), random(number), guard(guard::GuardOptions{}, clock), dht(table, clock), links(id), source(clock) {
    directory = make_directory({context, clock, random, guard, dht, links, peers, source, key}, settings);
  }
  SigningKey key;
  PeerId id;
  SeededRandom random;
  guard::Guard guard;
  SlowDht dht;
  FakeLinks links;
  FakePeerBook peers;
  FakeSource source;
  std::unique_ptr<Directory> directory;
};

class DirectoryTest : public ::testing::Test {
 protected:
  void SetUp() override { clock_.run_for(12h); }  // noon: one day's keys only
  void TearDown() override {
    while (!nodes_.empty()) stop(*nodes_.back());
  }
  Node& node(std::uint32_t number, DirectorySettings settings = {}) {
    nodes_.push_back(std::make_unique<Node>(context_, clock_, table_, number, settings));
    const auto started = run_virtual(context_, clock_, nodes_.back()->directory->start());
    EXPECT_TRUE(started);
    return *nodes_.back();
  }
  /// The node is gone afterwards.
  void stop(Node& node) {
    run_virtual(context_, clock_, as_status(node.directory->stop()));
    std::erase_if(nodes_, [&](const auto& one) { return one.get() == &node; });
  }
  /// Without a goodbye.
  void kill(Node& node) {
    table_.silent = true;
    stop(node);
    table_.silent = false;
  }
  Result<std::vector<Provider>> find(Node& node, std::string name = "pods", Duration patience = 10s) {
    auto permit = node.guard.try_permit<guard::DhtQuery>({guard::Origin::UserLocal, guard::Subject::node()});
    EXPECT_TRUE(permit);
    return run_virtual(context_, clock_, node.directory->find(*permit, std::move(name), clock_.now() + patience));
  }
  std::set<PeerId> found(Node& node, std::string name = "pods") {
    const auto providers = find(node, std::move(name));
    std::set<PeerId> out;
    if (providers)
      for (const auto& provider : *providers) out.insert(provider.descriptor.owner);
    return out;
  }
  mesh::SignedRecord record_of(std::uint32_t number, unsigned shard, std::uint64_t later = 0, bool withdrawn = false) {
    ServiceDescriptor descriptor = service();
    descriptor.created = clock_.wall();
    descriptor.expires = descriptor.created + 1h;
    descriptor.sequence = static_cast<std::uint64_t>(to_unix_micros(descriptor.created) / 1000) + later;
    descriptor.withdrawn = withdrawn;
    return *sign_descriptor(key_of(number), descriptor, shard_key("pods", shard, day_of(clock_.wall())));
  }
  void store_everywhere(std::uint32_t number, std::uint64_t later = 0, bool withdrawn = false) {
    for (unsigned shard = 0; shard < kShards; ++shard) table_.store(record_of(number, shard, later, withdrawn));
  }

  IoContext context_{1};
  SimClock clock_{context_};
  MemoryTable table_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

TEST_F(DirectoryTest, FindsWhatAnotherNodeOffersAndNeverItself) {
  Node& a = node(1);
  Node& b = node(2);
  a.directory->offer({service()});
  b.directory->offer({service(), service("mesh-introspect", "2.1.0")});
  clock_.run_for(5s);
  const auto providers = find(a);
  ASSERT_TRUE(providers);
  ASSERT_EQ(providers->size(), 1U);
  EXPECT_EQ(providers->front().descriptor.id, service_id("pods", b.id));
  EXPECT_FALSE(providers->front().linked);
  EXPECT_FALSE(providers->front().known);
  EXPECT_EQ(find(a, "mesh-introspect")->front().descriptor.version, "2.1.0");
  EXPECT_TRUE(find(a, "nothing-here")->empty());
  EXPECT_EQ(find(a, "Not A Name").error().code, Errc::InvalidArgument);
}

TEST_F(DirectoryTest, AsksFourShardsAndThenRemembersForAMinute) {
  Node& a = node(1);
  store_everywhere(2);
  EXPECT_EQ(found(a).size(), 1U);
  EXPECT_EQ(table_.gets, kShardsAsked);
  auto permit = a.guard.try_permit<guard::DhtQuery>({guard::Origin::UserLocal, guard::Subject::node()});
  const auto again = run_virtual(context_, clock_, a.directory->find(*permit, "pods", clock_.now() + 10s));
  EXPECT_EQ(again->size(), 1U);
  EXPECT_EQ(permit->remaining(), guard::DhtQuery::kInfo.units) << "what is remembered costs nothing";
  clock_.run_for(50s);
  (void)found(a);
  EXPECT_EQ(table_.gets, kShardsAsked);
  clock_.run_for(15s);
  (void)found(a);
  EXPECT_EQ(table_.gets, 2 * kShardsAsked);
}

Task<void> find_into(Node& node, IoClock& clock, std::vector<std::size_t>& sizes) {
  auto permit = node.guard.try_permit<guard::DhtQuery>({guard::Origin::UserLocal, guard::Subject::node()});
  const auto providers = co_await node.directory->find(*permit, "pods", clock.now() + 10s);
  if (providers) sizes.push_back(providers->size());
}

TEST_F(DirectoryTest, AsksOnceForManyWhoAskAtTheSameMoment) {
  Node& a = node(1);
  store_everywhere(2);
  std::vector<std::size_t> sizes;
  TaskScope scope(context_, "askers");
  for (int i = 0; i < 20; ++i) scope.spawn("ask", find_into(a, clock_, sizes));
  run_virtual(context_, clock_, as_status(scope.join()));
  EXPECT_EQ(sizes, std::vector<std::size_t>(20, 1));
  EXPECT_EQ(table_.gets, kShardsAsked);
}

TEST_F(DirectoryTest, LetsTheNextOneLookWhenALookupWasGivenUp) {
  Node& a = node(1);
  store_everywhere(2);
  a.dht.stuck = 4;
  std::vector<std::size_t> sizes;
  {
    TaskScope scope(context_, "asker");
    scope.spawn("ask", find_into(a, clock_, sizes));
    clock_.run_for(1s);
    run_virtual(context_, clock_, as_status(scope.close()));
  }
  EXPECT_TRUE(sizes.empty());
  EXPECT_EQ(found(a).size(), 1U);
}

TEST_F(DirectoryTest, DoesNotWaitForTheLastShardOnceSomethingIsFound) {
  Node& a = node(1);
  store_everywhere(2);
  a.dht.stuck = 1;
  const auto begin = clock_.now();
  EXPECT_EQ(found(a).size(), 1U);
  EXPECT_LE(clock_.now() - begin, 200ms);
}

TEST_F(DirectoryTest, TakesAServiceBackByATombstone) {
  Node& a = node(1, {.cache = 1s});
  Node& b = node(2);
  b.directory->offer({service()});
  clock_.run_for(5s);
  EXPECT_EQ(found(a).size(), 1U);
  b.directory->offer({});
  clock_.run_for(5s);
  EXPECT_TRUE(found(a).empty());
  b.directory->offer({service()});
  clock_.run_for(10s);
  EXPECT_EQ(found(a).size(), 1U);
  stop(b);
  clock_.run_for(10s);
  EXPECT_TRUE(found(a).empty()) << "a node that stops says goodbye";
}

TEST_F(DirectoryTest, ForgetsAKilledNodeWithinItsLifeAndFindsItAgain) {
  Node& a = node(1, {.cache = 1s});
  Node* b = &node(2);
  b->directory->offer({service()});
  clock_.run_for(5s);
  EXPECT_EQ(found(a).size(), 1U);
  kill(*b);
  clock_.run_for(1h);
  EXPECT_TRUE(found(a).empty());
  b = &node(2);
  b->directory->offer({service()});
  clock_.run_for(10s);
  EXPECT_EQ(found(a), std::set<PeerId>{peer_of(2)});
}

TEST_F(DirectoryTest, KeepsAServiceAliveBySigningItAnew) {
  Node& a = node(1);
  Node& b = node(2);
  b.directory->offer({service()});
  for (int hour = 0; hour < 30; ++hour) {
    clock_.run_for(1h);
    ASSERT_EQ(found(a).size(), 1U) << "after " << hour + 1 << " hours, over midnight too";
  }
}

TEST_F(DirectoryTest, AnswersFromMemoryWhileTheTableIsSilentAndTheStatementStands) {
  Node& a = node(1);
  store_everywhere(2);
  EXPECT_EQ(found(a).size(), 1U);
  table_.silent = true;
  clock_.run_for(30min);
  EXPECT_EQ(found(a).size(), 1U);
  clock_.run_for(31min);
  EXPECT_EQ(find(a).error().code, Errc::TimedOut);
}

TEST_F(DirectoryTest, SaysThatNobodyCouldBeAskedAndNotThatNobodyOffersIt) {
  Node& a = node(1);
  table_.silent = true;
  EXPECT_EQ(find(a).error().code, Errc::TimedOut);
  table_.silent = false;
  clock_.run_for(2s);
  const auto nobody = find(a);
  ASSERT_TRUE(nobody);
  EXPECT_TRUE(nobody->empty());
}

TEST_F(DirectoryTest, AsksLinkedPeersWhenTheTableIsSilent) {
  Node& a = node(1);
  table_.silent = true;
  a.links.link(peer_of(2), at(1));
  a.links.link(peer_of(3), at(2));
  a.source.tells[peer_of(2)] = {record_of(2, 0), record_of(4, 9)};
  const auto begin = clock_.now();
  EXPECT_EQ(found(a), (std::set<PeerId>{peer_of(2), peer_of(4)}));
  EXPECT_LE(clock_.now() - begin, 2s) << "the other one never answers";
}

TEST_F(DirectoryTest, BelievesNoLinkedPeerMoreThanASignature) {
  Node& a = node(1);
  a.links.link(peer_of(2), at(1));
  auto forged = record_of(3, 0);
  forged.signature = Signature{};
  a.source.tells[peer_of(2)] = {forged};
  EXPECT_TRUE(found(a).empty());
}

TEST_F(DirectoryTest, TellsLinkedPeersItsOwnAndThoseOfItsLinkedPeersAsSigned) {
  Node& a = node(1, {.publish = false});
  a.directory->offer({service()});
  store_everywhere(2);
  store_everywhere(3);
  a.links.link(peer_of(2), at(1));
  a.source.tells[peer_of(2)] = {};
  EXPECT_EQ(found(a).size(), 2U);
  const auto told = a.directory->tell("pods");
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].signer, a.key.public_key());
  EXPECT_EQ(told[1].signer, key_of(2).public_key());
  EXPECT_TRUE(a.directory->tell("other").empty());
}

TEST_F(DirectoryTest, PublishesNothingWhenToldSo) {
  Node& a = node(1, {.publish = false});
  a.directory->offer({service()});
  clock_.run_for(2h);
  EXPECT_EQ(table_.puts, 0U);
}

TEST_F(DirectoryTest, TakesNoReplayAfterATombstone) {
  Node& a = node(1, {.cache = 1s});
  store_everywhere(2);
  const auto old = table_;
  EXPECT_EQ(found(a).size(), 1U);
  store_everywhere(2, 5, true);
  clock_.run_for(10s);
  EXPECT_TRUE(found(a).empty());
  table_ = old;
  clock_.run_for(10s);
  EXPECT_TRUE(found(a).empty()) << "the old statement is still signed and in its time";
}

TEST_F(DirectoryTest, TriesAgainUntilTheTableAnswers) {
  table_.silent = true;
  Node& a = node(1);
  Node& b = node(2);
  b.directory->offer({service()});
  clock_.run_for(10s);
  table_.silent = false;
  clock_.run_for(70s);
  EXPECT_EQ(found(a).size(), 1U);
}

TEST_F(DirectoryTest, LeavesOutTheBannedAndTheIllReputed) {
  Node& a = node(1);
  for (std::uint32_t i = 2; i < 5; ++i) store_everywhere(i);
  ASSERT_TRUE(a.guard.ban(guard::Subject::peer(peer_of(2).text()), std::nullopt, "test"));
  a.guard.lower_reputation(guard::Subject::peer(peer_of(3).text()), 40);
  EXPECT_EQ(found(a), std::set<PeerId>{peer_of(4)});
}

TEST_F(DirectoryTest, FindsTwentyHonestOnesAmongAThousandOfFourPrefixes) {
  Node& a = node(1);
  const std::int64_t today = day_of(clock_.wall());
  for (std::uint32_t i = 1000; i < 2000; ++i) a.peers.hear_of(peer_of(i), at(i % 4, 1 + i % 250));
  for (std::uint32_t i = 10; i < 30; ++i) a.peers.hear_of(peer_of(i), at(100 + i));
  // As storing nodes share out the 256 places of a key: a source gets no more than what is still free.
  for (unsigned shard = 0; shard < kShards; ++shard) {
    auto& slot = table_.records[shard_key("pods", shard, today)];
    for (std::uint32_t i = 0; i < 224; ++i) slot.push_back(record_of(1000 + (shard * 61 + i) % 1000, shard));
    for (std::uint32_t i = 10; i < 30; ++i) slot.push_back(record_of(i, shard));
  }
  const auto kept = found(a);
  EXPECT_EQ(kept.size(), 20U);
  std::size_t honest = 0;
  for (std::uint32_t i = 10; i < 30; ++i) honest += kept.count(peer_of(i));
  EXPECT_GE(honest, 12U);
}

TEST_F(DirectoryTest, KeepsTheKnownAmongAThousandOfWhomNoAddressIsKnown) {
  Node& a = node(1);
  const std::int64_t today = day_of(clock_.wall());
  for (std::uint32_t i = 10; i < 20; ++i) a.peers.know(peer_of(i), at(100 + i), clock_.wall());
  for (unsigned shard = 0; shard < kShards; ++shard) {
    auto& slot = table_.records[shard_key("pods", shard, today)];
    for (std::uint32_t i = 0; i < 224; ++i) slot.push_back(record_of(1000 + (shard * 61 + i) % 1000, shard));
    for (std::uint32_t i = 10; i < 20; ++i) slot.push_back(record_of(i, shard));
  }
  const auto kept = found(a);
  EXPECT_EQ(kept.size(), 20U);
  for (std::uint32_t i = 10; i < 20; ++i) EXPECT_TRUE(kept.contains(peer_of(i)));
}

TEST_F(DirectoryTest, RefusesWhoReadsTheDirectoryNameByNameAndChargesIt) {
  Node& a = node(1);
  a.links.link(peer_of(2), at(1), mesh::Direction::Inbound);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(a.directory->may_ask(peer_of(2), "service-" + std::to_string(i)));
  EXPECT_EQ(a.directory->may_ask(peer_of(2), "service-10").error().code, Errc::RateLimited);
  EXPECT_EQ(a.guard.metrics().violations, 1U);
  EXPECT_TRUE(a.directory->may_ask(peer_of(3), "service-10"));
}

TEST_F(DirectoryTest, AsksItsPeersForFewerNamesThanTheyWouldBlameItFor) {
  Node& a = node(1);
  a.links.link(peer_of(2), at(1));
  a.source.tells[peer_of(2)] = {};
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(find(a, "service-" + std::to_string(i)));
  std::set<std::string> names;
  for (const auto& [peer, name] : a.source.asked) names.insert(name);
  EXPECT_EQ(names.size(), 8U) << "the table was asked for the rest";
}

TEST_F(DirectoryTest, AgreesWithOthersOnAnOwnerAmongTheBelieved) {
  Node& a = node(1);
  Node& b = node(2);
  Node& c = node(3);
  for (Node* one : {&a, &b, &c}) {
    one->directory->offer({service()});
    for (Node* other : {&a, &b, &c})
      if (one != other) one->peers.know(other->id, at(7), clock_.wall()).rights.believe_catalogue = true;
  }
  clock_.run_for(10s);
  store_everywhere(9);  // whom nobody believes
  std::set<PeerId> owners;
  for (Node* one : {&a, &b, &c}) EXPECT_EQ(found(*one).size(), 3U);
  for (int i = 0; i < 50; ++i) {
    const auto salt = "key " + std::to_string(i);
    const auto owner = a.directory->owner("pods", bytes_of(salt), {});
    ASSERT_TRUE(owner);
    EXPECT_EQ(b.directory->owner("pods", bytes_of(salt), {}), owner);
    EXPECT_EQ(c.directory->owner("pods", bytes_of(salt), {}), owner);
    EXPECT_NE(a.directory->owner("pods", bytes_of(salt), {*owner}), owner);
    owners.insert(*owner);
  }
  EXPECT_EQ(owners, (std::set<PeerId>{a.id, b.id, c.id}));
  EXPECT_FALSE(a.directory->owner("nothing", bytes_of("x"), {}));
}

TEST_F(DirectoryTest, BelievesTheReputableAWeekAfterTheirFirstLinkHoweverLongTheyWereHeardOf) {
  Node& a = node(1);
  const auto subject = guard::Subject::peer(peer_of(2).text());
  a.peers.hear_of(peer_of(2), at(7));
  mesh::KnownPeer& known = a.peers.peers.at(peer_of(2));
  known.first_seen = known.last_seen = clock_.wall();
  for (int day = 0; day < 30 && !a.guard.is_reputable(subject); ++day) {
    for (int i = 0; i < 20; ++i) a.guard.reward(subject, std::nullopt);
    clock_.run_for(24h);
  }
  ASSERT_TRUE(a.guard.is_reputable(subject));
  a.links.present[peer_of(2)] = {};
  store_everywhere(2);
  ASSERT_EQ(found(a).size(), 1U);
  EXPECT_FALSE(a.directory->owner("pods", bytes_of("x"), {})) << "only heard of for days";
  known.first_linked = clock_.wall() - 7 * 24h + 1min;
  EXPECT_FALSE(a.directory->owner("pods", bytes_of("x"), {}));
  known.first_linked = clock_.wall() - 7 * 24h;
  EXPECT_EQ(a.directory->owner("pods", bytes_of("x"), {}), peer_of(2));
}

TEST_F(DirectoryTest, FindsWhatWasPublishedBeforeMidnightAfterIt) {
  Node& a = node(1);
  clock_.run_for(11h + 45min);
  Node& b = node(2);
  b.directory->offer({service()});
  clock_.run_for(10s);
  kill(b);
  clock_.run_for(25min);  // ten past midnight: yesterday's keys are not asked any more
  EXPECT_EQ(found(a).size(), 1U);
}

}  // namespace
}  // namespace soulfabric::fabric

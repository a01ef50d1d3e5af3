// SPDX-License-Identifier: GPL-3.0-or-later
// The book of peers: what is believed of an address, what is dialled first, what is published, what survives a restart.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/peer_record.hpp"
#include "core/peer_table.hpp"
#include "peer_store.hpp"
#include "soulfabric/base/crypto.hpp"
#include "soulfabric/mesh/peer_book.hpp"
#include "support/memory_dht.hpp"
#include "support/run_task.hpp"
#include "support/stepped_clock.hpp"

namespace soulfabric::mesh {
namespace {

using testing::MemoryDht;
using testing::MemoryTable;
using testing::run_task;
using namespace std::chrono_literals;

SigningKey key_of(std::uint8_t number) {
  SigningKey::Seed seed{};
  seed.fill(number);
  return SigningKey(seed);
}

Endpoint at(const char* address, std::uint16_t port) { return {*IpAddress::parse(address), port}; }

TEST(PeerRecord, AimsAtNothingThatIsNoNode) {
  EXPECT_TRUE(may_be_told(at("5.9.0.1", 50305), false));
  EXPECT_TRUE(may_be_told(at("5.9.0.1", 443), false));
  EXPECT_FALSE(may_be_told(at("5.9.0.1", 25), false)) << "a mail server";
  EXPECT_FALSE(may_be_told(at("5.9.0.1", 0), false));
  for (const char* special : {"127.0.0.1", "10.1.2.3", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
                              "192.0.2.1", "198.18.0.1", "::1", "fe80::1", "fd00::1", "2002:7f00:1::", "2001:0:1::", "2001:db8::1", "64:ff9b::7f00:1", "ff02::1"})
    EXPECT_FALSE(may_be_told(at(special, 50305), false)) << special;
  EXPECT_TRUE(may_be_told(at("192.168.1.1", 50305), true)) << "a mesh of one house";
  EXPECT_FALSE(may_be_told(at("224.0.0.1", 50305), true));
}

TEST(PeerRecord, ComesBackFromItsBytesWithAtMostFourEndpoints) {
  const std::vector<Endpoint> endpoints = {at("5.9.0.1", 50305), at("2a01:4f8::1", 443), at("127.0.0.1", 50305), at("5.9.0.2", 2000), at("5.9.0.3", 2000),
                                           at("5.9.0.4", 2000)};
  const auto body = encode_endpoints(endpoints, false);
  EXPECT_EQ(to_hex(ByteView(body).first(7)), "0405090001c481");
  const auto back = decode_endpoints(body, false);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, (std::vector<Endpoint>{endpoints[0], endpoints[1], endpoints[3], endpoints[4]}));
  for (std::size_t n = 1; n < 7; ++n) EXPECT_FALSE(decode_endpoints(ByteView(body).first(n), false)) << n;
  auto five = body;
  five.insert(five.end(), body.begin(), body.begin() + 7);
  EXPECT_FALSE(decode_endpoints(five, false));
}

TEST(PeerTable, LetsAnAddressRestWhereTheIdentityWasWrongWhoeverNamesIt) {
  PeerTable table(10);
  const PeerId peer = PeerId::of(key_of(1).public_key());
  const PeerId other = PeerId::of(key_of(2).public_key());
  PeerEntry entry;
  entry.configured = {at("5.9.0.1", 50305)};
  table.configure({{peer, entry}, {other, entry}}, 10);
  const MonoTime now{1h};
  table.dialled(peer, at("5.9.0.1", 50305), false, true, now);
  EXPECT_TRUE(table.locate(peer, now + 9min).empty());
  EXPECT_TRUE(table.locate(other, now + 9min).empty());
  EXPECT_FALSE(table.locate(peer, now + 11min).empty());
}

TEST(PeerTable, DialsWhatWorkedFirstAndForgetsTheLongestUnseen) {
  PeerTable table(3);
  const WallTime day{std::chrono::seconds(1'800'000'000)};
  std::vector<PeerId> ids;
  for (std::uint8_t i = 1; i <= 5; ++i) {
    ids.push_back(PeerId::of(key_of(i).public_key()));
    table.linked(ids.back(), key_of(i).public_key(), at("5.9.0.9", static_cast<std::uint16_t>(2000 + i)), day + std::chrono::minutes(i));
  }
  EXPECT_EQ(table.entries().size(), 3U);
  EXPECT_EQ(table.find(ids[0]), nullptr);
  EXPECT_EQ(table.wanted().front(), ids[4]);
  EXPECT_EQ(table.locate(ids[4], MonoTime{1h}).front(), at("5.9.0.9", 2005));
}

TEST(PeerTable, KeysOfStrangersPushOutNobodyWhomWeDialled) {
  PeerTable table(3);
  const WallTime day{std::chrono::seconds(1'800'000'000)};
  const auto friendly = key_of(1);
  table.linked(PeerId::of(friendly.public_key()), friendly.public_key(), at("5.9.0.9", 2001), day);
  for (std::uint8_t i = 2; i <= 9; ++i) table.linked(PeerId::of(key_of(i).public_key()), key_of(i).public_key(), std::nullopt, day + std::chrono::hours(i));
  EXPECT_EQ(table.entries().size(), 3U);
  EXPECT_NE(table.find(PeerId::of(friendly.public_key())), nullptr);
}

TEST(PeerTable, HearingOfAPeerIsNoLinkToIt) {
  PeerTable table(10);
  const WallTime day{std::chrono::seconds(1'800'000'000)};
  const auto key = key_of(1);
  const PeerId peer = PeerId::of(key.public_key());
  PeerEntry heard;
  heard.first_seen = heard.last_seen = day;
  table.restore(peer, heard);
  EXPECT_EQ(table.find(peer)->first_linked, WallTime{});
  table.linked(peer, key.public_key(), std::nullopt, day + 48h);
  table.linked(peer, key.public_key(), std::nullopt, day + 96h);
  EXPECT_EQ(table.find(peer)->first_linked, day + 48h);
  PeerEntry stored;
  stored.first_linked = stored.last_seen = day + 1h;
  table.restore(peer, stored);
  EXPECT_EQ(table.find(peer)->first_linked, day + 1h) << "what was stored is older than the link that came before it was read";
}

class PeerBookTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(crypto::initialise());
    std::string pattern = (std::filesystem::temp_directory_path() / "sf-book-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    open(1);
  }
  void TearDown() override {
    close();
    std::filesystem::remove_all(folder_);
  }
  void open(std::uint8_t number, Publish publish = Publish::Public) {
    auto db = Database::open(folder_ / "mesh.db", mesh_migrations());
    ASSERT_TRUE(db);
    store_ = std::make_unique<DbWriter>(context_, clock_, std::move(*db));
    PeerBookSettings settings;
    settings.publish = publish;
    book_ = make_peer_book({context_, clock_, random_, guard_, dht_, *store_, key_of(number)}, settings);
    run_task(context_, begin(*book_));
  }
  void close() {
    if (book_) run_task(context_, end(*book_, *store_));
    book_.reset();
    store_.reset();
  }
  static Task<void> begin(PeerBook& book) {
    const auto started = co_await book.start();
    EXPECT_TRUE(started);
  }
  static Task<void> end(PeerBook& book, DbWriter& store) {
    co_await book.stop();
    co_await store.close();
  }
  static Task<void> find(PeerBook& book, IoClock& clock, PeerId peer, guard::Origin origin, std::vector<Endpoint>& into) {
    into = co_await book.locate(peer, origin, clock.now() + 5s);
  }
  std::vector<Endpoint> locate(PeerId peer, guard::Origin origin = guard::Origin::UserLocal) {
    std::vector<Endpoint> out;
    run_task(context_, find(*book_, clock_, peer, origin, out));
    return out;
  }
  /// What another node of this table says of itself.
  SignedRecord record_of(std::uint8_t number, const char* address, std::uint64_t later = 0) {
    const auto second = to_unix_micros(clock_.wall()) / 1'000'000;
    SignedRecord record;
    record.key = peer_key(PeerId::of(key_of(number).public_key()));
    record.sequence = static_cast<std::uint64_t>(second) * 1000 + later;
    record.created = second;
    record.expires = second + 3600;
    record.body = encode_endpoints({at(address, 50305)}, false);
    return *sign_record(key_of(number), record);
  }

  IoContext context_{1};
  SystemIoClock clock_;
  SystemRandom random_;
  guard::Guard guard_{{}, clock_};
  MemoryTable table_;
  MemoryDht dht_{table_, clock_};
  std::filesystem::path folder_;
  std::unique_ptr<DbWriter> store_;
  std::unique_ptr<PeerBook> book_;
};

TEST_F(PeerBookTest, PublishesItsRecordAndFindsThatOfAnother) {
  book_->set_endpoints({at("5.9.0.1", 50305)});
  context_.restart();
  while (table_.puts == 0 && context_.run_one_for(10s) != 0) {
  }
  const PeerId self = PeerId::of(key_of(1).public_key());
  ASSERT_EQ(table_.records[peer_key(self)].size(), 1U);
  table_.store(record_of(2, "5.9.0.2"));
  EXPECT_EQ(locate(PeerId::of(key_of(2).public_key())), std::vector<Endpoint>{at("5.9.0.2", 50305)});
}

TEST_F(PeerBookTest, TellsNobodyWhereItIsWhenToldSo) {
  close();
  open(1, Publish::None);
  book_->set_endpoints({at("5.9.0.1", 50305)});
  context_.poll();
  EXPECT_FALSE(book_->own_record());
  EXPECT_EQ(table_.puts, 0U);
  close();
  open(1, Publish::Linked);
  book_->set_endpoints({at("5.9.0.1", 50305)});
  context_.restart();
  context_.poll();
  EXPECT_TRUE(book_->own_record()) << "for linked peers";
  EXPECT_EQ(table_.puts, 0U) << "and not for everybody";
}

TEST_F(PeerBookTest, AsksTheTableForNobodysSakeButOurOwn) {
  table_.store(record_of(2, "5.9.0.2"));
  EXPECT_TRUE(locate(PeerId::of(key_of(2).public_key()), guard::Origin::RemoteMesh).empty());
  EXPECT_EQ(table_.gets, 0U);
}

TEST_F(PeerBookTest, BelievesNeitherAForgeryNorAnOlderRecord) {
  const auto newer = record_of(2, "5.9.0.2", 5);
  ASSERT_TRUE(book_->learn(newer));
  EXPECT_EQ(book_->learn(record_of(2, "5.9.0.66", 1)).error().code, Errc::Exists) << "a replay";
  auto forged = record_of(2, "5.9.0.66", 9);
  forged.signature = newer.signature;
  EXPECT_FALSE(book_->learn(forged));
  auto foreign = record_of(3, "5.9.0.66", 9);
  foreign.key = newer.key;
  EXPECT_FALSE(book_->learn(foreign));
  EXPECT_EQ(locate(PeerId::of(key_of(2).public_key())), std::vector<Endpoint>{at("5.9.0.2", 50305)});
}

TEST_F(PeerBookTest, TwoRotationsOfOneIdVoidBothAlsoAfterARestart) {
  book_->linked(PeerId::of(key_of(5).public_key()), key_of(5).public_key(), at("5.9.0.3", 50305), Direction::Outbound);
  const auto first = sign_rotation(key_of(5), key_of(6), clock_.wall(), false);
  const auto second = sign_rotation(key_of(5), key_of(7), clock_.wall(), false);
  EXPECT_EQ(book_->learn(first, std::nullopt), RotationOutcome::First);
  EXPECT_EQ(book_->learn(first, std::nullopt), RotationOutcome::Known);
  close();
  open(1);
  EXPECT_EQ(book_->learn(first, std::nullopt), RotationOutcome::Known);
  EXPECT_EQ(book_->learn(second, std::nullopt), RotationOutcome::Void);
  EXPECT_EQ(book_->learn(sign_rotation(key_of(5), key_of(8), clock_.wall(), false), std::nullopt), RotationOutcome::Known);
  close();
  open(1);
  EXPECT_EQ(book_->learn(second, std::nullopt), RotationOutcome::Known);
}

TEST_F(PeerBookTest, PutsItsRecordAgainSoonAfterTheStart) {
  testing::SteppedClock stepped;
  guard::Guard guard({}, stepped);
  MemoryDht dht(table_, stepped);
  IoContext context(1);
  auto db = Database::open(folder_ / "stepped.db", mesh_migrations());
  ASSERT_TRUE(db);
  DbWriter store(context, stepped, std::move(*db), 0);
  PeerBookSettings settings;
  settings.publish = Publish::Public;
  auto book = make_peer_book({context, stepped, random_, guard, dht, store, key_of(4)}, settings);
  book->set_endpoints({at("5.9.0.1", 50305)});
  run_task(context, begin(*book));
  stepped.run_for(context, 1s);
  EXPECT_EQ(table_.puts, 1U);
  const auto first = book->own_record()->sequence;
  stepped.run_for(context, 31s);
  EXPECT_EQ(table_.puts, 2U);
  stepped.run_for(context, 15min);
  EXPECT_EQ(table_.puts, 4U);
  EXPECT_EQ(book->own_record()->sequence, first) << "the same statement, put again";
  stepped.run_for(context, 30min);
  EXPECT_GE(table_.puts, 5U);
  EXPECT_GT(book->own_record()->sequence, first) << "signed anew at half of its life";
  run_task(context, end(*book, store));
}

TEST_F(PeerBookTest, WhoeverOnlyDialledInHasNoReserveAndLeavesNoRow) {
  const auto stranger = key_of(7);
  const PeerId id = PeerId::of(stranger.public_key());
  book_->linked(id, stranger.public_key(), at("5.9.0.7", 40000), Direction::Inbound);
  ASSERT_TRUE(book_->learn(record_of(7, "5.9.0.7"))) << "it tells where it is, as every link is asked";
  EXPECT_FALSE(book_->is_known_address(at("5.9.0.7", 1).address)) << "a key costs nothing";
  close();
  open(1);
  EXPECT_FALSE(book_->find(id));
  PeerBookSettings settings;
  settings.peers = {{id, {at("5.9.0.8", 50305)}, false, {}}};
  book_->configure(settings);
  EXPECT_TRUE(book_->is_known_address(at("5.9.0.8", 1).address)) << "named in the configuration, before it ever linked";
  book_->linked(id, stranger.public_key(), at("5.9.0.7", 40000), Direction::Inbound);
  EXPECT_TRUE(book_->is_known_address(at("5.9.0.7", 1).address));
}

TEST_F(PeerBookTest, KeepsNoMoreRowsThanPeers) {
  for (std::uint8_t i = 2; i <= 12; ++i)
    book_->linked(PeerId::of(key_of(i).public_key()), key_of(i).public_key(), at("5.9.0.3", static_cast<std::uint16_t>(50300 + i)), Direction::Outbound);
  close();
  auto db = Database::open(folder_ / "mesh.db", mesh_migrations());
  ASSERT_TRUE(db);
  const auto stored = load_peers(*db, 4);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->peers.size(), 4U);
  EXPECT_EQ(load_peers(*db, 100)->peers.size(), 4U) << "the rows of the others are gone";
}

TEST_F(PeerBookTest, KnowsItsPeersAndItsSequenceAfterARestart) {
  book_->set_endpoints({at("5.9.0.1", 50305)});
  ASSERT_TRUE(book_->learn(record_of(2, "5.9.0.2")));
  book_->linked(PeerId::of(key_of(3).public_key()), key_of(3).public_key(), at("5.9.0.3", 50305), Direction::Outbound);
  const auto before = book_->own_record()->sequence;
  close();
  open(1);
  EXPECT_EQ(book_->known().size(), 2U);
  EXPECT_EQ(book_->wanted(), std::vector<PeerId>{PeerId::of(key_of(3).public_key())}) << "one was linked, of the other we only heard";
  EXPECT_EQ(locate(PeerId::of(key_of(2).public_key())), std::vector<Endpoint>{at("5.9.0.2", 50305)});
  EXPECT_NE(book_->find(PeerId::of(key_of(3).public_key()))->first_linked, WallTime{});
  EXPECT_EQ(book_->find(PeerId::of(key_of(2).public_key()))->first_linked, WallTime{});
  book_->set_endpoints({at("5.9.0.1", 50305)});
  EXPECT_GT(book_->own_record()->sequence, before);
}

}  // namespace
}  // namespace soulfabric::mesh

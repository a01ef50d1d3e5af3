// SPDX-License-Identifier: GPL-3.0-or-later
// Twenty valid records under a key that others want for themselves (issue, part 4; security rules S4, S5).
#include <gtest/gtest.h>

#include "core/record_collector.hpp"
#include "core/record_ledger.hpp"
#include "support/dht_network.hpp"

namespace soulfabric::mesh {
namespace {

using namespace soulfabric::testing;
using namespace std::chrono_literals;
using Answer = RecordLedger::Answer;

class RecordLedgerTest : public ::testing::Test {
 protected:
  Answer store(const SignedRecord& record, const IpAddress& from) {
    return ledger.store(record.key, record.kind, slot_of(record.signer, record.key), encode_record(record), from, now, test_wall());
  }
  SeededRandom random{11};
  RecordLedger ledger{LedgerSettings{}, 1};
  MonoTime now{10h};
  DhtKey key = test_key("k");
};

TEST_F(RecordLedgerTest, FourEagerSourcesLeaveRoomForTwentyOthers) {
  std::size_t eager = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto signer = SigningKey::generate(random);
    now += 100ms;  // so that the ration of signatures is not what stops them
    eager += store(test_record(signer, key), IpAddress::v4(0x0A000001U + (static_cast<std::uint32_t>(i % 4) << 8))) == Answer::Stored ? 1 : 0;
  }
  EXPECT_GE(eager, 200U);
  EXPECT_LT(eager, 210U);
  EXPECT_GT(ledger.refused(Answer::Full), 700U);
  for (std::uint32_t i = 0; i < 20; ++i) {
    const auto signer = SigningKey::generate(random);
    EXPECT_EQ(store(test_record(signer, key), IpAddress::v4(0xC6336401U + (i << 8))), Answer::Stored) << i;
  }
}

TEST_F(RecordLedgerTest, OneSourceHoldsNoMoreThanItsShare) {
  std::size_t held = 0;
  for (int i = 0; i < 200; ++i) {
    now += 100ms;
    held += store(test_record(SigningKey::generate(random), key), IpAddress::v4(0x0A000000U + static_cast<std::uint32_t>(i))) == Answer::Stored ? 1 : 0;
  }
  EXPECT_EQ(held, LedgerSettings{}.values_per_source);
}

TEST_F(RecordLedgerTest, SignaturesAreRationedByPrefixAfterTheCheapChecks) {
  auto forged = test_record(SigningKey::generate(random), key);
  forged.signature[0] ^= 1;
  const auto from = IpAddress::v4(0x0A000001);
  for (std::uint64_t i = 0; i < RecordLedger::kSignatureBurst; ++i) EXPECT_EQ(store(forged, from), Answer::BadSignature);
  EXPECT_EQ(store(forged, from), Answer::Rationed);
  EXPECT_EQ(ledger.signatures_checked(), RecordLedger::kSignatureBurst);
  auto elsewhere = forged;
  elsewhere.key = test_key("other");
  EXPECT_EQ(ledger.store(key, elsewhere.kind, 5, encode_record(elsewhere), from, now, test_wall()), Answer::Malformed);
  // Another prefix has its own.
  EXPECT_EQ(store(test_record(SigningKey::generate(random), key), IpAddress::v4(0x0A000101)), Answer::Stored);
}

TEST_F(RecordLedgerTest, AnEditNeedsTheSameSignerAndAHigherSequence) {
  const auto signer = SigningKey::generate(random);
  const auto from = IpAddress::v4(0x0A000001);
  RecordChoice second;
  second.sequence = 2;
  const auto present = test_record(signer, key, second);
  const auto slot = slot_of(present.signer, key);
  ASSERT_EQ(store(present, from), Answer::Stored);
  const auto edit = [&](const SignedRecord& next) {
    return ledger.edit(key, next.kind, slot, encode_record(present), encode_record(next), from, now, test_wall());
  };
  EXPECT_EQ(edit(test_record(signer, key)), Answer::NotNewer);
  EXPECT_EQ(edit(test_record(SigningKey::generate(random), key, {.sequence = 3})), Answer::Malformed);
  EXPECT_EQ(edit(test_record(signer, key, {.sequence = 3})), Answer::Stored);
  EXPECT_EQ(ledger.count(key), 1U);
}

TEST_F(RecordLedgerTest, WhatTheLibraryHasForgottenTakesNoRoom) {
  const auto from = IpAddress::v4(0x0A000001);
  const auto record = test_record(SigningKey::generate(random), key);
  ASSERT_EQ(store(record, from), Answer::Stored);
  now += 3000s;
  ledger.refreshed(key, slot_of(record.signer, key), crypto::sha256(encode_record(record)), now);
  now += 3000s;
  (void)store(record, from);
  EXPECT_EQ(ledger.count(key), 1U);
  now += 3601s;
  (void)ledger.store(key, RecordKind::Peer, 1, {}, from, now, test_wall());
  EXPECT_EQ(ledger.count(key), 0U);
  EXPECT_EQ(ledger.size(), 0U);
}

TEST_F(RecordLedgerTest, AForgedPutOfAnotherValueProlongsNothing) {
  const auto signer = SigningKey::generate(random);
  const auto from = IpAddress::v4(0x0A000001);
  const auto record = test_record(signer, key);
  ASSERT_EQ(store(record, from), Answer::Stored);
  auto forged = test_record(signer, key, {.sequence = 2});
  forged.signature[0] ^= 1U;
  now += 3000s;
  ledger.refreshed(key, slot_of(record.signer, key), crypto::sha256(encode_record(forged)), now);
  now += 601s;
  (void)ledger.store(key, RecordKind::Peer, 1, {}, from, now, test_wall());
  EXPECT_EQ(ledger.size(), 0U) << "the library has dropped the value, so its room is free";
}

TEST(RecordCollector, TenThousandJunkValuesCostAStorerItsSayAndNobodyElse) {
  SeededRandom random(4);
  const auto key = test_key("k");
  RecordCollector records(key, RecordKind::Descriptor, random);
  const Bytes junk(200, 7);
  for (std::uint64_t i = 0; i < 10'000; ++i) records.add(at("127.0.0.9"), {i + 1, 2, junk}, test_wall());
  for (std::uint8_t i = 0; i < 20; ++i) {
    const auto record = test_record(SigningKey::generate(random), key);
    const auto encoded = encode_record(record);
    records.add(at("127.0.0.1"), {slot_of(record.signer, key), 2, encoded}, test_wall());
    records.add(at("127.0.0.2"), {slot_of(record.signer, key), 2, encoded}, test_wall());
  }
  EXPECT_EQ(records.refused(), RecordCollector::kStrikes);
  EXPECT_EQ(records.take(256).size(), 20U);
}

TEST(RecordCollector, BeyondTheCapARandomSampleStaysAndNotTheFirst) {
  SeededRandom random(4);
  const auto key = test_key("k");
  RecordCollector records(key, RecordKind::Descriptor, random);
  std::set<PublicKey> late;
  for (int i = 0; i < 600; ++i) {
    const auto record = test_record(SigningKey::generate(random), key);
    if (i >= 300) late.insert(record.signer);
    records.add(at("127.0.0.1"), {slot_of(record.signer, key), 2, encode_record(record)}, test_wall());
  }
  const auto kept = records.take(256);
  EXPECT_EQ(kept.size(), 256U);
  const auto of_late = std::ranges::count_if(kept, [&](const SignedRecord& one) { return late.contains(one.signer); });
  EXPECT_GT(of_late, 80);
  EXPECT_LT(of_late, 176);
}

// ---- the whole table: sockets on many addresses ------------------------------------------------------------------------------

Task<void> put_and_count(DhtNetwork& net, DhtImpl& node, SignedRecord record, std::size_t& stored) {
  auto paid = net.permit();
  const auto done = co_await node.put(paid, std::move(record), net.clock.now() + 2s);
  stored += done ? 1 : 0;
}

/// Puts records through a short-lived node at a chosen address: the address is what storers count by.
Task<std::size_t> put_from(DhtNetwork& net, const std::string& address, std::vector<SignedRecord> records) {
  auto& node = net.add(address);
  const auto deadline = net.clock.now() + 15s;
  while (node.health().nodes_good < 4 && net.clock.now() < deadline) co_await net.clock.sleep_for(20ms);
  std::size_t stored = 0;
  TaskScope puts(net.context, "puts");
  for (auto& record : records) puts.spawn("put", put_and_count(net, node, std::move(record), stored));
  co_await puts.join();
  co_await node.stop();
  net.nodes.pop_back();
  co_return stored;
}

Task<void> survive(DhtNetwork& net) {
  co_await net.settle(4);
  const auto key = test_key("wanted");
  // First the attackers: one signer who changes his mind, and many signers from four prefixes.
  std::size_t foreign = 0;
  const auto one = SigningKey::generate(net.random);
  std::vector<SignedRecord> of_one;
  for (std::uint64_t i = 1; i <= 20; ++i) of_one.push_back(net.record(one, key, i));
  co_await put_from(net, "127.0.40.1", std::move(of_one));
  for (int prefix = 0; prefix < 4; ++prefix) {
    std::vector<SignedRecord> many;
    for (int i = 0; i < 60; ++i) many.push_back(net.record(SigningKey::generate(net.random), key));
    const auto taken = co_await put_from(net, "127.0." + std::to_string(50 + prefix) + ".1", std::move(many));
    foreign += taken;
  }
  std::set<PublicKey> wanted;
  for (int i = 0; i < 10; ++i) {
    std::vector<SignedRecord> pair;
    for (int j = 0; j < 2; ++j) {
      pair.push_back(net.record(SigningKey::generate(net.random), key));
      wanted.insert(pair.back().signer);
    }
    const auto taken = co_await put_from(net, "127.0." + std::to_string(100 + i) + ".1", std::move(pair));
    EXPECT_EQ(taken, 2U) << i;
  }
  std::size_t refused = 0;
  for (const auto& node : net.nodes) refused += node->health().values_refused;
  EXPECT_GT(foreign, 50U);
  EXPECT_GT(refused, 20U);
  const auto found = co_await net.get(*net.nodes[2], key);
  const auto survivors = std::ranges::count_if(found, [&](const SignedRecord& record) { return wanted.contains(record.signer); });
  EXPECT_EQ(survivors, 20);
  EXPECT_EQ(std::ranges::count_if(found, [&](const SignedRecord& record) { return record.signer == one.public_key(); }), 1);
}

TEST(DhtSurvival, TwentyRecordsAreFoundAmongThoseOfEagerSigners) {
  DhtSettings settings;
  settings.requests_per_second = 0;
  DhtNetwork net(settings);
  net.add_many(5);
  net.run(survive(net), 120s);
}

Task<void> expire(DhtNetwork& net) {
  co_await net.settle(2);
  const auto key = test_key("short");
  const auto done = co_await net.put(*net.nodes[0], net.record(SigningKey::generate(net.random), key));
  EXPECT_TRUE(done);
  auto found = co_await net.get(*net.nodes[1], key);
  EXPECT_EQ(found.size(), 1U);
  const auto deadline = net.clock.now() + 28s;
  while (!found.empty() && net.clock.now() < deadline) {
    co_await net.clock.sleep_for(500ms);
    found = co_await net.get(*net.nodes[1], key);
  }
  EXPECT_TRUE(found.empty());
}

TEST(DhtSurvival, WhatIsNotRefreshedIsGoneAfterItsLife) {
  DhtSettings settings;
  settings.record_life = 11s;
  DhtNetwork net(settings);
  net.add_many(3);
  net.run(expire(net), 90s);
}

}  // namespace
}  // namespace soulfabric::mesh

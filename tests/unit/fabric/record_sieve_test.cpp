// SPDX-License-Identifier: GPL-3.0-or-later
// From what a lookup brought to what is believed, and our own statements through their lives.
#include "core/record_sieve.hpp"

#include <gtest/gtest.h>

#include "core/own_services.hpp"

namespace soulfabric::fabric {
namespace {

using namespace std::chrono_literals;

constexpr WallTime kNow{std::chrono::seconds(1'800'000'000)};

SigningKey key_of(std::uint32_t number) {
  SigningKey::Seed seed{};
  for (unsigned i = 0; i < 4; ++i) seed[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return SigningKey(seed);
}

PeerId peer_of(std::uint32_t number) { return PeerId::of(key_of(number).public_key()); }

mesh::SignedRecord record_of(std::uint32_t number, unsigned shard = 0, std::uint64_t later = 0, bool withdrawn = false, WallTime created = kNow) {
  ServiceDescriptor descriptor;
  descriptor.name = "pods";
  descriptor.version = "1.0.0";
  descriptor.sequence = 1'800'000'000'000 - 1'000'000 + later;
  descriptor.created = created;
  descriptor.expires = created + 1h;
  descriptor.withdrawn = withdrawn;
  return *sign_descriptor(key_of(number), descriptor, shard_key("pods", shard, day_of(kNow)));
}

/// In the name of `number`, newer than its own, and signed by nobody.
mesh::SignedRecord forged(std::uint32_t number, unsigned shard, std::uint64_t later) {
  auto record = record_of(number, shard, later);
  record.signature[5] = static_cast<std::uint8_t>(record.signature[5] ^ 1U);
  return record;
}

RecordSieve::Standing stranger(const PeerId&) { return {}; }

RecordSieve::Outcome sieved(std::vector<mesh::SignedRecord> records, std::size_t signatures = 256, const RecordSieve::Sequences& seen = {}) {
  SeededRandom random(1);
  RecordSieve sieve("pods", kNow);
  sieve.add(std::move(records));
  return sieve.finish(signatures, seen, stranger, random);
}

TEST(RecordSieve, KeepsTheHighestSequenceOfEachSigner) {
  const auto out = sieved({record_of(1, 0, 1), record_of(1, 5, 9), record_of(2, 3, 4), record_of(1, 7, 2)});
  ASSERT_EQ(out.believed.size(), 2U);
  EXPECT_EQ(out.signatures, 2U) << "one is enough of each";
  EXPECT_EQ(out.sequences.at(peer_of(1)), record_of(1, 0, 9).sequence);
}

TEST(RecordSieve, BelievesATombstoneAgainstWhatIsOlder) {
  const auto out = sieved({record_of(1, 0, 1), record_of(1, 5, 9, true), record_of(2)});
  ASSERT_EQ(out.believed.size(), 1U);
  EXPECT_EQ(out.believed.front().descriptor.owner, peer_of(2));
}

TEST(RecordSieve, IsNotBlindedByAForgeryInSomebodysName) {
  const auto out = sieved({forged(1, 2, 50), record_of(1, 0, 1)});
  EXPECT_EQ(out.believed.size(), 1U);
}

TEST(RecordSieve, TakesNoReplayOfWhatWasWithdrawn) {
  const RecordSieve::Sequences seen{{peer_of(1), record_of(1, 0, 9).sequence}};
  EXPECT_TRUE(sieved({record_of(1, 0, 8)}, 256, seen).believed.empty());
  EXPECT_EQ(sieved({record_of(1, 0, 9)}, 256, seen).believed.size(), 1U) << "the same again is no replay";
}

TEST(RecordSieve, DropsWhatIsOfAnotherKeyNameOrTimeWithoutWorkingOnItsSignature) {
  auto elsewhere = record_of(1);
  elsewhere.key[3] ^= 1U;
  auto kind = record_of(2);
  kind.kind = mesh::RecordKind::Provider;
  ServiceDescriptor other;
  other.name = "shadow-index";
  other.version = "1";
  other.created = kNow;
  other.expires = kNow + 1h;
  const auto foreign = *sign_descriptor(key_of(3), other, shard_key("pods", 0, day_of(kNow)));
  const auto out = sieved({elsewhere, kind, foreign, record_of(4, 0, 0, false, kNow - 2h), record_of(5, 0, 0, false, kNow + 10min)});
  EXPECT_TRUE(out.believed.empty());
  EXPECT_EQ(out.signatures, 0U);
}

TEST(RecordSieve, DoesNotKeepWhatEndedWithinTheSkew) {
  EXPECT_TRUE(sieved({record_of(1, 0, 0, false, kNow - 62min)}).believed.empty());
  EXPECT_EQ(sieved({record_of(1, 0, 0, false, kNow + 4min)}).believed.size(), 1U) << "a clock ahead of ours";
}

TEST(RecordSieve, WorksOnNoMoreSignaturesThanItMay) {
  std::vector<mesh::SignedRecord> many;
  for (std::uint32_t i = 0; i < 300; ++i) many.push_back(record_of(i));
  const auto out = sieved(many);
  EXPECT_EQ(out.signatures, 256U);
  EXPECT_EQ(out.believed.size(), 256U);
}

TEST(RecordSieve, LeavesHalfOfTheWorkForOthersThanTheFamiliar) {
  SeededRandom random(1);
  RecordSieve sieve("pods", kNow);
  std::vector<mesh::SignedRecord> many;
  for (std::uint32_t i = 0; i < 60; ++i) many.push_back(forged(i, 0, 0));  // in names that we know
  for (std::uint32_t i = 1000; i < 1020; ++i) many.push_back(record_of(i));
  sieve.add(many);
  const auto out = sieve.finish(
      40, {},
      [](const PeerId& peer) {
        for (std::uint32_t i = 1000; i < 1020; ++i)
          if (peer == peer_of(i)) return RecordSieve::Standing{};
        return RecordSieve::Standing{true, std::nullopt};
      },
      random);
  EXPECT_EQ(out.signatures, 40U);
  EXPECT_EQ(out.believed.size(), 20U);
}

TEST(RecordSieve, WorksOnFewOfOneNeighbourhood) {
  SeededRandom random(1);
  RecordSieve sieve("pods", kNow);
  std::vector<mesh::SignedRecord> many;
  for (std::uint32_t i = 0; i < 100; ++i) many.push_back(record_of(i));
  sieve.add(many);
  const auto out = sieve.finish(256, {}, [](const PeerId&) { return RecordSieve::Standing{false, IpAddress::v4(0x05050500)}; }, random);
  EXPECT_EQ(out.signatures, RecordSieve::kTriesOfPrefix);
}

TEST(RecordSieve, AsksUnderTheNeighbouringDayAroundMidnight) {
  const WallTime midnight = std::chrono::ceil<std::chrono::days>(kNow);
  EXPECT_EQ(lookup_days(midnight + 6min), std::vector<std::int64_t>{day_of(midnight)});
  EXPECT_EQ(lookup_days(midnight + 4min), (std::vector<std::int64_t>{day_of(midnight), day_of(midnight) - 1}));
  EXPECT_EQ(lookup_days(midnight - 4min), (std::vector<std::int64_t>{day_of(midnight) - 1, day_of(midnight)}));
}

// ---- our own ------------------------------------------------------------------------------------------------------

ServiceDescriptor pods(const char* version = "1.0.0") {
  ServiceDescriptor descriptor;
  descriptor.name = "pods";
  descriptor.version = version;
  return descriptor;
}

OwnServices offering(WallTime now = kNow) {
  OwnServices own(key_of(1), 1h, 30min);
  own.offer({pods()}, now);
  return own;
}

void tell_all(OwnServices& own, WallTime now) {
  for (const auto& put : own.owed(now)) own.done(put);
}

TEST(OwnServices, OweAllSixteenShardsOnceAndAgainAtHalfOfTheirLife) {
  auto own = offering();
  EXPECT_EQ(own.owed(kNow).size(), kShards);
  tell_all(own, kNow);
  EXPECT_TRUE(own.owed(kNow + 29min).empty());
  own.refresh(kNow + 29min);
  EXPECT_TRUE(own.owed(kNow + 29min).empty());
  const auto before = own.tell("pods", kNow)->sequence;
  own.refresh(kNow + 30min);
  const auto owed = own.owed(kNow + 30min);
  ASSERT_EQ(owed.size(), kShards);
  EXPECT_GT(owed.front().record.sequence, before);
  EXPECT_EQ(owed.front().record.expires, to_unix_micros(kNow + 90min) / 1'000'000) << "signed anew, not only sent again";
}

TEST(OwnServices, HaveSequencesInMillisecondsSoThatARestartedNodeIsNewer) {
  EXPECT_EQ(offering().tell("pods", kNow)->sequence, 1'800'000'000'000U);
  EXPECT_GT(offering(kNow + 1ms).tell("pods", kNow)->sequence, offering().tell("pods", kNow)->sequence);
}

TEST(OwnServices, NeverGoBackWhenTheClockDoes) {
  auto own = offering();
  const auto before = own.tell("pods", kNow)->sequence;
  own.refresh(kNow - 24h);
  const auto after = own.tell("pods", kNow - 24h);
  EXPECT_GT(after->sequence, before);
  EXPECT_EQ(after->created, to_unix_micros(kNow - 24h) / 1'000'000) << "or nobody would believe it";
  own.refresh(kNow + 240h);
  EXPECT_EQ(own.tell("pods", kNow + 240h)->created, to_unix_micros(kNow + 240h) / 1'000'000);
}

TEST(OwnServices, AreKnownUnderTomorrowsKeysBeforeMidnight) {
  const WallTime midnight = std::chrono::ceil<std::chrono::days>(kNow);
  auto own = offering(midnight - 20min);
  EXPECT_EQ(own.owed(midnight - 20min).size(), 2 * kShards);
  EXPECT_EQ(offering(midnight - 40min).owed(midnight - 40min).size(), kShards);
}

TEST(OwnServices, AreTakenBackByTombstonesWhereTheyStand) {
  auto own = offering();
  auto puts = own.owed(kNow);
  puts.resize(3);
  for (const auto& put : puts) own.done(put);
  own.offer({}, kNow + 1s);
  EXPECT_FALSE(own.offers("pods"));
  EXPECT_FALSE(own.tell("pods", kNow + 1s));
  const auto owed = own.owed(kNow + 1s);
  ASSERT_EQ(owed.size(), 3U);
  EXPECT_TRUE(owed.front().record.withdrawn);
  EXPECT_GT(owed.front().record.sequence, puts.front().record.sequence);
  tell_all(own, kNow + 1s);
  own.refresh(kNow + 2s);
  EXPECT_TRUE(own.owed(kNow + 2s).empty());
  own.offer({pods()}, kNow + 3s);
  EXPECT_EQ(own.owed(kNow + 3s).size(), kShards) << "and come back";
  EXPECT_TRUE(own.offers("pods"));
}

TEST(OwnServices, AreSignedAnewWhenTheyChangeAndNotWhenTheyDoNot) {
  auto own = offering();
  tell_all(own, kNow);
  own.offer({pods()}, kNow + 1s);
  EXPECT_TRUE(own.owed(kNow + 1s).empty());
  own.offer({pods("2.0.0")}, kNow + 1s);
  EXPECT_EQ(own.owed(kNow + 1s).size(), kShards);
}

}  // namespace
}  // namespace soulfabric::fabric

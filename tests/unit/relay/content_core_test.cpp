// SPDX-License-Identifier: GPL-3.0-or-later
// Places, turns, hot pieces and provider records, each on its own.
#include <gtest/gtest.h>

#include <algorithm>

#include "core/byte_lanes.hpp"
#include "core/piece_cache.hpp"
#include "core/provider_records.hpp"
#include "core/stream_places.hpp"
#include "soulfabric/base/random.hpp"

namespace soulfabric::relay {
namespace {

using namespace std::chrono_literals;

PeerId peer(std::uint64_t number) {
  SeededRandom random(number);
  return PeerId::of(SigningKey::generate(random).public_key());
}
library::ContentId content(std::uint64_t number) {
  library::ContentId id;
  SeededRandom(number + 1).fill(id.sha256);
  return id;
}

using Answer = StreamPlaces::Answer;

TEST(StreamPlaces, AreFewForOnePeerAndAFewMoreInAll) {
  StreamPlaces places;
  const auto enter = [&](std::uint64_t number) { return places.enter(peer(number), Standing::Trusted, {2, 20}); };
  EXPECT_EQ(enter(0), Answer::Taken);
  EXPECT_EQ(enter(0), Answer::Taken);
  EXPECT_EQ(enter(0), Answer::Own);
  for (std::uint64_t i = 1; i < 10; ++i) {
    EXPECT_EQ(enter(i), Answer::Taken);
    EXPECT_EQ(enter(i), Answer::Taken);
  }
  EXPECT_EQ(places.taken(), 20U);
  EXPECT_EQ(enter(99), Answer::Full);
  places.leave(peer(3), Standing::Trusted);
  EXPECT_EQ(enter(99), Answer::Taken);
  places.leave(peer(98), Standing::Trusted);
  EXPECT_EQ(places.taken(), 20U);
}

TEST(StreamPlaces, AreHalfForStrangersAndAQuarterForTheTrustedAlone) {
  StreamPlaces places;
  std::uint64_t next = 0;
  const auto fill = [&](Standing standing) {
    std::size_t taken = 0;
    while (taken < 100 && places.enter(peer(next), standing, {2, 20}) == Answer::Taken) {
      ++taken;
      ++next;
    }
    return taken;
  };
  EXPECT_EQ(fill(Standing::Stranger), 10U);
  EXPECT_EQ(fill(Standing::Known), 5U);
  EXPECT_EQ(fill(Standing::Trusted), 5U);
  EXPECT_EQ(fill(Standing::Trusted), 0U);
  places.leave(peer(0), Standing::Stranger);
  EXPECT_EQ(places.enter(peer(1000), Standing::Trusted, {2, 20}), Answer::Taken) << "what strangers leave is for all";
  EXPECT_EQ(places.enter(peer(1001), Standing::Stranger, {2, 20}), Answer::Full);
  StreamPlaces one;
  EXPECT_EQ(one.enter(peer(0), Standing::Stranger, {2, 1}), Answer::Taken) << "a single place is for whoever comes";
  StreamPlaces none;
  EXPECT_EQ(none.enter(peer(0), Standing::Trusted, {2, 0}), Answer::Full);
}

TEST(ByteLanes, KeepToTheRateOfAll) {
  ByteLanes lanes;
  lanes.configure(1'000'000, 0);
  MonoTime now{1h};
  const auto ticket = lanes.join(peer(0));
  std::uint64_t sent = 0;
  for (const MonoTime end = now + 10s; now < end;) {
    const auto turn = lanes.take(ticket, 1'000'000, now);
    sent += turn.granted;
    if (turn.granted == 0) now = std::max(turn.retry_at, now + 1us);
  }
  EXPECT_GE(sent, 9'900'000U);
  EXPECT_LE(sent, 10'300'000U);
}

TEST(ByteLanes, GiveScarceBytesToPeersInTurn) {
  ByteLanes lanes;
  lanes.configure(1'000'000, 0);
  MonoTime now{1h};
  // One peer with two tickets, one with one: each peer gets its half.
  const auto a = lanes.join(peer(0));
  const auto b = lanes.join(peer(0));
  const auto c = lanes.join(peer(1));
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  for (const MonoTime end = now + 20s; now < end; now += 1ms) {
    first += lanes.take(a, 64 * 1024, now).granted;
    first += lanes.take(b, 64 * 1024, now).granted;
    second += lanes.take(c, 64 * 1024, now).granted;
  }
  EXPECT_NEAR(static_cast<double>(first), static_cast<double>(second), 200'000);
  EXPECT_GE(first + second, 19'800'000U);
}

TEST(ByteLanes, DoNotWaitForAPeerThatItsOwnRateHoldsUp) {
  ByteLanes lanes;
  lanes.configure(10'000'000, 1'000'000);
  MonoTime now{1h};
  const auto slow = lanes.join(peer(0));
  const auto other = lanes.join(peer(1));
  std::uint64_t first = 0;
  std::uint64_t second = 0;
  for (const MonoTime end = now + 10s; now < end; now += 1ms) {
    first += lanes.take(slow, 1'000'000, now).granted;
    second += lanes.take(other, 1'000'000, now).granted;
  }
  for (const std::uint64_t sent : {first, second}) {
    EXPECT_GE(sent, 9'800'000U);
    EXPECT_LE(sent, 10'300'000U);
  }
  lanes.leave(slow);
  lanes.leave(slow);
  EXPECT_EQ(lanes.take(slow, 1, now).granted, 0U);
}

PieceCache::Part part(std::size_t size) { return std::make_shared<const Bytes>(size); }

TEST(PieceCache, TakesInWhatIsAskedForTwice) {
  PieceCache cache(1'000);
  const PieceCache::Key key{content(1), 0};
  EXPECT_FALSE(cache.note(key));
  EXPECT_TRUE(cache.note(key));
  cache.insert(key, part(100));
  EXPECT_TRUE(cache.find(key));
  EXPECT_FALSE(cache.find({content(1), 1}));
}

TEST(PieceCache, LetsTheLeastLatelyUsedGo) {
  PieceCache cache(1'000);
  for (std::uint32_t i = 0; i < 10; ++i) cache.insert({content(1), i}, part(100));
  EXPECT_EQ(cache.bytes(), 1'000U);
  EXPECT_TRUE(cache.find({content(1), 0}));
  cache.insert({content(2), 0}, part(100));
  EXPECT_EQ(cache.bytes(), 1'000U);
  EXPECT_TRUE(cache.find({content(1), 0}));
  EXPECT_FALSE(cache.find({content(1), 1}));
  cache.insert({content(3), 0}, part(126));
  EXPECT_FALSE(cache.find({content(3), 0})) << "more than an eighth of the room";
  cache.configure(500);
  EXPECT_LE(cache.bytes(), 500U);
}

TEST(PieceCache, ForgetsAContentThatIsWithdrawn) {
  PieceCache cache(10'000);
  for (std::uint32_t i = 0; i < 5; ++i) {
    (void)cache.note({content(1), i});
    cache.insert({content(1), i}, part(100));
    cache.insert({content(2), i}, part(100));
  }
  EXPECT_EQ(cache.contents().size(), 2U);
  cache.drop(content(1));
  EXPECT_EQ(cache.bytes(), 500U);
  EXPECT_FALSE(cache.find({content(1), 3}));
  EXPECT_TRUE(cache.find({content(2), 3}));
  EXPECT_FALSE(cache.note({content(1), 0})) << "what was asked for is forgotten too";
}

TEST(PieceCache, RemembersABoundedNumberOfQuestions) {
  PieceCache cache(10'000);
  for (std::uint32_t i = 0; i <= PieceCache::kAskedKept; ++i) EXPECT_FALSE(cache.note({content(1), i}));
  EXPECT_FALSE(cache.note({content(1), 0})) << "the oldest was forgotten";
  EXPECT_TRUE(cache.note({content(1), 2}));
  PieceCache none(0);
  EXPECT_FALSE(none.note({content(1), 0}));
  EXPECT_FALSE(none.note({content(1), 0}));
}

std::vector<library::ContentId> contents(std::uint64_t count) {
  std::vector<library::ContentId> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(content(i));
  return out;
}

TEST(AnnouncedChoice, IsOfAThousandAtMostAndStaysWhenFilesAreAdded) {
  const Bytes secret(32, 7);
  const auto before = choose_announced(contents(3'000), secret, 1'000);
  EXPECT_EQ(before.size(), 1'000U);
  EXPECT_TRUE(std::ranges::is_sorted(before));
  EXPECT_EQ(choose_announced(contents(3'000), secret, 1'000), before);
  const auto after = choose_announced(contents(3'300), secret, 1'000);
  std::vector<library::ContentId> kept;
  std::ranges::set_intersection(before, after, std::back_inserter(kept));
  // Each of the 300 has its chance of a place; nobody else moves.
  EXPECT_GE(kept.size(), 1'000U - 150U);
  std::vector<library::ContentId> added;
  std::ranges::set_difference(after, before, std::back_inserter(added));
  const auto old = contents(3'000);
  for (const auto& id : added) EXPECT_EQ(std::ranges::count(old, id), 0) << "only what is new came in";
  EXPECT_NE(choose_announced(contents(3'000), Bytes(32, 8), 1'000), before);
  auto twice = contents(10);
  twice.push_back(content(3));
  EXPECT_EQ(choose_announced(twice, secret, 1'000).size(), 10U);
}

class ProviderStatements : public ::testing::Test {
 public:
  static SigningKey key() {
    SeededRandom random(1);
    return SigningKey::generate(random);
  }
  ProviderRecords records_{key(), 3600s};
  WallTime now_{1'800'000'000s};
};

TEST_F(ProviderStatements, AreToldOfWhatIsAnnouncedOnly) {
  records_.announce({content(1)}, now_);
  const auto record = records_.tell(content(1), now_);
  ASSERT_TRUE(record);
  EXPECT_EQ(provider_in(*record, content(1), now_), PeerId::of(key().public_key()));
  EXPECT_FALSE(provider_in(*record, content(2), now_));
  EXPECT_FALSE(provider_in(*record, content(1), now_ + 2h));
  EXPECT_FALSE(records_.tell(content(2), now_));
  EXPECT_EQ(record->body.size(), 1U);
  EXPECT_EQ(records_.tell(content(1), now_ + 1min)->sequence, record->sequence) << "one statement for all who ask";
  const auto later = records_.tell(content(1), now_ + 31min);
  EXPECT_GT(later->sequence, record->sequence);
}

TEST_F(ProviderStatements, AreOwedAgainAtHalfOfTheirLife) {
  records_.announce({content(1)}, now_);
  const auto first = records_.owed(now_, false);
  ASSERT_TRUE(first);
  EXPECT_FALSE(records_.owed(now_, false)) << "it is under way";
  records_.done(*first);
  EXPECT_FALSE(records_.owed(now_ + 29min, false));
  const auto second = records_.owed(now_ + 30min, false);
  ASSERT_TRUE(second);
  EXPECT_GT(second->record.sequence, first->record.sequence);
  records_.failed(*second);
  EXPECT_FALSE(records_.owed(now_ + 30min + 30s, false));
  EXPECT_TRUE(records_.owed(now_ + 31min, false));
}

TEST_F(ProviderStatements, AreTakenBackByATombstoneThatOutlivesThem) {
  records_.announce({content(1), content(2)}, now_);
  while (const auto put = records_.owed(now_, false)) records_.done(*put);
  records_.announce({content(2)}, now_ + 10min);
  EXPECT_FALSE(records_.tell(content(1), now_ + 10min));
  const auto tombstone = records_.owed(now_ + 10min, false);
  ASSERT_TRUE(tombstone);
  EXPECT_EQ(tombstone->id, content(1));
  EXPECT_TRUE(tombstone->record.withdrawn);
  EXPECT_GE(tombstone->record.expires, 1'800'000'000 + 3600);
  EXPECT_FALSE(provider_in(tombstone->record, content(1), now_ + 10min));
  records_.failed(*tombstone);
  EXPECT_TRUE(records_.owed(now_ + 12min, false)) << "until the DHT has it";
  records_.done(*tombstone);
  EXPECT_FALSE(records_.owed(now_ + 12min, false));
  records_.announce({content(1), content(2)}, now_ + 13min);
  const auto back = records_.owed(now_ + 13min, false);
  ASSERT_TRUE(back);
  EXPECT_GT(back->record.sequence, tombstone->record.sequence);
}

TEST_F(ProviderStatements, LeaveTheTableWhenTheNodeIsNotPublicAnyMore) {
  auto sorted = contents(5);
  std::ranges::sort(sorted);
  records_.announce(sorted, now_);
  for (int i = 0; i < 3; ++i) records_.done(*records_.owed(now_, false));
  int tombstones = 0;
  while (const auto put = records_.owed(now_ + 1s, true)) {
    EXPECT_TRUE(put->record.withdrawn);
    records_.done(*put);
    ++tombstones;
  }
  EXPECT_EQ(tombstones, 3) << "only where something stands";
  EXPECT_TRUE(records_.tell(content(1), now_ + 2s)) << "over links it is still told";
}

TEST_F(ProviderStatements, AreNeverMoreThanWhatTheTableTakes) {
  records_.announce({content(1)}, now_);
  EXPECT_LE(mesh::encode_record(*records_.tell(content(1), now_)).size(), mesh::kRecordOverhead + 1);
}

}  // namespace
}  // namespace soulfabric::relay

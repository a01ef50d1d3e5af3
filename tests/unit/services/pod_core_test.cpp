// SPDX-License-Identifier: GPL-3.0-or-later
// The log of a pod and the agenda of errands, each limit reached.
#include <gtest/gtest.h>

#include "core/pod_agenda.hpp"
#include "core/pod_log.hpp"

namespace soulfabric::services {
namespace {

using namespace std::chrono_literals;

PodEntry line(std::uint64_t seq, std::size_t size = 5) {
  SignedMessage message;
  message.body = std::string(size, 'x');
  return {seq, seq - 1, message, {}};
}
PodEntry removal_of(std::uint64_t seq, std::uint64_t of, MessageId id) { return {seq, seq - 1, Removal{id, {}, 0, of}, {}}; }
MessageId id_of(std::uint64_t n) { return MessageId{static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n >> 8U)}; }

TEST(PodLog, HoldsEachMessageOnceInTheOwnersOrder) {
  PodLog log;
  EXPECT_EQ(log.insert(line(20), id_of(2)).stored.size(), 1U);
  EXPECT_EQ(log.insert(line(10), id_of(1)).stored.size(), 1U);
  EXPECT_TRUE(log.insert(line(20), id_of(2)).empty());
  EXPECT_TRUE(log.insert(line(30), id_of(2)).empty()) << "the same message at another place";
  EXPECT_EQ(log.entries().size(), 2U);
  EXPECT_EQ(log.head(), 30U);
}

TEST(PodLog, KeepsARemovalInPlaceOfItsMessageWhicheverCameFirst) {
  PodLog log;
  (void)log.insert(line(10), id_of(1));
  const auto change = log.insert(removal_of(12, 10, id_of(1)), id_of(1));
  EXPECT_EQ(change.erased, std::vector<std::uint64_t>{10});
  EXPECT_EQ(change.stored, std::vector<std::uint64_t>{12});
  EXPECT_TRUE(log.insert(line(10), id_of(1)).empty()) << "a relayer brings it back";
  (void)log.insert(removal_of(22, 20, id_of(2)), id_of(2));
  EXPECT_TRUE(log.insert(line(20), id_of(2)).empty()) << "removed before it came";
}

TEST(PodLog, DropsTheOldestOverAThousandMessagesOrAMebibyte) {
  PodLog log;
  for (std::uint64_t i = 1; i <= 1001; ++i) (void)log.insert(line(i), id_of(i));
  EXPECT_EQ(log.prune(0, 1000).erased, std::vector<std::uint64_t>{1});
  PodLog large;
  for (std::uint64_t i = 1; i <= 257; ++i) (void)large.insert(line(i, kBodyCap), id_of(i));
  EXPECT_EQ(large.prune(0, 1000).erased, std::vector<std::uint64_t>{1});
  EXPECT_EQ(large.prune(100, 1000).erased.size(), 98U) << "and what is too old";
}

TEST(PodLog, PagesEndAtTheirCaps) {
  PodLog log;
  for (std::uint64_t i = 1; i <= 200; ++i) (void)log.insert(line(i, kBodyCap), id_of(i));
  EXPECT_EQ(log.page(0, 50, 1024 * 1024).size(), 50U);
  EXPECT_EQ(log.page(0, 50, 10 * kEntryCap).size(), 10U);
  EXPECT_EQ(log.page(0, 50, 1).size(), 1U);
  EXPECT_EQ(log.page(195, 50, 1024 * 1024).front().seq, 196U);
  EXPECT_TRUE(log.page(200, 50, 1024).empty());
}

TEST(PodLog, KnowsUpToWhereNothingIsMissing) {
  PodLog log;
  log.follow(line(1));
  log.follow(line(3));
  EXPECT_EQ(log.known_until(), 1U);
  log.follow(line(2));
  log.follow(line(3));
  EXPECT_EQ(log.known_until(), 3U);
}

PeerId peer(char c) { return *PeerId::parse(std::string(PeerId::kLength, c)); }

TEST(PodAgenda, RunsOneErrandPerPeerAndFourAtOnce) {
  PodAgenda agenda;
  const MonoTime now{1h};
  for (const char c : {'a', 'b', 'c', 'd', 'e'}) {
    EXPECT_TRUE(agenda.add({Errand::Push, "p", peer(c)}, now));
    EXPECT_TRUE(agenda.add({Errand::Sync, "p", peer(c)}, now));
  }
  std::vector<ErrandKey> running;
  while (const auto key = agenda.next(now)) running.push_back(*key);
  EXPECT_EQ(running.size(), 4U);
  EXPECT_EQ(agenda.wake_at(now), MonoTime::max()) << "until one is done";
  agenda.done(running.front(), std::nullopt);
  ASSERT_TRUE(agenda.next(now));
  EXPECT_FALSE(agenda.next(now));
}

TEST(PodAgenda, ComesBackToWhatWasAddedWhileItRan) {
  PodAgenda agenda;
  const MonoTime now{1h};
  const ErrandKey key{Errand::Push, "p", peer('a')};
  EXPECT_TRUE(agenda.add(key, now));
  ASSERT_TRUE(agenda.next(now));
  EXPECT_TRUE(agenda.add(key, now));
  EXPECT_FALSE(agenda.next(now)) << "the peer is busy";
  agenda.done(key, std::nullopt);
  EXPECT_TRUE(agenda.next(now));
  agenda.done(key, now + 5min);
  EXPECT_FALSE(agenda.next(now));
  EXPECT_EQ(agenda.wake_at(now), now + 5min);
}

TEST(PodAgenda, HasThirtyCallsAMinute) {
  PodAgenda agenda;
  MonoTime now{1h};
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(agenda.spend(now)) << i;
  EXPECT_FALSE(agenda.spend(now));
  EXPECT_TRUE(agenda.add({Errand::Push, "p", peer('a')}, now));
  EXPECT_FALSE(agenda.next(now));
  now = agenda.wake_at(now);
  EXPECT_TRUE(agenda.next(now)) << "two seconds later there is one again";
  EXPECT_TRUE(agenda.spend(now));
  EXPECT_FALSE(agenda.spend(now));
}

TEST(PodAgenda, HoldsNoMoreThanItsCap) {
  PodAgenda agenda({.calls_per_minute = 30, .at_once = 4, .errands = 2});
  EXPECT_TRUE(agenda.add({Errand::Push, "1", peer('a')}, MonoTime{}));
  EXPECT_TRUE(agenda.add({Errand::Push, "2", peer('a')}, MonoTime{}));
  EXPECT_FALSE(agenda.add({Errand::Push, "3", peer('a')}, MonoTime{}));
  agenda.remove_pod("1");
  EXPECT_TRUE(agenda.add({Errand::Push, "3", peer('a')}, MonoTime{}));
}

}  // namespace
}  // namespace soulfabric::services

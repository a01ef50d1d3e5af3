// SPDX-License-Identifier: GPL-3.0-or-later
// The scheduler alone, on time that the test tells: what it decides at each step, and at each step when it is stopped or fails.
#include "core/scheduler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace soulfabric::swarm::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
constexpr MonoTime kStart{std::chrono::hours(1)};

Claim claim_of(std::uint64_t pieces, std::uint8_t root) {
  Claim claim;
  claim.size = pieces * 100;
  claim.piece_length = 100;
  claim.root.fill(root);
  for (std::uint64_t i = 0; i < pieces; ++i) {
    claim.proofs.emplace_back();
    claim.proofs.back().fill(static_cast<std::uint8_t>(i));
  }
  if (pieces > 0) claim.proofs.back().fill(root);  // claims differ in their last piece
  return claim;
}

class SchedulerTest : public ::testing::Test {
 protected:
  void make(Rules rules = {}) { scheduler = std::make_unique<Scheduler>(rules); }
  SchedulerTest() { make(); }
  /// A source that has stated its root.
  void add(SourceId id, std::uint64_t pieces = 10, std::uint8_t root = 1, bool reputable = false, std::string prefix = "") {
    scheduler->add(id, SourceFacts{prefix.empty() ? std::to_string(id) : std::move(prefix), reputable, 2}, now);
    scheduler->opened(id, claim_of(pieces, root), now);
  }
  template <class T>
  std::vector<T> of(const std::vector<Action>& actions) {
    std::vector<T> out;
    for (const Action& action : actions) {
      if (const auto* one = std::get_if<T>(&action)) out.push_back(*one);
    }
    return out;
  }
  std::vector<Fetch> start() {
    EXPECT_EQ(of<Prepare>(scheduler->take()).size(), 1U);
    scheduler->prepared(now);
    return of<Fetch>(scheduler->take());
  }
  void deliver(const Fetch& fetch, bool good = true) {
    scheduler->arrived(fetch.ticket, 100, now);
    if (scheduler->fetched(fetch.ticket, now)) scheduler->checked(fetch.ticket, good, now);
  }
  MonoTime now = kStart;
  std::unique_ptr<Scheduler> scheduler;
};

TEST_F(SchedulerTest, GivesEveryoneAFirstPieceBeforeASecondOneLowestFirst) {
  add(1);
  scheduler->add(2, SourceFacts{"b", false, 2}, now);
  scheduler->opened(2, claim_of(10, 1), now);
  const auto fetches = start();
  ASSERT_EQ(fetches.size(), 4U);
  const std::vector<SourceId> who{1, 2, 1, 2};
  for (std::uint64_t i = 0; i < 4; ++i) {
    EXPECT_EQ(fetches[i].piece, i);
    EXPECT_EQ(fetches[i].source, who[i]);
  }
}

TEST_F(SchedulerTest, WaitsForTheOthersToStateTheirRootButNotForLong) {
  scheduler->add(1, SourceFacts{"a", false, 2}, now);
  scheduler->add(2, SourceFacts{"b", true, 2}, now);
  scheduler->opened(1, claim_of(10, 1), now);
  EXPECT_TRUE(of<Prepare>(scheduler->take()).empty());
  now += milliseconds(100);
  scheduler->opened(2, claim_of(10, 2), now);
  EXPECT_EQ(of<Prepare>(scheduler->take()).size(), 1U);
  EXPECT_EQ(scheduler->claim()->root[0], 2) << "the reputable one goes first";

  make();
  scheduler->add(1, SourceFacts{"a", false, 2}, now);
  scheduler->add(2, SourceFacts{"b", true, 2}, now);
  scheduler->opened(1, claim_of(10, 1), now);
  EXPECT_EQ(scheduler->deadline(), now + milliseconds(300));
  now += milliseconds(300);
  scheduler->tick(now);
  EXPECT_EQ(of<Prepare>(scheduler->take()).size(), 1U);
}

TEST_F(SchedulerTest, SourcesOfOnePrefixCountOnce) {
  scheduler->add(9, SourceFacts{"z", false, 2}, now);  // keeps the choice open
  for (SourceId id = 1; id <= 5; ++id) add(id, 10, 1, true, "one");
  add(6, 10, 2, true, "a");
  add(7, 10, 2, true, "b");
  scheduler->open_failed(9, Lost::Refused, now);
  EXPECT_EQ(of<Prepare>(scheduler->take()).size(), 1U);
  EXPECT_EQ(scheduler->claim()->root[0], 2) << "two networks weigh more than five keys of one";
}

TEST_F(SchedulerTest, OpensNoMoreThanItsCapAndTheNextWhenOneIsGone) {
  Rules rules;
  rules.sources = 2;
  make(rules);
  for (SourceId id = 1; id <= 4; ++id) scheduler->add(id, SourceFacts{"p", false, 1}, now);
  EXPECT_EQ(of<Open>(scheduler->take()).size(), 2U);
  scheduler->open_failed(1, Lost::Refused, now);
  const auto opened = of<Open>(scheduler->take());
  ASSERT_EQ(opened.size(), 1U);
  EXPECT_EQ(opened[0].source, 3U);
}

TEST_F(SchedulerTest, AsksForNoMoreThanItsMemory) {
  Rules rules;
  rules.memory = 250;
  make(rules);
  add(1);
  EXPECT_EQ(start().size(), 2U);
  EXPECT_EQ(scheduler->under_way(), 200U);
  rules.memory = 10;
  make(rules);
  add(1);
  EXPECT_EQ(start().size(), 1U) << "one piece is always allowed";
}

TEST_F(SchedulerTest, SilentSourceIsDeadAtTheMomentAndItsPiecesGoBackAtOnce) {
  add(1);
  add(2);
  const auto fetches = start();
  now += milliseconds(1'799);
  for (const auto& fetch : fetches) {
    if (fetch.source == 2) scheduler->arrived(fetch.ticket, 1, now);
  }
  scheduler->tick(kStart + milliseconds(500));
  scheduler->tick(kStart + milliseconds(1'000));
  scheduler->tick(kStart + milliseconds(1'500));
  EXPECT_EQ(scheduler->deadline(), kStart + milliseconds(1'750));
  scheduler->tick(now);
  EXPECT_EQ(scheduler->source(1).state, SourceState::Ready);
  EXPECT_EQ(scheduler->deadline(), kStart + milliseconds(1'800));
  now = kStart + milliseconds(1'800);
  scheduler->tick(now);
  EXPECT_EQ(scheduler->source(1).state, SourceState::Dead);
  const auto actions = scheduler->take();
  EXPECT_EQ(of<Abandon>(actions).size(), 2U);
  EXPECT_EQ(of<Close>(actions).size(), 1U);
  EXPECT_TRUE(of<Blame>(actions).empty());
  for (const auto& fetch : fetches) {
    if (fetch.source == 2 && fetch.piece < 2) deliver(fetch);
  }
  const auto again = of<Fetch>(scheduler->take());
  ASSERT_FALSE(again.empty());
  EXPECT_EQ(again.front().piece, 0U);
}

TEST_F(SchedulerTest, PauseOfOurOwnMachineKillsNobody) {
  add(1);
  (void)start();
  scheduler->tick(now);
  now += seconds(3'600);
  scheduler->tick(now);
  EXPECT_EQ(scheduler->source(1).state, SourceState::Ready);
  for (int i = 0; i < 10; ++i) scheduler->tick(now += milliseconds(200));
  EXPECT_EQ(scheduler->source(1).state, SourceState::Dead);
}

TEST_F(SchedulerTest, WrongPieceStopsAllAssignmentsAndIsChargedOnce) {
  add(1);
  add(2);
  auto fetches = start();
  std::erase_if(fetches, [](const Fetch& fetch) { return fetch.source != 1; });
  ASSERT_EQ(fetches.size(), 2U);
  ASSERT_TRUE(scheduler->fetched(fetches[0].ticket, now));
  ASSERT_TRUE(scheduler->fetched(fetches[1].ticket, now));
  (void)scheduler->take();
  scheduler->checked(fetches[0].ticket, false, now);
  scheduler->checked(fetches[1].ticket, false, now);
  EXPECT_EQ(scheduler->wrong_pieces(), 2U);
  const auto actions = scheduler->take();
  ASSERT_EQ(of<Blame>(actions).size(), 1U);
  EXPECT_EQ(of<Blame>(actions)[0].fault, Fault::WrongBytes);
  for (const auto& fetch : of<Fetch>(actions)) EXPECT_EQ(fetch.source, 2U);
}

TEST_F(SchedulerTest, LastPieceIsAskedOfAnotherWhoIsMuchFasterAndTheFirstValidOneWins) {
  add(1, 2);
  add(2, 2);
  auto fetches = start();  // one piece each
  ASSERT_EQ(fetches.size(), 2U);
  // The first gives a byte each 100 ms, the second its whole piece.
  now += milliseconds(100);
  scheduler->arrived(fetches[1].ticket, 50, now);
  scheduler->arrived(fetches[0].ticket, 1, now);
  now += milliseconds(100);
  scheduler->arrived(fetches[0].ticket, 1, now);
  deliver(fetches[1]);
  const auto doubled = of<Fetch>(scheduler->take());
  ASSERT_EQ(doubled.size(), 1U);
  EXPECT_EQ(doubled[0].piece, fetches[0].piece);
  EXPECT_EQ(doubled[0].source, 2U);
  deliver(doubled[0]);
  const auto actions = scheduler->take();
  ASSERT_EQ(of<Abandon>(actions).size(), 1U);
  EXPECT_EQ(of<Abandon>(actions)[0].ticket, fetches[0].ticket);
  EXPECT_EQ(of<CheckWhole>(actions).size(), 1U);
  EXPECT_FALSE(scheduler->fetched(fetches[0].ticket, now)) << "the loser's piece is not wanted any more";
}

TEST_F(SchedulerTest, NoPieceIsAskedOfTwoWhileOthersAreFree) {
  add(1, 1'000);
  add(2, 1'000);
  auto fetches = start();
  std::set<std::uint64_t> seen;
  for (int step = 0; step < 240; ++step) {
    ASSERT_FALSE(fetches.empty());
    for (const auto& fetch : fetches) EXPECT_TRUE(seen.insert(fetch.piece).second);
    now += milliseconds(10);
    for (const auto& fetch : std::exchange(fetches, {})) deliver(fetch);
    fetches = of<Fetch>(scheduler->take());
  }
}

TEST_F(SchedulerTest, KeptPiecesAreNotAskedForAndAnEmptyFileIsWholeAtOnce) {
  Kept kept{1'000, {}, std::vector<bool>(10, true)};
  kept.root.fill(1);
  kept.pieces[4] = false;
  scheduler->keep(kept);
  add(1);
  const auto fetches = start();
  ASSERT_EQ(fetches.size(), 1U);
  EXPECT_EQ(fetches[0].piece, 4U);

  make();
  add(1, 0);
  (void)scheduler->take();
  scheduler->prepared(now);
  EXPECT_EQ(of<CheckWhole>(scheduler->take()).size(), 1U);
}

TEST_F(SchedulerTest, DiskThatLosesPiecesAgainAndAgainIsNotTrusted) {
  add(1, 1);
  auto fetches = start();
  for (int round = 0; round < 100 && scheduler->phase() != Scheduler::Phase::Ended; ++round) {
    ASSERT_EQ(fetches.size(), 1U);
    deliver(fetches[0]);
    (void)scheduler->take();
    scheduler->lost({0}, now);
    const auto actions = scheduler->take();
    fetches = of<Fetch>(actions);
    if (!of<Fail>(actions).empty()) EXPECT_EQ(of<Fail>(actions)[0].error.code, Errc::Io);
  }
  EXPECT_EQ(scheduler->phase(), Scheduler::Phase::Ended);
}

/// One download of six pieces by two sources, one step at a time; `meddle` comes in after so many steps.
template <class Meddle>
bool walk(int at, Meddle meddle) {
  Scheduler scheduler{Rules{}};
  MonoTime now = kStart;
  int step = 0;
  bool meddled = false;
  std::deque<Action> todo;
  const auto go = [&] {
    if (step++ == at) {
      meddle(scheduler, now);
      meddled = true;
    }
    for (Action& action : scheduler.take()) todo.push_back(std::move(action));
  };
  scheduler.add(1, SourceFacts{"a", true, 2}, now);
  scheduler.add(2, SourceFacts{"b", false, 2}, now);
  go();
  scheduler.no_more_sources(now);
  bool ended = false;
  for (int turns = 0; turns < 1'000 && !ended; ++turns) {
    now += milliseconds(50);
    scheduler.tick(now);
    go();
    if (todo.empty()) continue;
    const Action action = std::move(todo.front());
    todo.pop_front();
    if (const auto* open = std::get_if<Open>(&action)) scheduler.opened(open->source, claim_of(6, static_cast<std::uint8_t>(open->source)), now);
    if (std::holds_alternative<Prepare>(action)) scheduler.prepared(now);
    if (const auto* fetch = std::get_if<Fetch>(&action)) {
      scheduler.arrived(fetch->ticket, 100, now);
      go();
      if (scheduler.fetched(fetch->ticket, now)) {
        go();
        scheduler.checked(fetch->ticket, true, now);
      }
    }
    if (std::holds_alternative<CheckWhole>(action)) scheduler.claim()->root[0] == 1 ? scheduler.root_was_false(now) : scheduler.whole_ok();
    if (std::holds_alternative<Fail>(action)) ended = true;
    if (scheduler.phase() == Scheduler::Phase::Ended && todo.empty()) ended = true;
  }
  EXPECT_TRUE(ended) << "meddled at step " << at;
  EXPECT_EQ(scheduler.orders(), 0U) << "meddled at step " << at;
  EXPECT_EQ(scheduler.under_way(), 0U) << "meddled at step " << at;
  return meddled;
}

TEST_F(SchedulerTest, EndsWhenASourceFailsAtAnyStep) {
  for (const Lost how : {Lost::Gone, Lost::Malformed, Lost::Refused}) {
    for (int at = 0; walk(at, [how](Scheduler& scheduler, MonoTime t) {
           for (Ticket ticket = 1; ticket < 40; ++ticket) scheduler.fetch_failed(ticket, how, t);
           for (SourceId id = 1; id <= 2; ++id) scheduler.open_failed(id, how, t);
         });
         ++at) {
    }
  }
}

TEST_F(SchedulerTest, EndsWhenASourceJoinsOrSaysThingsTwiceAtAnyStep) {
  for (int at = 0; walk(at, [](Scheduler& scheduler, MonoTime t) {
         scheduler.opened(1, claim_of(6, 1), t);
         scheduler.opened(7, claim_of(6, 1), t);
         scheduler.prepared(t);
         scheduler.checked(999, true, t);
         scheduler.arrived(999, 5, t);
         EXPECT_FALSE(scheduler.fetched(999, t));
         scheduler.add(3, SourceFacts{"c", true, 2}, t);
       });
       ++at) {
  }
}

}  // namespace
}  // namespace soulfabric::swarm::core

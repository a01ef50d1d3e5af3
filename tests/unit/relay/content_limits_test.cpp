// SPDX-License-Identifier: GPL-3.0-or-later
// One refusal for all that is not served, and limits that are reached.
#include <sstream>

#include "content_world.hpp"

namespace soulfabric::relay {
namespace {

using namespace testing;
using library::CopyState;

class ContentLimits : public ContentWorld {
 public:
  /// What an asker sees, and what asking costs us.
  struct Seen {
    std::string bytes;
    std::uint64_t wire = 0;
    Duration took{};
    std::size_t looked_in_memory = 0;
    std::size_t looked_on_disk = 0;
    std::uint64_t units = 0;
    friend bool operator==(const Seen&, const Seen&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
      return out << seen.bytes << " wire " << seen.wire << " took " << seen.took.count() << " memory " << seen.looked_in_memory << " disk "
                 << seen.looked_on_disk << " units " << seen.units;
    }
  };
  Task<Seen> ask(ContentNode& here, ContentNode& there, library::ContentId id) {
    const auto before = std::tuple(net_.bytes(), clock_.now(), there.copies.finds, there.copies.looks, there.node.guard.metrics().units_spent);
    const auto stream = co_await open(here, there, id);
    Seen seen;
    if (!stream) co_return seen;
    const auto all = co_await read_all(**stream);
    seen.bytes = to_hex(all);
    seen.wire = net_.bytes() - std::get<0>(before);
    seen.took = clock_.now() - std::get<1>(before);
    seen.looked_in_memory = there.copies.finds - std::get<2>(before);
    seen.looked_on_disk = there.copies.looks - std::get<3>(before);
    seen.units = there.node.guard.metrics().units_spent - std::get<4>(before);
    (*stream)->close();
    co_await clock_.sleep_for(1s);
    co_return seen;
  }
};

TEST_F(ContentLimits, RefuseAllThatIsNotServedAlike) {  // security rule S13
  struct Test {
    static Task<void> run(ContentLimits& t, ContentNode& there, ContentNode& here) {
      auto& copies = there.copies;
      const auto served = copies.add(some_bytes(1000, 1), "Music/served");
      const auto hidden = copies.add(some_bytes(1000, 2), "Music/private", CopyState::Private);
      const auto waiting = copies.add(some_bytes(1000, 3), "Music/waiting", CopyState::Waiting);
      const auto silent = copies.add(some_bytes(1000, 4), "Music/silent", CopyState::Silent);
      const auto changed = copies.add(some_bytes(1000, 5), "Music/changed", CopyState::Changed);
      const auto soulseek = copies.add(some_bytes(1000, 6), "Music/soulseek only", CopyState::NotForMesh);
      const auto deleted = copies.add(some_bytes(1000, 7), "Music/deleted");
      copies.remove(deleted);
      library::ContentId unknown;
      unknown.sha256.fill(0x5A);
      const Seen first = co_await t.ask(here, there, unknown);
      EXPECT_EQ(first.bytes, "0100000000");
      EXPECT_EQ(first.looked_in_memory, 1U);
      EXPECT_EQ(first.looked_on_disk, 0U);
      for (const auto& id : {unknown, hidden, waiting, silent, changed, soulseek, deleted}) {
        const Seen seen = co_await t.ask(here, there, id);
        EXPECT_EQ(seen, first);
      }
      ContentSettings off;
      off.enabled = false;
      there.relay->configure(off);
      const Seen disabled = co_await t.ask(here, there, served);
      EXPECT_EQ(disabled, first);
      EXPECT_EQ(there.refused(ContentRefusal::Unknown), 3U);
      EXPECT_EQ(there.refused(ContentRefusal::Private), 1U);
      EXPECT_EQ(there.refused(ContentRefusal::Unverified), 3U);
      EXPECT_EQ(there.refused(ContentRefusal::Changed), 1U);
      EXPECT_EQ(there.refused(ContentRefusal::Disabled), 1U);
      there.relay->configure({});
      copies.copies.at(served)->changed = true;  // deleted or written over, and nobody noticed: found out by this question
      const Seen found_out = co_await t.ask(here, there, served);
      EXPECT_EQ(found_out.bytes, first.bytes);
      const Seen after = co_await t.ask(here, there, served);
      EXPECT_EQ(after, first);
      EXPECT_EQ(here.node.guard.metrics().violations + there.node.guard.metrics().violations, 0U);
    }
  };
  auto& there = add();
  auto& here = add();
  run(Test::run(*this, there, here));
}

TEST_F(ContentLimits, AreTwoStreamsForAPeerAndTwentyInAll) {
  struct Test {
    static Task<void> run(ContentLimits& t, ContentNode& there) {
      const auto id = there.copies.add(some_bytes(1000), "Music/a");
      library::ContentId unknown;
      std::vector<mesh::StreamPtr> streams;
      for (std::size_t i = 1; i < t.nodes_.size(); ++i) {
        ContentNode& here = *t.nodes_[i];
        here.node.knows(there.node);
        there.book.know(here.id(), std::nullopt, t.clock_.wall()).trusted = true;
        for (int place = 0; place < 3; ++place) {
          auto stream = co_await t.open(here, there, id);
          EXPECT_TRUE(stream) << stream.error().message;
          if (!stream) co_return;
          const auto said = co_await t.opening(**stream);
          const bool is_room = place < 2 && i <= 10;
          EXPECT_TRUE(said && said->opening == (is_room ? Opening::Manifest : Opening::Busy)) << i << " " << place;
          streams.push_back(std::move(*stream));
        }
      }
      EXPECT_EQ(there.relay->metrics().streams, 20U);
      EXPECT_EQ(there.refused(ContentRefusal::Streams), 10U + 3U);
      auto stream = co_await t.open(*t.nodes_[1], there, unknown);
      if (!stream) co_return;
      const auto said = co_await t.opening(**stream);
      EXPECT_TRUE(said && said->opening == Opening::Busy) << "said before the id is looked at";
      streams[0]->close();
      const bool left = co_await t.until([&] { return there.relay->metrics().streams == 19; });
      EXPECT_TRUE(left);
      auto next = co_await t.open(*t.nodes_[1], there, id);
      if (!next) co_return;
      const auto welcome = co_await t.opening(**next);
      EXPECT_TRUE(welcome && welcome->opening == Opening::Manifest);
    }
  };
  linked_ = false;
  auto& there = add();
  for (int i = 0; i < 11; ++i) add();
  run(Test::run(*this, there));
}

TEST_F(ContentLimits, KeepPlacesFromStrangersAndTakeThemFromWhoStandsStill) {
  struct Test {
    static Task<std::optional<Opening>> come(ContentLimits& t, ContentNode& here, ContentNode& there, library::ContentId id,
                                             std::vector<mesh::StreamPtr>& streams) {
      here.node.knows(there.node);
      auto stream = co_await t.open(here, there, id);
      EXPECT_TRUE(stream) << stream.error().message;
      if (!stream) co_return std::nullopt;
      const auto said = co_await t.opening(**stream);
      streams.push_back(std::move(*stream));
      if (!said) co_return std::nullopt;
      co_return said->opening;
    }
    static Task<void> run(ContentLimits& t, ContentNode& there) {
      const auto id = there.copies.add(some_bytes(1000), "Music/a");
      std::vector<mesh::StreamPtr> streams;
      for (std::size_t i = 1; i <= 10; ++i) {
        const auto said = co_await come(t, *t.nodes_[(i + 1) / 2], there, id, streams);
        EXPECT_EQ(said, Opening::Manifest) << i;
      }
      const auto crowded = co_await come(t, *t.nodes_[6], there, id, streams);
      EXPECT_EQ(crowded, Opening::Busy) << "half of the places are for strangers";
      EXPECT_EQ(there.relay->metrics().streams, 10U) << "nobody has stood still for long";
      there.book.know(t.nodes_[7]->id(), std::nullopt, t.clock_.wall()).trusted = true;
      const auto trusted = co_await come(t, *t.nodes_[7], there, id, streams);
      EXPECT_EQ(trusted, Opening::Manifest);
      co_await t.clock_.sleep_for(11s);
      EXPECT_EQ(there.relay->metrics().streams, 11U) << "while nobody waits they may stay";
      const auto still = co_await come(t, *t.nodes_[6], there, id, streams);
      EXPECT_EQ(still, Opening::Busy);
      const bool left = co_await t.until([&] { return there.relay->metrics().streams == 10; });
      EXPECT_TRUE(left);
      EXPECT_EQ(there.refused(ContentRefusal::Slow), 1U);
      const auto welcome = co_await come(t, *t.nodes_[6], there, id, streams);
      EXPECT_EQ(welcome, Opening::Manifest);
    }
  };
  linked_ = false;
  auto& there = add();
  for (int i = 0; i < 7; ++i) add();
  run(Test::run(*this, there));
}

/// Guessing ids costs what fetching costs: a peer's units end long before it has learned anything.
TEST_F(ContentLimits, EndTheGuessingOfIdsByThePeersBudget) {
  struct Test {
    static Task<void> run(ContentLimits& t, ContentNode& there, ContentNode& here) {
      std::size_t answered = 0;
      std::size_t refused = 0;
      library::ContentId guess;
      for (std::uint8_t i = 0; i < 200; ++i) {
        guess.sha256.fill(i);
        const auto stream = co_await t.open(here, there, guess);
        if (!stream) {
          ++refused;
          continue;
        }
        const auto said = co_await t.opening(**stream);
        const bool is_answer = said && said->opening == Opening::NotFound;
        ++(is_answer ? answered : refused);
        (*stream)->close();
      }
      EXPECT_GT(answered, 0U);
      EXPECT_LE(answered, 60U);
      EXPECT_EQ(answered + refused, 200U);
      EXPECT_EQ(there.copies.finds, answered) << "past its budget no id of its is looked at";
      co_await t.clock_.sleep_for(2min);
      const auto later = co_await t.open(here, there, guess);
      EXPECT_TRUE(later) << "the budget comes back";
    }
  };
  limits_.budget = {};
  auto& there = add();
  limits_.budget.per_peer_minute = 5'000;
  limits_.budget.node_minute = 50'000;
  limits_.budget.user_reserve = 5'000;
  auto& here = add();
  run(Test::run(*this, there, here));
}

TEST_F(ContentLimits, BoundTheMemoryOfAPeerThatNeverReads) {
  struct Test {
    static Task<void> run(ContentLimits& t, ContentNode& there, ContentNode& here) {
      const auto id = there.copies.add(some_bytes(20'000'000), "Music/a");
      auto& copy = *there.copies.copies.at(id);
      const auto stream = co_await t.open(here, there, id);
      if (!stream) co_return;
      for (std::uint32_t i = 0; i < 60; ++i) {
        const auto frame = encode_ask(i);
        const auto written = co_await (*stream)->write(frame, t.in(1s));
        EXPECT_TRUE(written);
      }
      co_await t.clock_.sleep_for(30s);
      EXPECT_LE(copy.reads, 4U) << "two parts in hand, and what the stream's credit took";
      EXPECT_EQ(there.node.guard.metrics().bytes_held, 2U * 1024 * 1024);
      EXPECT_EQ(there.relay->metrics().streams, 1U);
      co_await t.clock_.sleep_for(40s);
      EXPECT_EQ(there.relay->metrics().streams, 0U) << "its place is free again";
      EXPECT_EQ(there.node.guard.metrics().bytes_held, 0U);
    }
  };
  auto& there = add();
  auto& here = add();
  run(Test::run(*this, there, here));
}

TEST_F(ContentLimits, EndAStreamOnWhichNothingIsAsked) {
  struct Test {
    static Task<void> run(ContentLimits& t, ContentNode& there, ContentNode& here) {
      const auto id = there.copies.add(some_bytes(1000), "Music/a");
      const auto stream = co_await t.open(here, there, id);
      if (!stream) co_return;
      const MonoTime begun = t.clock_.now();
      co_await t.read_all(**stream, 200s);
      EXPECT_GE(t.clock_.now() - begun, 59s);
      EXPECT_LE(t.clock_.now() - begun, 61s);
      EXPECT_EQ(there.relay->metrics().streams, 0U);
    }
  };
  auto& there = add();
  auto& here = add();
  run(Test::run(*this, there, here));
}

class ContentRates : public ContentLimits {
 public:
  static Task<void> fetch(ContentRates& t, ContentNode& here, ContentNode& there, library::ContentId id, Duration& took) {
    const MonoTime begun = t.clock_.now();
    const auto source = here.relay->source(there.id(), guard::Origin::UserLocal);
    const auto manifest = co_await source->open(id, t.in(10s));
    EXPECT_TRUE(manifest);
    if (!manifest) co_return;
    for (std::uint64_t piece = 0; piece < manifest->pieces(); ++piece) {
      Bytes bytes(manifest->piece_size(piece));
      const auto got = co_await source->fetch(piece, bytes, {}, t.in(60s));
      EXPECT_TRUE(got && library::is_piece(*manifest, piece, bytes));
    }
    took = t.clock_.now() - begun;
  }
  /// Two peers at once, each with the whole file.
  static Task<void> both(ContentRates& t, ContentNode& there, library::ContentId id, std::array<Duration, 2>& took) {
    TaskScope scope(t.context_, "fetches");
    for (std::size_t i = 0; i < 2; ++i) scope.spawn("fetch", fetch(t, *t.nodes_[i + 1], there, id, took[i]));
    co_await scope.join();
    co_await scope.close();
  }
  static Task<void> run_both(ContentRates& t, ContentNode& there, std::array<Duration, 2>& took) {
    const auto id = there.copies.add(some_bytes(3'000'000), "Music/a");
    co_await both(t, there, id, took);
  }
  std::array<Duration, 2> measure(const ContentSettings& settings, bool trusted) {
    auto& there = add(settings);
    add();
    add();
    if (trusted) there.book.know(nodes_[1]->id(), std::nullopt, clock_.wall()).trusted = true;
    std::array<Duration, 2> took{};
    run(run_both(*this, there, took));
    return took;
  }
};

TEST_F(ContentRates, AreHeldForEachPeerAndNotForTheTrusted) {
  ContentSettings settings;
  settings.bytes_per_second_per_peer = 500'000;
  const auto took = measure(settings, true);
  EXPECT_LT(took[0], 3s) << "trusted";
  EXPECT_GE(took[1], 5'500ms);
  EXPECT_LE(took[1], 6'500ms);
}

TEST_F(ContentRates, AreSharedFairlyByAll) {
  ContentSettings settings;
  settings.bytes_per_second = 1'000'000;
  const auto took = measure(settings, false);
  for (const Duration one : took) {
    EXPECT_GE(one, 5'000ms);
    EXPECT_LE(one, 6'500ms);
  }
}

TEST_F(ContentLimits, AreLiftedForPiecesThatSeveralAskFor) {
  struct Test {
    static Task<void> run(ContentLimits& t, ContentNode& there, ContentNode& here) {
      const auto id = there.copies.add(some_bytes(1'000'000), "Music/a");
      auto& copy = *there.copies.copies.at(id);
      const auto source = here.relay->source(there.id(), guard::Origin::UserLocal);
      const auto manifest = co_await source->open(id, t.in(10s));
      if (!manifest) co_return;
      Bytes bytes(manifest->piece_size(0));
      for (int round = 0; round < 5; ++round) {
        const auto got = co_await source->fetch(0, bytes, {}, t.in(10s));
        EXPECT_TRUE(got && library::is_piece(*manifest, 0, bytes));
      }
      EXPECT_EQ(copy.reads, 2U) << "the second time it stays in memory";
      EXPECT_EQ(there.relay->metrics().cache_hits, 3U);
      EXPECT_GT(there.relay->metrics().cache_pieces, 0U);
      EXPECT_GT(there.relay->metrics().cache_bytes, there.relay->metrics().cache_pieces);
      EXPECT_EQ(there.relay->metrics().cache_misses, 2U);
      there.copies.set_state(id, CopyState::Private);
      there.copies.set_state(id, CopyState::Verified);
      const auto again = here.relay->source(there.id(), guard::Origin::UserLocal);
      const auto opened = co_await again->open(id, t.in(10s));
      EXPECT_TRUE(opened);
      const auto got = co_await again->fetch(0, bytes, {}, t.in(10s));
      EXPECT_TRUE(got);
      EXPECT_EQ(copy.reads, 3U) << "what was withdrawn is not in memory any more";
    }
  };
  auto& there = add();
  auto& here = add();
  run(Test::run(*this, there, here));
}

TEST_F(ContentLimits, KeepFalseBytesOutOfMemory) {
  struct Test {
    static Task<void> run(ContentLimits& t, ContentNode& there, ContentNode& here) {
      const auto id = there.copies.add(some_bytes(1'000'000), "Music/a");
      auto& copy = *there.copies.copies.at(id);
      const auto source = here.relay->source(there.id(), guard::Origin::UserLocal);
      const auto manifest = co_await source->open(id, t.in(10s));
      if (!manifest) co_return;
      copy.data[5] ^= 1;  // the disk lies, its times do not show it
      Bytes bytes(manifest->piece_size(0));
      const auto first = co_await source->fetch(0, bytes, {}, t.in(10s));
      EXPECT_TRUE(first && !library::is_piece(*manifest, 0, bytes));
      const auto second = co_await source->fetch(0, bytes, {}, t.in(10s));
      EXPECT_FALSE(second) << "read for the memory it is proven first";
      EXPECT_EQ(there.relay->metrics().cache_hits, 0U);
      EXPECT_EQ(there.relay->metrics().cache_bytes, 0U);
    }
  };
  auto& there = add();
  auto& here = add();
  run(Test::run(*this, there, here));
}

}  // namespace
}  // namespace soulfabric::relay

// SPDX-License-Identifier: GPL-3.0-or-later
// Spot checks: what a believed node told is compared with the origin later; what differs is dropped, and what no edit explains adds up.
#include <gmock/gmock.h>

#include "catalogue_world.hpp"
#include "core/owner_pauses.hpp"

namespace soulfabric::relay::testing {
namespace {

/// Node 0 asks and checks everything; node 1 owns the keys and tells `told` of them.
class CatalogueSpot : public CatalogueWorld {
 public:
  void make() {
    settings.spot_check = 1;
    add();
    add(std::make_unique<Liar>([this](CatalogueKey about, mesh::Stream& stream) -> Task<void> {
      const Bytes out = answer_message(sign_answer(nodes[1]->key, about, answer_of(told, clock.wall())), told);
      const auto written = co_await stream.write(out, clock.now() + 5s);
      static_cast<void>(written);
    }));
    start();
    look_up(*nodes[0]);
    for (int n = 0; n < 60 && owned.size() < 4; ++n) {
      const std::string salt = key(n).text();
      if (nodes[0]->fabric->directory().owner(kCatalogueService, bytes_of(salt), {}) == nodes[1]->id) owned.push_back(key(n));
    }
    for (const CatalogueKey& one : owned) serve(one);
  }
  void fetch_and_wait(const CatalogueKey& of, Duration wait = 5min) {
    const auto answer = get(*nodes[0], of);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->via, CatalogueVia::Mesh);
    clock.run_for(wait);
  }
  int reputation() { return nodes[0]->guard.reputation(guard::Subject::peer(nodes[1]->id.text())); }
  std::string changed(std::string_view from, std::string_view to) {
    std::string text = musicbrainz_answer("release");
    text.replace(text.find(from), from.size(), to);
    return text;
  }
  std::string told = musicbrainz_answer("release");
  std::vector<CatalogueKey> owned;
};

TEST_F(CatalogueSpot, WhatIsRightEarnsBelief) {
  make();
  fetch_and_wait(owned[0]);
  EXPECT_EQ(nodes[0]->metrics().spot_checks, 1U);
  EXPECT_EQ(nodes[0]->metrics().mismatches, 0U);
  EXPECT_EQ(reputation(), 51);
  EXPECT_EQ(get(*nodes[0], owned[0])->via, CatalogueVia::Memory);
  EXPECT_EQ(origin.total(), 1);
  EXPECT_EQ(origin.log[0].origin, guard::Origin::LocalAutomation);
}

TEST_F(CatalogueSpot, WhatDiffersIsDroppedAndBeliefSinks) {
  told = changed("The Dark Side of the Moon", "The Dark Side of the Sun");
  make();
  fetch_and_wait(owned[0]);
  EXPECT_EQ(nodes[0]->metrics().mismatches, 1U);
  EXPECT_EQ(nodes[0]->metrics().entries, 0U);
  EXPECT_EQ(reputation(), 45);
  EXPECT_EQ(origin.total(), 1) << "an edit may explain it: one look is enough";
  EXPECT_EQ(nodes[0]->guard.metrics().violations, 0U);
}

TEST_F(CatalogueSpot, OneThatWasFoundOutIsNotAskedForAWhileWhateverItsRights) {
  told = changed("The Dark Side of the Moon", "The Dark Side of the Sun");
  make();
  ASSERT_GE(owned.size(), 3U);
  ASSERT_TRUE(nodes[0]->book.peers.at(nodes[1]->id).rights.believe_catalogue);
  fetch_and_wait(owned[0]);
  EXPECT_EQ(get(*nodes[0], owned[1])->via, CatalogueVia::Origin) << "its key is somebody else's now: ours";
  clock.run_for(1h);
  fetch_and_wait(owned[2]);
  EXPECT_EQ(nodes[0]->metrics().mismatches, 2U);
  clock.run_for(1h);
  EXPECT_EQ(get(*nodes[0], owned[1])->via, CatalogueVia::Origin) << "the second pause is longer";
}

TEST(OwnerPauses, GrowAndEnd) {
  SeededRandom random(5);
  const PeerId one = PeerId::of(SigningKey::generate(random).public_key());
  const PeerId other = PeerId::of(SigningKey::generate(random).public_key());
  OwnerPauses pauses;
  MonoTime now{};
  now += 100h;
  pauses.note(one, now);
  EXPECT_THAT(pauses.paused(now), ::testing::ElementsAre(one));
  EXPECT_THAT(pauses.paused(now + 1h), ::testing::IsEmpty());
  pauses.note(one, now + 1h);
  pauses.note(other, now + 1h);
  EXPECT_THAT(pauses.paused(now + 3h), ::testing::ElementsAre(one));
  EXPECT_THAT(pauses.paused(now + 7h), ::testing::IsEmpty());
  pauses.note(one, now + 7h);
  EXPECT_THAT(pauses.paused(now + 30h), ::testing::ElementsAre(one));
  EXPECT_THAT(pauses.paused(now + 31h), ::testing::IsEmpty());
  pauses.note(one, now + 60h);
  EXPECT_THAT(pauses.paused(now + 62h), ::testing::IsEmpty()) << "a day without one makes all good";
}

TEST(OwnerPauses, KeepOnlySoMany) {
  SeededRandom random(6);
  OwnerPauses pauses;
  for (int i = 0; i < 1100; ++i) pauses.note(PeerId::of(SigningKey::generate(random).public_key()), MonoTime{} + 1s);
  EXPECT_EQ(pauses.paused(MonoTime{} + 2s).size(), 1024U);
}

TEST_F(CatalogueSpot, ThreeThatNoEditExplainsAreAViolation) {
  told = changed("\"status\": \"Official\"", "\"status\": \"Bootleg\"");
  make();
  ASSERT_GE(owned.size(), 3U);
  fetch_and_wait(owned[0], 1h + 5min);
  EXPECT_EQ(origin.total(), 2) << "seen twice at the origin";
  fetch_and_wait(owned[1], 6h + 5min);
  EXPECT_EQ(nodes[0]->guard.metrics().violations, 0U) << "two different ones so far";
  fetch_and_wait(owned[2]);
  EXPECT_EQ(nodes[0]->guard.metrics().violations, 1U);
}

TEST_F(CatalogueSpot, ADifferenceThatPassesCountsForNothing) {
  told = changed("\"status\": \"Official\"", "\"status\": \"Bootleg\"");
  make();
  ASSERT_GE(owned.size(), 3U);
  owned.resize(3);
  for (const CatalogueKey& one : owned) {
    fetch_and_wait(one, 95s);  // the first look is over
    serve(one, told);
    clock.run_for(6h + 5min);  // and so is the pause after it
  }
  EXPECT_EQ(nodes[0]->metrics().mismatches, owned.size());
  EXPECT_EQ(nodes[0]->guard.metrics().violations, 0U);
}

TEST_F(CatalogueSpot, AnOriginThatIsDownIsNoWitness) {
  make();
  origin.down = true;
  fetch_and_wait(owned[0]);
  EXPECT_EQ(nodes[0]->metrics().spot_checks, 0U);
  EXPECT_EQ(reputation(), 50);
}

TEST_F(CatalogueSpot, ShareNoneChecksNothing) {
  make();
  settings.spot_check = 0;
  nodes[0]->catalogue->configure(settings);
  for (const CatalogueKey& one : owned) fetch_and_wait(one);
  EXPECT_EQ(origin.total(), 0);
}

}  // namespace
}  // namespace soulfabric::relay::testing

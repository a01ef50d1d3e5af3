// SPDX-License-Identifier: GPL-3.0-or-later
// Many nodes and one origin: who asks it, how often, and what happens where the owner of a key is slow, silent or gone.
#include <gmock/gmock.h>

#include "catalogue_world.hpp"

namespace soulfabric::relay::testing {
namespace {

class CatalogueMesh : public CatalogueWorld {
 public:
  void all_at_once(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) add();
    start();
    serve(key());
    for (std::size_t i = 0; i < count; ++i) ask(i, key());
    clock.run_for(10s);
    expect_all(count, false);
    EXPECT_EQ(origin.total(), 1);
    outcomes.clear();
    for (std::size_t i = 0; i < count; ++i) ask(i, key());
    clock.run_for(9min);
    for (std::size_t i = 0; i < count; ++i) ask(i, key());
    clock.run_for(10s);
    expect_all(2 * count, false);
    EXPECT_EQ(origin.total(), 1) << "nobody asks again within ten minutes";
    outcomes.clear();
    origin.down = true;
    clock.run_for(1h);
    for (std::size_t i = 0; i < count; ++i) ask(i, key());
    clock.run_for(60s);
    expect_all(count, true);
  }
  void expect_all(std::size_t count, bool stale) {
    EXPECT_EQ(outcomes.size(), count);
    for (const Outcome& outcome : outcomes) {
      ASSERT_TRUE(outcome.answer) << outcome.answer.error().message;
      EXPECT_EQ(outcome.answer->status, 200);
      EXPECT_EQ(outcome.answer->stale, stale);
      EXPECT_EQ(text_of(*outcome.answer->body), musicbrainz_answer("release"));
    }
  }
  /// Three nodes; the key's owner is the last one, which is a liar that does `act`.
  CatalogueKey with_liar(Liar::Act act) {
    add();
    add();
    auto made = std::make_unique<Liar>(std::move(act));
    liar = made.get();
    add(std::move(made));
    start();
    const CatalogueKey owned = owned_by(nodes[2]->id, *nodes[0]);
    serve(owned);
    return owned;
  }
  Liar* liar = nullptr;
};

TEST_F(CatalogueMesh, TwoNodesCauseOneRequest) { all_at_once(2); }
TEST_F(CatalogueMesh, FiveNodesCauseOneRequest) { all_at_once(5); }
TEST_F(CatalogueMesh, FiftyNodesCauseOneRequest) { all_at_once(50); }

TEST_F(CatalogueMesh, TheAnswerNamesWhoFetchedItAndIsKept) {
  add();
  add();
  start();
  const CatalogueKey owned = owned_by(nodes[1]->id, *nodes[0]);
  serve(owned);
  const auto first = get(*nodes[0], owned);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->via, CatalogueVia::Mesh);
  EXPECT_EQ(first->fetcher, nodes[1]->id);
  EXPECT_EQ(get(*nodes[0], owned)->via, CatalogueVia::Memory);
  EXPECT_EQ(nodes[1]->metrics().served, 1U);
  EXPECT_EQ(nodes[0]->metrics().from_mesh, 1U);
  EXPECT_EQ(nodes[1]->guard.metrics().units_spent - nodes[1]->guard.metrics().units_refunded >= 2, true);
}

TEST_F(CatalogueMesh, WithoutTheMeshEverybodyGoesToTheOrigin) {
  settings.mesh = false;
  add();
  add();
  start();
  serve(key());
  EXPECT_EQ(get(*nodes[0], key())->via, CatalogueVia::Origin);
  EXPECT_EQ(get(*nodes[1], key())->via, CatalogueVia::Origin);
  EXPECT_EQ(origin.total(), 2);
}

TEST_F(CatalogueMesh, WhoIsNotBelievedIsNeverAsked) {
  add();
  add();
  start();
  nodes[0]->book.peers.at(nodes[1]->id).rights.believe_catalogue = false;
  for (int n = 0; n < 10; ++n) {
    serve(key(n));
    EXPECT_EQ(get(*nodes[0], key(n))->via, CatalogueVia::Origin);
  }
  EXPECT_EQ(nodes[0]->links.opened, 0U);
}

TEST_F(CatalogueMesh, ASlowOwnerIsPassedOverAfterASecond) {
  const CatalogueKey owned = with_liar([this](CatalogueKey, mesh::Stream&) -> Task<void> { co_await clock.sleep_for(20s); });
  const MonoTime before = clock.now();
  const auto answer = get(*nodes[0], owned);
  ASSERT_TRUE(answer);
  EXPECT_NE(answer->fetcher, nodes[2]->id);
  EXPECT_GE(clock.now() - before, 1s);
  EXPECT_LT(clock.now() - before, 2s);
  EXPECT_EQ(nodes[0]->metrics().owners_passed_over, 1U);
  EXPECT_EQ(nodes[0]->guard.metrics().violations, 0U) << "slow is no crime";
}

TEST_F(CatalogueMesh, AnOwnerThatIsNotLinkedHasTwoSecondsForThatFirst) {
  const CatalogueKey owned = with_liar([this](CatalogueKey, mesh::Stream&) -> Task<void> { co_await clock.sleep_for(20s); });
  nodes[0]->links.drop(nodes[2]->id);
  nodes[0]->links.slow[nodes[2]->id] = 1500ms;
  const MonoTime before = clock.now();
  ASSERT_TRUE(get(*nodes[0], owned));
  EXPECT_GE(clock.now() - before, 2500ms) << "then the second to be heard";
  EXPECT_LT(clock.now() - before, 3500ms);
  EXPECT_EQ(nodes[0]->metrics().passed_over.at(static_cast<std::size_t>(OwnerFault::Silent)), 1U);
  nodes[0]->links.drop(nodes[2]->id);
  nodes[0]->links.slow[nodes[2]->id] = 10s;
  nodes[0]->catalogue->clear();
  const MonoTime again = clock.now();
  ASSERT_TRUE(get(*nodes[0], owned));
  EXPECT_GE(clock.now() - again, 2s);
  EXPECT_LT(clock.now() - again, 3s);
  EXPECT_EQ(nodes[0]->metrics().passed_over.at(static_cast<std::size_t>(OwnerFault::Unreachable)), 1U);
}

TEST_F(CatalogueMesh, AnOwnerThatSaysNothingMoreIsGivenUp) {
  const CatalogueKey owned = with_liar([this](CatalogueKey, mesh::Stream& stream) -> Task<void> {
    const std::array<std::uint8_t, 1> working{1};
    const auto written = co_await stream.write(working, clock.now() + 1s);
    EXPECT_TRUE(written);
    co_await clock.sleep_for(60s);
  });
  const MonoTime before = clock.now();
  ASSERT_TRUE(get(*nodes[0], owned));
  EXPECT_LE(clock.now() - before, 4s);
}

TEST_F(CatalogueMesh, AnOwnerThatIsAlwaysAtItIsGivenUp) {
  const CatalogueKey owned = with_liar([this](CatalogueKey, mesh::Stream& stream) -> Task<void> {
    const std::array<std::uint8_t, 1> working{1};
    for (int i = 0; i < 200; ++i) {
      const auto written = co_await stream.write(working, clock.now() + 1s);
      if (!written) co_return;
      co_await clock.sleep_for(500ms);
    }
  });
  const MonoTime before = clock.now();
  ASSERT_TRUE(get(*nodes[0], owned));
  EXPECT_LE(clock.now() - before, 22s);
}

TEST_F(CatalogueMesh, AnOwnerThatIsGoneIsPassedOver) {
  for (int i = 0; i < 3; ++i) add();
  start();
  const CatalogueKey owned = owned_by(nodes[2]->id, *nodes[0], {nodes[1]->id});
  serve(owned);
  nodes[0]->links.down.insert(nodes[1]->id);
  EXPECT_EQ(get(*nodes[0], owned)->fetcher, nodes[2]->id);
}

TEST_F(CatalogueMesh, AfterThreeOwnersWeGoOurselves) {
  for (int i = 0; i < 6; ++i) add();
  start();
  serve(key());
  look_up(*nodes[0]);
  for (std::size_t i = 1; i < 6; ++i) nodes[0]->links.down.insert(nodes[i]->id);
  ASSERT_TRUE(get(*nodes[0], key()));
  EXPECT_LE(nodes[0]->metrics().owners_passed_over, 3U);
  EXPECT_EQ(nodes[0]->metrics().from_origin, 1U);
}

TEST_F(CatalogueMesh, AQuestionIsNeverForwardedTwice) {
  for (int i = 0; i < 3; ++i) add();
  start();
  // The first believes the second only, whose own choice would be the third.
  nodes[0]->book.peers.at(nodes[2]->id).rights.believe_catalogue = false;
  const CatalogueKey owned = owned_by(nodes[1]->id, *nodes[0]);
  nodes[1]->book.peers.at(nodes[0]->id).rights.believe_catalogue = false;
  look_up(*nodes[1]);
  CatalogueKey disputed = owned;
  for (int n = 0; n < 90; ++n) {
    const std::string salt = key(n).text();
    if (nodes[0]->fabric->directory().owner(kCatalogueService, bytes_of(salt), {}) == nodes[1]->id &&
        nodes[1]->fabric->directory().owner(kCatalogueService, bytes_of(salt), {}) == nodes[2]->id)
      disputed = key(n);
  }
  serve(disputed);
  const auto answer = get(*nodes[0], disputed);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->fetcher, nodes[1]->id);
  EXPECT_EQ(nodes[2]->metrics().served, 0U);
  EXPECT_EQ(nodes[1]->links.opened, 0U);
  EXPECT_EQ(nodes[1]->metrics().from_origin, 1U);
}

TEST_F(CatalogueMesh, WhatIsNotThereIsKeptByItsOwnerOnly) {
  add();
  add();
  start();
  const CatalogueKey owned = owned_by(nodes[1]->id, *nodes[0]);
  EXPECT_EQ(get(*nodes[0], owned)->status, 404);
  EXPECT_EQ(nodes[0]->metrics().entries, 0U);
  EXPECT_EQ(get(*nodes[0], owned)->status, 404);
  EXPECT_EQ(nodes[1]->metrics().served, 2U) << "asked again";
  EXPECT_EQ(origin.total(), 1);
}

TEST_F(CatalogueMesh, OtherNodesHaveAFifthOfTheRequests) {
  add();
  add();
  start();
  int sent = 0;
  for (int n = 0; n < 60; ++n) {
    const std::string salt = key(n).text();
    look_up(*nodes[0]);
    if (nodes[0]->fabric->directory().owner(kCatalogueService, bytes_of(salt), {}) != nodes[1]->id) continue;
    serve(key(n));
    ask(0, key(n));
    ++sent;
  }
  ASSERT_GT(sent, 15);
  clock.run_for(60s);
  EXPECT_EQ(outcomes.size(), static_cast<std::size_t>(sent));
  EXPECT_LE(nodes[1]->metrics().from_origin, 12U);
  EXPECT_EQ(nodes[0]->metrics().from_origin + nodes[1]->metrics().from_origin, static_cast<std::uint64_t>(sent));
  for (const Outcome& outcome : outcomes) EXPECT_TRUE(outcome.answer);
}

TEST_F(CatalogueMesh, AHostThatIsNotForTheMeshIsNotReachedForIt) {
  add();
  add();
  start();
  const CatalogueKey owned = owned_by(nodes[1]->id, *nodes[0]);
  serve(owned);
  nodes[1]->http.refuse_mesh = true;
  const auto answer = get(*nodes[0], owned);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->via, CatalogueVia::Origin) << "it went itself";
  EXPECT_EQ(get(*nodes[1], owned)->via, CatalogueVia::Origin) << "and the owner's own user may";
}

TEST_F(CatalogueMesh, InPrivacyReducedOneOfTheBelievedIsAskedByLot) {
  settings.reduced_privacy = true;
  for (int i = 0; i < 5; ++i) add();
  start();
  for (int n = 0; n < 20; ++n) {
    serve(key(n));
    const auto answer = get(*nodes[0], key(n));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->via, CatalogueVia::Mesh);
    EXPECT_FALSE(answer->fetcher) << "only that the mesh had it";
  }
  EXPECT_EQ(nodes[0]->metrics().from_origin, 0U);
  std::uint64_t most = 0;
  for (std::size_t i = 1; i < 5; ++i) most = std::max(most, nodes[i]->metrics().served);
  EXPECT_LT(most, 20U);
}

TEST_F(CatalogueMesh, TheMeshThatGoesAwayMeanwhileLeavesTheOrigin) {
  const CatalogueKey owned = with_liar([this](CatalogueKey, mesh::Stream&) -> Task<void> { co_await clock.sleep_for(20s); });
  ask(0, owned);
  clock.run_for(300ms);
  nodes[0]->catalogue->use(nullptr, nullptr, nullptr);
  clock.run_for(5s);
  ASSERT_EQ(outcomes.size(), 1U);
  ASSERT_TRUE(outcomes[0].answer) << outcomes[0].answer.error().message;
  EXPECT_EQ(outcomes[0].answer->via, CatalogueVia::Origin);
}

}  // namespace
}  // namespace soulfabric::relay::testing

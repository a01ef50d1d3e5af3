// SPDX-License-Identifier: GPL-3.0-or-later
// Privacy `reduced`: the archives never see from this node's own address what it asked others for, whatever these do.
#include <gmock/gmock.h>

#include "catalogue_world.hpp"

namespace soulfabric::relay::testing {
namespace {

/// Node 0 asks in privacy `reduced`; the others go to the origin for it, unless they are told otherwise.
class CataloguePrivacy : public CatalogueWorld {
 public:
  void make(std::size_t count) {
    settings.reduced_privacy = true;
    settings.spot_check = 1;
    for (std::size_t i = 0; i < count; ++i) add();
    start();
    for (int n = 0; n < 10; ++n) serve(key(n));
  }
  [[nodiscard]] std::uint64_t at_origin() const { return nodes[0]->metrics().from_origin; }
};

TEST_F(CataloguePrivacy, NoAnswerIsComparedAtTheOriginFromHere) {
  make(3);
  for (int n = 0; n < 10; ++n) ASSERT_EQ(get(*nodes[0], key(n))->via, CatalogueVia::Mesh);
  const int asked = origin.total();
  clock.run_for(1h);
  EXPECT_EQ(origin.total(), asked);
  EXPECT_EQ(nodes[0]->metrics().spot_checks, 0U);
}

TEST_F(CataloguePrivacy, ACheckThatWaitsIsGivenUpWhenPrivacyIsReduced) {
  settings.spot_check = 1;
  add();
  add();
  start();
  const CatalogueKey owned = owned_by(nodes[1]->id, *nodes[0]);
  serve(owned);
  ASSERT_EQ(get(*nodes[0], owned)->via, CatalogueVia::Mesh);
  settings.reduced_privacy = true;
  nodes[0]->catalogue->configure(settings);
  clock.run_for(1h);
  EXPECT_EQ(origin.total(), 1) << "the owner's";
}

TEST_F(CataloguePrivacy, WhereAllThatAreAskedAreDeadNobodyGoesToTheOrigin) {
  make(5);
  look_up(*nodes[0]);
  for (std::size_t i = 1; i < 5; ++i) nodes[0]->links.down.insert(nodes[i]->id);
  const auto answer = get(*nodes[0], key());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::Unavailable);
  EXPECT_THAT(answer.error().message, ::testing::HasSubstr("try again later"));
  EXPECT_EQ(origin.total(), 0);
  EXPECT_EQ(nodes[0]->metrics().passed_over.at(static_cast<std::size_t>(OwnerFault::Unreachable)), 3U);
}

TEST_F(CataloguePrivacy, WhereAllThatAreAskedAreDeadTheLastGoodAnswerIsGiven) {
  make(3);
  ASSERT_EQ(get(*nodes[0], key())->via, CatalogueVia::Mesh);
  clock.run_for(11min);
  for (std::size_t i = 1; i < 3; ++i) nodes[0]->links.down.insert(nodes[i]->id);
  const auto answer = get(*nodes[0], key());
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer->stale);
  EXPECT_EQ(at_origin(), 0U);
  EXPECT_EQ(origin.total(), 1);
}

TEST_F(CataloguePrivacy, WithoutTheMeshNothingIsAskedAndThatIsSaid) {
  make(2);
  nodes[0]->catalogue->use(nullptr, nullptr, nullptr);
  const auto gone = get(*nodes[0], key());
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error().message, ::testing::HasSubstr("relay.catalogue.reduced_privacy"));
  nodes[0]->catalogue->use(nodes[0]->fabric.get(), &nodes[0]->book, &nodes[0]->links);
  settings.mesh = false;
  nodes[0]->catalogue->configure(settings);
  const auto off = get(*nodes[0], key());
  ASSERT_FALSE(off);
  EXPECT_THAT(off.error().message, ::testing::HasSubstr("relay.catalogue.mesh"));
  EXPECT_EQ(origin.total(), 0);
}

TEST_F(CataloguePrivacy, TheMeshThatGoesAwayMeanwhileIsNoReasonToAskTheOrigin) {
  settings.reduced_privacy = true;
  add();
  add(std::make_unique<Liar>([this](CatalogueKey, mesh::Stream&) -> Task<void> { co_await clock.sleep_for(20s); }));
  start();
  serve(key());
  ask(0, key());
  clock.run_for(300ms);
  nodes[0]->catalogue->use(nullptr, nullptr, nullptr);
  clock.run_for(5s);
  ASSERT_EQ(outcomes.size(), 1U);
  EXPECT_FALSE(outcomes[0].answer);
  EXPECT_EQ(origin.total(), 0);
}

TEST_F(CataloguePrivacy, OnlyWhereNobodyAtAllIsBelievedThisNodeAsksItself) {
  make(2);
  nodes[0]->book.peers.at(nodes[1]->id).rights.believe_catalogue = false;
  EXPECT_EQ(get(*nodes[0], key())->via, CatalogueVia::Origin);
  SeededRandom random(77);
  const PeerId away = PeerId::of(SigningKey::generate(random).public_key());
  nodes[0]->book.know(away, std::nullopt, clock.wall()).rights.believe_catalogue = true;
  EXPECT_FALSE(get(*nodes[0], key(1))) << "somebody is believed, and away";
  EXPECT_EQ(origin.total(), 1);
}

}  // namespace
}  // namespace soulfabric::relay::testing

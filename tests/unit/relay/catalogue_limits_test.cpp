// SPDX-License-Identifier: GPL-3.0-or-later
// What another node may ask of a catalogue: a budget, a rate, and no walk through all ids; what is refused is counted by its reason.
#include <gmock/gmock.h>

#include "catalogue_world.hpp"

namespace soulfabric::relay::testing {
namespace {

/// Node 0 asks node 1 itself, whoever owns the id.
class CatalogueLimits : public CatalogueWorld {
 public:
  void make() {
    add();
    add();
    start();
  }
  static CatalogueKey numbered(int number) {
    const std::string digits = std::to_string(100'000 + number);
    return *CatalogueKey::make(CatalogueKind::Release, "00000000-0000-4000-8000-000000" + digits);
  }
  static Task<void> question(CatalogueWorld& world, CatalogueKey about, int& answered) {
    auto permit = world.nodes[0]->guard.try_permit<guard::MeshCall>({.origin = guard::Origin::UserLocal});
    EXPECT_TRUE(permit);
    if (!permit) co_return;
    fabric::CallOptions options;
    options.to = world.nodes[1]->id;
    options.timeout = 20s;
    options.budget = guard::CatalogueFetch::kInfo.units;
    const CatalogueQuestion asked{static_cast<std::uint8_t>(about.kind), about.mbid};
    auto stream = co_await world.nodes[0]->fabric->open(std::move(*permit), std::string(kCatalogueService), "Fetch", fabric::encode(asked), options);
    if (!stream) co_return;
    std::array<std::uint8_t, 4096> bytes{};
    bool has_answer = false;
    for (int reads = 0; reads < 100; ++reads) {
      const auto got = co_await (*stream)->read_some(bytes, world.clock.now() + 20s);
      if (!got || *got == 0) break;
      has_answer = has_answer || *got > 64;
    }
    if (has_answer) ++answered;
  }
  [[nodiscard]] std::uint64_t calls(fabric::CallStatus status) const {
    for (const auto& local : nodes[1]->fabric->services()) {
      if (local.info.name != kCatalogueService) continue;
      const auto found = local.metrics.calls.find(status);
      return found == local.metrics.calls.end() ? 0 : found->second;
    }
    return 0;
  }
  [[nodiscard]] std::uint64_t refused(CatalogueRefusal why) const { return nodes[1]->metrics().refused.at(static_cast<std::size_t>(why)); }
};

TEST_F(CatalogueLimits, WhoHasUsedUpItsBudgetIsToldItsQuota) {
  limits.budget.per_peer_minute = 12;  // a new key has half of it
  make();
  int answered = 0;
  for (int n = 0; n < 6; ++n) {
    serve(numbered(n));
    soulfabric::testing::run_virtual(context, clock, soulfabric::testing::as_status(question(*this, numbered(n), answered)));
  }
  EXPECT_EQ(answered, 3) << "of two units each";
  EXPECT_EQ(origin.total(), 3);
  EXPECT_EQ(calls(fabric::CallStatus::QuotaExceeded), 3U);
}

TEST_F(CatalogueLimits, AWalkThroughAllIdsEndsAtTheShareOfOthers) {
  limits.budget.per_peer_minute = 100'000;
  make();
  int answered = 0;
  for (int n = 0; n < 200; ++n) {
    serve(numbered(n));
    soulfabric::testing::run_virtual(context, clock, soulfabric::testing::as_status(question(*this, numbered(n), answered)));
  }
  EXPECT_EQ(answered, 12);
  EXPECT_EQ(origin.total(), 12) << "a fifth of one request a second";
  EXPECT_EQ(refused(CatalogueRefusal::Rate) + 12, calls(fabric::CallStatus::Ok));
  EXPECT_LE(calls(fabric::CallStatus::Ok), 70U) << "60 calls a minute of a new key, and what came back meanwhile";
  EXPECT_GE(calls(fabric::CallStatus::RateLimited), 1U);
}

TEST_F(CatalogueLimits, WhoIsSwitchedOffRefusesAndCountsIt) {
  make();
  settings.mesh = false;
  nodes[1]->catalogue->configure(settings);
  serve(numbered(1));
  int answered = 0;
  soulfabric::testing::run_virtual(context, clock, soulfabric::testing::as_status(question(*this, numbered(1), answered)));
  EXPECT_EQ(answered, 0);
  EXPECT_EQ(refused(CatalogueRefusal::Disabled), 1U);
  EXPECT_EQ(origin.total(), 0);
}

TEST_F(CatalogueLimits, WhatTheOriginDoesNotGiveIsCountedByItsReason) {
  settings.mesh = false;
  add();
  start();
  const auto failed = [this](OriginFault fault) { return nodes[0]->metrics().failed.at(static_cast<std::size_t>(fault)); };
  serve(key(1), "no JSON");
  EXPECT_FALSE(get(*nodes[0], key(1)));
  EXPECT_EQ(failed(OriginFault::Malformed), 1U);
  serve(key(2), std::string(300 * 1024, 'x'));
  EXPECT_FALSE(get(*nodes[0], key(2)));
  EXPECT_EQ(failed(OriginFault::TooLarge), 1U);
  origin.pages[url(key(3))] = {429, "text/plain", "", {}};
  EXPECT_FALSE(get(*nodes[0], key(3)));
  EXPECT_EQ(failed(OriginFault::RateLimited), 1U);
  clock.run_for(11s);
  origin.pages[url(key(4))] = {503, "text/plain", "", {}};
  EXPECT_FALSE(get(*nodes[0], key(4)));
  clock.run_for(11s);
  origin.down = true;
  EXPECT_FALSE(get(*nodes[0], key(5)));
  EXPECT_EQ(failed(OriginFault::OriginDown), 2U);
  const CatalogueTimes times = nodes[0]->metrics().times.at(static_cast<std::size_t>(CatalogueOutcome::Failed));
  EXPECT_EQ(times.count, 5U);
  EXPECT_EQ(times.within.at(2), 5U) << "0.2 s each";
  EXPECT_NEAR(times.seconds, 1.0, 0.01);
}

TEST_F(CatalogueLimits, TimesAreThoseOfWhatWasWaitedFor) {
  make();
  const CatalogueKey owned = owned_by(nodes[1]->id, *nodes[0]);
  const CatalogueKey own = owned_by(nodes[0]->id, *nodes[0]);
  serve(owned);
  serve(own);
  for (int twice = 0; twice < 2; ++twice) {
    ASSERT_TRUE(get(*nodes[0], owned));
    ASSERT_TRUE(get(*nodes[0], own));
  }
  const auto times = nodes[0]->metrics().times;
  EXPECT_EQ(times.at(static_cast<std::size_t>(CatalogueOutcome::Mesh)).count, 1U);
  EXPECT_EQ(times.at(static_cast<std::size_t>(CatalogueOutcome::Origin)).count, 1U);
  EXPECT_EQ(times.at(static_cast<std::size_t>(CatalogueOutcome::Failed)).count, 0U);
}

}  // namespace
}  // namespace soulfabric::relay::testing

// SPDX-License-Identifier: GPL-3.0-or-later
// Many nodes on a network with latency, over real links that are dialled and proven when they are needed first: one request at the origin.
#include <gmock/gmock.h>

#include "core/catalogue_origin.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/relay/catalogue.hpp"
#include "support/fake_http.hpp"
#include "support/fake_mesh.hpp"
#include "support/memory_dht.hpp"
#include "support/mesh_network.hpp"
#include "support/sim_network.hpp"

namespace soulfabric::relay {
namespace {

using namespace std::chrono_literals;
using testing::run_virtual;

struct Party {
  Party(testing::MeshNode& at, IoContext& context, IoClock& clock, testing::MemoryTable& table, testing::FakeOrigin& origin, WorkerPool& workers)
      : node(at), dht(table, clock), http(origin, clock) {
    CatalogueSettings settings;
    settings.spot_check = 0;
    catalogue = make_catalogue({context, clock, at.random, workers, at.guard, http, at.key}, settings);
    fabric::RouterSettings router;
    router.exposed = {std::string(kCatalogueService)};
    fabric = fabric::make_fabric({context, clock, at.random, at.guard, *at.links, book, dht, at.key}, router, fabric::DirectorySettings{});
    EXPECT_TRUE(fabric->add(catalogue->service()));
    catalogue->use(fabric.get(), &book, at.links.get());
  }
  testing::MeshNode& node;
  testing::FakePeerBook book;
  testing::MemoryDht dht;
  testing::FakeHttp http;
  std::unique_ptr<Catalogue> catalogue;
  std::unique_ptr<fabric::Fabric> fabric;
};

class CatalogueLinks : public ::testing::TestWithParam<std::size_t> {
 public:
  void begin() {
    for (std::size_t i = 0; i < GetParam(); ++i)
      parties_.push_back(std::make_unique<Party>(net_.add(), context_, clock_, table_, origin_, workers_));
    net_.start();
    net_.introduce();
    for (const auto& one : parties_) {
      for (const auto& other : parties_) {
        if (one != other) one->book.know(other->node.id, std::nullopt, clock_.wall()).rights.believe_catalogue = true;
      }
      const auto mesh = run_virtual(context_, clock_, one->fabric->start());
      const auto rest = run_virtual(context_, clock_, one->catalogue->start());
      EXPECT_TRUE(mesh && rest);
    }
    clock_.run_for(2s);
  }
  void end() {
    for (const auto& party : parties_) {
      party->catalogue->use(nullptr, nullptr, nullptr);
      const auto mesh = run_virtual(context_, clock_, testing::as_status(party->fabric->stop()));
      const auto rest = run_virtual(context_, clock_, testing::as_status(party->catalogue->stop()));
      EXPECT_TRUE(mesh && rest);
    }
    const auto stopped = run_virtual(context_, clock_, testing::as_status(net_.stop()));
    EXPECT_TRUE(stopped);
  }
  /// All at this instant; how many were answered.
  std::size_t all_ask() {
    std::size_t answered = 0;
    TaskScope scope(context_, "askers");
    for (const auto& party : parties_) {
      scope.spawn("ask", [](CatalogueLinks& test, Catalogue& catalogue, std::size_t& count) -> Task<void> {
        const auto answer = co_await catalogue.fetch(test.key_, guard::Origin::UserLocal, test.clock_.now() + 30s);
        EXPECT_TRUE(answer) << answer.error().message;
        if (answer && answer->status == 200 && !answer->stale) ++count;
      }(*this, *party->catalogue, answered));
    }
    const auto joined = run_virtual(context_, clock_, testing::as_status(scope.join()));
    EXPECT_TRUE(joined);
    return answered;
  }

  IoContext context_{1};
  testing::SimClock clock_{context_};
  testing::SimNetwork network_{context_, clock_, 5, {}};
  testing::MeshNetwork net_{network_};
  testing::MemoryTable table_;
  WorkerPool workers_{0};
  testing::FakeOrigin origin_;
  CatalogueKey key_ = *CatalogueKey::make(CatalogueKind::Release, "b84ee12a-09ef-421b-82de-0441a926375b");
  std::vector<std::unique_ptr<Party>> parties_;
};

TEST_P(CatalogueLinks, NodesThatWantOneReleaseAtTheSameInstantCauseOneRequest) {
  begin();
  const CatalogueSettings defaults;
  origin_.pages[url_of(key_, {defaults.musicbrainz, defaults.cover_art, {}})] = {200, "application/json", testing::musicbrainz_answer("release"), ""};
  EXPECT_EQ(all_ask(), GetParam());
  EXPECT_EQ(origin_.total(), 1);
  clock_.run_for(9min);
  EXPECT_EQ(all_ask(), GetParam());
  EXPECT_EQ(origin_.total(), 1);
  end();
}

INSTANTIATE_TEST_SUITE_P(Sizes, CatalogueLinks, ::testing::Values(2, 5, 50));

}  // namespace
}  // namespace soulfabric::relay

// SPDX-License-Identifier: GPL-3.0-or-later
// Blame for a source whose link is gone: nobody's address pays where we had dialled (security rule S1).
#include "content_world.hpp"
#include "mesh_piece_source.hpp"

namespace soulfabric::relay {
namespace {

using namespace testing;

class ContentBlame : public ContentWorld {
 public:
  /// The address that answers for what `there` served, once its link is gone.
  static Task<void> judge(ContentBlame& t, ContentNode& there, ContentNode& here, bool expected) {
    const auto id = there.copies.add(some_bytes(100'000), "Music/a.flac");
    co_await t.clock_.sleep_for(1s);
    std::uint64_t fetched = 0;
    FetchFaults faults = ContentMetrics{}.faults;
    MeshPieceSource source({t.clock_, here.node.guard, *here.fabric, *here.node.links, here.book, fetched, faults}, there.id(), guard::Origin::UserLocal);
    const auto manifest = co_await source.open(id, t.in(10s));
    EXPECT_TRUE(manifest);
    const auto link = here.node.links->link(there.id());
    EXPECT_TRUE(link);
    const IpAddress at = link->remote.address;
    here.node.links->drop(there.id());
    const bool gone = co_await t.until([&] { return !here.node.links->is_linked(there.id()); });
    EXPECT_TRUE(gone);
    for (int i = 0; i < 5; ++i) source.blame(swarm::Fault::WrongBytes);
    const auto bans = here.node.guard.bans();
    EXPECT_EQ(bans.size(), 1U);
    if (bans.empty()) co_return;
    EXPECT_EQ(bans[0].subject, guard::Subject::peer(there.id().text()));
    EXPECT_EQ(bans[0].address, expected ? std::optional(at) : std::nullopt);
  }
};

TEST_F(ContentBlame, SparesTheAddressThatWeDialledAlsoWhenItsLinkIsGone) {
  auto& here = add();  // dials
  auto& there = add();
  run(judge(*this, there, here, false));
}

TEST_F(ContentBlame, FallsOnTheAddressThatDialledUsAlsoWhenItsLinkIsGone) {
  auto& there = add();  // dials
  auto& here = add();
  run(judge(*this, there, here, true));
}

}  // namespace
}  // namespace soulfabric::relay

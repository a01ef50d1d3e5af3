// SPDX-License-Identifier: GPL-3.0-or-later
// A hundred nodes through bad weather, a partition, restarts and twenty that attack: what must hold, and that a seed repeats it all.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "simulation/mesh_world.hpp"

namespace soulfabric::testing {
namespace {

using std::chrono::seconds;

std::uint64_t chosen_seed() {
  if (const char* given = std::getenv("SF_SEED")) return std::strtoull(given, nullptr, 10);
  return 20'240'607;
}

using Bodies = std::set<std::string>;

/// Members of the pod: on both sides of the partition, and one that loses its power with a message on its way.
std::vector<std::size_t> members(const MeshWorld& world) { return {0, 1, 2, 3, 4, 5, world.nodes.size() - 1}; }

/// Two minutes of their time: everyone comes up, half of them lose the other half, eight lose their power when it is over.
void through_the_storm(MeshWorld& world) {
  world.begin(seconds(150));
  world.run_for(seconds(20));
  world.found_pod();
  world.run_for(seconds(2));
  for (const std::size_t i : members(world)) {
    if (i != 0) world.join_pod(i);
  }
  world.run_for(seconds(8));
  for (const std::size_t i : members(world)) world.post(i, "before " + std::to_string(i));
  world.run_for(seconds(10));
  world.split();
  world.run_for(seconds(20));
  for (const std::size_t i : members(world)) world.post(i, "during " + std::to_string(i));
  world.run_for(seconds(30));
  world.network().heal();
  for (std::size_t i = 0; i < 8; ++i) world.restart(world.nodes.size() - 1 - i, seconds(5));
  world.run_for(seconds(35));
}

/// Another one. What every member of the pod has read in the end.
std::vector<Bodies> afterwards(MeshWorld& world) {
  world.run_for(seconds(45));
  std::vector<Bodies> read(members(world).size());
  for (std::size_t i = 0; i < read.size(); ++i) world.read_pod(members(world)[i], read[i]);
  world.run_for(seconds(5));
  return read;
}

TEST(MeshSimulation, HonestNodesStandByEachOtherAndHostileOnesAreShutOut) {
  WorldOptions options;
  options.seed = chosen_seed();
  SCOPED_TRACE("SF_SEED=" + std::to_string(options.seed));
  std::uint64_t first = 0;
  {
    MeshWorld world(options);
    through_the_storm(world);
    first = world.trace.hash();
    const std::vector<Bodies> read = afterwards(world);
    std::printf("seed %llu: %zu calls, %zu failed, %zu links, %llu connects, %llu events, trace %016llx\n",
                static_cast<unsigned long long>(options.seed), world.calls(seconds(0), seconds(1000), true),
                world.calls(seconds(0), seconds(1000), false), world.links(), static_cast<unsigned long long>(world.network().connects()),
                static_cast<unsigned long long>(world.trace.events()), static_cast<unsigned long long>(first));
    EXPECT_EQ(world.honest_banned_by_honest(), 0U);
    EXPECT_EQ(world.hostile_banned(), options.hostile);
    EXPECT_GT(world.calls(seconds(15), seconds(40), true), 50U);
    EXPECT_GT(world.calls(seconds(40), seconds(90), false), 0U) << "the partition was none";
    EXPECT_GT(world.calls(seconds(135), seconds(170), true), 50U);
    EXPECT_EQ(world.calls(seconds(135), seconds(170), false), 0U) << world.failures(seconds(135), seconds(170));
    EXPECT_EQ(world.failed_acts, 0U);
    Bodies all;
    for (const std::size_t i : members(world)) {
      all.insert("before " + std::to_string(i));
      all.insert("during " + std::to_string(i));
    }
    for (std::size_t i = 0; i < read.size(); ++i) EXPECT_EQ(read[i], all) << "member " << members(world)[i];
    const auto dht = world.dht().metrics();
    EXPECT_GT(dht.answers_lost, 0U);
    EXPECT_GT(dht.junk_given, 0U);
    EXPECT_GT(dht.values_refused, 0U);
    EXPECT_LE(world.most_known, mesh::PeerBookSettings{}.known_peers);
    const mesh::LinkSettings limits;
    EXPECT_LE(world.most_half_open, limits.half_open);
    EXPECT_LE(world.most_links, limits.links);
    EXPECT_LE(world.most_streams, limits.streams_per_link);
  }
  MeshWorld again(options);
  through_the_storm(again);
  EXPECT_EQ(again.trace.hash(), first) << "the same seed gave another run";
}

}  // namespace
}  // namespace soulfabric::testing

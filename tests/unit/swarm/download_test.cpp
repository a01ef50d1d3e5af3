// SPDX-License-Identifier: GPL-3.0-or-later
// Downloads from sources that behave: one, many, small, empty, with a name that is taken.
#include "swarm_world.hpp"

namespace soulfabric::swarm {
namespace {

constexpr std::uint64_t kPiece = library::kSmallestPiece;
using testing::make_content;

TEST(SwarmDownload, FetchesFromOneSource) {
  SwarmWorld world;
  const auto content = make_content(5 * kPiece + 17, 1);
  world.begin(content->manifest.id, content->bytes.size());
  const auto record = world.add(content);
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(*placed, world.folder / "done" / "file.bin");
  EXPECT_EQ(world.read(*placed), content->bytes);
  EXPECT_EQ(record->praised, 6U);
  EXPECT_TRUE(record->blamed.empty());
  EXPECT_TRUE(record->closed);
  EXPECT_FALSE(fs::exists(world.partial()));
  EXPECT_FALSE(fs::exists(world.map()));
  const auto report = world.download->report();
  EXPECT_EQ(report.state, DownloadReport::State::Done);
  EXPECT_EQ(report.bytes, content->bytes.size());
  EXPECT_EQ(report.pieces_done, 6U);
  ASSERT_EQ(report.sources.size(), 1U);
  EXPECT_EQ(report.sources[0].state, "done");
  EXPECT_EQ(report.sources[0].bytes, content->bytes.size());
}

TEST(SwarmDownload, SharesPiecesAmongSourcesByTheirSpeed) {
  SwarmWorld world;
  const auto content = make_content(64 * kPiece, 2);
  world.begin(content->manifest.id);
  MemoryPlan plan;
  plan.bytes_per_second = 8e6;
  const auto fast = world.add(content, plan);
  plan.bytes_per_second = 2e6;
  const auto steady = world.add(content, plan);
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(world.read(*placed), content->bytes);
  EXPECT_GT(fast->delivered, 3 * steady->delivered);
  EXPECT_GT(steady->delivered, 5U);
  const double best = static_cast<double>(content->bytes.size()) / 10e6;
  EXPECT_LT(std::chrono::duration<double>(world.clock.elapsed()).count(), best * 1.1);
}

TEST(SwarmDownload, TakesEmptyFilesAndFilesOfOnePiece) {
  for (const std::uint64_t size : {0ULL, 1ULL, 16'384ULL, 16'385ULL, 262'144ULL, 262'145ULL}) {
    SwarmWorld world;
    const auto content = make_content(size, size);
    world.begin(content->manifest.id);
    (void)world.add(content);
    const auto placed = world.run();
    ASSERT_TRUE(placed) << size << ": " << placed.error().message;
    EXPECT_TRUE(fs::exists(*placed));
    EXPECT_EQ(world.read(*placed), content->bytes) << size;
  }
}

TEST(SwarmDownload, KeepsAFileThatHasItsName) {
  SwarmWorld world;
  fs::create_directories(world.folder / "done");
  const Bytes other{1, 2, 3};
  ASSERT_TRUE(write_whole(world.folder / "done" / "file.bin", other, 0644));
  const auto content = make_content(kPiece, 3);
  world.begin(content->manifest.id);
  (void)world.add(content);
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(*placed, world.folder / "done" / "file (2).bin");
  EXPECT_EQ(world.read(world.folder / "done" / "file.bin"), other);
  EXPECT_EQ(world.read(*placed), content->bytes);
}

TEST(SwarmDownload, FetchesNothingWhereTheVeryContentLiesInItsPlace) {
  SwarmWorld world;
  const auto content = make_content(3 * kPiece, 4);
  fs::create_directories(world.folder / "done");
  ASSERT_TRUE(write_whole(world.folder / "done" / "file.bin", content->bytes, 0644));
  world.begin(content->manifest.id, content->bytes.size());
  const auto record = world.add(content);
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(*placed, world.folder / "done" / "file.bin");
  EXPECT_EQ(record->asked, 0U);
}

TEST(SwarmDownload, WaitsForSourcesUntilToldThatNoneComes) {
  SwarmWorld world;
  const auto content = make_content(3 * kPiece, 5);
  world.begin(content->manifest.id);
  world.start();
  world.clock.run_for(std::chrono::hours(1));
  EXPECT_FALSE(world.outcome);
  (void)world.add(content);
  const auto placed = world.finish();
  ASSERT_TRUE(placed) << placed.error().message;
}

TEST(SwarmDownload, IsUnavailableWithoutAnySource) {
  SwarmWorld world;
  world.begin(make_content(1, 1)->manifest.id);
  const auto placed = world.run();
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, Errc::Unavailable);
}

}  // namespace
}  // namespace soulfabric::swarm

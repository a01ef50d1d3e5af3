// SPDX-License-Identifier: GPL-3.0-or-later
// Killed, and without power, at every change of the disk: no wrong byte, and no more is fetched again than was not safe.
#include <set>

#include "core/piece_map.hpp"
#include "support/volatile_disk.hpp"
#include "swarm_world.hpp"

namespace soulfabric::swarm {
namespace {

using testing::Unsynced;
using testing::VolatileDisk;
using testing::VolatileFiles;

constexpr std::uint64_t kPiece = library::kSmallestPiece;
constexpr std::uint64_t kPieces = 12;

MemoryPlan paced(std::string prefix) {
  MemoryPlan plan;
  plan.bytes_per_second = 0.5e6;
  plan.prefix = std::move(prefix);
  return plan;
}

/// One run on the disk; a source that lies is there too. `asked` are the pieces that were asked for. What it gave back, an error where the machine stopped under it.
Result<fs::path> run_once(VolatileDisk& disk, const std::shared_ptr<const Content>& content, std::set<std::uint64_t>& asked) {
  VolatileFiles files(disk);
  SwarmWorld world(&files, "/d");
  world.begin(content->manifest.id, content->bytes.size());
  const auto first = world.add(content, paced("a"));
  MemoryPlan lying = paced("b");
  lying.misdeed = Misdeed::Lies;
  lying.from_piece = 2;
  const auto liar = world.add(content, lying);
  auto placed = world.run();
  asked.clear();
  for (const auto& record : {first, liar}) asked.insert(record->pieces.begin(), record->pieces.end());
  return placed;
}

std::uint64_t count_safe_pieces(VolatileDisk& disk, const Content& content) {
  const auto map = core::PieceMap::parse(disk.content("/d/incomplete/file.part.map"));
  if (!map) return 0;
  const Bytes partial = disk.content("/d/incomplete/file.part");
  std::uint64_t safe = 0;
  for (std::uint64_t piece = 0; piece < map->pieces.size(); ++piece) {
    if (!map->pieces[piece]) continue;
    ++safe;
    EXPECT_TRUE(partial.size() == content.bytes.size() && std::equal(partial.begin() + static_cast<std::ptrdiff_t>(piece * kPiece),
                                                                     partial.begin() + static_cast<std::ptrdiff_t>((piece + 1) * kPiece),
                                                                     content.bytes.begin() + static_cast<std::ptrdiff_t>(piece * kPiece)))
        << "the bit of piece " << piece << " was set before its bytes were safe";
  }
  return safe;
}

/// Where the finished file lies, when it does.
std::string find_placed(const VolatileDisk& disk, const Content& content) {
  for (const std::string& name : disk.files()) {
    if (name.starts_with("/d/done/")) {
      EXPECT_EQ(disk.content(name), content.bytes) << name << " has a wrong byte";
      return name;
    }
  }
  return "";
}

void cut_and_go_on(const std::shared_ptr<const Content>& content, std::uint64_t cut_at, Unsynced unsynced, std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed) + ", cut at change " + std::to_string(cut_at) + ", kept " + std::to_string(static_cast<int>(unsynced)));
  VolatileDisk disk(seed);
  disk.add_folder("/d");
  std::set<std::uint64_t> asked;
  disk.cut_after(cut_at);
  (void)run_once(disk, content, asked);
  disk.restore(unsynced);
  const bool was_placed = !find_placed(disk, *content).empty();
  const std::uint64_t safe = was_placed ? kPieces : count_safe_pieces(disk, *content);
  const auto placed = run_once(disk, content, asked);
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(disk.content(placed->string()), content->bytes);
  if (was_placed) {
    EXPECT_TRUE(asked.empty()) << "the finished file was fetched again";
  }
  EXPECT_LE(asked.size(), kPieces - safe) << "safe pieces were fetched again";
  std::size_t left = 0;
  for (const std::string& name : disk.files()) left += name.starts_with("/d/incomplete/") ? 1 : 0;
  EXPECT_EQ(left, 0U) << "something was left behind";
}

TEST(SwarmCrash, LosesNothingSafeAtAnyChangeOfTheDisk) {
  const auto content = testing::make_content(kPieces * kPiece, 11);
  std::uint64_t changes = 0;
  std::set<std::uint64_t> asked;
  {
    VolatileDisk disk(1);
    disk.add_folder("/d");
    ASSERT_TRUE(run_once(disk, content, asked));
    changes = disk.changes();
  }
  ASSERT_GT(changes, 30U);
  for (const Unsynced unsynced : {Unsynced::Lost, Unsynced::SomeKept, Unsynced::AllKept}) {
    for (std::uint64_t cut = 1; cut <= changes; ++cut) {
      cut_and_go_on(content, cut, unsynced, 1'000 + cut);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(SwarmCrash, SurvivesOneCutAfterAnother) {
  const auto content = testing::make_content(kPieces * kPiece, 12);
  const std::uint64_t seed = 77;
  SeededRandom random(seed);
  for (int round = 0; round < 10; ++round) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", round " + std::to_string(round));
    VolatileDisk disk(random.u64());
    disk.add_folder("/d");
    std::set<std::uint64_t> asked;
    for (int cut = 0; cut < 4; ++cut) {
      disk.cut_after(1 + random.below(25));
      (void)run_once(disk, content, asked);
      disk.restore(random.below(2) == 0 ? Unsynced::Lost : Unsynced::SomeKept);
      if (find_placed(disk, *content).empty()) (void)count_safe_pieces(disk, *content);
    }
    const auto placed = run_once(disk, content, asked);
    ASSERT_TRUE(placed) << placed.error().message;
    EXPECT_EQ(disk.content(placed->string()), content->bytes);
  }
}

}  // namespace
}  // namespace soulfabric::swarm

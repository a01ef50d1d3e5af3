// SPDX-License-Identifier: GPL-3.0-or-later
// Sources that lie, die, stall, cut short or state a false root: found out by name, charged once, and never a wrong byte.
#include "swarm_world.hpp"

namespace soulfabric::swarm {
namespace {

constexpr std::uint64_t kPiece = library::kSmallestPiece;
using testing::make_content;

MemoryPlan paced(double bytes_per_second, Misdeed misdeed = Misdeed::None, std::uint64_t from = 0) {
  MemoryPlan plan;
  plan.bytes_per_second = bytes_per_second;
  plan.misdeed = misdeed;
  plan.from_piece = from;
  return plan;
}

std::string state_of(const Download& download, std::size_t source) { return download.report().sources.at(source).state; }

class BadSource : public ::testing::TestWithParam<Misdeed> {};

TEST_P(BadSource, IsFoundOutWithinTwoSecondsAndCostsNoByte) {
  SwarmWorld world;
  const auto content = make_content(96 * kPiece + 5, 1);
  world.begin(content->manifest.id);
  const auto bad = world.add(content, paced(2e6, GetParam(), 3));
  (void)world.add(content, paced(2e6));
  (void)world.add(content, paced(2e6));
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(world.read(*placed), content->bytes);
  ASSERT_TRUE(bad->misbehaved);
  ASSERT_TRUE(bad->found_out);
  EXPECT_LE(*bad->found_out - *bad->misbehaved, std::chrono::seconds(2));
  EXPECT_LE(bad->asked, 6U) << "it was asked on after it was found out";
  const bool lies = GetParam() == Misdeed::Lies;
  const bool shortened = GetParam() == Misdeed::SendsShort;
  EXPECT_EQ(bad->count(Fault::WrongBytes), lies ? 1U : 0U);
  EXPECT_EQ(bad->count(Fault::Malformed), shortened ? 1U : 0U);
  EXPECT_EQ(bad->blamed.size() - bad->count(Fault::Silent), lies || shortened ? 1U : 0U) << "silence is no violation";
  EXPECT_EQ(bad->praised, 3U) << "its earlier pieces stay";
  EXPECT_EQ(state_of(*world.download, 0), lies || shortened ? "lying" : "dead");
  EXPECT_TRUE(bad->closed);
}

INSTANTIATE_TEST_SUITE_P(All, BadSource,
                         ::testing::Values(Misdeed::FallsSilent, Misdeed::Closes, Misdeed::Lies, Misdeed::SendsShort, Misdeed::HangsHalfway));

TEST(SwarmSources, VerifiedPiecesOfALiarAreNotFetchedAgain) {
  SwarmWorld world;
  const auto content = make_content(32 * kPiece, 2);
  world.begin(content->manifest.id);
  const auto liar = world.add(content, paced(4e6, Misdeed::Lies, 8));
  const auto honest = world.add(content, paced(4e6));
  ASSERT_TRUE(world.run());
  EXPECT_EQ(liar->praised, 8U);
  EXPECT_EQ(honest->praised, 24U);
  EXPECT_EQ(honest->delivered, 24U);
}

TEST(SwarmSources, SlowOneIsCalledSlowOnceAndKeepsNothingBack) {
  SwarmWorld world;
  const auto content = make_content(64 * kPiece, 3);
  world.begin(content->manifest.id);
  const auto slow = world.add(content, paced(20e3));
  (void)world.add(content, paced(1e6));
  (void)world.add(content, paced(1e6));
  ASSERT_TRUE(world.run());
  EXPECT_EQ(slow->blamed, std::vector<Fault>(1, Fault::Slow));
  EXPECT_EQ(state_of(*world.download, 0), "slow");
  const double alone = static_cast<double>(content->bytes.size()) / 2e6;
  EXPECT_LT(std::chrono::duration<double>(world.clock.elapsed()).count(), alone * 1.1);
}

TEST(SwarmSources, SlowOneIsUsedAgainWhereNoOtherIsLeft) {
  SwarmWorld world;
  const auto content = make_content(24 * kPiece, 4);
  world.begin(content->manifest.id);
  const auto slow = world.add(content, paced(20e3));
  (void)world.add(content, paced(1e6, Misdeed::Closes, 16));
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(world.read(*placed), content->bytes);
  EXPECT_GE(slow->praised, 7U);
}

TEST(SwarmSources, LatePiecesAreTakenWhileTheyComeInTime) {
  SwarmWorld world;
  const auto content = make_content(6 * kPiece, 5);
  world.begin(content->manifest.id);
  MemoryPlan late = paced(10e6);
  late.late = std::chrono::milliseconds(1'500);
  const auto record = world.add(content, late);
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(record->praised, 6U);
}

TEST(SwarmSources, OneOfAnotherSizeIsLeftOutWithoutBlame) {
  SwarmWorld world;
  const auto content = make_content(6 * kPiece, 6);
  const auto larger = make_content(7 * kPiece, 6);
  world.begin(content->manifest.id, content->bytes.size());
  MemoryPlan plan;
  plan.pretends = content->manifest.id;
  plan.reputable = true;
  const auto other = world.add(larger, plan);
  (void)world.add(content);
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(other->asked, 0U);
  EXPECT_TRUE(other->blamed.empty());
  EXPECT_EQ(state_of(*world.download, 0), "refused");
}

TEST(SwarmSources, OneThatRefusesIsNotUsed) {
  SwarmWorld world;
  const auto content = make_content(2 * kPiece, 7);
  world.begin(content->manifest.id);
  MemoryPlan refusing;
  refusing.refuses = true;
  const auto record = world.add(content, refusing);
  (void)world.add(content);
  ASSERT_TRUE(world.run());
  EXPECT_EQ(record->asked, 0U);
  EXPECT_TRUE(record->blamed.empty());
  EXPECT_EQ(state_of(*world.download, 0), "refused");
}

// ---- roots (security rule S11) -------------------------------------------------------------------------------------

/// A file that is not the content asked for, and sources that say it is.
struct FalseRoots {
  explicit FalseRoots(std::uint64_t pieces) : content(make_content(pieces * kPiece, 8)) {
    Bytes bytes = content->bytes;
    bytes[bytes.size() - kPiece / 2] ^= 1;  // in the last piece
    forged = make_content(std::move(bytes));
  }
  [[nodiscard]] MemoryPlan claim(std::string prefix, bool reputable) const {
    MemoryPlan plan = paced(1e6);
    plan.prefix = std::move(prefix);
    plan.reputable = reputable;
    plan.pretends = content->manifest.id;
    return plan;
  }
  std::shared_ptr<const Content> content;
  std::shared_ptr<const Content> forged;
};

TEST(SwarmRoots, MajorityOfNewKeysOfOneNetworkCarriesNoWeight) {
  SwarmWorld world;
  const FalseRoots roots(16);
  world.begin(roots.content->manifest.id);
  std::vector<std::shared_ptr<MemoryRecord>> crowd;
  for (int i = 0; i < 12; ++i) crowd.push_back(world.add(roots.forged, roots.claim("one net", false)));
  for (int i = 0; i < 4; ++i) crowd.push_back(world.add(roots.forged, roots.claim("net " + std::to_string(i), false)));
  const auto honest = world.add(roots.content, roots.claim("home", true));
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(world.read(*placed), roots.content->bytes);
  for (const auto& record : crowd) EXPECT_EQ(record->asked, 0U);
  EXPECT_EQ(honest->praised, 16U);
  EXPECT_TRUE(honest->blamed.empty());
  EXPECT_EQ(state_of(*world.download, 0), "other root");
}

TEST(SwarmRoots, FalseOneIsChargedToAllWhoStatedItAndTheOtherGroupGoesOn) {
  SwarmWorld world;
  const FalseRoots roots(16);
  world.begin(roots.content->manifest.id);
  const auto first = world.add(roots.forged, roots.claim("a", true));
  const auto second = world.add(roots.forged, roots.claim("b", true));
  MemoryPlan dying = roots.claim("c", false);
  dying.misdeed = Misdeed::Closes;
  const auto dead = world.add(roots.forged, dying);
  const auto honest = world.add(roots.content, roots.claim("d", false));
  const auto placed = world.run();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(world.read(*placed), roots.content->bytes);
  for (const auto& record : {first, second, dead}) EXPECT_EQ(record->blamed, std::vector<Fault>(1, Fault::FalseRoot));
  EXPECT_EQ(honest->praised, 1U) << "fifteen of the sixteen proofs coincide";
  EXPECT_TRUE(honest->blamed.empty());
  EXPECT_EQ(first->praised + second->praised, 16U);
}

TEST(SwarmRoots, WhoStatesAProvenFalseRootLaterIsChargedAtOnce) {
  SwarmWorld world;
  const FalseRoots roots(4);
  world.begin(roots.content->manifest.id);
  (void)world.add(roots.forged, roots.claim("a", true));
  world.start();
  world.clock.run_for(std::chrono::seconds(30));
  EXPECT_FALSE(world.outcome);
  const auto late = world.add(roots.forged, roots.claim("b", true));
  world.clock.run_for(std::chrono::seconds(1));
  EXPECT_EQ(late->blamed, std::vector<Fault>(1, Fault::FalseRoot));
  EXPECT_EQ(late->asked, 0U);
  (void)world.add(roots.content, roots.claim("c", false));
  const auto placed = world.finish();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(world.read(*placed), roots.content->bytes);
}

TEST(SwarmRoots, ContentIsCorruptWhereEveryGroupWasWrong) {
  SwarmWorld world;
  const FalseRoots roots(4);
  world.begin(roots.content->manifest.id);
  const auto liar = world.add(roots.forged, roots.claim("a", true));
  const auto placed = world.run();
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, Errc::Corrupt);
  EXPECT_EQ(liar->count(Fault::FalseRoot), 1U);
  EXPECT_FALSE(fs::exists(world.map())) << "a false root's bitmap would be believed at the next start";
  EXPECT_FALSE(fs::exists(world.folder / "done" / "file.bin"));
}

TEST(SwarmRoots, SourcesOfGoodStandingTurnARunningDownloadNewKeysDoNot) {
  SwarmWorld world;
  const FalseRoots roots(64);
  world.begin(roots.content->manifest.id);
  const auto early = world.add(roots.forged, roots.claim("a", false));
  world.start();
  world.clock.run_for(std::chrono::seconds(2));
  for (int i = 0; i < 5; ++i) (void)world.add(roots.content, roots.claim("n" + std::to_string(i), false));
  world.clock.run_for(std::chrono::seconds(1));
  EXPECT_EQ(state_of(*world.download, 1), "other root");
  (void)world.add(roots.content, roots.claim("good", true));
  world.clock.run_for(std::chrono::seconds(1));
  EXPECT_EQ(state_of(*world.download, 0), "other root");
  EXPECT_EQ(state_of(*world.download, 6), "fetching");
  const auto placed = world.finish();
  ASSERT_TRUE(placed) << placed.error().message;
  EXPECT_EQ(world.read(*placed), roots.content->bytes);
  EXPECT_GT(early->praised, 0U);
}

}  // namespace
}  // namespace soulfabric::swarm

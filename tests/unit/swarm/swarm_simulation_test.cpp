// SPDX-License-Identifier: GPL-3.0-or-later
// Many downloads of one seed each on virtual time: sources of all speeds join, die, stall, lie, state false roots; the run is cancelled and
// begun again. No wrong byte, nobody is charged for what he did not do, and it ends. SF_SEED repeats one.
#include <cstdio>
#include <cstdlib>

#include "swarm_world.hpp"

namespace soulfabric::swarm {
namespace {

constexpr std::uint64_t kPiece = library::kSmallestPiece;
constexpr std::uint64_t kFirstSeed = 20'261'123;
constexpr int kSeeds = 40;

struct Player {
  std::shared_ptr<MemoryRecord> record;
  MemoryPlan plan;
  bool forged = false;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) {
    content_ = testing::make_content(1 + random_.below(24 * kPiece), random_.u64());
    Bytes bytes = content_->bytes;
    bytes[random_.below(bytes.size())] ^= 0x10;
    forged_ = testing::make_content(std::move(bytes));
  }

  /// Begun again until it is there; an honest source of good standing comes in the end.
  void play() {
    for (int run = 0; run < 6; ++run) {
      world_.begin(content_->manifest.id, random_.below(2) == 0 ? std::optional(content_->manifest.size) : std::nullopt);
      const auto outcome = play_once(run == 5);
      if (!outcome) {
        EXPECT_TRUE(outcome.error().code == Errc::Cancelled || outcome.error().code == Errc::Unavailable || outcome.error().code == Errc::Corrupt)
            << outcome.error().message;
        EXPECT_LT(run, 5) << outcome.error().message;
        judge();
        continue;
      }
      EXPECT_EQ(world_.read(*outcome), content_->bytes) << "a wrong byte";
      EXPECT_FALSE(fs::exists(world_.partial()));
      EXPECT_FALSE(fs::exists(world_.map()));
      judge();
      return;
    }
  }

 private:
  void join() {
    Player player;
    player.forged = random_.below(5) == 0;
    player.plan.name = "player " + std::to_string(players_.size());
    player.plan.prefix = "net " + std::to_string(random_.below(6));
    player.plan.reputable = !player.forged && random_.below(3) == 0;
    player.plan.bytes_per_second = static_cast<double>(20'000 + random_.below(4'000'000));
    player.plan.depth = 1 + random_.below(4);
    player.plan.misdeed = random_.below(2) == 0 ? Misdeed::None : static_cast<Misdeed>(random_.below(6));
    player.plan.from_piece = random_.below(12);
    player.plan.opens_after = std::chrono::milliseconds(random_.below(400));
    player.plan.refuses = random_.below(8) == 0;
    add(std::move(player));
  }
  void add(Player player) {
    player.plan.pretends = content_->manifest.id;
    player.record = world_.add(player.forged ? forged_ : content_, player.plan);
    players_.push_back(std::move(player));
  }

  Result<fs::path> play_once(bool last) {
    players_.clear();
    const std::uint64_t first = random_.below(8);
    for (std::uint64_t i = 0; i < first; ++i) join();
    world_.start();
    const std::uint64_t events = random_.below(10);
    for (std::uint64_t i = 0; i < events && !world_.outcome; ++i) {
      (void)world_.clock.run_while_not([this] { return world_.outcome.has_value(); }, std::chrono::milliseconds(random_.below(1'500)));
      if (random_.below(12) == 0 && !last) world_.download->cancel();
      else join();
    }
    if (last) {
      Player honest;
      honest.plan.name = "honest";
      honest.plan.reputable = true;
      honest.plan.prefix = "home";
      honest.plan.bytes_per_second = 1e6;
      add(std::move(honest));
    }
    world_.download->no_more_sources();
    return world_.finish(std::chrono::hours(2));
  }

  void judge() const {
    for (const Player& player : players_) {
      const MemoryRecord& record = *player.record;
      const bool lies = player.plan.misdeed == Misdeed::Lies;
      const bool cut_short = player.plan.misdeed == Misdeed::SendsShort;
      EXPECT_LE(record.count(Fault::WrongBytes), lies ? 1U : 0U) << player.plan.name;
      EXPECT_LE(record.count(Fault::Malformed), cut_short ? 1U : 0U) << player.plan.name;
      EXPECT_LE(record.count(Fault::FalseRoot), player.forged ? 1U : 0U) << player.plan.name;
      EXPECT_LE(record.count(Fault::Slow), 1U) << player.plan.name;
      EXPECT_LE(record.praised, record.delivered) << player.plan.name;
      EXPECT_TRUE(record.closed || record.asked == 0) << player.plan.name;
      if (!record.misbehaved || !record.found_out) continue;
      EXPECT_LE(*record.found_out - *record.misbehaved, std::chrono::seconds(2) + piece_time(player)) << player.plan.name;
    }
  }
  /// A lie shows when its piece is whole, and that depends on the line.
  [[nodiscard]] static Duration piece_time(const Player& player) {
    const double pieces = static_cast<double>(player.plan.depth + 1);
    return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(pieces * static_cast<double>(kPiece) / player.plan.bytes_per_second));
  }

  SeededRandom random_;
  SwarmWorld world_;
  std::shared_ptr<const Content> content_;
  std::shared_ptr<const Content> forged_;
  std::vector<Player> players_;
};

TEST(SwarmSimulation, EndsWithoutAWrongByteAndChargesOnlyWhoDidIt) {
  const char* given = std::getenv("SF_SEED");
  const std::uint64_t first = given != nullptr ? std::strtoull(given, nullptr, 10) : kFirstSeed;
  for (std::uint64_t seed = first; seed < first + (given != nullptr ? 1 : kSeeds); ++seed) {
    SCOPED_TRACE("SF_SEED=" + std::to_string(seed));
    Simulation simulation(seed);
    simulation.play();
    if (::testing::Test::HasFailure()) break;
  }
}

}  // namespace
}  // namespace soulfabric::swarm

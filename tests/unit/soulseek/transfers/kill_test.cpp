// SPDX-License-Identifier: GPL-3.0-or-later
// kill -9 at random instants of real transfers and real scans, on the real file system; the next start makes everything good.
// SF_CRASH_INSTANTS says how often (20 unless set).
#include <set>

#include "soulfabric/library/shares.hpp"
#include "support/killed_child.hpp"
#include "world.hpp"

namespace soulfabric::soulseek::testing {
namespace {

using soulfabric::testing::child_folder;
using soulfabric::testing::ChildRun;
using soulfabric::testing::run_child;
using soulfabric::testing::run_task;
using soulfabric::testing::say;
using soulfabric::testing::spoken;

std::uint64_t instants() {
  const char* set = std::getenv("SF_CRASH_INSTANTS");
  return set != nullptr ? std::strtoull(set, nullptr, 10) : 20;
}

constexpr int kSongs = 6;
std::string song_path(int i) { return "m\\Album\\0" + std::to_string(i) + " song.mp3"; }
std::string song(int i) { return pattern_bytes(static_cast<std::size_t>(i) * 400'000 + 10, static_cast<std::uint32_t>(i)); }

/// In a run that is nobody's child: all went well.
void expect_done() {
  for (const std::string& line : spoken()) EXPECT_FALSE(line.starts_with("stuck") || line.starts_with("failed")) << line;
  EXPECT_TRUE(!spoken().empty() && spoken().back() == "done");
}

void expect_sound(const fs::path& file) {
  if (!fs::exists(file)) return;
  auto database = Database::open(file, {});
  if (!database && database.error().code == Errc::Unsupported) database = Database::open(file, Node::kMigrations);
  ASSERT_TRUE(database.has_value()) << database.error().message;
  const Status checked = database->quick_check();
  EXPECT_TRUE(checked.has_value()) << checked.error().message;
}

// ---- transfers ----------------------------------------------------------------------------------------------------

/// Says "row <id> <state>" of what it finds, "accepted <id>", "complete <id>", and "done" when every song is there.
Task<void> transfer_child(World& world, const fs::path& folder) {
  Node alice(world.net, "alice", folder / "alice");
  Node bob(world.net, "bob", folder / "bob");
  for (int i = 0; i < kSongs; ++i) alice.share(song_path(i), song(i));
  co_await alice.start();
  co_await bob.start();
  std::set<std::string> known;
  std::vector<std::string> ids;
  for (const Transfer& t : bob.service->list(Direction::Download, true)) {
    say("row " + t.id + " " + to_string(t.state));
    known.insert(t.filename);
    ids.push_back(t.id);
  }
  say("ready");
  for (int i = 0; i < kSongs; ++i) {
    if (known.contains(song_path(i))) continue;
    ids.push_back(co_await bob.want("alice", song_path(i), song(i).size()));
    say("accepted " + ids.back());
  }
  std::size_t said = 0;
  for (const std::string& id : ids) {
    const Transfer ended = co_await bob.until(id);
    if (to_string(ended.state) != "Completed, Succeeded") say("stuck " + to_string(ended.state));
    for (; said < bob.completed.size(); ++said) say("complete " + bob.completed[said].id);
  }
  co_await bob.stop();
  co_await alice.stop();
  say("done");
}

TEST(KilledChild, Transfers) {
  World world;
  spoken().clear();
  run_task(world.context, transfer_child(world, child_folder().value_or(world.folder.path())));
  if (!child_folder()) expect_done();
}

/// What the parent was told and holds the next start against.
struct Ledger {
  std::set<std::string> accepted;
  std::set<std::string> complete;

  void read(const ChildRun& run) {
    std::map<std::string, std::string> rows;
    for (const std::string& line : run.lines) {
      EXPECT_FALSE(line.starts_with("stuck")) << line;
      if (line.starts_with("row ")) {
        const auto cut = line.find(' ', 4);
        rows[line.substr(4, cut - 4)] = line.substr(cut + 1);
      }
      if (line == "ready") {
        for (const std::string& id : accepted) EXPECT_TRUE(rows.contains(id)) << "an accepted request was lost";
        for (const std::string& id : complete) EXPECT_EQ(rows[id], "Completed, Succeeded") << "a completion was lost";
      }
    }
    for (const std::string& line : run.lines) {
      if (line.starts_with("accepted ")) accepted.insert(line.substr(9));
      if (line.starts_with("complete ")) complete.insert(line.substr(9));
    }
  }
};

/// The number of songs in the downloads folder; each must be whole and there once.
std::size_t count_songs(const fs::path& downloads) {
  std::size_t found = 0;
  if (!fs::exists(downloads)) return 0;
  for (const auto& entry : fs::recursive_directory_iterator(downloads)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = entry.path().filename().string();
    const int number = name[1] - '0';
    EXPECT_EQ(name, "0" + std::to_string(number) + " song.mp3") << "a second copy";
    EXPECT_TRUE(read_file(entry.path()) == song(number)) << "wrong bytes in " << name;
    ++found;
  }
  return found;
}

TEST(Kill, TransfersLoseNothingAndEnd) {
  const std::string child = "KilledChild.Transfers";
  std::chrono::microseconds whole{};
  {
    TemporaryFolder folder;
    const ChildRun run = run_child(child, folder.path(), std::nullopt);
    ASSERT_FALSE(run.lines.empty());
    ASSERT_EQ(run.lines.back(), "done");
    ASSERT_EQ(count_songs(folder.path() / "bob/downloads"), kSongs);
    whole = run.took;
  }
  SeededRandom random(11);
  std::size_t killed = 0;
  for (std::uint64_t i = 0; i < instants() && !::testing::Test::HasFailure();) {
    TemporaryFolder folder;
    Ledger ledger;
    bool is_done = false;
    for (int life = 0; !is_done && !::testing::Test::HasFailure(); ++life, ++i) {
      SCOPED_TRACE("instant " + std::to_string(i) + ", life " + std::to_string(life));
      // After some deaths the child may live, so that what they left is seen to come to an end.
      const auto instant = std::chrono::microseconds(random.below(static_cast<std::uint64_t>(whole.count())));
      const ChildRun run = run_child(child, folder.path(), life < 6 ? std::optional(instant) : std::nullopt);
      killed += run.was_killed ? 1 : 0;
      ledger.read(run);
      is_done = !run.lines.empty() && run.lines.back() == "done";
      EXPECT_TRUE(is_done || run.was_killed) << "the child gave up with " << run.exit_code;
      const std::size_t found = count_songs(folder.path() / "bob/downloads");
      EXPECT_GE(found, ledger.complete.size()) << "the file of a completion was lost";
      if (is_done) EXPECT_EQ(found, kSongs);
      expect_sound(folder.path() / "bob/soulseek.db");
      expect_sound(folder.path() / "alice/soulseek.db");
    }
  }
  EXPECT_GT(killed, instants() / 3);
}

// ---- scans --------------------------------------------------------------------------------------------------------

std::size_t files_below(const fs::path& tree) {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(tree)) count += entry.is_regular_file() ? 1 : 0;
  return count;
}

class ScanEnd final : public library::Shares::Observer {
 public:
  void on_scan_progress(const library::ScanProgress& progress) override {
    state = progress.state;
    changed.notify_all();
  }
  library::ScanState state = library::ScanState::Pending;
  Notifier changed;
};

Task<void> scan_child(IoClock& clock, library::Shares& shares, const fs::path& tree) {
  ScanEnd end;
  shares.add_observer(end);
  const Status started = co_await shares.start();
  if (!started) say("failed " + started.error().message);
  const auto deadline = clock.now() + std::chrono::seconds(40);
  bool news = started.has_value();
  while (news && (end.state == library::ScanState::Pending || end.state == library::ScanState::Scanning)) {
    news = co_await end.changed.wait(clock, deadline);
  }
  if (end.state != library::ScanState::Ready) say("failed: the scan did not end well");
  const std::size_t there = files_below(tree);
  const auto snapshot = shares.snapshot();
  if (snapshot->file_count() != there) say("failed: " + std::to_string(snapshot->file_count()) + " of " + std::to_string(there) + " files found");
  for (const auto& entry : fs::recursive_directory_iterator(tree)) {
    if (!entry.is_regular_file()) continue;
    std::string path = "tree/" + fs::relative(entry.path(), tree).string();
    if (!snapshot->find_file(path)) say("failed: " + path + " was not found");
  }
  shares.remove_observer(end);
  co_await shares.stop();
  say("done");
}

void grow(const fs::path& tree, int generation, int folders) {
  for (int f = 0; f < folders; ++f) {
    const fs::path folder = tree / ("g" + std::to_string(generation)) / ("f" + std::to_string(f));
    for (int i = 0; i < 8; ++i) write_file(folder / ("song " + std::to_string(i) + ".mp3"), "x");
  }
}

TEST(KilledChild, Scan) {
  const TemporaryFolder own;
  const fs::path folder = child_folder().value_or(own.path());
  if (!child_folder()) grow(folder / "tree", 0, 3);
  fs::create_directories(folder / "data");
  IoContext context;
  SystemIoClock clock;
  library::SharesSettings settings;
  settings.data = folder / "data";
  settings.options.watch = false;
  ShareDirectory line;
  line.path = (folder / "tree").string();
  settings.options.directories.push_back(line);
  auto shares = library::make_shares(context, clock, settings);
  ASSERT_TRUE(shares.has_value());
  spoken().clear();
  run_task(context, scan_child(clock, **shares, line.path));
  if (!child_folder()) expect_done();
}

TEST(Kill, ScansLeaveASoundDatabaseAndTheNextOneIsComplete) {
  const std::string child = "KilledChild.Scan";
  TemporaryFolder folder;
  fs::create_directories(folder.path() / "data");
  grow(folder.path() / "tree", 0, 60);
  const ChildRun first = run_child(child, folder.path(), std::nullopt);
  ASSERT_EQ(first.lines, std::vector<std::string>{"done"});
  SeededRandom random(12);
  for (std::uint64_t i = 1; i <= instants() && !::testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("instant " + std::to_string(i));
    grow(folder.path() / "tree", static_cast<int>(i), 6);
    if (i % 3 == 0) fs::remove_all(folder.path() / "tree" / ("g" + std::to_string(i / 2)));
    const auto instant = std::chrono::microseconds(random.below(static_cast<std::uint64_t>(first.took.count())));
    const ChildRun run = run_child(child, folder.path(), instant);
    for (const std::string& line : run.lines) EXPECT_EQ(line, "done");
    expect_sound(folder.path() / "data/library.db");
    if (i % 5 != 0) continue;
    const ChildRun after = run_child(child, folder.path(), std::nullopt);
    EXPECT_EQ(after.lines, std::vector<std::string>{"done"});
  }
}

}  // namespace
}  // namespace soulfabric::soulseek::testing

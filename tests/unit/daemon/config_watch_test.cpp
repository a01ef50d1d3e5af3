// SPDX-License-Identifier: GPL-3.0-or-later
// A file under watch: written, replaced, removed, put back, and its neighbours.
#include "daemon/config_watch.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "soulfabric/base/timeout.hpp"
#include "support/run_task.hpp"

namespace soulfabric::daemon {
namespace {
using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct ConfigWatchTest : ::testing::Test {
  fs::path folder;
  fs::path file;
  IoContext context;
  SystemIoClock clock;

  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "config_watch_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    file = folder / "soulfabric.yml";
    write(file, "a");
  }
  void TearDown() override { fs::remove_all(folder); }
  static void write(const fs::path& to, const std::string& text) { std::ofstream(to) << text; }

  /// Each act must be noticed; `patience` bounds the wait.
  Task<void> notice(ConfigWatch& watch, std::vector<std::function<void()>> acts) {
    for (const auto& act : acts) {
      act();
      const MonoTime deadline = clock.now() + 20s;
      const Status seen = co_await with_timeout(clock, watch.next_change(clock), deadline);
      EXPECT_TRUE(seen) << seen.error().message;
    }
  }
  Task<void> ignore(ConfigWatch& watch, std::function<void()> act) {
    act();
    const MonoTime deadline = clock.now() + 300ms;
    const Status seen = co_await with_timeout(clock, watch.next_change(clock), deadline);
    EXPECT_FALSE(seen);
  }
};

TEST_F(ConfigWatchTest, SeesWritesReplacementsRemovalAndReturnInARow) {
  auto watch = ConfigWatch::create(context, file);
  ASSERT_TRUE(watch) << watch.error().message;
  const fs::path next = folder / "next";
  std::vector<std::function<void()>> acts;
  acts.emplace_back([this] { write(file, "b"); });
  acts.emplace_back([this, next] {  // what sed -i and editors do
    write(next, "c");
    fs::rename(next, file);
  });
  acts.emplace_back([this] { write(file, "written into the new inode"); });
  acts.emplace_back([this] { fs::remove(file); });
  acts.emplace_back([this] { write(file, "back again"); });
  testing::run_task(context, notice(**watch, acts));
}

TEST_F(ConfigWatchTest, SeesWritesThroughAnotherNameOfTheSameInode) {
  const fs::path elsewhere = folder / "mounted";
  fs::create_directory(elsewhere);
  fs::create_hard_link(file, elsewhere / "other-name");
  auto watch = ConfigWatch::create(context, file);
  ASSERT_TRUE(watch);
  std::vector<std::function<void()>> acts;
  acts.emplace_back([elsewhere] { write(elsewhere / "other-name", "from outside the container"); });
  testing::run_task(context, notice(**watch, acts));
}

TEST_F(ConfigWatchTest, IgnoresNeighboursAndSeesAFileThatComesLater) {
  fs::remove(file);
  auto watch = ConfigWatch::create(context, file);
  ASSERT_TRUE(watch);
  testing::run_task(context, ignore(**watch, [this] { write(folder / "soulfabric.yml.swp", "x"); }));
  std::vector<std::function<void()>> acts;
  acts.emplace_back([this] { write(file, "now"); });
  testing::run_task(context, notice(**watch, acts));
}

TEST_F(ConfigWatchTest, FolderThatIsNotThereIsNamedAsAnError) {
  EXPECT_FALSE(ConfigWatch::create(context, folder / "missing" / "soulfabric.yml"));
}

}  // namespace
}  // namespace soulfabric::daemon

// SPDX-License-Identifier: GPL-3.0-or-later
// The forgetting disk forgets what it should and nothing else; then our durable moves and SQLite's commits are held against it.
#include "support/volatile_disk.hpp"

#include <gtest/gtest.h>

#include <array>

#include "soulfabric/base/sqlite.hpp"

namespace soulfabric::testing {
namespace {

class VolatileDiskTest : public ::testing::Test {
 protected:
  VolatileDiskTest() { start(1); }
  void start(std::uint64_t seed) {
    disk_ = std::make_unique<VolatileDisk>(seed);
    disk_->add_folder("/d");
    disk_->add_folder("/e");
  }
  void write(const std::string& path, const std::string& text, bool sync) {
    VolatileFiles files(*disk_);
    auto file = files.open(path, OpenMode::Create);
    ASSERT_TRUE(file.has_value());
    ASSERT_TRUE((*file)->write_at(0, bytes_of(text)).has_value());
    if (sync) ASSERT_TRUE((*file)->sync().has_value());
  }
  std::string read(const std::string& path) const { return std::string(text_of(disk_->content(path))); }
  void cut(Unsynced unsynced = Unsynced::Lost) {
    disk_->cut_now();
    disk_->restore(unsynced);
  }
  std::unique_ptr<VolatileDisk> disk_;
};

using Names = std::vector<std::string>;

TEST_F(VolatileDiskTest, ForgetsBytesThatWereNotSynced) {
  write("/d/a", "safe", true);
  VolatileFiles files(*disk_);
  ASSERT_TRUE(files.sync_folder("/d").has_value());
  write("/d/a", "lost data", false);
  EXPECT_EQ(read("/d/a"), "lost data");
  cut();
  EXPECT_EQ(read("/d/a"), "safe");
}

TEST_F(VolatileDiskTest, ForgetsNamesWhoseFolderWasNotSynced) {
  write("/d/a", "x", true);
  cut();
  EXPECT_EQ(disk_->files(), Names{});
  VolatileFiles files(*disk_);
  ASSERT_TRUE(files.create_folders("/d/new").has_value());
  write("/d/new/a", "x", true);
  ASSERT_TRUE(files.sync_folder("/d/new").has_value());
  cut();
  EXPECT_EQ(disk_->files(), Names{}) << "the folder's own name was not synced";
}

TEST_F(VolatileDiskTest, KeepsARenameWholeOnceOneFolderIsSynced) {
  VolatileFiles files(*disk_);
  write("/d/a", "x", true);
  ASSERT_TRUE(files.sync_folder("/d").has_value());
  ASSERT_TRUE(files.rename("/d/a", "/e/b", false).has_value());
  cut();
  EXPECT_EQ(disk_->files(), Names{"/d/a"});
  ASSERT_TRUE(files.rename("/d/a", "/e/b", false).has_value());
  ASSERT_TRUE(files.sync_folder("/e").has_value());
  cut();
  EXPECT_EQ(disk_->files(), Names{"/e/b"});
  ASSERT_TRUE(files.remove("/e/b").has_value());
  cut();
  EXPECT_EQ(disk_->files(), Names{"/e/b"}) << "a removal is a change of the folder";
}

TEST_F(VolatileDiskTest, FailsEverythingFromTheCutOn) {
  VolatileFiles files(*disk_);
  auto file = files.open("/d/a", OpenMode::Create);
  ASSERT_TRUE(file.has_value());
  disk_->cut_after(2);
  EXPECT_TRUE((*file)->write_at(0, bytes_of("a")).has_value());
  EXPECT_FALSE((*file)->write_at(1, bytes_of("b")).has_value());
  EXPECT_TRUE(disk_->is_cut());
  EXPECT_FALSE((*file)->sync().has_value());
  EXPECT_FALSE(files.open("/d/a", OpenMode::Read).has_value());
  disk_->restore(Unsynced::Lost);
  EXPECT_FALSE((*file)->sync().has_value()) << "of the life before";
  EXPECT_TRUE(files.open("/d/a", OpenMode::Create).has_value());
}

TEST_F(VolatileDiskTest, MayKeepUnsyncedWritesInPartAndOutOfOrder) {
  bool has_later_only = false;
  bool has_nothing = false;
  bool has_all = false;
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    start(seed);
    write("/d/a", std::string(4, '.'), true);
    VolatileFiles files(*disk_);
    ASSERT_TRUE(files.sync_folder("/d").has_value());
    auto file = files.open("/d/a", OpenMode::Create);
    ASSERT_TRUE((*file)->write_at(0, bytes_of("1")).has_value());
    ASSERT_TRUE((*file)->write_at(1, bytes_of("2")).has_value());
    cut(Unsynced::SomeKept);
    has_later_only |= read("/d/a") == ".2..";
    has_nothing |= read("/d/a") == "....";
    has_all |= read("/d/a") == "12..";
  }
  EXPECT_TRUE(has_later_only && has_nothing && has_all);
}

TEST_F(VolatileDiskTest, DurableMoveSurvivesACutAtEveryChange) {
  const std::string content(5000, 'x');
  for (const Unsynced unsynced : {Unsynced::Lost, Unsynced::SomeKept}) {
    bool is_done = false;
    for (std::uint64_t n = 1; !is_done; ++n) {
      start(n);
      VolatileFiles files(*disk_);
      ASSERT_TRUE(files.open("/d/part", OpenMode::Create).has_value());
      ASSERT_TRUE(files.sync_folder("/d").has_value());
      write("/d/part", content, false);
      disk_->cut_after(n);
      is_done = move_durably(files, "/d/part", "/e/deep/er/song", false).has_value();
      disk_->restore(unsynced);
      const Names names = disk_->files();
      ASSERT_EQ(names.size(), 1U) << "cut at change " << n;
      if (names[0] == "/e/deep/er/song") {
        EXPECT_EQ(read(names[0]), content) << "a file in its place is whole";
      } else {
        EXPECT_FALSE(is_done) << "what was reported as done is done";
      }
    }
  }
}

constexpr std::array<std::string_view, 1> kTables = {"CREATE TABLE t(n INTEGER PRIMARY KEY, text TEXT NOT NULL)"};

/// Commits rows 1, 2, 3 ... until the power goes off; the number of the last one that was reported as committed.
std::int64_t commit_rows(const std::string& vfs, bool full_sync, std::string_view pragma = "") {
  SqlOptions options;
  options.vfs = vfs;
  options.full_sync = full_sync;
  auto database = Database::open("/d/test.db", kTables, options);
  if (!database || (!pragma.empty() && !database->execute(pragma))) return 0;
  for (std::int64_t n = 1; n <= 40; ++n) {
    auto insert = database->prepare("INSERT INTO t VALUES(?1, ?2)");
    if (!insert || !insert->bind(1, n).bind(2, std::string(300, 'x')).run()) return n - 1;
    if (n % 16 == 0 && !database->execute("PRAGMA wal_checkpoint")) return n;
  }
  return 40;
}

/// Rows 1..n of the database after the cut; -1 where they are not exactly that, or the file is damaged.
std::int64_t rows_after(const std::string& vfs) {
  SqlOptions options;
  options.vfs = vfs;
  auto database = Database::open("/d/test.db", kTables, options);
  EXPECT_TRUE(database.has_value()) << database.error().message;
  if (!database || !database->quick_check()) return -1;
  auto select = database->prepare("SELECT count(*), ifnull(max(n), 0) FROM t");
  if (!select || !select->step().value_or(false) || select->integer(0) != select->integer(1)) return -1;
  return select->integer(0);
}

TEST_F(VolatileDiskTest, SqliteKeepsEveryReportedCommitAtFullSync) {
  for (const Unsynced unsynced : {Unsynced::Lost, Unsynced::SomeKept}) {
    std::int64_t reported = 0;
    for (std::uint64_t n = 1; reported < 40; n += 7) {
      start(n);
      const VolatileVfs vfs(*disk_);
      disk_->cut_after(n);
      reported = commit_rows(vfs.name(), true);
      disk_->cut_now();
      disk_->restore(unsynced);
      const std::int64_t found = rows_after(vfs.name());
      ASSERT_GE(found, reported) << "cut at change " << n;
      ASSERT_LE(found, reported + 1) << "cut at change " << n;
    }
  }
}

TEST_F(VolatileDiskTest, SqliteStaysSoundAtNormalSyncAndMayLoseTheLastRows) {
  bool has_lost = false;
  for (std::uint64_t n = 20; n < 200; n += 7) {
    start(n);
    const VolatileVfs vfs(*disk_);
    disk_->cut_after(n);
    const std::int64_t reported = commit_rows(vfs.name(), false);
    disk_->cut_now();
    disk_->restore(Unsynced::SomeKept);
    const std::int64_t found = rows_after(vfs.name());
    ASSERT_GE(found, 0) << "cut at change " << n;
    has_lost |= found < reported;
  }
  EXPECT_TRUE(has_lost) << "the disk does forget";
}

/// The file can still be opened and synced, then the disk is gone: nothing exists any more and nothing works.
class DyingFiles final : public FileLayer {
 public:
  explicit DyingFiles(FileLayer& alive) : alive_(alive) {}
  Result<std::unique_ptr<File>> open(const std::filesystem::path& path, OpenMode mode) override { return alive_.open(path, mode); }
  Status rename(const std::filesystem::path&, const std::filesystem::path&, bool) override { return dead(); }
  Status remove(const std::filesystem::path&) override { return dead(); }
  Status create_folders(const std::filesystem::path&) override { return dead(); }
  Status sync_folder(const std::filesystem::path&) override { return dead(); }
  Result<std::uint64_t> size_of(const std::filesystem::path&) override { return std::unexpected(dead().error()); }
  bool exists(const std::filesystem::path&) override { return false; }

 private:
  static Status dead() { return fail(Errc::Io, "the disk is gone"); }
  FileLayer& alive_;
};

TEST(MoveDurably, EndsWithAnErrorWhereTheDiskDiesBetweenSyncAndMove) {
  VolatileDisk disk(1);
  disk.add_folder("/d");
  VolatileFiles alive(disk);
  ASSERT_TRUE(alive.open("/d/part", OpenMode::CreateNew).has_value());
  DyingFiles files(alive);
  const Status moved = move_durably(files, "/d/part", "/e/deep/er/song", false);
  ASSERT_FALSE(moved.has_value());
  EXPECT_EQ(moved.error().code, Errc::Io);
}

}  // namespace
}  // namespace soulfabric::testing

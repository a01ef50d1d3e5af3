// SPDX-License-Identifier: GPL-3.0-or-later
// The demo's folder keeps others out, and never clears or follows what a demo did not make.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "demo/demo_folder.hpp"

namespace soulfabric::daemon::demo {
namespace {

class DemoFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "sf-demo-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    base_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(base_); }

  static unsigned mode_of(const std::filesystem::path& path) {
    struct stat info{};
    return ::lstat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0U;
  }

  std::filesystem::path base_;
};

TEST_F(DemoFolderTest, FoldersAre0700AndFiles0600WhateverTheUmask) {
  const auto before = ::umask(0);
  auto folder = DemoFolder::open(base_ / "demo");
  ASSERT_TRUE(folder) << folder.error().message;
  ASSERT_TRUE(folder->write("anna/music/x.txt", bytes_of("hello")));
  ::umask(before);
  EXPECT_EQ(mode_of(base_ / "demo"), 0700U);
  EXPECT_EQ(mode_of(base_ / "demo/anna"), 0700U);
  EXPECT_EQ(mode_of(base_ / "demo/anna/music/x.txt"), 0600U);
}

TEST_F(DemoFolderTest, NeverWritesOverAFile) {
  auto folder = DemoFolder::open(base_ / "demo");
  ASSERT_TRUE(folder);
  ASSERT_TRUE(folder->write("a", bytes_of("1")));
  const auto again = folder->write("a", bytes_of("2"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Errc::Exists);
}

TEST_F(DemoFolderTest, NeverFollowsALinkThatWasSlippedIn) {
  auto folder = DemoFolder::open(base_ / "demo");
  ASSERT_TRUE(folder);
  std::filesystem::create_directory(base_ / "elsewhere");
  std::filesystem::create_directory_symlink(base_ / "elsewhere", base_ / "demo/anna");
  EXPECT_FALSE(folder->write("anna/x", bytes_of("1")));
  std::filesystem::create_symlink(base_ / "elsewhere/y", base_ / "demo/y");
  EXPECT_FALSE(folder->write("y", bytes_of("1")));
  EXPECT_TRUE(std::filesystem::is_empty(base_ / "elsewhere"));
}

TEST_F(DemoFolderTest, RefusesToLeaveItsFolder) {
  auto folder = DemoFolder::open(base_ / "demo");
  ASSERT_TRUE(folder);
  EXPECT_FALSE(folder->write("../x", bytes_of("1")));
  EXPECT_FALSE(folder->write("/x-of-a-demo/x", bytes_of("1")));
}

TEST_F(DemoFolderTest, RefusesALinkInItsPlace) {
  std::filesystem::create_directory(base_ / "elsewhere");
  std::filesystem::create_directory_symlink(base_ / "elsewhere", base_ / "demo");
  const auto folder = DemoFolder::open(base_ / "demo");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, Errc::Forbidden);
}

TEST_F(DemoFolderTest, RefusesAFolderOpenToOthers) {
  std::filesystem::create_directory(base_ / "demo");
  ASSERT_EQ(::chmod((base_ / "demo").c_str(), 0755), 0);
  const auto folder = DemoFolder::open(base_ / "demo");
  ASSERT_FALSE(folder);
  EXPECT_NE(folder.error().message.find("chmod 700"), std::string::npos);
}

TEST_F(DemoFolderTest, NeverClearsSomebodysFiles) {
  std::filesystem::create_directory(base_ / "photos");
  ASSERT_EQ(::chmod((base_ / "photos").c_str(), 0700), 0);
  std::ofstream(base_ / "photos/holiday.jpg") << "x";
  const auto folder = DemoFolder::open(base_ / "photos");
  ASSERT_FALSE(folder);
  EXPECT_TRUE(std::filesystem::exists(base_ / "photos/holiday.jpg"));
}

TEST_F(DemoFolderTest, MakesItsOwnFolderAnewAndSparesWhatLinksLeadTo) {
  {
    auto folder = DemoFolder::open(base_ / "demo");
    ASSERT_TRUE(folder);
    ASSERT_TRUE(folder->write("anna/x", bytes_of("1")));
  }
  std::filesystem::create_directory(base_ / "elsewhere");
  std::ofstream(base_ / "elsewhere/kept") << "x";
  std::filesystem::create_directory_symlink(base_ / "elsewhere", base_ / "demo/link");
  const auto folder = DemoFolder::open(base_ / "demo");
  ASSERT_TRUE(folder) << folder.error().message;
  EXPECT_FALSE(std::filesystem::exists(base_ / "demo/anna"));
  EXPECT_TRUE(std::filesystem::exists(base_ / "elsewhere/kept"));
}

TEST_F(DemoFolderTest, HoldsOneDemoAtATime) {
  const auto first = DemoFolder::open(base_ / "demo");
  ASSERT_TRUE(first);
  const auto second = DemoFolder::open(base_ / "demo");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::Busy);
}

}  // namespace
}  // namespace soulfabric::daemon::demo

// SPDX-License-Identifier: GPL-3.0-or-later
// Folders before the start: what is made, what must be there, and that a refusal names path, owner, mode and ourselves.
#include "daemon/preflight.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace soulfabric::daemon {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct PreflightTest : ::testing::Test {
  fs::path folder;
  Options options;

  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "preflight_XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { fs::remove_all(folder); }
  static unsigned mode_of(const fs::path& path) {
    struct stat info{};
    EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
    return info.st_mode & 07777U;
  }
};

TEST_F(PreflightTest, MakesItsOwnFoldersPrivate) {
  const Preflight result = prepare_folders(options, folder / "app");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_EQ(mode_of(folder / "app"), 0700U);
  EXPECT_EQ(mode_of(folder / "app/secrets"), 0700U);
  EXPECT_TRUE(fs::is_directory(folder / "app/downloads"));
  EXPECT_TRUE(fs::is_directory(folder / "app/incomplete"));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "app/downloads"), fs::directory_iterator()), 0)
      << "the check leaves nothing behind";
}

TEST_F(PreflightTest, FolderThatTheUserNamedIsNotMadeForHim) {
  options.directories.downloads = (folder / "typo").string();
  options.shares.directories.emplace_back().path = (folder / "no-music").string();
  const Preflight result = prepare_folders(options, folder / "app");
  ASSERT_EQ(result.errors.size(), 1U);
  EXPECT_THAT(result.errors[0], HasSubstr("directories.downloads, " + (folder / "typo").string() + ": No such file or directory"));
  EXPECT_FALSE(fs::exists(folder / "typo"));
  ASSERT_EQ(result.warnings.size(), 1U);
  EXPECT_THAT(result.warnings[0], HasSubstr("no-music"));
}

TEST_F(PreflightTest, FolderOfSomebodyElseIsNamedWithOwnerModeAndOurselves) {
  if (::geteuid() != 0) {
    // Without root the folder is made unusable by its mode; the words are the same.
    fs::create_directory(folder / "theirs");
    fs::permissions(folder / "theirs", fs::perms::none);
    options.directories.downloads = (folder / "theirs").string();
    const Preflight result = prepare_folders(options, folder / "app");
    fs::permissions(folder / "theirs", fs::perms::owner_all);
    ASSERT_EQ(result.errors.size(), 1U);
    EXPECT_THAT(result.errors[0], HasSubstr("with mode 0, we are user"));
    return;
  }
  fs::permissions(folder, fs::perms::all);
  fs::create_directory(folder / "theirs");
  fs::permissions(folder / "theirs", fs::perms::owner_all);
  fs::create_directory(folder / "music");
  fs::permissions(folder / "music", fs::perms::owner_all);
  options.directories.downloads = (folder / "theirs").string();
  options.shares.directories.emplace_back().path = (folder / "music").string();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // An unprivileged user, first shown unable to enter the folder.
    if (::setgid(65534) != 0 || ::setuid(65534) != 0 || ::access((folder / "theirs").c_str(), W_OK) == 0) ::_exit(2);
    const Preflight result = prepare_folders(options, folder / "app");
    const bool named =
        result.errors.size() == 1 &&
        result.errors[0].find("Permission denied (it belongs to user 0, group 0 with mode 700, we are user 65534, group 65534)") !=
            std::string::npos;
    const bool warned = result.warnings.size() == 1 && result.warnings[0].find("music: Permission denied") != std::string::npos;
    ::_exit(named && warned ? 0 : 3);
  }
  int state = 0;
  ASSERT_EQ(::waitpid(child, &state, 0), child);
  EXPECT_TRUE(WIFEXITED(state));
  EXPECT_EQ(WEXITSTATUS(state), 0);
}

}  // namespace
}  // namespace soulfabric::daemon

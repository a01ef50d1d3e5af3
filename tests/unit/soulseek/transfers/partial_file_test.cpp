// SPDX-License-Identifier: GPL-3.0-or-later
// Downloads of one folder that begin and end at once: each clears away the folder that another has just made or left.
#include "soulseek/transfers/partial_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "soulfabric/base/files.hpp"

namespace soulfabric::soulseek {
namespace {

namespace fs = std::filesystem;

class PartialFile : public ::testing::Test {
 protected:
  PartialFile() : top_(fs::temp_directory_path() / ("sf-partial-" + std::to_string(::getpid()))) {
    fs::remove_all(top_);
    fs::create_directories(top_ / "incomplete");
  }
  ~PartialFile() override {
    std::error_code ignored;
    fs::remove_all(top_, ignored);
  }
  fs::path top_;
};

Status download_one(const fs::path& top, const std::string& name) {
  SystemFiles files;
  const auto root = top / "incomplete";
  const auto partial = root / "user" / "Music" / "Album" / name;
  {
    SF_TRY_ASSIGN(const OpenedPartial opened, open_partial(files, partial, 0, 3));
    SF_TRY(opened.file->write_at(0, bytes_of("abc")));
  }
  SF_TRY(move_durably(files, partial, top / "downloads" / "Album" / name, false));
  remove_empty_folders(partial.parent_path(), root);
  return {};
}

TEST_F(PartialFile, FilesOfOneFolderBeginAndEndAtOnceWithoutLoss) {
  constexpr int kThreads = 4;
  constexpr int kFiles = 150;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &failures] {
      for (int i = 0; i < kFiles; ++i) {
        const auto done = download_one(top_, std::to_string(t) + "-" + std::to_string(i));
        if (!done && ++failures == 1) std::fprintf(stderr, "%s\n", done.error().message.c_str());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  int arrived = 0;
  for (const auto& entry : fs::directory_iterator(top_ / "downloads" / "Album")) arrived += entry.file_size() == 3 ? 1 : 0;
  EXPECT_EQ(arrived, kThreads * kFiles);
  EXPECT_FALSE(fs::exists(top_ / "incomplete" / "user"));
  EXPECT_TRUE(fs::exists(top_ / "incomplete"));
}

TEST_F(PartialFile, KeepsWhatIsTrustedAndDropsTheRest) {
  SystemFiles files;
  const auto path = top_ / "incomplete" / "u" / "a";
  {
    const auto opened = open_partial(files, path, 0, 10);
    ASSERT_TRUE(opened.has_value());
    ASSERT_TRUE(opened->file->write_at(0, bytes_of("0123456")).has_value());
  }
  EXPECT_EQ(open_partial(files, path, 4, 10)->offset, 4U);
  EXPECT_EQ(fs::file_size(path), 4U);
  EXPECT_EQ(open_partial(files, path, 4, 2)->offset, 0U);
  EXPECT_EQ(fs::file_size(path), 0U);
}

}  // namespace
}  // namespace soulfabric::soulseek

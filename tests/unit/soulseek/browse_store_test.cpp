// SPDX-License-Identifier: GPL-3.0-or-later
// Share lists of others on disk: pages, and lists made to fill the disk or the memory.
#include "soulseek/browse_store.hpp"

#include <gtest/gtest.h>

#include "soulseek/wire/wire.hpp"
#include "support/soulseek_network.hpp"

namespace soulfabric::soulseek {
namespace {

struct BrowseStoreTest : ::testing::Test {
  testing::TemporaryFolder folder;
  std::shared_ptr<BrowseStore> store;

  /// Feeds one list made of these folders.
  [[nodiscard]] Status feed(const std::vector<wire::Folder>& folders) {
    SF_TRY_ASSIGN(store, BrowseStore::create(folder.path() / "list.db"));
    wire::peer::SharedFileListResponse answer;
    answer.folders = folders;
    const Bytes frame = wire::encode(answer);
    constexpr std::size_t kHeader = 8;
    SF_TRY(store->feed(ByteView(frame).subspan(kHeader)));
    return store->finish();
  }
  [[nodiscard]] static wire::Folder with_files(std::string path, std::size_t files) {
    wire::Folder out;
    out.folder = std::move(path);
    out.files.resize(files);
    for (auto& file : out.files) file.name = "f";
    return out;
  }
};

TEST_F(BrowseStoreTest, MakesEveryAncestorOnce) {
  const auto fed = feed({with_files("a\\b\\c", 1), with_files("a\\b\\d", 2), with_files("a\\b\\c\\e", 1)});
  ASSERT_TRUE(fed) << fed.error().message;
  const auto top = store->folders("", 0, 10);
  ASSERT_TRUE(top && top->total == 1);
  EXPECT_EQ(top->items[0].path, "a");
  const auto below = store->folders("a\\b", 0, 10);
  ASSERT_TRUE(below && below->total == 2);
  EXPECT_EQ(below->items[0].folder_count, 1U);
}

TEST_F(BrowseStoreTest, RefusesAListOfFoldersNestedTooDeeply) {
  std::string deep = "a";
  for (int i = 0; i < 101; ++i) deep += "\\a";
  const auto fed = feed({with_files(deep, 1)});
  ASSERT_FALSE(fed);
  EXPECT_NE(fed.error().message.find("within"), std::string::npos);
}

TEST_F(BrowseStoreTest, APageOfWholeFoldersEndsWhereItsFilesAreTooMany) {
  const auto fed = feed({with_files("a", 60'000), with_files("b", 60'000), with_files("c", 1)});
  ASSERT_TRUE(fed) << fed.error().message;
  const auto first = store->list(false, 0, 10);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->total, 3U);
  ASSERT_EQ(first->items.size(), 1U);
  const auto second = store->list(false, 1, 10);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->items.size(), 2U);
}

}  // namespace
}  // namespace soulfabric::soulseek

// SPDX-License-Identifier: GPL-3.0-or-later
// Names of strangers as names of ours.
#include <gtest/gtest.h>

#include <set>

#include "core/transfer_paths.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::soulseek::core {
namespace {

using namespace std::string_literals;

TEST(TransferPaths, DefaultTargetIsLastFolderAndLeaf) {
  const auto target = [](std::string_view path) { return target_path({"bob", path, "${SOURCE_DIRECTORY}", "", "", ""}); };
  EXPECT_EQ(target("@@abc\\Music\\Album (1999)\\01 x.flac"), "Album (1999)/01 x.flac");
  EXPECT_EQ(target("leaf.mp3"), "leaf.mp3");
  EXPECT_EQ(target("C:\\x.mp3"), "C_/x.mp3");
  EXPECT_EQ(target("a\\..\\x.mp3"), "_/x.mp3");
  EXPECT_EQ(target(""), "_");
  EXPECT_EQ(target("/etc/passwd"), "etc/passwd");
}

TEST(TransferPaths, PatternTokensInAnyCase) {
  const auto target = [](std::string_view pattern) { return target_path({"bo/b", "a\\b\\c.mp3", pattern, "id", "ext/ra", "se"}); };
  EXPECT_EQ(target("{}"), "c.mp3");
  EXPECT_EQ(target("${source_username}/${SOURCE_PATH}"), "bo_b/a/b/c.mp3");
  EXPECT_EQ(target("${BATCH_ID}-${SEARCH_ID}"), "id-se/c.mp3");
  EXPECT_EQ(target("../../x"), "_/_/x/c.mp3") << "never out of the folder";
  EXPECT_EQ(target_path_in("lidarr/1/Artist - Album", "a\\b\\c.mp3"), "lidarr/1/Artist - Album/c.mp3");
}

TEST(TransferPaths, ComponentsAreCleanedAndCut) {
  EXPECT_EQ(safe_component(".."), "_");
  EXPECT_EQ(safe_component("x. . "), "x");
  EXPECT_EQ(safe_component("a\0b"s), "ab");
  EXPECT_EQ(safe_component("a\x01<>b"), "a___b");
  EXPECT_EQ(safe_component("CON.mp3"), "_CON.mp3");
  EXPECT_EQ(safe_component("caf\xE9"), "caf\xC3\xA9") << "latin-1 is shown as text";
  const std::string long_name = safe_component(std::string(300, 'x') + ".flac");
  EXPECT_EQ(long_name.size(), 255U);
  EXPECT_TRUE(long_name.ends_with("x.flac"));
  std::string accents;
  for (int i = 0; i < 200; ++i) accents += "\xC3\xA9";
  EXPECT_TRUE(is_utf8(safe_component(accents + ".mp3")));
  EXPECT_EQ(safe_component(accents + ".mp3").size(), 254U);
}

TEST(TransferPaths, RandomBytesGiveSafeNamesAlways) {
  SeededRandom random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string raw(static_cast<std::size_t>(random.below(400)), '\0');
    for (char& c : raw) c = random.below(4) == 0 ? "\\/. :\0"[random.below(6)] : static_cast<char>(random.below(256));
    for (const std::string& path : {target_path({"u", raw, "${SOURCE_PATH}", "", "", ""}), incomplete_path(raw, raw)}) {
      EXPECT_FALSE(path.empty() || path.front() == '/' || path.find('\0') != std::string::npos);
      for (const auto part : split(path, '/')) {
        ASSERT_TRUE(!part.empty() && part != "." && part != ".." && part.size() <= 255 && is_utf8(part)) << path;
      }
    }
    ASSERT_LT(incomplete_path("user", raw).size(), 2000U);
  }
}

TEST(TransferPaths, IncompleteFilesOfDifferentPathsAreDifferent) {
  std::set<std::string> seen;
  for (const auto* path : {"m\\a?b", "m\\a*b", "m\\a_b", "m/a_b", "m\\a_b.", "m\\\\a_b", "a_b", "..\\a_b", "m\\A_b"}) {
    EXPECT_TRUE(seen.insert(incomplete_path("bob", path)).second) << path;
  }
  EXPECT_NE(incomplete_path("a/b", "x"), incomplete_path("a_b", "x"));
  EXPECT_EQ(incomplete_path("bob", "m\\Album\\x.mp3"), "bob/m/Album/x.mp3");
  const std::string leaf = incomplete_path("bob", std::string(3000, 'y') + "\\z.mp3");
  EXPECT_LT(leaf.size(), 300U);
}

TEST(TransferPaths, DestinationsMustBeRelative) {
  EXPECT_TRUE(is_relative_folder("lidarr/1/x"));
  for (const auto* bad : {"/x", "\\x", "C:\\x", "../x", "a/../x", "a\\..\\x"}) EXPECT_FALSE(is_relative_folder(bad)) << bad;
  EXPECT_TRUE(has_parent_part("a\\..\\b"));
  EXPECT_FALSE(has_parent_part("a\\..b\\c"));
}

TEST(TransferPaths, ClashesGetTheTicksOfDotNet) {
  EXPECT_EQ(with_ticks("song.mp3", from_unix_micros(1'767'225'600'000'000)), "song_639028224000000000.mp3");
  EXPECT_EQ(with_ticks(std::string(250, 'x') + ".flac", from_unix_micros(0)).size(), 255U);
}

}  // namespace
}  // namespace soulfabric::soulseek::core

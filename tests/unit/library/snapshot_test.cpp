// SPDX-License-Identifier: GPL-3.0-or-later
// A snapshot gives back what was put in: paths, attributes, networks; and finds what peers ask for.
#include "soulfabric/library/snapshot.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "soulfabric/library/snapshot_builder.hpp"

namespace soulfabric::library {
namespace {

SharedFile shared(std::string_view folder, std::string_view leaf, std::uint64_t size = 1, NetworkMask networks = kSoulseekNetwork) {
  SharedFile file;
  file.folder = folder;
  file.leaf = leaf;
  file.size = size;
  file.networks = networks;
  return file;
}

std::shared_ptr<const Snapshot> build(const std::vector<SharedFile>& files) {
  SnapshotBuilder builder(7);
  builder.add_share("Music", "/srv/music/");
  for (const SharedFile& file : files) builder.add(file);
  auto built = builder.finish();
  EXPECT_TRUE(built.has_value());
  return built ? *built : nullptr;
}

std::vector<std::string> search(const Snapshot& snapshot, std::string_view text, const SearchLimits& limits = {}) {
  const auto query = Query::parse(text);
  std::vector<std::string> out;
  if (!query) return out;
  for (const FileId id : snapshot.search(*query, limits)) out.push_back(snapshot.virtual_path(id));
  return out;
}

using Paths = std::vector<std::string>;

TEST(Snapshot, EmptyHasNothing) {
  const auto snapshot = Snapshot::empty();
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->file_count(), 0U);
  EXPECT_FALSE(snapshot->find_file("Music\\a.mp3"));
  EXPECT_TRUE(snapshot->file(FileId{0}).leaf.empty());
  EXPECT_TRUE(search(*snapshot, "anything at all").empty());
}

TEST(Snapshot, GivesBackAttributesSizesAndOrder) {
  SharedFile flac = shared("b/c", "z.flac", 0x1'2345'6789ULL);
  flac.attributes = {.bitrate_kbps = std::nullopt, .duration_s = 301, .is_vbr = std::nullopt, .sample_rate_hz = 96'000, .bit_depth = 24};
  SharedFile mp3 = shared("b/c", "a.mp3", 4'000'000);
  mp3.attributes = {.bitrate_kbps = 245, .duration_s = 200, .is_vbr = true, .sample_rate_hz = {}, .bit_depth = {}};
  const auto snapshot = build({flac, shared("", "top.txt", 0), mp3});
  ASSERT_EQ(snapshot->file_count(), 3U);
  ASSERT_EQ(snapshot->folder_count(), 2U);
  EXPECT_EQ(snapshot->folder(FolderId{0}).path, "Music");
  EXPECT_EQ(snapshot->folder(FolderId{1}).path, "Music\\b\\c");
  EXPECT_EQ(snapshot->virtual_path(FileId{1}), "Music\\b\\c\\a.mp3");
  const FileEntry last = snapshot->file(FileId{2});
  EXPECT_EQ(last.leaf, "z.flac");
  EXPECT_EQ(last.size, flac.size);
  EXPECT_EQ(last.attributes, flac.attributes);
  EXPECT_EQ(last.folder, FolderId{1});
  EXPECT_EQ(snapshot->file(FileId{1}).attributes, mp3.attributes);
  EXPECT_EQ(snapshot->file(FileId{0}).attributes, AudioAttributes{});
  std::vector<std::string> names;
  snapshot->for_each_file(FolderId{1}, kSoulseekNetwork, [&](const FileEntry& entry) { names.emplace_back(entry.leaf); });
  EXPECT_EQ(names, (Paths{"a.mp3", "z.flac"}));
  EXPECT_EQ(snapshot->real_path(FileId{2}), "/srv/music/b/c/z.flac");
  EXPECT_EQ(snapshot->real_path(FileId{0}), "/srv/music/top.txt");
  EXPECT_EQ(snapshot->real_path(FolderId{0}), "/srv/music");
}

TEST(Snapshot, ShowsOddNamesAsTextAndKeepsTheRealOnes) {
  const auto snapshot = build({shared("caf\xE9", "a\\b.mp3"), shared("caf\xE9", "\xFF.ogg"), shared("plain", "\xC3\xA9.mp3")});
  const auto slash = snapshot->find_file("Music\\caf\xC3\xA9\\a@@BACKSLASH@@b.mp3");
  ASSERT_TRUE(slash);
  EXPECT_EQ(snapshot->real_path(*slash), "/srv/music/caf\xE9/a\\b.mp3");
  const auto latin = snapshot->find_file("Music\\caf\xC3\xA9\\\xC3\xBF.ogg");
  ASSERT_TRUE(latin);
  EXPECT_EQ(snapshot->real_path(*latin), "/srv/music/caf\xE9/\xFF.ogg");
  EXPECT_EQ(snapshot->find_file("Music\\plain\\\xE9.mp3"), snapshot->find_file("Music\\plain\\\xC3\xA9.mp3")) << "latin-1 from an old client";
}

TEST(Snapshot, FindsExactBytesBeforeOtherCase) {
  const auto snapshot = build({shared("Dir", "Song.mp3", 1), shared("Dir", "song.mp3", 2), shared("dir", "SONG.mp3", 3), shared("dir", "x.mp3", 4)});
  const auto size_of = [&](std::string_view path) {
    const auto id = snapshot->find_file(path);
    return id ? snapshot->file(*id).size : 0;
  };
  EXPECT_EQ(size_of("Music\\Dir\\Song.mp3"), 1U);
  EXPECT_EQ(size_of("Music\\Dir\\song.mp3"), 2U);
  EXPECT_EQ(size_of("Music\\dir\\SONG.mp3"), 3U);
  EXPECT_EQ(size_of("music/DIR/x.MP3"), 4U);
  EXPECT_EQ(size_of("Music\\Dir\\none.mp3"), 0U);
  EXPECT_EQ(size_of("Song.mp3"), 0U);
  EXPECT_EQ(size_of(""), 0U);
  EXPECT_TRUE(snapshot->find_folder("music/dir/"));
  EXPECT_EQ(snapshot->folder(*snapshot->find_folder("Music\\Dir")).path, "Music\\Dir");
  EXPECT_FALSE(snapshot->find_folder("Music"));
}

TEST(Snapshot, HidesFilesOfOtherNetworks) {
  const auto snapshot = build({shared("a", "both song.mp3", 1, kAllNetworks), shared("a", "mesh song.mp3", 2, kMeshNetwork),
                               shared("b", "mesh song.mp3", 3, kMeshNetwork), shared("c", "nobody song.mp3", 4, 0)});
  EXPECT_EQ(snapshot->visible_file_count(kSoulseekNetwork), 1U);
  EXPECT_EQ(snapshot->visible_folder_count(kSoulseekNetwork), 1U);
  EXPECT_EQ(snapshot->visible_file_count(kMeshNetwork), 3U);
  EXPECT_EQ(search(*snapshot, "song"), (Paths{"Music\\a\\both song.mp3"}));
  EXPECT_FALSE(snapshot->find_file("Music\\a\\mesh song.mp3"));
  EXPECT_TRUE(snapshot->find_file("Music\\a\\mesh song.mp3", kMeshNetwork));
  EXPECT_FALSE(snapshot->find_folder("Music\\b"));
  EXPECT_TRUE(snapshot->find_folder("Music\\b", kMeshNetwork));
  EXPECT_FALSE(snapshot->find_folder("Music\\c", kMeshNetwork));
  EXPECT_TRUE(snapshot->find_folder("Music\\b", kAllNetworks)) << "what one network alone shows is there for its owner";
  EXPECT_FALSE(snapshot->find_folder("Music\\c", kAllNetworks));
  EXPECT_FALSE(snapshot->is_visible(FileId{1}, kSoulseekNetwork));
}

TEST(Snapshot, DoesNotDependOnTheOrderOfAdding) {
  std::vector<SharedFile> files{shared("b", "1.mp3"), shared("a/x", "2.mp3"), shared("a", "3.flac", 9, kMeshNetwork), shared("a", "3.flac", 8), shared("", "4.ogg")};
  files[1].attributes.bitrate_kbps = 320;
  files[3].attributes.duration_s = 5;
  const auto first = build(files);
  std::sort(files.begin(), files.end(), [](const SharedFile& x, const SharedFile& y) { return x.leaf < y.leaf; });
  for (int i = 0; i < 20; ++i) {
    std::next_permutation(files.begin(), files.end(), [](const SharedFile& x, const SharedFile& y) { return x.leaf < y.leaf; });
    const auto again = build(files);
    EXPECT_TRUE(std::equal(first->blob().begin(), first->blob().end(), again->blob().begin(), again->blob().end()));
  }
}

}  // namespace
}  // namespace soulfabric::library

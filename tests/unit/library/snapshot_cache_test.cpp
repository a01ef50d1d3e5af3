// SPDX-License-Identifier: GPL-3.0-or-later
// The cache file: what is sound is taken, anything else is refused, and even what slips through cannot crash.
#include "soulfabric/library/snapshot_cache.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstring>
#include <fstream>

#include "library/core/blob.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/library/snapshot_builder.hpp"
#include "support/snapshot_exercise.hpp"

namespace soulfabric::library {
namespace {

constexpr std::uint64_t kStamp = 77;

Bytes sample_blob() {
  SnapshotBuilder builder(kStamp);
  builder.add_share("Music", "/srv/music");
  builder.add_share("Other", "/srv/other");
  for (int i = 0; i < 400; ++i) {
    SharedFile file;
    file.share = i % 5 == 0 ? 1 : 0;
    const std::string folder = "Artist " + std::to_string(i / 40) + (i % 90 == 0 ? "/caf\xE9" : "/Album one two");
    const std::string leaf = std::to_string(i) + (i % 3 == 0 ? " song live" : " Song") + (i % 50 == 0 ? "\\odd" : "") + (i % 2 == 0 ? ".mp3" : ".flac");
    file.folder = folder;
    file.leaf = leaf;
    file.size = static_cast<std::uint64_t>(i) * 100'000;
    if (i % 2 == 0) file.attributes.bitrate_kbps = 320;
    file.attributes.duration_s = static_cast<std::uint32_t>(100 + i);
    file.networks = static_cast<NetworkMask>(i % 4);
    builder.add(file);
  }
  const auto built = builder.finish();
  EXPECT_TRUE(built.has_value());
  return built ? Bytes((*built)->blob().begin(), (*built)->blob().end()) : Bytes{};
}

Errc open_error(const Bytes& blob, std::uint64_t stamp = kStamp) {
  const auto opened = Snapshot::open(blob, nullptr, stamp);
  return opened ? Errc::Internal : opened.error().code;
}

TEST(SnapshotBlob, RefusesAChangeOfAnyByte) {
  Bytes blob = sample_blob();
  ASSERT_TRUE(Snapshot::open(blob, nullptr, kStamp).has_value());
  for (std::size_t i = 0; i < blob.size(); ++i) {
    blob[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
    ASSERT_EQ(open_error(blob), Errc::Corrupt) << "byte " << i;
    blob[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
  }
}

TEST(SnapshotBlob, RefusesEveryOtherLength) {
  Bytes blob = sample_blob();
  for (std::size_t n = 0; n < blob.size(); n += n < 700 ? 1 : 97) {
    ASSERT_EQ(open_error(Bytes(blob.begin(), blob.begin() + static_cast<std::ptrdiff_t>(n))), Errc::Corrupt) << n << " bytes";
  }
  blob.push_back(0);
  EXPECT_EQ(open_error(blob), Errc::Corrupt);
}

TEST(SnapshotBlob, TellsAnotherStateOfTheSharesFromDamage) { EXPECT_EQ(open_error(sample_blob(), kStamp + 1), Errc::Conflict); }

TEST(SnapshotBlob, SurvivesAnyContentBehindASoundHeader) {
  const Bytes good = sample_blob();
  SeededRandom random(5);
  std::size_t opened_count = 0;
  for (int round = 0; round < 60; ++round) {
    Bytes blob = good;
    for (auto changes = random.below(12) + 1; changes > 0; --changes) {
      const std::size_t at = sizeof(BlobHeader) + random.below(blob.size() - sizeof(BlobHeader));
      blob[at] = static_cast<std::uint8_t>(random.below(3) == 0 ? 0xFF : random.below(256));
    }
    const auto opened = Snapshot::open_unverified(blob, nullptr);
    if (!opened) continue;
    ++opened_count;
    exercise(**opened);
  }
  EXPECT_GT(opened_count, 20U);
}

TEST(SnapshotBlob, SurvivesAnyCountsInTheHeader) {
  const Bytes good = sample_blob();
  SeededRandom random(6);
  for (int round = 0; round < 2'000; ++round) {
    Bytes blob = good;
    const std::size_t at = 24 + random.below(sizeof(BlobHeader) - 24);
    blob[at] = static_cast<std::uint8_t>(random.below(256));
    const std::uint64_t hash = hash64(ByteView(blob).subspan(16, sizeof(BlobHeader) - 16));
    std::memcpy(blob.data() + 8, &hash, sizeof hash);
    const auto opened = Snapshot::open_unverified(blob, nullptr);
    if (opened && round % 40 == 0) exercise(**opened);
  }
}

class SnapshotCache : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/sf_cache_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(SnapshotCache, GivesBackWhatWasStored) {
  const Bytes blob = sample_blob();
  const auto built = Snapshot::open(blob, nullptr, kStamp);
  ASSERT_TRUE(built.has_value());
  const auto path = folder_ / "index";
  EXPECT_EQ(open_snapshot_cache(path, kStamp).error().code, Errc::NotFound);
  const auto stored = store_snapshot(path, **built);
  ASSERT_TRUE(stored.has_value()) << stored.error().message;
  EXPECT_EQ(exercise(**stored), exercise(**built));
  const auto again = open_snapshot_cache(path, kStamp);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ((*again)->virtual_path(FileId{17}), (*built)->virtual_path(FileId{17}));
  EXPECT_EQ(open_snapshot_cache(path, kStamp + 1).error().code, Errc::Conflict);
  // A mapped snapshot outlives the file's replacement.
  ASSERT_TRUE(store_snapshot(path, *Snapshot::empty()).has_value());
  EXPECT_EQ(exercise(**again), exercise(**built));
}

TEST_F(SnapshotCache, RefusesDamagedCutAndEmptyFilesAndLinks) {
  Bytes blob = sample_blob();
  const auto path = folder_ / "index";
  const auto write = [&](const Bytes& bytes) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  };
  write(blob);
  EXPECT_TRUE(open_snapshot_cache(path, kStamp).has_value());
  write(Bytes(blob.begin(), blob.end() - 100));
  EXPECT_EQ(open_snapshot_cache(path, kStamp).error().code, Errc::Corrupt);
  blob[blob.size() / 2] ^= 4;
  write(blob);
  EXPECT_EQ(open_snapshot_cache(path, kStamp).error().code, Errc::Corrupt);
  write({});
  EXPECT_EQ(open_snapshot_cache(path, kStamp).error().code, Errc::Corrupt);
  std::filesystem::create_symlink(path, folder_ / "link");
  EXPECT_FALSE(open_snapshot_cache(folder_ / "link", kStamp).has_value());
  EXPECT_FALSE(open_snapshot_cache(folder_, kStamp).has_value());
}

}  // namespace
}  // namespace soulfabric::library

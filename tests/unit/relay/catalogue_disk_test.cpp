// SPDX-License-Identifier: GPL-3.0-or-later
// The shelf of last good answers across restarts: served while good, asked again by their tag, old ones when the origin is down.
#include <gmock/gmock.h>

#include <filesystem>

#include "catalogue_world.hpp"
#include "core/catalogue_shelf.hpp"
#include "soulfabric/base/files.hpp"

namespace soulfabric::relay::testing {
namespace {

class CatalogueOnDisk : public ::testing::Test {
 public:
  CatalogueOnDisk() {
    std::string pattern = (std::filesystem::temp_directory_path() / "catalogue-XXXXXX").string();
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
    settings.folder = folder / "kept";
    origin.pages[url_of(key, {settings.musicbrainz, settings.cover_art, {}})] = {200, "application/json", musicbrainz_answer("release"), "\"t\""};
    begin();
  }
  ~CatalogueOnDisk() override {
    end();
    std::error_code error;
    std::filesystem::remove_all(folder, error);
  }
  void begin() {
    catalogue = make_catalogue({context, clock, random, workers, guard, http, SigningKey::generate(random)}, settings);
    const auto started = soulfabric::testing::run_virtual(context, clock, catalogue->start());
    EXPECT_TRUE(started);
  }
  void end() {
    const auto stopped = soulfabric::testing::run_virtual(context, clock, soulfabric::testing::as_status(catalogue->stop()));
    EXPECT_TRUE(stopped);
    catalogue.reset();
  }
  Result<CatalogueAnswer> get(const CatalogueKey& of) {
    return soulfabric::testing::run_virtual(context, clock, catalogue->fetch(of, guard::Origin::UserLocal, clock.now() + 30s));
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(settings.folder), std::filesystem::directory_iterator()));
  }

  IoContext context{1};
  soulfabric::testing::SimClock clock{context};
  SeededRandom random{3};
  WorkerPool workers{0};
  guard::Guard guard{guard::GuardOptions{}, clock};
  FakeOrigin origin;
  soulfabric::testing::FakeHttp http{origin, clock};
  CatalogueSettings settings;
  std::filesystem::path folder;
  CatalogueKey key = *CatalogueKey::make(CatalogueKind::Release, "b84ee12a-09ef-421b-82de-0441a926375b");
  std::unique_ptr<Catalogue> catalogue;
};

TEST_F(CatalogueOnDisk, AnAnswerOutlivesARestart) {
  ASSERT_TRUE(get(key));
  end();
  begin();
  const auto again = get(key);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->via, CatalogueVia::Disk);
  EXPECT_FALSE(again->stale);
  EXPECT_EQ(text_of(*again->body), musicbrainz_answer("release"));
  EXPECT_EQ(origin.total(), 1);
  EXPECT_EQ(catalogue->metrics().from_disk, 1U);
  EXPECT_EQ(get(key)->via, CatalogueVia::Memory);
}

TEST_F(CatalogueOnDisk, AnOldAnswerIsServedWithItsAgeWhenTheOriginIsDown) {
  ASSERT_TRUE(get(key));
  const WallTime fetched = get(key)->fetched;
  end();
  clock.run_for(72h);
  origin.down = true;
  begin();
  const auto old = get(key);
  ASSERT_TRUE(old) << old.error().message;
  EXPECT_TRUE(old->stale);
  EXPECT_EQ(old->via, CatalogueVia::Disk);
  EXPECT_EQ(old->fetched, fetched);
}

TEST_F(CatalogueOnDisk, AnOldAnswerIsAskedForByItsTag) {
  ASSERT_TRUE(get(key));
  end();
  clock.run_for(72h);
  begin();
  const auto again = get(key);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->stale);
  EXPECT_EQ(origin.log.back().headers.at("If-None-Match"), "\"t\"");
}

TEST_F(CatalogueOnDisk, WhatIsGoneAtTheOriginIsNotKept) {
  ASSERT_TRUE(get(key));
  clock.run_for(1h);
  origin.pages.clear();
  EXPECT_EQ(get(key)->status, 404);
  clock.settle();
  EXPECT_EQ(files(), 0U);
}

TEST_F(CatalogueOnDisk, ADamagedFileIsNoAnswer) {
  ASSERT_TRUE(get(key));
  end();
  const auto path = settings.folder / shelf_name(key);
  auto content = read_whole(path, 1 << 20);
  ASSERT_TRUE(content);
  content->back() ^= 1;
  ASSERT_TRUE(write_whole(path, *content, 0600));
  ASSERT_TRUE(write_whole(path.string() + ".new", *content, 0600));
  begin();
  EXPECT_EQ(files(), 1U) << "what a write left behind is cleared away";
  EXPECT_EQ(get(key)->via, CatalogueVia::Origin);
}

TEST_F(CatalogueOnDisk, ClearingForgetsMemoryAndDisk) {
  ASSERT_TRUE(get(key));
  clock.settle();
  EXPECT_EQ(files(), 1U);
  EXPECT_EQ(catalogue->metrics().disk_entries, 1U);
  EXPECT_GT(catalogue->metrics().disk_bytes, musicbrainz_answer("release").size());
  catalogue->clear();
  clock.settle();
  EXPECT_EQ(files(), 0U);
  EXPECT_EQ(catalogue->metrics().disk_entries, 0U);
  EXPECT_EQ(catalogue->metrics().disk_bytes, 0U);
  EXPECT_EQ(get(key)->via, CatalogueVia::Origin);
}

TEST_F(CatalogueOnDisk, TheOldestFilesMakeRoom) {
  end();
  settings.disk = 60'000;  // of some 20 KB each
  begin();
  for (int n = 0; n < 6; ++n) {
    const CatalogueKey one = CatalogueWorld::key(n);
    origin.pages[url_of(one, {settings.musicbrainz, settings.cover_art, {}})] = {200, "application/json", musicbrainz_answer("release"), ""};
    ASSERT_TRUE(get(one));
    clock.settle();
  }
  EXPECT_EQ(files(), 3U);
  EXPECT_TRUE(std::filesystem::exists(settings.folder / shelf_name(CatalogueWorld::key(5))));
}

TEST_F(CatalogueOnDisk, OnlyTheOwnerOfTheFolderReadsIt) {
  ASSERT_TRUE(get(key));
  clock.settle();
  EXPECT_EQ(std::filesystem::status(settings.folder).permissions(), std::filesystem::perms::owner_all);
  EXPECT_EQ(std::filesystem::status(settings.folder / shelf_name(key)).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(CatalogueOnDisk, AFolderThatCannotBeUsedStopsNothing) {
  end();
  ASSERT_TRUE(write_whole(folder / "file", Bytes{}, 0600));
  settings.folder = folder / "file" / "below";
  begin();
  EXPECT_TRUE(get(key));
}

}  // namespace
}  // namespace soulfabric::relay::testing

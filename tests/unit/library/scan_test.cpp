// SPDX-License-Identifier: GPL-3.0-or-later
// A scan from disk to snapshot: real audio files, odd names, what is left out, what is not read again.
#include <sys/stat.h>

#include "share_fixture.hpp"

namespace soulfabric::library {
namespace {

using ScanTest = ShareTest;
using testing::make_flac;
using testing::make_mp3;
using testing::make_ogg;
using testing::make_wav;
using testing::Tone;

MediaTags some_tags() {
  return {"Träumerei",
          "Clara",
          "Kinderszenen",
          "11111111-2222-4333-8444-555555555555",
          "21111111-2222-4333-8444-555555555555",
          "31111111-2222-4333-8444-555555555555",
          "41111111-2222-4333-8444-555555555555",
          "51111111-2222-4333-8444-555555555555"};
}

Task<void> expect_attributes(ShareTest& test, Shares& shares) {
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.progress().state, ScanState::Ready);
  EXPECT_EQ(shares.progress().unreadable, 0U);
  EXPECT_EQ(shares.progress().tags_read, 5U);
  const auto flac = ShareTest::find(shares, "music\\a\\one.flac");
  EXPECT_TRUE(flac);
  if (!flac) co_return;
  EXPECT_EQ(flac->attributes.sample_rate_hz, 48'000U);
  EXPECT_EQ(flac->attributes.bit_depth, 24U);
  EXPECT_EQ(flac->attributes.duration_s, 3U);
  const auto constant = ShareTest::find(shares, "music\\a\\two.mp3");
  EXPECT_TRUE(constant);
  if (!constant) co_return;
  // The header frame counts as sound in so short a file.
  EXPECT_TRUE(constant->attributes.bitrate_kbps >= 128U && constant->attributes.bitrate_kbps <= 132U);
  EXPECT_EQ(constant->attributes.is_vbr, false);
  EXPECT_EQ(constant->attributes.duration_s, 2U);
  EXPECT_EQ(constant->attributes.bit_depth, std::nullopt);
  const auto variable = ShareTest::find(shares, "music\\a\\three.MP3");
  EXPECT_TRUE(variable);
  if (!variable) co_return;
  EXPECT_EQ(variable->attributes.is_vbr, true);
  const auto wav = ShareTest::find(shares, "music\\b\\four.wav");
  EXPECT_TRUE(wav && wav->attributes.bit_depth == 16U && wav->attributes.sample_rate_hz == 22'050U);
  const auto ogg = ShareTest::find(shares, "music\\b\\five.ogg");
  EXPECT_TRUE(ogg && ogg->attributes.duration_s == 5U);
  const auto text = ShareTest::find(shares, "music\\b\\notes.txt");
  EXPECT_TRUE(text && text->size == 5 && text->attributes == AudioAttributes{});
}

TEST_F(ScanTest, ReadsAttributesOfRealFiles) {
  put_file(music() / "a/one.flac", make_flac({48'000, 2, 24, 3}));
  put_file(music() / "a/two.mp3", make_mp3({44'100, 2, 16, 2}, 128));
  put_file(music() / "a/three.MP3", make_mp3({44'100, 2, 16, 2}, 0));
  put_file(music() / "b/four.wav", make_wav({22'050, 1, 16, 1}));
  put_file(music() / "b/five.ogg", make_ogg({44'100, 2, 16, 5}));
  put_file(music() / "b/notes.txt", "hello");
  with_shares(expect_attributes);
}

Task<void> expect_tags(ShareTest& test, Shares& shares) {
  co_await test.scan_ended(shares);
  for (const char* path : {"music\\x.flac", "music\\x.mp3", "music\\x.ogg"}) {
    const auto tags = co_await shares.tags_of(path);
    EXPECT_TRUE(tags) << path;
    if (tags) EXPECT_EQ(*tags, some_tags()) << path << ": " << tags->title << tags->recording_id << tags->track_id;
  }
  const auto none = co_await shares.tags_of("music\\y.flac");
  EXPECT_EQ(none.error().code, Errc::NotFound);
}

TEST_F(ScanTest, KeepsTitlesAndMusicBrainzIds) {
  put_file(music() / "x.flac", make_flac(Tone{}, some_tags()));
  put_file(music() / "x.mp3", make_mp3(Tone{}, 128, some_tags()));
  put_file(music() / "x.ogg", make_ogg(Tone{}, some_tags()));
  with_shares(expect_tags);
}

Task<void> expect_odd_names(ShareTest& test, Shares& shares) {
  co_await test.scan_ended(shares);
  EXPECT_TRUE(ShareTest::find(shares, "music\\caf\xC3\xA9.txt")) << "a latin-1 name is shown as UTF-8";
  EXPECT_TRUE(ShareTest::find(shares, "music\\AC@@BACKSLASH@@DC\\live.txt"));
  EXPECT_TRUE(ShareTest::find(shares, "music\\" + std::string(251, 'n') + ".txt"));
  for (const std::string path : {"music\\caf\xC3\xA9.txt", "music\\AC@@BACKSLASH@@DC\\live.txt"}) {
    auto opened = co_await shares.open_for_upload(path);
    EXPECT_TRUE(opened) << path << ": " << opened.error().message;
    if (opened) EXPECT_EQ(opened->size, 3U);
  }
  const auto escaped = co_await shares.open_for_upload("music\\..\\data\\library.db");
  EXPECT_EQ(escaped.error().code, Errc::NotFound);
  const auto zero = co_await shares.open_for_upload(std::string("music\\caf\0\xA9.txt", 15));
  EXPECT_EQ(zero.error().code, Errc::NotFound);
}

TEST_F(ScanTest, TakesNamesOfAnyBytes) {
  put_file(music() / "caf\xE9.txt", "one");
  put_file(music() / "AC\\DC" / "live.txt", "two");
  put_file(music() / (std::string(251, 'n') + ".txt"), "long");
  with_shares(expect_odd_names);
}

Task<void> expect_left_out(ShareTest& test, Shares& shares) {
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.snapshot()->file_count(), 2U);
  EXPECT_TRUE(ShareTest::find(shares, "Alias\\kept.txt"));
  EXPECT_TRUE(ShareTest::find(shares, "Alias\\deep\\kept.txt"));
  const auto list = shares.list();
  EXPECT_EQ(list.size(), 3U);
  if (list.size() != 3) co_return;
  EXPECT_EQ(list[0].alias, "Alias");
  EXPECT_EQ(list[0].files, 2U);
  EXPECT_EQ(list[0].directories, 2U);
  EXPECT_EQ(list[0].raw, "[Alias]" + test.settings_.options.directories[0].path);
  EXPECT_EQ(list[0].id.size(), 40U);
  EXPECT_TRUE(list[1].is_excluded);
  EXPECT_EQ(list[2].problem.find("The share /nowhere/at/all does not exist"), 0U) << list[2].problem;
  EXPECT_EQ(shares.progress().warnings.size(), 1U);
}

TEST_F(ScanTest, LeavesOutWhatIsExcludedHiddenFilteredOrLinked) {
  settings_.options.directories.clear();
  share(music(), "Alias");
  exclude(music() / "secret");
  share("/nowhere/at/all");
  settings_.options.filters = {"\\.INI$", "thumbs"};
  settings_.excluded = {music() / "incomplete"};
  put_file(music() / "kept.txt", "1");
  put_file(music() / "deep/kept.txt", "1");
  put_file(music() / "secret/a.txt", "1");
  put_file(music() / "incomplete/a.txt", "1");
  put_file(music() / ".hidden/a.txt", "1");
  put_file(music() / ".hidden.txt", "1");
  put_file(music() / "desktop.ini", "1");
  put_file(music() / "deep/Thumbs.db", "1");
  put_file(temporary_.path() / "outside/a.txt", "1");
  std::filesystem::create_symlink(temporary_.path() / "outside", music() / "link");
  std::filesystem::create_symlink(temporary_.path() / "outside/a.txt", music() / "link.txt");
  ASSERT_EQ(::mkfifo((music() / "pipe.mp3").c_str(), 0600), 0);
  with_shares(expect_left_out);
}

Task<void> rescan(ShareTest& test, Shares& shares) {
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.progress().tags_read, 3U);
  const auto first = shares.snapshot();
  const Status again = shares.start_scan(false);
  EXPECT_TRUE(again);
  const Status twice = shares.start_scan(false);
  EXPECT_FALSE(twice);
  if (!twice) EXPECT_EQ(twice.error().code, Errc::Conflict);
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.progress().tags_read, 0U) << "nothing changed, so nothing is read";
  EXPECT_EQ(shares.progress().files, 3U);
  EXPECT_EQ(shares.snapshot(), first);
  put_file(test.temporary_.path() / "music/a.flac", make_flac({48'000, 2, 16, 2}));
  std::filesystem::remove(test.temporary_.path() / "music/b.flac");
  const Status third = shares.start_scan(false);
  EXPECT_TRUE(third);
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.progress().tags_read, 1U);
  EXPECT_EQ(shares.snapshot()->file_count(), 2U);
  const auto changed = ShareTest::find(shares, "music\\a.flac");
  EXPECT_TRUE(changed && changed->attributes.sample_rate_hz == 48'000U && changed->attributes.duration_s == 2U);
  const Status forced = shares.start_scan(true);
  EXPECT_TRUE(forced);
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.progress().tags_read, 2U);
}

TEST_F(ScanTest, ReadsOnlyWhatIsNewOrChanged) {
  for (const char* name : {"a.flac", "b.flac", "c.flac"}) put_file(music() / name, make_flac(Tone{}));
  with_shares(rescan);
}

Task<void> expect_kept(ShareTest& test, Shares& shares) {
  EXPECT_EQ(shares.snapshot()->file_count(), 1U) << "searchable before any scan";
  EXPECT_EQ(shares.progress().state, ScanState::Ready);
  EXPECT_TRUE(shares.progress().last_scan);
  const auto kept = ShareTest::find(shares, "music\\a.flac");
  EXPECT_TRUE(kept && kept->attributes.duration_s == 1U);
  const Status scan = shares.start_scan(false);
  EXPECT_TRUE(scan);
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.progress().tags_read, 0U);
}

Task<void> just_scan(ShareTest& test, Shares& shares) { co_await test.scan_ended(shares); }

Task<void> expect_nothing_kept(ShareTest&, Shares& shares) {
  EXPECT_EQ(shares.snapshot()->file_count(), 0U);
  EXPECT_EQ(shares.progress().state, ScanState::Pending);
  co_return;
}

TEST_F(ScanTest, AnswersFromTheLastRunAfterARestart) {
  put_file(music() / "a.flac", make_flac(Tone{}));
  with_shares(just_scan);
  settings_.scan_at_start = false;
  with_shares(expect_kept);
  settings_.options.directories[0].alias = "Other";
  with_shares(expect_nothing_kept);
}

TEST_F(ScanTest, NamesComeBeforeTags) {
  put_file(music() / "a.flac", make_flac(Tone{}));
  with_shares(just_scan);
  ASSERT_EQ(snapshots_, 2);
  EXPECT_EQ(file_counts_[0], 1U);
  EXPECT_EQ(file_counts_[1], 1U);
  EXPECT_EQ(seen_.back().percent, 100);
  double last = 0;
  for (const auto& progress : seen_) {
    EXPECT_GE(progress.percent, last);
    last = progress.percent;
  }
}

}  // namespace
}  // namespace soulfabric::library

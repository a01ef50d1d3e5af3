// SPDX-License-Identifier: GPL-3.0-or-later
// Shares in use: uploads while files change under them, folders nobody may read, live changes, cancelling, the list for peers.
#include <grp.h>
#include <sys/wait.h>
#include <zlib.h>

#include <fcntl.h>

#include "share_fixture.hpp"

namespace soulfabric::library {
namespace {

using SharesTest = ShareTest;
using testing::make_flac;
using testing::Tone;

Task<void> open_changed_files(ShareTest& test, Shares& shares) {
  co_await test.scan_ended(shares);
  const auto music = test.temporary_.path() / "music";
  auto good = co_await shares.open_for_upload("music/sub/good.txt");
  EXPECT_TRUE(good) << "a slash is read as a backslash";
  if (good) {
    Bytes content(100);
    const auto got = good->file->read_at(0, content);
    EXPECT_TRUE(got && *got == 4);
  }
  put_file(music / "sub/longer.txt", "longer than before");
  std::filesystem::remove(music / "sub/gone.txt");
  std::filesystem::remove(music / "sub/link.txt");
  std::filesystem::create_symlink("/etc/hostname", music / "sub/link.txt");
  std::filesystem::rename(music / "moved", test.temporary_.path() / "elsewhere");
  std::filesystem::create_directory_symlink(test.temporary_.path() / "elsewhere", music / "moved");
  std::filesystem::remove(music / "sub/folder.txt");
  std::filesystem::create_directory(music / "sub/folder.txt");
  std::filesystem::remove(music / "sub/pipe.txt");
  EXPECT_EQ(::mkfifo((music / "sub/pipe.txt").c_str(), 0600), 0);
  for (const char* path : {"music\\sub\\longer.txt", "music\\sub\\gone.txt", "music\\sub\\link.txt", "music\\moved\\file.txt",
                           "music\\sub\\folder.txt", "music\\sub\\pipe.txt"}) {
    const auto opened = co_await shares.open_for_upload(path);
    EXPECT_FALSE(opened) << path;
    if (!opened) EXPECT_EQ(opened.error().code, Errc::Conflict) << path << ": " << opened.error().message;
  }
  for (const char* path : {"music\\..\\data\\library.db", "C:\\music\\sub\\good.txt", "sub\\good.txt", ""}) {
    const auto opened = co_await shares.open_for_upload(path);
    EXPECT_EQ(opened.error().code, Errc::NotFound) << path;
  }
}

TEST_F(SharesTest, OpenNothingButTheFileThatWasScanned) {
  for (const char* name : {"sub/good.txt", "sub/longer.txt", "sub/gone.txt", "sub/link.txt", "sub/folder.txt", "sub/pipe.txt", "moved/file.txt"}) {
    put_file(music() / name, "text");
  }
  with_shares(open_changed_files);
}

Task<void> expect_unreadable_left_out(ShareTest& test, Shares& shares) {
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.progress().state, ScanState::Ready);
  EXPECT_EQ(shares.snapshot()->file_count(), 1U);
  EXPECT_EQ(shares.progress().warnings.size(), 2U);
  if (shares.progress().warnings.size() != 2) co_return;
  EXPECT_NE(shares.progress().warnings[0].find("locked-share cannot be read: give the user"), std::string::npos) << shares.progress().warnings[0];
  EXPECT_NE(shares.progress().warnings[1].find("music/locked is left out"), std::string::npos) << shares.progress().warnings[1];
  EXPECT_NE(shares.list()[1].problem.find("cannot be read"), std::string::npos);
}

TEST_F(SharesTest, GoOnWithoutFoldersThatTheirUserMayNotRead) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  put_file(music() / "open/a.txt", "1");
  put_file(music() / "locked/a.txt", "1");
  put_file(temporary_.path() / "locked-share/a.txt", "1");
  share(temporary_.path() / "locked-share");
  constexpr uid_t kNobody = 65'534;
  std::filesystem::permissions(music() / "locked", std::filesystem::perms::owner_all);
  std::filesystem::permissions(temporary_.path() / "locked-share", std::filesystem::perms::owner_all);
  std::filesystem::permissions(temporary_.path(), std::filesystem::perms(0755));
  ASSERT_EQ(::chown(settings_.data.c_str(), kNobody, kNobody), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    if (::setgroups(0, nullptr) != 0 || ::setgid(kNobody) != 0 || ::setuid(kNobody) != 0) ::_exit(90);
    // Proof that this user cannot read it.
    if (::open((music() / "locked").c_str(), O_RDONLY | O_DIRECTORY) >= 0 || errno != EACCES) ::_exit(91);
    with_shares(expect_unreadable_left_out);
    ::_exit(HasFailure() ? 92 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

Task<void> follow(ShareTest& test, Shares& shares) {
  co_await test.scan_ended(shares);
  const auto music = test.temporary_.path() / "music";
  int before = test.snapshots_;
  put_file(music / "fresh/deep/b.flac", make_flac({48'000, 2, 16, 1}));
  while (!ShareTest::find(shares, "music\\fresh\\deep\\b.flac") || !ShareTest::find(shares, "music\\fresh\\deep\\b.flac")->attributes.bit_depth) {
    co_await test.snapshot_after(before);
    before = test.snapshots_;
    if (::testing::Test::HasFailure()) co_return;
  }
  std::filesystem::rename(music / "fresh", music / "renamed");
  while (!ShareTest::find(shares, "music\\renamed\\deep\\b.flac") || ShareTest::find(shares, "music\\fresh\\deep\\b.flac")) {
    co_await test.snapshot_after(before);
    before = test.snapshots_;
    if (::testing::Test::HasFailure()) co_return;
  }
  // The moved folder is still followed under its new name.
  put_file(music / "renamed/deep/c.txt", "new");
  while (!ShareTest::find(shares, "music\\renamed\\deep\\c.txt")) {
    co_await test.snapshot_after(before);
    before = test.snapshots_;
    if (::testing::Test::HasFailure()) co_return;
  }
  std::filesystem::remove_all(music / "renamed");
  while (shares.snapshot()->file_count() != 1) {
    co_await test.snapshot_after(before);
    before = test.snapshots_;
    if (::testing::Test::HasFailure()) co_return;
  }
  EXPECT_TRUE(ShareTest::find(shares, "music\\a.txt"));
  EXPECT_EQ(shares.progress().state, ScanState::Ready);
}

TEST_F(SharesTest, FollowChangesWithoutAScan) {
  settings_.options.watch = true;
  put_file(music() / "a.txt", "1");
  with_shares(follow);
}

Task<void> cancel(ShareTest& test, Shares& shares) {
  const Status cancelled = shares.cancel_scan();
  EXPECT_TRUE(cancelled);
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.progress().state, ScanState::Cancelled);
  const Status nothing = shares.cancel_scan();
  EXPECT_FALSE(nothing);
  if (!nothing) EXPECT_EQ(nothing.error().code, Errc::NotFound);
  const Status again = shares.start_scan(false);
  EXPECT_TRUE(again);
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.progress().state, ScanState::Ready);
  EXPECT_EQ(shares.snapshot()->file_count(), 50U);
}

TEST_F(SharesTest, EndAScanWhenToldAndScanAgain) {
  for (int i = 0; i < 50; ++i) put_file(music() / std::to_string(i) / "a.flac", make_flac({44'100, 1, 16, 0.1}));
  with_shares(cancel);
}

Task<void> reconfigure(ShareTest& test, Shares& shares) {
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.snapshot()->file_count(), 2U);
  ShareOptions options = test.settings_.options;
  options.filters = {"("};
  const Status wrong = shares.configure(options);
  EXPECT_FALSE(wrong);
  options.filters = {"\\.jpg$"};
  options.directories[0].alias = "Renamed";
  const int before = test.snapshots_;
  const Status changed = shares.configure(options);
  EXPECT_TRUE(changed);
  co_await test.snapshot_after(before);
  EXPECT_EQ(shares.snapshot()->file_count(), 1U);
  EXPECT_TRUE(ShareTest::find(shares, "Renamed\\a.txt"));
}

TEST_F(SharesTest, TakeNewRulesIntoUse) {
  put_file(music() / "a.txt", "1");
  put_file(music() / "cover.jpg", "1");
  with_shares(reconfigure);
}

std::string inflate_body(const SharedListBody& body) {
  Bytes packed(body.size);
  const auto got = body.file->read_at(0, packed);
  EXPECT_TRUE(got && *got == body.size);
  std::string plain(1 << 20, '\0');
  uLongf length = plain.size();
  EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(plain.data()), &length, packed.data(), packed.size()), Z_OK);
  plain.resize(length);
  return plain;
}

Task<void> expect_list(ShareTest& test, Shares& shares) {
  co_await test.scan_ended(shares);
  const auto list = co_await shares.shared_list(kSoulseekNetwork);
  EXPECT_TRUE(list);
  if (!list) co_return;
  EXPECT_EQ(list->folders, 2U);
  EXPECT_EQ(list->files, 3U);
  const std::string plain = inflate_body(*list);
  EXPECT_EQ(plain.substr(0, 13), std::string("\x02\0\0\0\x05\0\0\0music", 13));
  EXPECT_EQ(plain.substr(13, 16), std::string("\x01\0\0\0\x01\x07\0\0\0one.txt", 16));
  EXPECT_NE(plain.find("music\\sub"), std::string::npos);
  EXPECT_TRUE(plain.ends_with(std::string(8, '\0')));
  const auto again = co_await shares.shared_list(kSoulseekNetwork);
  EXPECT_TRUE(again && again->file == list->file) << "made once per snapshot";
  const auto mesh = co_await shares.shared_list(kMeshNetwork);
  EXPECT_TRUE(mesh && mesh->folders == 0) << "nothing is shown on the mesh unless the share says so";
}

TEST_F(SharesTest, KeepTheirListForPeersOnDisk) {
  put_file(music() / "one.txt", "1");
  put_file(music() / "sub/two.txt", "1");
  put_file(music() / "sub/three.txt", "1");
  with_shares(expect_list);
}

Task<void> expect_missing_program(ShareTest& test, Shares& shares) {
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.progress().state, ScanState::Ready) << "sharing works without tags";
  EXPECT_EQ(shares.snapshot()->file_count(), 1U);
  EXPECT_EQ(shares.progress().warnings.size(), 1U);
}

TEST_F(SharesTest, WorkWithoutTheMediaProgram) {
  settings_.media_program = "/nowhere/soulfabric-media";
  put_file(music() / "a.flac", make_flac(Tone{}));
  with_shares(expect_missing_program);
}

Task<void> expect_crash_remembered(ShareTest& test, Shares& shares) {
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.progress().state, ScanState::Ready);
  EXPECT_EQ(shares.progress().tags_read, 3U);
  EXPECT_EQ(shares.progress().unreadable, 1U);
  EXPECT_EQ(shares.snapshot()->file_count(), 3U) << "the file is shared all the same";
  EXPECT_TRUE(ShareTest::find(shares, "music\\b.flac")->attributes.bit_depth);
  const Status again = shares.start_scan(false);
  EXPECT_TRUE(again);
  co_await test.scan_ended(shares);
  EXPECT_EQ(shares.progress().tags_read, 0U) << "not tried again until it changes";
}

TEST_F(SharesTest, ScanOnPastAFileThatCrashesItsParser) {
  settings_.media_program = std::filesystem::path(SF_BINARY_DIR) / "tests/soulfabric-media-double";
  put_file(music() / "a.flac", make_flac(Tone{}));
  put_file(music() / "bad.mp3", "!crash");
  put_file(music() / "b.flac", make_flac(Tone{}));
  with_shares(expect_crash_remembered);
}

}  // namespace
}  // namespace soulfabric::library

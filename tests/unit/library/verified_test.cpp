// SPDX-License-Identifier: GPL-3.0-or-later
// Shared files become verified copies, and stop being served the moment they are not what was hashed.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "verified_fixture.hpp"

namespace soulfabric::library {
namespace {

Bytes some_bytes(std::size_t size, std::uint8_t seed) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>((i * 31 + (i >> 8U) * 7 + seed) & 0xFFU);
  return out;
}

const Bytes& large() {
  static const Bytes bytes = some_bytes(1'000'003, 5);
  return bytes;
}

Task<void> expect_served(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  const CopyStatus status = co_await test.settled(copies, "music\\sub\\large.bin");
  EXPECT_EQ(status.state, CopyState::Verified) << status.reason;
  EXPECT_TRUE(status.reason.empty());
  const ContentId id = VerifiedTest::id_of(large());
  EXPECT_EQ(status.id, id);
  const auto found = copies.find(id);
  EXPECT_TRUE(found);
  if (!found) co_return;
  EXPECT_EQ(found->size, large().size());
  EXPECT_EQ(found->virtual_path, "music\\sub\\large.bin");
  const auto manifest = co_await copies.manifest(id);
  EXPECT_TRUE(manifest) << manifest.error().message;
  if (manifest) {
    EXPECT_EQ(manifest->root, found->root);
    EXPECT_EQ(manifest->layer.size(), 4U);
    EXPECT_TRUE(is_piece(*manifest, 3, ByteView(large()).subspan(3 * 262'144)));
  }
  const auto opened = co_await copies.open(id);
  EXPECT_TRUE(opened);
  if (!opened) co_return;
  Bytes block(1000);
  const auto got = opened->file->read_at(500'000, block);
  EXPECT_TRUE(got && *got == block.size());
  EXPECT_TRUE(std::equal(block.begin(), block.end(), large().begin() + 500'000));
  EXPECT_EQ(opened->file->descriptor(), -1) << "nobody reads past the check";
  const CopyStatus empty = co_await test.settled(copies, "music\\empty.bin");
  EXPECT_EQ(empty.state, CopyState::Verified);
  EXPECT_EQ(copies.served().size(), 2U);
  const HashingProgress progress = copies.progress();
  EXPECT_EQ(progress.files_done, 2U);
  EXPECT_EQ(progress.files_total, 2U);
  EXPECT_EQ(progress.bytes_done, large().size());
  EXPECT_EQ(progress.verified, 2U);
}

TEST_F(VerifiedTest, ServesWhatIsSharedOnTheMeshByItsContent) {
  put_file(music() / "sub/large.bin", large());
  put_file(music() / "empty.bin", "");
  with_copies(expect_served);
}

Task<void> expect_nothing_served(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  const CopyStatus other = co_await test.settled(copies, "music\\a.bin");
  EXPECT_EQ(other.state, CopyState::Verified);
  const auto soulseek = co_await copies.status_of("plain\\b.bin");
  EXPECT_EQ(soulseek->state, CopyState::NotForMesh);
  const auto own = co_await copies.status_of("own\\c.bin");
  EXPECT_EQ(own->state, CopyState::Private) << "a private share keeps the mesh away, whatever its networks say";
  const auto only_mesh = co_await copies.status_of("hidden\\d.bin");
  EXPECT_EQ(only_mesh->state, CopyState::Private) << "nothing is left of its networks";
  const auto none = co_await copies.status_of("music\\nothing.bin");
  EXPECT_EQ(none->state, CopyState::NotShared);
  for (const auto& status : {soulseek, own, none}) EXPECT_FALSE(status->reason.empty());
  EXPECT_EQ(copies.served().size(), 1U);
  EXPECT_FALSE(copies.find(VerifiedTest::id_of(bytes_of("b"))));
  EXPECT_FALSE(copies.find(VerifiedTest::id_of(bytes_of("c"))));
  const auto opened = co_await copies.open(VerifiedTest::id_of(bytes_of("b")));
  EXPECT_EQ(opened.error().code, Errc::NotFound);
  const auto manifest = co_await copies.manifest(VerifiedTest::id_of(bytes_of("b")));
  EXPECT_EQ(manifest.error().code, Errc::NotFound);
}

TEST_F(VerifiedTest, LeavesAloneWhatIsNotForTheMesh) {
  put_file(music() / "a.bin", "a");
  put_file(temporary_.path() / "plain/b.bin", "b");
  put_file(temporary_.path() / "own/c.bin", "c");
  share(temporary_.path() / "plain");
  share(temporary_.path() / "own");
  settings_.options.directories[2].mesh = true;
  settings_.options.directories[2].is_private = true;
  put_file(temporary_.path() / "hidden/d.bin", "d");
  share(temporary_.path() / "hidden");
  settings_.options.directories[3] = settings_.options.directories[2];
  settings_.options.directories[3].path = temporary_.path() / "hidden";
  settings_.options.directories[3].soulseek = false;
  with_copies(expect_nothing_served);
}

/// Opens the copy, lets `change` happen, and expects the next read, find and open to notice.
Task<void> expect_change_noticed(VerifiedTest& test, VerifiedCopies& copies, void (*change)(const std::filesystem::path& file)) {
  const CopyStatus status = co_await test.settled(copies, "music\\a.bin");
  EXPECT_EQ(status.state, CopyState::Verified);
  const ContentId id = VerifiedTest::id_of(large());
  const auto opened = co_await copies.open(id);
  EXPECT_TRUE(opened);
  if (!opened) co_return;
  Bytes block(1000);
  const auto before = opened->file->read_at(0, block);
  EXPECT_TRUE(before);
  change(test.music_folder() / "a.bin");
  const auto after = opened->file->read_at(1000, block);
  EXPECT_FALSE(after);
  if (!after) EXPECT_EQ(after.error().code, Errc::Conflict);
  co_await test.withdrawn(copies, id);
  const auto again = co_await copies.open(id);
  EXPECT_EQ(again.error().code, Errc::NotFound);
}

void write_into(const std::filesystem::path& file) {
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(10);
  out.write("changed", 7);
}
void replace_by_link(const std::filesystem::path& file) {
  const auto elsewhere = file.parent_path().parent_path() / "elsewhere.bin";
  std::filesystem::rename(file, elsewhere);
  std::filesystem::create_symlink(elsewhere, file);
}
void replace_whole(const std::filesystem::path& file) {
  const auto fresh = file.parent_path().parent_path() / "fresh.bin";
  put_file(fresh, some_bytes(large().size(), 9));
  std::filesystem::rename(fresh, file);
}
void remove_it(const std::filesystem::path& file) { std::filesystem::remove(file); }

Task<void> notice_write(VerifiedTest& test, Shares&, VerifiedCopies& copies) { return expect_change_noticed(test, copies, write_into); }
Task<void> notice_link(VerifiedTest& test, Shares&, VerifiedCopies& copies) { return expect_change_noticed(test, copies, replace_by_link); }
Task<void> notice_other(VerifiedTest& test, Shares&, VerifiedCopies& copies) { return expect_change_noticed(test, copies, replace_whole); }
Task<void> notice_removal(VerifiedTest& test, Shares&, VerifiedCopies& copies) { return expect_change_noticed(test, copies, remove_it); }

TEST_F(VerifiedTest, NoticesAWriteIntoAnOpenCopy) {
  put_file(music() / "a.bin", large());
  with_copies(notice_write);
}
TEST_F(VerifiedTest, NoticesASymbolicLinkSwappedInMidRead) {
  put_file(music() / "a.bin", large());
  with_copies(notice_link);
}
TEST_F(VerifiedTest, NoticesAnotherFileUnderTheName) {
  put_file(music() / "a.bin", large());
  with_copies(notice_other);
}
TEST_F(VerifiedTest, NoticesThatTheFileIsGone) {
  put_file(music() / "a.bin", large());
  with_copies(notice_removal);
}

Task<void> reads_changed_file_again(VerifiedTest& test, Shares& shares, VerifiedCopies& copies) {
  const CopyStatus first = co_await test.settled(copies, "music\\a.bin");
  EXPECT_EQ(first.state, CopyState::Verified);
  put_file(test.music_folder() / "a.bin", "other content");
  const Status scan = shares.start_scan(false);
  EXPECT_TRUE(scan);
  co_await test.scan_ended(shares);
  EXPECT_FALSE(copies.find(VerifiedTest::id_of(large()))) << "the size alone tells, before anything is read";
  co_await test.served(copies, VerifiedTest::id_of(bytes_of("other content")));
  std::filesystem::remove(test.music_folder() / "a.bin");
  const Status again = shares.start_scan(false);
  EXPECT_TRUE(again);
  co_await test.withdrawn(copies, VerifiedTest::id_of(bytes_of("other content")));
}

TEST_F(VerifiedTest, FollowsTheSharesAsTheyChange) {
  put_file(music() / "a.bin", large());
  with_copies(reads_changed_file_again);
}

Task<void> verify_and_mark(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  for (const char* path : {"music\\a.bin", "music\\sub\\b.bin"}) {
    const CopyStatus status = co_await test.settled(copies, path);
    EXPECT_EQ(status.state, CopyState::Verified);
  }
  const Status file = co_await copies.set_private("music\\a.bin", true);
  EXPECT_TRUE(file);
  EXPECT_FALSE(copies.find(VerifiedTest::id_of(large())));
  const Status folder = co_await copies.set_private("music\\sub", true);
  EXPECT_TRUE(folder);
  EXPECT_TRUE(copies.served().empty());
  const auto status = co_await copies.status_of("music\\sub\\b.bin");
  EXPECT_EQ(status->state, CopyState::Private);
  const Status wrong = co_await copies.set_private("music\\nowhere", true);
  EXPECT_EQ(wrong.error().code, Errc::NotFound);
}

Task<void> still_private(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  EXPECT_EQ(copies.private_paths(), (std::vector<std::string>{"music\\a.bin", "music\\sub"}));
  const Status freed = co_await copies.set_private("music\\sub", false);
  EXPECT_TRUE(freed);
  // Known from the run before: only looked at, not read.
  const CopyStatus status = co_await test.settled(copies, "music\\sub\\b.bin");
  EXPECT_EQ(status.state, CopyState::Verified);
  EXPECT_TRUE(copies.find(VerifiedTest::id_of(bytes_of("b"))));
  EXPECT_FALSE(copies.find(VerifiedTest::id_of(large())));
}

/// Our own counters tell refusals apart by this (security rule S13).
Task<void> tell_why(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  const ContentId a = VerifiedTest::id_of(bytes_of("first"));
  const ContentId b = VerifiedTest::id_of(bytes_of("second"));
  co_await test.served(copies, a);
  co_await test.served(copies, b);
  copies.pause(true);
  EXPECT_EQ(copies.state_of(a), CopyState::Verified);
  EXPECT_EQ(copies.state_of(VerifiedTest::id_of(bytes_of("never seen"))), CopyState::NotShared);
  const auto opened = co_await copies.open(a);
  put_file(test.music_folder() / "a.bin", "another");
  const auto again = co_await copies.open(a);
  EXPECT_FALSE(again);
  EXPECT_EQ(copies.state_of(a), CopyState::Changed);
  const Status marked = co_await copies.set_private("music\\b.bin", true);
  EXPECT_TRUE(marked);
  EXPECT_EQ(copies.state_of(b), CopyState::Private);
  const Status freed = co_await copies.set_private("music\\b.bin", false);
  EXPECT_TRUE(freed);
  EXPECT_EQ(copies.state_of(b), CopyState::Verified);
}

TEST_F(VerifiedTest, TellsWhyAContentIsNotServed) {
  put_file(music() / "a.bin", "first");
  put_file(music() / "b.bin", "second");
  with_copies(tell_why);
}

TEST_F(VerifiedTest, KeepsPrivateFilesAndFoldersPrivateAcrossARestart) {
  put_file(music() / "a.bin", large());
  put_file(music() / "sub/b.bin", "b");
  with_copies(verify_and_mark);
  verified_.enabled = false;  // nothing is read in the second run
  with_copies(still_private);
}

Task<void> served_without_reading(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  const CopyStatus known = co_await test.settled(copies, "music\\a.bin");
  EXPECT_EQ(known.state, CopyState::Verified);
  const auto manifest = co_await copies.manifest(VerifiedTest::id_of(large()));
  EXPECT_TRUE(manifest);
  const auto touched = co_await copies.status_of("music\\b.bin");
  EXPECT_EQ(touched->state, CopyState::Waiting) << "written to since, so it has to be read again";
  EXPECT_FALSE(copies.find(VerifiedTest::id_of(bytes_of("b"))));
}

Task<void> verify_both(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  for (const char* path : {"music\\a.bin", "music\\b.bin"}) {
    const CopyStatus status = co_await test.settled(copies, path);
    EXPECT_EQ(status.state, CopyState::Verified);
  }
}

TEST_F(VerifiedTest, KeepsResultsByStampAcrossARestart) {
  put_file(music() / "a.bin", large());
  put_file(music() / "b.bin", "b");
  with_copies(verify_both);
  put_file(music() / "b.bin", "B");
  verified_.enabled = false;
  with_copies(served_without_reading);
}

Task<void> paused_and_slow(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  copies.pause(true);
  EXPECT_TRUE(copies.progress().paused);
  const auto waiting = co_await copies.status_of("music\\a.bin");
  EXPECT_NE(waiting->state, CopyState::Verified);
  copies.pause(false);
  const MonoTime begin = test.clock_->now();
  const CopyStatus status = co_await test.settled(copies, "music\\a.bin");
  EXPECT_EQ(status.state, CopyState::Verified);
  EXPECT_GE(test.clock_->now() - begin, std::chrono::milliseconds(400)) << "1 MB at 2 MB/s";
}

TEST_F(VerifiedTest, ReadsNoFasterThanTold) {
  put_file(music() / "a.bin", large());
  verified_.bytes_per_second = 2'000'000;
  with_copies(paused_and_slow);
}

/// Until the file is being read and some of it was.
Task<void> being_read(VerifiedTest& test, VerifiedCopies& copies) {
  const MonoTime deadline = test.clock_->now() + std::chrono::seconds(30);
  while (copies.progress().bytes_done == 0 && test.clock_->now() < deadline) co_await test.clock_->sleep_for(std::chrono::milliseconds(5));
  EXPECT_GT(copies.progress().bytes_done, 0U);
}

Task<void> changes_while_read(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  co_await being_read(test, copies);
  copies.pause(true);
  write_into(test.music_folder() / "a.bin");
  VerifiedSettings quick = test.verified_;
  quick.bytes_per_second = 0;
  copies.configure(quick);
  copies.pause(false);
  const CopyStatus status = co_await test.settled(copies, "music\\a.bin");
  EXPECT_EQ(status.state, CopyState::Changed) << status.reason;
  EXPECT_FALSE(status.id);
  EXPECT_TRUE(copies.served().empty());
  EXPECT_EQ(copies.progress().refused, 1U);
}

TEST_F(VerifiedTest, RefusesAFileThatChangesWhileItIsRead) {
  put_file(music() / "a.bin", some_bytes(8'000'000, 1));
  verified_.bytes_per_second = 200'000;  // 40 seconds
  with_copies(changes_while_read);
}

Task<void> paused_halfway(VerifiedTest& test, Shares&, VerifiedCopies& copies) {
  co_await being_read(test, copies);
  copies.pause(true);
  EXPECT_FALSE(copies.progress().running);
  const auto status = co_await copies.status_of("music\\a.bin");
  EXPECT_EQ(status->state, CopyState::Working);
}

TEST_F(VerifiedTest, EndsAtOnceWhilePausedHalfwayThroughAFile) {
  put_file(music() / "a.bin", some_bytes(8'000'000, 1));
  verified_.bytes_per_second = 200'000;  // 40 seconds
  with_copies(paused_halfway);
}

/// Nice values of this process's threads.
std::vector<long> nice_values() {
  std::vector<long> out;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::ifstream in(thread.path() / "stat");
    const std::string line{std::istreambuf_iterator<char>(in), {}};
    std::istringstream fields(line.substr(std::min(line.size(), line.rfind(')') + 2)));
    std::string field;
    for (int i = 0; i < 17; ++i) fields >> field;  // state is the third field of the line, nice the nineteenth
    out.push_back(std::strtol(field.c_str(), nullptr, 10));
  }
  return out;
}

Task<void> look_at_threads(VerifiedTest&, Shares&, VerifiedCopies&) {
  const std::vector<long> values = nice_values();
  EXPECT_EQ(std::count(values.begin(), values.end(), 19), 1) << "the reader, and nobody else";
  co_return;
}

TEST_F(VerifiedTest, ReadsOnAThreadThatYieldsToAllOthers) {
  put_file(music() / "a.bin", "a");
  with_copies(look_at_threads);
}

Task<void> disk_goes_and_comes(VerifiedTest& test, Shares& shares, VerifiedCopies& copies) {
  const CopyStatus status = co_await test.settled(copies, "music\\a.bin");
  EXPECT_EQ(status.state, CopyState::Verified);
  const ContentId id = VerifiedTest::id_of(large());
  const auto away = test.temporary_.path() / "unmounted";
  std::filesystem::rename(test.music_folder(), away);
  const auto opened = co_await copies.open(id);
  EXPECT_FALSE(opened);
  const Status scan = shares.start_scan(false);
  EXPECT_TRUE(scan);
  co_await test.withdrawn(copies, id);
  co_await test.scan_ended(shares);
  // Once the look at the empty shares is over, nothing may be read any more: what comes back is known.
  const MonoTime deadline = test.clock_->now() + std::chrono::seconds(30);
  while (copies.progress().files_total > 0 && test.clock_->now() < deadline) co_await test.clock_->sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(copies.progress().files_total, 0U);
  copies.pause(true);
  std::filesystem::rename(away, test.music_folder());
  const Status again = shares.start_scan(false);
  EXPECT_TRUE(again);
  co_await test.served(copies, id);
}

TEST_F(VerifiedTest, KnowsTheFilesOfADiskThatWasAwayForAWhile) {
  put_file(music() / "a.bin", large());
  with_copies(disk_goes_and_comes);
}

Task<void> share_made_private(VerifiedTest& test, Shares& shares, VerifiedCopies& copies) {
  const CopyStatus status = co_await test.settled(copies, "music\\a.bin");
  EXPECT_EQ(status.state, CopyState::Verified);
  ShareOptions options = test.settings_.options;
  options.directories[0].is_private = true;
  const Status changed = shares.configure(options);
  EXPECT_TRUE(changed);
  EXPECT_FALSE(copies.find(VerifiedTest::id_of(large()))) << "before anything was scanned again";
  EXPECT_TRUE(copies.served().empty());
  const auto now = co_await copies.status_of("music\\a.bin");
  EXPECT_EQ(now->state, CopyState::Private);
}

TEST_F(VerifiedTest, KeepsAShareBackFromTheMomentItIsPrivate) {
  put_file(music() / "a.bin", large());
  with_copies(share_made_private);
}

TEST(HashFile, TellsWhatItReadAndWhyItCouldNot) {
  const TemporaryFolder folder;
  put_file(folder.path() / "a.bin", large());
  const auto manifest = hash_file(folder.path() / "a.bin");
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->id, VerifiedTest::id_of(large()));
  EXPECT_TRUE(manifest->check());
  EXPECT_EQ(hash_file(folder.path() / "none").error().code, Errc::NotFound);
  EXPECT_EQ(hash_file(folder.path()).error().code, Errc::Io);
  ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(hash_file(folder.path() / "pipe").error().code, Errc::Io) << "and does not wait for a writer";
}

}  // namespace
}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// The media child's walls, and what a file costs that breaks its parser.
#include "media_pool.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include <csignal>
#include <map>

#include "share_fixture.hpp"

namespace soulfabric::library {
namespace {

const std::filesystem::path kPrograms = SF_BINARY_DIR;
const std::filesystem::path kDouble = kPrograms / "tests/soulfabric-media-double";
const std::filesystem::path kProbe = kPrograms / "tests/soulfabric-media-probe";

int run_probe(const std::string& what) {
  std::string program = kProbe.string();
  std::string word = what;
  char* words[] = {program.data(), word.data(), nullptr};
  char* environment[] = {nullptr};
  pid_t pid = -1;
  if (::posix_spawn(&pid, program.c_str(), nullptr, nullptr, words, environment) != 0) return -1;
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

TEST(MediaSandbox, LetsAProcessThatDoesNothingEndInPeace) {
  const int status = run_probe("nothing");
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(MediaSandbox, EndsAProcessThatOpensConnectsForksOrMore) {
  for (const char* what : {"open", "socket", "fork", "exec", "ptrace", "limits", "write", "sendto", "code"}) {
    const int status = run_probe(what);
    EXPECT_TRUE(WIFSIGNALED(status)) << what;
    EXPECT_EQ(WTERMSIG(status), SIGSYS) << what;
  }
}

TEST(MediaSandbox, RefusesMemoryBeyondItsLimit) {
  const int status = run_probe("memory");
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

/// Files of a folder, in order.
class Files final : public MediaSource {
 public:
  explicit Files(std::vector<std::filesystem::path> paths) : paths_(std::move(paths)) {}
  std::optional<MediaJob> next() override {
    if (at_ == paths_.size()) return std::nullopt;
    const auto& path = paths_[at_];
    return MediaJob{at_++, UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)), std::filesystem::file_size(path), path.extension().string().substr(1)};
  }
  void done(std::uint64_t key, ByteView packed) override { results[key] = !packed.empty(); }
  std::map<std::uint64_t, bool> results;  // whether the file was understood

 private:
  std::vector<std::filesystem::path> paths_;
  std::size_t at_ = 0;
};

class MediaPoolTest : public ::testing::Test {
 protected:
  std::vector<std::filesystem::path> make_files(int count, const std::map<int, std::string>& bad) {
    const Bytes good = testing::make_flac({44'100, 1, 16, 0.2});
    std::vector<std::filesystem::path> paths;
    for (int i = 0; i < count; ++i) {
      paths.push_back(temporary_.path() / (std::to_string(i) + ".flac"));
      const auto found = bad.find(i);
      put_file(paths.back(), found == bad.end() ? ByteView(good) : bytes_of(found->second));
    }
    return paths;
  }
  TemporaryFolder temporary_;
  SystemClock clock_;
  std::atomic<bool> stop_ = false;
};

TEST_F(MediaPoolTest, ReadsEveryFileOnce) {
  MediaPool pool({kPrograms / "soulfabric-media", 2, 16}, clock_);
  Files files(make_files(100, {{7, "no audio at all"}}));
  ASSERT_TRUE(pool.run(files, stop_));
  ASSERT_EQ(files.results.size(), 100U);
  for (const auto& [key, known] : files.results) EXPECT_EQ(known, key != 7) << key;
  EXPECT_EQ(pool.files_sent(), 100U);
  EXPECT_EQ(pool.children_lost(), 0U);
}

TEST_F(MediaPoolTest, LosesOnlyTheFilesThatCrashTheParser) {
  MediaPool pool({kDouble, 2, 16}, clock_);
  Files files(make_files(100, {{0, "!crash"}, {20, "!crash"}, {21, "!crash"}, {99, "!crash"}}));
  ASSERT_TRUE(pool.run(files, stop_));
  ASSERT_EQ(files.results.size(), 100U);
  for (const auto& [key, known] : files.results) EXPECT_EQ(known, key != 0 && key != 20 && key != 21 && key != 99) << key;
  EXPECT_GE(pool.children_lost(), 4U);
}

TEST_F(MediaPoolTest, GivesUpAFileThatHangsTheParser) {
  MediaPoolOptions options{kDouble, 1, 8};
  options.batch_wait = std::chrono::milliseconds(500);
  options.single_wait = std::chrono::milliseconds(500);
  MediaPool pool(options, clock_);
  Files files(make_files(20, {{9, "!hang"}}));
  ASSERT_TRUE(pool.run(files, stop_));
  ASSERT_EQ(files.results.size(), 20U);
  EXPECT_FALSE(files.results[9]);
  EXPECT_TRUE(files.results[8]);
  EXPECT_TRUE(files.results[10]);
}

TEST_F(MediaPoolTest, ReplacesAChildThatReadEnough) {
  MediaPoolOptions options{kPrograms / "soulfabric-media", 1, 4};
  options.files_per_child = 10;
  MediaPool pool(options, clock_);
  Files files(make_files(35, {}));
  ASSERT_TRUE(pool.run(files, stop_));
  EXPECT_EQ(files.results.size(), 35U);
  EXPECT_EQ(pool.children_lost(), 0U);
}

TEST_F(MediaPoolTest, EndsWhenTold) {
  MediaPool pool({kPrograms / "soulfabric-media", 1, 4}, clock_);
  Files files(make_files(5, {}));
  stop_ = true;
  const Status result = pool.run(files, stop_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::Cancelled);
}

TEST_F(MediaPoolTest, SaysWhichProgramIsMissing) {
  MediaPool pool({"/nowhere/soulfabric-media", 1, 4}, clock_);
  Files files(make_files(1, {}));
  const Status result = pool.run(files, stop_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::Unavailable);
  EXPECT_NE(result.error().message.find("/nowhere/soulfabric-media"), std::string::npos);
}

TEST_F(MediaPoolTest, BlamesNoFileWhenTheChildNeverGetsReady) {
  MediaPool pool({"/bin/true", 2, 4}, clock_);
  Files files(make_files(3, {}));
  const Status result = pool.run(files, stop_);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Errc::Unavailable);
  EXPECT_TRUE(files.results.empty());
}

TEST(MediaFrames, CarryWhatWasPutIn) {
  MediaRequest request{7, {{123, "mp3"}, {1ULL << 40, "flac"}}};
  EXPECT_EQ(decode_media_request(encode(request)), request);
  MediaInfo info;
  info.known = true;
  info.attributes = {320, 200, true, 44'100, std::nullopt};
  info.tags.title = "x";
  info.tags.recording_id = "11111111-2222-4333-8444-555555555555";
  const Bytes frame = encode_answer(8, {info, MediaInfo{}});
  const auto answer = decode_media_answer(frame);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->batch, 8U);
  ASSERT_EQ(answer->items.size(), 2U);
  EXPECT_TRUE(answer->items[0].known);
  EXPECT_EQ(unpack_attributes(answer->items[0].packed), info.attributes);
  EXPECT_EQ(unpack_tags(answer->items[0].packed), info.tags);
  EXPECT_FALSE(answer->items[1].known);
}

TEST(MediaFrames, RefuseEveryCutAndEveryExcess) {
  MediaInfo info;
  info.known = true;
  info.attributes.bitrate_kbps = 320;
  info.tags.title = "title";
  Bytes frame = encode_answer(1, {info, info});
  for (std::size_t n = 0; n < frame.size(); ++n) EXPECT_FALSE(decode_media_answer(ByteView(frame).first(n))) << n;
  frame.push_back(0);
  EXPECT_FALSE(decode_media_answer(frame));
  EXPECT_FALSE(decode_media_answer(encode_answer(1, {})));
  EXPECT_FALSE(decode_media_answer(encode_answer(1, std::vector<MediaInfo>(kMaxMediaBatch + 1))));
}

TEST(MediaFrames, DropAbsurdNumbersForgedIdsAndEndlessText) {
  MediaInfo info;
  info.known = true;
  info.attributes.bitrate_kbps = 4'000'000'000U;
  info.attributes.duration_s = 0;
  info.tags.release_id = "../../../../etc/passwd";
  info.tags.title.assign(kMaxTagBytes + 1, 'x');
  Bytes packed;
  pack(info, packed);
  EXPECT_TRUE(is_packed(packed));
  EXPECT_EQ(unpack_attributes(packed), AudioAttributes{});
  EXPECT_EQ(unpack_tags(packed), MediaTags{});
}

TEST(MediaFrames, RefuseWhatAnHonestChildNeverSays) {
  // A depth of 65 bits; a text of no length; a mark that means nothing.
  for (const Bytes& packed : {Bytes{8, 65, 0}, Bytes{0, 1, 0}, Bytes{64, 0}, Bytes{1, 0, 0}}) EXPECT_FALSE(is_packed(packed));
  EXPECT_TRUE(is_packed(Bytes{8, 64, 0}));
}

}  // namespace
}  // namespace soulfabric::library

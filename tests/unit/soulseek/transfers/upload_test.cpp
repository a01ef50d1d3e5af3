// SPDX-License-Identifier: GPL-3.0-or-later
// Uploads against downloaders that misbehave, vanish or change their mind: each ends in one clear state.
#include <poll.h>

#include "world.hpp"

namespace soulfabric::soulseek::testing {
namespace {

using soulfabric::testing::run_task;
namespace peer = wire::peer;
constexpr auto kPath = "m\\album\\song.mp3";
constexpr auto kLater = std::chrono::seconds(10);

/// What a scripted downloader does once the file connection is there; returns when it has closed it.
using Script = Task<void> (*)(World&, Node&, Actor&, FileConnection);

struct Case {
  const char* name;
  std::size_t size;
  Script script;
  const char* state;
  const char* words;  // part of the sentence; empty: none
};

Task<std::string> read_until_end(World& world, net::ByteStream& stream, std::size_t most) {
  std::string all;
  Bytes block(4096);
  while (all.size() < most) {
    const auto want = MutableByteView(block).first(std::min(block.size(), most - all.size()));
    const auto got = co_await stream.read_some(want, world.clock.now() + kLater);
    if (!got) break;
    all += text_of(ByteView(block).first(*got));
  }
  co_return all;
}

Task<void> ask_from(World& world, net::ByteStream& stream, std::uint64_t offset) {
  Bytes token(4);
  const Status got = co_await net::read_exactly(stream, token, world.clock.now() + kLater);
  EXPECT_TRUE(got);
  const Bytes bytes = wire::encode(wire::file::TransferOffset{offset});
  const Status sent = co_await stream.write(bytes, world.clock.now() + kLater);
  EXPECT_TRUE(sent);
}

Task<void> take_all(World& world, Node&, Actor&, FileConnection c) {
  co_await ask_from(world, *c.stream, 0);
  const std::string got = co_await read_until_end(world, *c.stream, 300'000);
  EXPECT_TRUE(got == pattern_bytes(300'000));
}
Task<void> take_tail(World& world, Node&, Actor&, FileConnection c) {
  co_await ask_from(world, *c.stream, 299'990);
  const std::string got = co_await read_until_end(world, *c.stream, 10);
  EXPECT_TRUE(got == pattern_bytes(300'000).substr(299'990));
}
Task<void> has_it_all(World& world, Node&, Actor&, FileConnection c) { co_await ask_from(world, *c.stream, 300'000); }
Task<void> beyond_the_end(World& world, Node&, Actor&, FileConnection c) {
  co_await ask_from(world, *c.stream, 300'001);
  co_await read_until_end(world, *c.stream, 1);
}
Task<void> minus_one(World& world, Node&, Actor&, FileConnection c) {
  co_await ask_from(world, *c.stream, UINT64_MAX);
  co_await read_until_end(world, *c.stream, 1);
}
Task<void> leaves_before_offset(World&, Node&, Actor&, FileConnection c) {
  c.stream->close();
  co_return;
}
Task<void> never_says_where(World& world, Node& bob, Actor&, FileConnection c) {
  co_await bob.until_upload();
  EXPECT_TRUE(c.stream->is_open());
  static_cast<void>(world);
}
Task<void> leaves_half_way(World& world, Node&, Actor&, FileConnection c) {
  co_await ask_from(world, *c.stream, 0);
  co_await read_until_end(world, *c.stream, 20'000);
}
Task<void> takes_nothing(World& world, Node& bob, Actor&, FileConnection c) {
  co_await ask_from(world, *c.stream, 0);
  co_await bob.until_upload();
}
Task<void> never_closes(World& world, Node& bob, Actor&, FileConnection c) {
  co_await ask_from(world, *c.stream, 0);
  co_await read_until_end(world, *c.stream, 300'000);
  co_await bob.until_upload();
}
Task<void> file_is_cut(World& world, Node& bob, Actor&, FileConnection c) {
  fs::resize_file(bob.shares.files.at(kPath), 1000);
  co_await ask_from(world, *c.stream, 0);
  co_await read_until_end(world, *c.stream, 3'000'000);
}
Task<void> file_grows(World& world, Node& bob, Actor&, FileConnection c) {
  co_await ask_from(world, *c.stream, 0);
  co_await read_until_end(world, *c.stream, 100'000);
  std::ofstream(bob.shares.files.at(kPath), std::ios::app) << "more";
  co_await read_until_end(world, *c.stream, 3'000'000);
}
Task<void> we_cancel(World& world, Node& bob, Actor& carol, FileConnection c) {
  co_await ask_from(world, *c.stream, 0);
  co_await read_until_end(world, *c.stream, 10'000);
  EXPECT_TRUE(bob.service->cancel(bob.service->list(Direction::Upload, false).back().id, false));
  const auto denied = co_await carol.next<peer::UploadDenied>();
  EXPECT_EQ(denied.reason, "Cancelled");
}

const Case kCases[] = {
    {"TakesAll", 300'000, take_all, "Completed, Succeeded", ""},
    {"TakesTheTail", 300'000, take_tail, "Completed, Succeeded", ""},
    {"HasItAll", 300'000, has_it_all, "Completed, Succeeded", ""},
    {"AsksBeyondTheEnd", 300'000, beyond_the_end, "Completed, Errored", "behind the end"},
    {"AsksFromMinusOne", 300'000, minus_one, "Completed, Errored", "behind the end"},
    {"LeavesBeforeTheOffset", 300'000, leaves_before_offset, "Completed, Errored", "did not say where to start"},
    {"NeverSaysWhereToStart", 300'000, never_says_where, "Completed, TimedOut", "did not say where to start"},
    {"LeavesHalfWay", 3'000'000, leaves_half_way, "Completed, Errored", "broke off"},
    {"TakesNothing", 3'000'000, takes_nothing, "Completed, TimedOut", "took nothing"},
    {"NeverCloses", 300'000, never_closes, "Completed, TimedOut", "did not confirm"},
    {"FileIsCut", 3'000'000, file_is_cut, "Completed, Errored", "changed while"},
    {"FileGrows", 3'000'000, file_grows, "Completed, Errored", "changed while"},
    {"IsCancelledByUs", 3'000'000, we_cancel, "Completed, Cancelled", ""},
};

Task<void> play(World& world, const Case& c) {
  Node bob(world.net, "bob", world.folder.path() / "bob");
  Actor carol(world.net, "carol");
  bob.share(kPath, pattern_bytes(c.size));
  co_await bob.start();
  carol.tell("bob", peer::QueueUpload{kPath});
  const auto offer = co_await carol.next<peer::TransferRequest>();
  EXPECT_EQ(offer.size, c.size);
  carol.tell("bob", peer::TransferResponse{offer.token, true, std::nullopt, ""});
  FileConnection connection = co_await carol.next_connection();
  co_await c.script(world, bob, carol, std::move(connection));
  const Transfer up = co_await bob.until_upload();
  EXPECT_EQ(to_string(up.state), c.state);
  EXPECT_NE(up.exception.value_or("").find(c.words), std::string::npos) << up.exception.value_or("");
  EXPECT_EQ(up.exception.has_value(), c.words[0] != 0) << up.exception.value_or("");
  EXPECT_EQ(bob.service->upload_load().used, 0U);
  EXPECT_TRUE(bob.server.watched.empty());
  co_await bob.stop();
}

class Downloader : public ::testing::TestWithParam<Case> {};
TEST_P(Downloader, EndsTheUploadInAClearState) {
  World world;
  run_task(world.context, play(world, GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Scripts, Downloader, ::testing::ValuesIn(kCases), [](const auto& info) { return std::string(info.param.name); });

// ---- before the file connection -----------------------------------------------------------------------------------

struct AnswerCase {
  const char* name;
  const char* reason;
  const char* state;
};
const AnswerCase kAnswers[] = {
    {"Cancelled", "Cancelled", "Completed, Cancelled"},
    {"Complete", "Complete", "Completed, Succeeded"},
    {"SomethingElse", "I do not like it", "Completed, Rejected"},
    {"Silence", nullptr, "Completed, TimedOut"},
};

Task<void> answer(World& world, const AnswerCase& c) {
  Node bob(world.net, "bob", world.folder.path() / "bob");
  Actor carol(world.net, "carol");
  bob.share(kPath, "hello");
  co_await bob.start();
  carol.tell("bob", peer::QueueUpload{kPath});
  const auto offer = co_await carol.next<peer::TransferRequest>();
  if (c.reason != nullptr) carol.tell("bob", peer::TransferResponse{offer.token, false, std::nullopt, c.reason});
  const Transfer up = co_await bob.until_upload();
  EXPECT_EQ(to_string(up.state), c.state);
  EXPECT_TRUE(carol.connections.empty());
  co_await bob.stop();
}

class Announcement : public ::testing::TestWithParam<AnswerCase> {};
TEST_P(Announcement, RefusedOrUnansweredEndsTheUpload) {
  World world;
  run_task(world.context, answer(world, GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Answers, Announcement, ::testing::ValuesIn(kAnswers), [](const auto& info) { return std::string(info.param.name); });

Task<void> second_chance(World& world) {
  Node bob(world.net, "bob", world.folder.path() / "bob");
  Actor carol(world.net, "carol");
  bob.share(kPath, "hello");
  co_await bob.start();
  world.net.refuse_files = true;
  carol.tell("bob", peer::QueueUpload{kPath});
  const auto offer = co_await carol.next<peer::TransferRequest>();
  carol.tell("bob", peer::TransferResponse{offer.token, true, std::nullopt, ""});
  world.net.refuse_files = false;
  auto mine = world.net.connect("carol", "bob");
  Bytes hello = wire::encode(wire::file::TransferToken{offer.token});
  const Bytes offset = wire::encode(wire::file::TransferOffset{1});
  hello.insert(hello.end(), offset.begin(), offset.end());
  world.net.refuse_files = true;
  const Status sent = co_await mine->stream->write(hello, world.clock.now() + kLater);
  EXPECT_TRUE(sent);
  const std::string got = co_await read_until_end(world, *mine->stream, 4);
  EXPECT_EQ(got, "ello");
  mine->stream->close();
  const Transfer up = co_await bob.until_upload();
  EXPECT_EQ(to_string(up.state), "Completed, Succeeded") << up.exception.value_or("");
  co_await bob.stop();
}

TEST(Uploads, LetTheDownloaderConnectWhenWeCannot) {
  World world;
  run_task(world.context, second_chance(world));
}

Task<void> nobody_connects(World& world) {
  Node bob(world.net, "bob", world.folder.path() / "bob");
  Actor carol(world.net, "carol");
  bob.share(kPath, "hello");
  co_await bob.start();
  world.net.refuse_files = true;
  carol.tell("bob", peer::QueueUpload{kPath});
  const auto offer = co_await carol.next<peer::TransferRequest>();
  carol.tell("bob", peer::TransferResponse{offer.token, true, std::nullopt, ""});
  const Transfer up = co_await bob.until_upload();
  EXPECT_EQ(to_string(up.state), "Completed, TimedOut");
  co_await carol.next<peer::UploadFailed>();
  co_await bob.stop();
}

TEST(Uploads, TimeOutWhenNobodyCanConnect) {
  World world;
  run_task(world.context, nobody_connects(world));
}

Task<void> refusals(World& world) {
  TransferOptions options = quick_options();
  options.upload.slots = 0;
  options.upload.queued_files = 2;
  Node bob(world.net, "bob", world.folder.path() / "bob", options);
  Actor carol(world.net, "carol");
  for (const auto* name : {"m\\1", "m\\2", "m\\3"}) bob.share(name, "hello");
  co_await bob.start();
  carol.tell("bob", peer::QueueUpload{"m\\none"});
  auto denied = co_await carol.next<peer::UploadDenied>();
  EXPECT_EQ(denied.reason, "File not shared.");
  carol.tell("bob", peer::QueueUpload{"m\\1"});
  carol.tell("bob", peer::QueueUpload{"m\\1"});
  carol.tell("bob", peer::QueueUpload{"m\\2"});
  carol.tell("bob", peer::QueueUpload{"m\\3"});
  denied = co_await carol.next<peer::UploadDenied>();
  EXPECT_EQ(denied.path, "m\\3");
  EXPECT_EQ(denied.reason, "Too many files");
  carol.tell("bob", peer::PlaceInQueueRequest{"m\\2"});
  const auto place = co_await carol.next<peer::PlaceInQueueResponse>();
  EXPECT_EQ(place.place, 2U);
  carol.tell("bob", peer::TransferRequest{peer::TransferDirection::Download, 77, "m\\2", 0});
  auto response = co_await carol.next<peer::TransferResponse>();
  EXPECT_EQ(response.token, 77U);
  EXPECT_FALSE(response.allowed);
  EXPECT_EQ(response.reason, "Queued");
  carol.tell("bob", peer::TransferRequest{peer::TransferDirection::Download, 78, "m\\none", 0});
  response = co_await carol.next<peer::TransferResponse>();
  EXPECT_EQ(response.reason, "File not shared.");
  carol.tell("bob", peer::TransferRequest{peer::TransferDirection::Upload, 79, "virus.exe", 5});
  response = co_await carol.next<peer::TransferResponse>();
  EXPECT_EQ(response.token, 79U);
  EXPECT_EQ(response.reason, "Cancelled");
  EXPECT_EQ(bob.service->upload_load().queued, 2U);
  bob.service->cancel(bob.service->list(Direction::Upload, false).front().id, true);
  denied = co_await carol.next<peer::UploadDenied>();
  EXPECT_EQ(denied.reason, "Cancelled");
  EXPECT_EQ(bob.service->list(Direction::Upload, false).size(), 1U);
  EXPECT_TRUE(bob.guardian.ban(guard::Subject::user("carol"), std::nullopt, "test"));
  carol.tell("bob", peer::QueueUpload{"m\\3"});
  denied = co_await carol.next<peer::UploadDenied>();
  EXPECT_EQ(denied.reason, "Banned");
  co_await bob.stop();
}

TEST(Uploads, AreRefusedWithTheExactWords) {
  World world;
  run_task(world.context, refusals(world));
}

Task<void> flood(World& world) {
  Node bob(world.net, "bob", world.folder.path() / "bob");
  Actor carol(world.net, "carol");
  co_await bob.start();
  for (int i = 0; i < 20'000; ++i) {
    const Bytes frame = wire::encode(peer::QueueUpload{"m\\none" + std::to_string(i % 1000)});
    const ByteView body = ByteView(frame).subspan(8);
    bob.service->on_peer_message({"carol", {IpAddress::v4(0x7F000001), 1}, true, peer::QueueUpload::kCode, body});
  }
  EXPECT_EQ(bob.shares.lookups, 1000U);
  while (carol.got.size() < 200) co_await carol.arrived.wait(world.clock, kNever);
  EXPECT_LT(carol.got.size(), 400U);
  EXPECT_TRUE(bob.service->list(Direction::Upload, true).empty());
  co_await bob.stop();
}

TEST(Uploads, RefuseTwentyThousandBogusRequestsCheaply) {
  World world;
  run_task(world.context, flood(world));
}

/// A disk that takes half a second for each read.
class SlowFile final : public File {
 public:
  explicit SlowFile(std::string content) : content_(std::move(content)) {}
  Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
    ::poll(nullptr, 0, 500);
    const auto count = std::min<std::size_t>(out.size(), content_.size() - offset);
    std::copy_n(content_.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
    return count;
  }
  Status write_at(std::uint64_t, ByteView) override { return {}; }
  Status sync() override { return {}; }
  Status truncate(std::uint64_t) override { return {}; }
  Result<std::uint64_t> size() override { return content_.size(); }
  int descriptor() const noexcept override { return -1; }

 private:
  std::string content_;
};

Task<void> slow_disk(World& world) {
  Node bob(world.net, "bob", world.folder.path() / "bob");
  Actor carol(world.net, "carol");
  bob.share(kPath, pattern_bytes(1000));
  bob.shares.open_as = [](const fs::path& path) -> Result<std::unique_ptr<File>> { return std::make_unique<SlowFile>(read_file(path)); };
  co_await bob.start();
  carol.tell("bob", peer::QueueUpload{kPath});
  const auto offer = co_await carol.next<peer::TransferRequest>();
  carol.tell("bob", peer::TransferResponse{offer.token, true, std::nullopt, ""});
  FileConnection c = co_await carol.next_connection();
  co_await ask_from(world, *c.stream, 0);
  co_await bob.until_upload(TransferState::InProgress);
  Duration worst{};
  for (int i = 0; i < 50; ++i) {
    const auto before = world.clock.now();
    co_await world.clock.sleep_for(std::chrono::milliseconds(5));
    worst = std::max(worst, world.clock.now() - before);
  }
  EXPECT_LT(worst, std::chrono::milliseconds(250)) << "the loop waited for the disk";
  const std::string got = co_await read_until_end(world, *c.stream, 1000);
  EXPECT_TRUE(got == pattern_bytes(1000));
  c.stream->close();
  const Transfer up = co_await bob.until_upload();
  EXPECT_EQ(to_string(up.state), "Completed, Succeeded");
  co_await bob.stop();
}

TEST(Uploads, DoNotHoldUpTheLoopForASlowDisk) {
  World world;
  run_task(world.context, slow_disk(world));
}

Task<void> gone(World& world) {
  Node bob(world.net, "bob", world.folder.path() / "bob");
  Actor carol(world.net, "carol");
  bob.share(kPath, "hello");
  bob.share("m\\locked", "hello");
  fs::remove(bob.shares.files.at(kPath));
  co_await bob.start();
  carol.tell("bob", peer::QueueUpload{kPath});
  auto denied = co_await carol.next<peer::UploadDenied>();
  EXPECT_EQ(denied.reason, "File not shared.");
  Transfer up = co_await bob.until_upload();
  EXPECT_EQ(to_string(up.state), "Completed, Errored");
  bob.shares.open_as = [](const fs::path&) -> Result<std::unique_ptr<File>> { return fail(Errc::Forbidden, "we may not read it"); };
  carol.tell("bob", peer::QueueUpload{"m\\locked"});
  denied = co_await carol.next<peer::UploadDenied>();
  EXPECT_EQ(denied.reason, "File read error.");
  co_await bob.stop();
}

TEST(Uploads, OfFilesThatAreGoneOrUnreadableSaySo) {
  World world;
  run_task(world.context, gone(world));
}

Task<void> absent(World& world) {
  Node bob(world.net, "bob", world.folder.path() / "bob");
  Actor carol(world.net, "carol");
  bob.share(kPath, "hello");
  co_await bob.start();
  carol.tell("bob", peer::QueueUpload{kPath});
  world.net.seats["carol"].online = false;
  const Transfer up = co_await bob.until_upload(TransferState::Initializing);
  co_await bob.until(up.id, TransferState::Queued);
  world.net.seats["carol"].online = true;
  bob.service->on_user_status("carol", {Presence::Online, false});
  const auto offer = co_await carol.next<peer::TransferRequest>();
  EXPECT_EQ(offer.path, kPath);
  co_await bob.stop();
}

TEST(Uploads, WaitForAUserWhoWentOffline) {
  World world;
  run_task(world.context, absent(world));
}

}  // namespace
}  // namespace soulfabric::soulseek::testing

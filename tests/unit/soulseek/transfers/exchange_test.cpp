// SPDX-License-Identifier: GPL-3.0-or-later
// Two services exchange files from the request to both final rows.
#include "world.hpp"

namespace soulfabric::soulseek::testing {
namespace {

using soulfabric::testing::run_task;
constexpr auto kSucceeded = TransferState::Completed | TransferState::Succeeded;

Task<void> exchange(World& world, std::size_t size) {
  Node alice(world.net, "alice", world.folder.path() / "alice");
  Node bob(world.net, "bob", world.folder.path() / "bob");
  const std::string content = pattern_bytes(size);
  const std::string path = "music\\Album (1999)\\01 song.flac";
  bob.share(path, content);
  co_await alice.start();
  co_await bob.start();
  const std::string id = co_await alice.want("bob", path, size);
  const Transfer down = co_await alice.until(id);
  const Transfer up = co_await bob.until_upload();
  EXPECT_EQ(to_string(down.state), "Completed, Succeeded") << down.exception.value_or("");
  EXPECT_EQ(to_string(up.state), "Completed, Succeeded") << up.exception.value_or("");
  EXPECT_EQ(down.local_path.value_or(""), (alice.root / "downloads/Album (1999)/01 song.flac").string());
  EXPECT_TRUE(read_file(alice.root / "downloads/Album (1999)/01 song.flac") == content);
  EXPECT_EQ(down.bytes_transferred, size);
  EXPECT_EQ(up.bytes_transferred, size);
  EXPECT_FALSE(fs::exists(alice.root / "incomplete/bob"));
  EXPECT_EQ(bob.server.sent.size(), size > 0 ? 1U : 0U) << "the upload's speed is told to the server";
  while (alice.completed.empty()) co_await world.clock.sleep_for(std::chrono::milliseconds(1));
  EXPECT_TRUE(alice.server.watched.empty());
  EXPECT_TRUE(bob.server.watched.empty());
  const std::vector<std::string> way = {"Requested", "Queued, Locally", "Queued, Remotely", "Initializing", "InProgress", "Completed, Succeeded"};
  EXPECT_EQ(alice.states[id], way);
  co_await alice.stop();
  co_await bob.stop();
}

class Exchange : public ::testing::TestWithParam<std::size_t> {};
TEST_P(Exchange, GivesTheSameBytesAndTwoSucceededRows) {
  World world;
  run_task(world.context, exchange(world, GetParam()));
}
INSTANTIATE_TEST_SUITE_P(Sizes, Exchange, ::testing::Values(0, 1, 4096, 300'000, 3'000'000));

Task<void> resume_after_restart(World& world) {
  TransferOptions slow = quick_options();
  slow.slot_speed_limit = 4'000'000;
  auto alice = std::make_unique<Node>(world.net, "alice", world.folder.path() / "alice");
  Node bob(world.net, "bob", world.folder.path() / "bob", slow);
  const std::string content = pattern_bytes(4'000'000);
  bob.share("m\\a\\b.mp3", content);
  co_await alice->start();
  co_await bob.start();
  const std::string id = co_await alice->want("bob", "m\\a\\b.mp3", content.size());
  for (;;) {
    const Transfer now = co_await alice->until(id, TransferState::InProgress);
    if (now.bytes_transferred > 1'500'000) break;
    co_await alice->changed.wait(world.clock, kNever);
  }
  co_await alice->stop();
  alice.reset();
  Node again(world.net, "alice", world.folder.path() / "alice");
  co_await again.start();
  const Transfer down = co_await again.until(id);
  EXPECT_EQ(down.state, kSucceeded) << down.exception.value_or("");
  EXPECT_GT(down.start_offset, 1'000'000U);
  EXPECT_TRUE(read_file(again.root / "downloads/a/b.mp3") == content);
  co_await again.stop();
  co_await bob.stop();
}

TEST(Downloads, ResumeAfterARestartWhereTheyStopped) {
  World world;
  run_task(world.context, resume_after_restart(world));
}

Task<void> queue_survives(World& world) {
  TransferOptions closed = quick_options();
  closed.upload.slots = 0;
  auto bob = std::make_unique<Node>(world.net, "bob", world.folder.path() / "bob", closed);
  Actor carol(world.net, "carol");
  bob->share("m\\a\\b.mp3", "hello");
  co_await bob->start();
  carol.tell("bob", wire::peer::QueueUpload{"m\\a\\b.mp3"});
  const Transfer up = co_await bob->until_upload(TransferState::Queued);
  EXPECT_EQ(to_string(up.state), "Queued, Locally");
  co_await bob->stop();
  bob.reset();
  Node again(world.net, "bob", world.folder.path() / "bob");
  again.share("m\\a\\b.mp3", "hello");
  co_await again.start();
  const auto offer = co_await carol.next<wire::peer::TransferRequest>();
  EXPECT_EQ(offer.path, "m\\a\\b.mp3");
  EXPECT_EQ(offer.size, 5U);
  EXPECT_EQ(again.server.watched.count("carol"), 1U);
  co_await again.stop();
}

TEST(Uploads, QueueSurvivesARestart) {
  World world;
  run_task(world.context, queue_survives(world));
}

Task<void> batch_kept(World& world) {
  auto alice = std::make_unique<Node>(world.net, "alice", world.folder.path() / "alice");
  co_await alice->start();
  DownloadRequest request;
  request.username = "bob";
  request.files.push_back({"m\\a\\b.mp3", 5});
  request.batch_id = "11111111-2222-4333-8444-555555555555";
  request.options.destination = "lidarr/7/Artist - Album";
  request.options.external_id = "e1";
  const std::string id = *request.batch_id;
  const auto asked = co_await alice->service->enqueue(std::move(request), guard::Origin::UserLocal);
  EXPECT_TRUE(asked);
  co_await alice->stop();
  alice.reset();
  Node again(world.net, "alice", world.folder.path() / "alice");
  co_await again.start();
  const auto batch = co_await again.service->batch(id);
  EXPECT_TRUE(batch);
  if (batch) {
    EXPECT_EQ(batch->username, "bob");
    EXPECT_EQ(batch->options.destination, "lidarr/7/Artist - Album");
    EXPECT_EQ(batch->options.external_id, "e1");
    EXPECT_FALSE(batch->search_id);
  }
  const auto unknown = co_await again.service->batch("22222222-2222-4333-8444-555555555555");
  EXPECT_FALSE(unknown);
  co_await again.stop();
}

TEST(Downloads, KeepWhatABatchWasAskedWith) {
  World world;
  run_task(world.context, batch_kept(world));
}

Task<void> clash(World& world) {
  Node alice(world.net, "alice", world.folder.path() / "alice");
  Node bob(world.net, "bob", world.folder.path() / "bob");
  bob.share("m\\a\\b.mp3", "hello");
  write_file(alice.root / "downloads/a/b.mp3", "something else");
  co_await alice.start();
  co_await bob.start();
  const std::string id = co_await alice.want("bob", "m\\a\\b.mp3", 5);
  const Transfer down = co_await alice.until(id);
  EXPECT_EQ(down.state, kSucceeded);
  EXPECT_EQ(read_file(alice.root / "downloads/a/b.mp3"), "something else");
  const std::string leaf = fs::path(down.local_path.value_or("")).filename().string();
  EXPECT_TRUE(leaf.starts_with("b_6") && leaf.ends_with(".mp3")) << leaf;
  EXPECT_EQ(leaf.size(), std::string("b_.mp3").size() + 18);
  EXPECT_EQ(read_file(down.local_path.value_or("")), "hello");
  // The same file asked for again hides the old row.
  const std::string second = co_await alice.want("bob", "m\\a\\b.mp3", 5);
  co_await alice.until(second);
  EXPECT_EQ(alice.service->list(Direction::Download, false).size(), 1U);
  EXPECT_EQ(alice.service->list(Direction::Download, true).size(), 2U);
  co_await alice.stop();
  co_await bob.stop();
}

TEST(Downloads, LeaveAFileOfTheSameNameAlone) {
  World world;
  run_task(world.context, clash(world));
}

}  // namespace
}  // namespace soulfabric::soulseek::testing

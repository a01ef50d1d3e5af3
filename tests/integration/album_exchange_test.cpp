// SPDX-License-Identifier: GPL-3.0-or-later
// An album goes from one client to another byte for byte: openly, with a closed port on either side, and over a restart.
#include <gtest/gtest.h>

#include <algorithm>

#include "support/run_task.hpp"
#include "support/soulseek_network.hpp"

namespace soulfabric {
namespace {

using soulseek::Direction;
using soulseek::TransferState;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::content_of;
using testing::eventually;
using testing::Peer;
using testing::write_noise;

constexpr std::size_t kTracks = 5;

struct Exchange : ::testing::Test {
  IoContext context;
  SystemIoClock clock;
  testing::TemporaryFolder folder;
  std::unique_ptr<soulseek::SoulseekServer> server;

  void SetUp() override {
    soulseek::ServerOptions options;
    options.listen.port = 0;
    options.data_dir = folder.path() / "server";
    server = std::make_unique<soulseek::SoulseekServer>(context, clock, options);
    const auto started = server->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  [[nodiscard]] std::unique_ptr<Peer> peer(const std::string& name, Options options = {}) {
    return std::make_unique<Peer>(context, clock, folder.path(), server->port(), name, std::move(options));
  }
};

Options closed() {
  Options options;
  options.soulseek.listen_ip_address = "192.0.2.1";  // RFC 5737: no address of this machine, so nothing is opened
  options.soulseek.listen_port = 2234;
  return options;
}

std::string leaf(std::size_t track) { return "0" + std::to_string(track + 1) + " track.flac"; }
std::filesystem::path original(const Peer& peer, std::size_t track) { return peer.share() / "Album (2020)" / leaf(track); }
std::filesystem::path copy(const Peer& peer, std::size_t track) { return peer.downloads() / "Album (2020)" / leaf(track); }

soulseek::DownloadRequest album(std::size_t size_step) {
  soulseek::DownloadRequest request;
  request.username = "anna";
  for (std::size_t i = 0; i < kTracks; ++i) request.files.push_back({"music\\Album (2020)\\" + leaf(i), size_step * i});
  return request;
}

bool all_succeeded(Peer& peer) {
  const auto list = peer.client().transfers().list(Direction::Download, false);
  return list.size() == kTracks && std::all_of(list.begin(), list.end(), [](const auto& t) { return has(t.state, TransferState::Succeeded); });
}

/// What both sides say, for a failed test.
std::string states(Peer& uploader, Peer& downloader) {
  std::string out;
  for (auto* peer : {&uploader, &downloader}) {
    for (const auto direction : {Direction::Download, Direction::Upload}) {
      for (const auto& t : peer->client().transfers().list(direction, true)) {
        out += "\n" + t.filename + " " + to_string(t.state) + " " + std::to_string(t.bytes_transferred) + "/" + std::to_string(t.size) + " attempts " +
               std::to_string(t.attempts) + " " + t.exception.value_or("");
      }
    }
  }
  return out;
}

void expect_equal_bytes(const Peer& from, const Peer& to) {
  for (std::size_t i = 0; i < kTracks; ++i) EXPECT_EQ(content_of(copy(to, i)), content_of(original(from, i))) << leaf(i);
}

Task<void> exchange(Exchange& net, Options uploader, Options downloader) {
  constexpr std::size_t kStep = 70'001;  // the first file is empty
  auto anna = net.peer("anna", std::move(uploader));
  auto ben = net.peer("ben", std::move(downloader));
  for (std::size_t i = 0; i < kTracks; ++i) write_noise(original(*anna, i), kStep * i, i + 1);
  co_await anna->start();
  co_await ben->start();
  const auto queued = co_await ben->client().transfers().enqueue(album(kStep), guard::Origin::UserLocal);
  EXPECT_TRUE(queued && queued->enqueued.size() == kTracks);
  const bool done = co_await eventually(net.clock, [&] { return all_succeeded(*ben); }, seconds(60));
  EXPECT_TRUE(done) << states(*anna, *ben);
  expect_equal_bytes(*anna, *ben);
  const bool told = co_await eventually(net.clock, [&] {
    const auto uploads = anna->client().transfers().list(Direction::Upload, false);
    return uploads.size() == kTracks && std::all_of(uploads.begin(), uploads.end(), [](const auto& t) { return to_string(t.state) == "Completed, Succeeded"; });
  });
  EXPECT_TRUE(told) << "the uploader's rows say the same";
  co_await ben->stop();
  co_await anna->stop();
  co_await net.server->stop();
}

TEST_F(Exchange, AlbumArrivesByteForByte) { testing::run_task(context, exchange(*this, {}, {}), seconds(90)); }
TEST_F(Exchange, AlsoWhenTheUploaderAcceptsNoConnection) { testing::run_task(context, exchange(*this, closed(), {}), seconds(90)); }
TEST_F(Exchange, AlsoWhenTheDownloaderAcceptsNoConnection) { testing::run_task(context, exchange(*this, {}, closed()), seconds(90)); }

Task<void> restart(Exchange& net, bool uploader_restarts) {
  constexpr std::size_t kStep = 600'000;
  Options slow;
  slow.transfers.groups.default_upload.speed_limit = 800;  // KiB/s: there is time to stop in the middle
  auto anna = net.peer("anna", slow);
  auto ben = net.peer("ben");
  for (std::size_t i = 0; i < kTracks; ++i) write_noise(original(*anna, i), kStep * i, i + 1);
  co_await anna->start();
  co_await ben->start();
  const auto queued = co_await ben->client().transfers().enqueue(album(kStep), guard::Origin::UserLocal);
  EXPECT_TRUE(queued);
  // The first MiB is synced, and only what is synced counts after a restart.
  const auto in_the_middle = [&] {
    const auto list = ben->client().transfers().list(Direction::Download, false);
    return std::any_of(list.begin(), list.end(), [](const auto& t) { return t.state == TransferState::InProgress && t.bytes_transferred > 1'500'000; });
  };
  const bool begun = co_await eventually(net.clock, in_the_middle);
  EXPECT_TRUE(begun);
  auto& stopped = uploader_restarts ? *anna : *ben;
  co_await stopped.stop();
  co_await stopped.start();
  const bool done = co_await eventually(net.clock, [&] { return all_succeeded(*ben); }, seconds(100));
  EXPECT_TRUE(done) << states(*anna, *ben);
  expect_equal_bytes(*anna, *ben);
  const auto list = ben->client().transfers().list(Direction::Download, false);
  EXPECT_TRUE(std::any_of(list.begin(), list.end(), [](const auto& t) { return t.start_offset > 0; })) << "one file went on where it was";
  co_await ben->stop();
  co_await anna->stop();
  co_await net.server->stop();
}

TEST_F(Exchange, GoesOnAfterTheDownloaderRestarts) { testing::run_task(context, restart(*this, false), seconds(150)); }
TEST_F(Exchange, GoesOnAfterTheUploaderRestarts) { testing::run_task(context, restart(*this, true), seconds(150)); }

Task<void> refused(Exchange& net) {
  auto anna = net.peer("anna");
  auto ben = net.peer("ben");
  write_noise(original(*anna, 1), 5000, 1);
  co_await anna->start();
  co_await ben->start();
  soulseek::DownloadRequest request;
  request.username = "anna";
  request.files = {{"music\\no such file.flac", 10}};
  const auto queued = co_await ben->client().transfers().enqueue(request, guard::Origin::UserLocal);
  EXPECT_TRUE(queued);
  const bool ended = co_await eventually(net.clock, [&] {
    const auto list = ben->client().transfers().list(Direction::Download, false);
    return list.size() == 1 && to_string(list[0].state) == "Completed, Rejected";
  });
  EXPECT_TRUE(ended);
  const auto list = ben->client().transfers().list(Direction::Download, false);
  EXPECT_TRUE(!list.empty() && list[0].exception && list[0].exception->find("not shared") != std::string::npos);
  soulseek::DownloadRequest evil;
  evil.username = "anna";
  evil.files = {{"music\\..\\..\\x.flac", 10}};
  const auto answer = co_await ben->client().transfers().enqueue(evil, guard::Origin::UserLocal);
  EXPECT_TRUE(!answer && answer.error().code == Errc::InvalidArgument);
  co_await ben->stop();
  co_await anna->stop();
  co_await net.server->stop();
}

TEST_F(Exchange, AFileThatIsNotSharedEndsRejected) { testing::run_task(context, refused(*this)); }

}  // namespace
}  // namespace soulfabric

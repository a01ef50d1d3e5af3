// SPDX-License-Identifier: GPL-3.0-or-later
// A share of generic files is for the mesh only: no Soulseek client finds it, sees it in a browse, or gets a byte of it.
#include <gtest/gtest.h>

#include "support/run_task.hpp"
#include "support/soulseek_network.hpp"

namespace soulfabric {
namespace {

using soulseek::Direction;
using soulseek::SearchOutcome;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::eventually;
using testing::Peer;
using testing::write_noise;

struct Network : ::testing::Test {
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
  [[nodiscard]] std::filesystem::path anna(const char* part) const { return folder.path() / "anna" / part; }
  /// anna shares music with both networks, papers with the mesh only, and her own folder with neither though its networks say both.
  [[nodiscard]] Options shares_of_anna() const {
    Options options;
    ShareDirectory music;
    music.path = anna("music");
    music.mesh = true;
    ShareDirectory papers;
    papers.path = anna("papers");
    papers.soulseek = false;
    papers.mesh = true;
    ShareDirectory hidden = papers;
    hidden.path = anna("hidden");
    hidden.is_private = true;
    options.shares.directories = {music, papers, hidden};
    return options;
  }
  [[nodiscard]] Task<soulseek::Search> search(Peer& from, std::string words, Duration quiet) {
    soulseek::SearchRequest request;
    request.text = std::move(words);
    request.timeout = quiet;
    const auto started = from.client().searches().start(request, guard::Origin::UserLocal);
    EXPECT_TRUE(started) << started.error().message;
    const auto id = started->id;
    co_await eventually(clock, [&] { return from.client().searches().find(id)->outcome != SearchOutcome::Running; });
    co_return *from.client().searches().find(id);
  }
};

constexpr const char* kPaper = "papers\\deep\\amber report.pdf";
constexpr std::uint64_t kPaperSize = 6'000;

Task<void> searches_find_music_only(Network& net, Peer& ben) {
  // The folder's and the file's words, and those that both shares have in common.
  const auto both = co_await net.search(ben, "amber", seconds(2));
  EXPECT_EQ(both.file_count, 1U);
  const auto responses = co_await ben.client().searches().responses(both.id, 0);
  EXPECT_TRUE(responses && responses->size() == 1 && responses->front().files.size() == 1 && responses->front().locked_files.empty());
  if (responses && !responses->empty()) EXPECT_EQ(responses->front().files.front().name, "music\\amber song.flac");
  for (const char* words : {"amber report", "papers", "deep report pdf", "hidden", "secret"}) {
    const auto found = co_await net.search(ben, words, milliseconds(500));
    EXPECT_EQ(found.response_count, 0U) << words;
    EXPECT_EQ(found.file_count + found.locked_file_count, 0U) << words;
  }
}

Task<void> browsing_shows_music_only(Network& net, Peer& ben) {
  const auto deadline = net.clock.now() + seconds(20);
  auto& users = ben.client().users();
  const auto browsed = co_await users.browse("anna", guard::Origin::UserLocal, deadline);
  EXPECT_TRUE(browsed) << browsed.error().message;
  for (const bool locked : {false, true}) {
    const auto list = co_await users.browsed_list("anna", locked, 0, 100);
    EXPECT_TRUE(list);
    if (!list) continue;
    for (const auto& folder : list->items) EXPECT_EQ(folder.path, "music");
    EXPECT_EQ(list->total, locked ? 0U : 1U);
  }
  for (const char* name : {"papers\\deep", "papers", "hidden"}) {
    const auto folder = co_await users.folder("anna", name, net.clock.now() + seconds(5));
    std::size_t files = 0;
    if (folder) {
      for (const auto& one : *folder) files += one.files.size();
    }
    EXPECT_EQ(files, 0U) << name;
  }
}

Task<void> downloads_are_refused(Network& net, Peer& anna, Peer& ben) {
  soulseek::DownloadRequest request;
  request.username = "anna";
  request.files = {{kPaper, kPaperSize}, {"papers/deep/amber report.pdf", kPaperSize}, {"hidden\\secret.txt", 100}};
  const auto queued = co_await ben.client().transfers().enqueue(request, guard::Origin::UserLocal);
  EXPECT_TRUE(queued);
  const bool ended = co_await eventually(net.clock, [&] {
    const auto list = ben.client().transfers().list(Direction::Download, false);
    return !list.empty() && std::all_of(list.begin(), list.end(), [](const auto& one) { return to_string(one.state).starts_with("Completed"); });
  });
  EXPECT_TRUE(ended);
  for (const auto& one : ben.client().transfers().list(Direction::Download, false)) {
    EXPECT_EQ(to_string(one.state), "Completed, Rejected") << one.filename;
    EXPECT_EQ(one.bytes_transferred, 0U) << one.filename;
  }
  for (const auto& one : anna.client().transfers().list(Direction::Upload, true)) EXPECT_EQ(one.bytes_transferred, 0U) << one.filename;
}

Task<void> check_all(Network& net) {
  write_noise(net.anna("music") / "amber song.flac", 5'000, 1);
  write_noise(net.anna("papers") / "deep" / "amber report.pdf", kPaperSize, 2);
  write_noise(net.anna("hidden") / "secret.txt", 100, 3);
  auto anna = std::make_unique<Peer>(net.context, net.clock, net.folder.path(), net.server->port(), "anna", net.shares_of_anna());
  auto ben = std::make_unique<Peer>(net.context, net.clock, net.folder.path(), net.server->port(), "ben", Options{});
  co_await anna->start();
  co_await ben->start();
  const auto snapshot = anna->present_shares().snapshot();
  EXPECT_TRUE(snapshot->find_file(kPaper, library::kMeshNetwork)) << "it is shared, and on the mesh";
  EXPECT_FALSE(snapshot->find_file("hidden\\secret.txt", library::kAllNetworks));
  co_await searches_find_music_only(net, *ben);
  co_await browsing_shows_music_only(net, *ben);
  co_await downloads_are_refused(net, *anna, *ben);
  co_await ben->stop();
  co_await anna->stop();
  co_await net.server->stop();
}

TEST_F(Network, ShareForTheMeshOnlyIsNeverOnSoulseek) { testing::run_task(context, check_all(*this), seconds(90)); }

}  // namespace
}  // namespace soulfabric

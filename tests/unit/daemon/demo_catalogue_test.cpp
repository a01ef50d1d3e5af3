// SPDX-License-Identifier: GPL-3.0-or-later
// The demo's stand-in for MusicBrainz: what it says fits the music on the disks, and it counts what it is asked.
#include "demo/catalogue_answers.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "demo/catalogue_origin.hpp"
#include "demo/generic_files.hpp"
#include "demo/network_plan.hpp"
#include "demo/songbook.hpp"
#include "soulfabric/base/random.hpp"
#include "support/run_task.hpp"

namespace soulfabric::daemon::demo {
namespace {

nlohmann::json json_of(const CatalogueReply& reply) { return nlohmann::json::parse(text_of(reply.body)); }

TEST(CatalogueAnswers, KnowEveryReleaseWithItsTracks) {
  for (const auto& album : songbook()) {
    const auto& tags = album.tracks.front().tags;
    const auto reply = answer_of_catalogue("/ws/2/release/" + tags.release_id + "?inc=recordings&fmt=json");
    ASSERT_EQ(reply.status, 200);
    const auto json = json_of(reply);
    EXPECT_EQ(json["id"], tags.release_id);
    EXPECT_EQ(json["title"], tags.album);
    const auto& tracks = json["media"][0]["tracks"];
    ASSERT_EQ(tracks.size(), album.tracks.size());
    for (std::size_t i = 0; i < tracks.size(); ++i) {
      EXPECT_EQ(tracks[i]["recording"]["id"], album.tracks[i].tags.recording_id);
      EXPECT_EQ(tracks[i]["length"], album.tracks[i].seconds * 1000);
    }
  }
}

TEST(CatalogueAnswers, KnowArtistsRecordingsGroupsAndCovers) {
  const auto& tags = songbook().front().tracks.front().tags;
  EXPECT_EQ(json_of(answer_of_catalogue("/ws/2/artist/" + tags.artist_id + "?fmt=json"))["name"], tags.artist);
  EXPECT_EQ(json_of(answer_of_catalogue("/ws/2/recording/" + tags.recording_id))["title"], tags.title);
  EXPECT_EQ(json_of(answer_of_catalogue("/ws/2/release-group/" + tags.release_group_id))["title"], tags.album);
  EXPECT_EQ(answer_of_catalogue("/release/" + tags.release_id + "/front-250").content_type, "image/png");
  for (const std::string& unknown : {"/ws/2/release/" + tags.artist_id, "/release/" + tags.release_id + "/front-1200", std::string("/"), std::string("/ws/2/release")})
    EXPECT_EQ(answer_of_catalogue(unknown).status, 404) << unknown;
}

TEST(DemoPlan, SpreadsOneReleaseSoThatNoNodeHasItWhole) {
  SystemRandom random;
  for (std::size_t nodes = 1; nodes <= kMostNodes; ++nodes) {
    const auto plan = make_plan("/demo", 20'000, nodes, random);
    ASSERT_TRUE(plan.has_value());
    const std::size_t tracks = songbook()[scattered_album()].tracks.size();
    std::set<std::size_t> somewhere;
    for (const auto& node : plan->nodes) {
      EXPECT_LT(node.leaves.size(), tracks) << nodes;
      somewhere.insert(node.leaves.begin(), node.leaves.end());
    }
    if (nodes >= 2) EXPECT_EQ(somewhere.size(), tracks) << nodes;
  }
}

TEST(DemoPlan, TellsToolsWhatThereIsToFetch) {
  SystemRandom random;
  const auto plan = make_plan("/demo", 20'000, 5, random);
  const auto json = nlohmann::json::parse(demo_json(*plan));
  EXPECT_EQ(json["releases"].size(), songbook().size());
  EXPECT_EQ(json["releases"][0], songbook()[scattered_album()].tracks.front().tags.release_id);
  ASSERT_FALSE(json["genericFiles"].empty());
  EXPECT_EQ(json["genericFiles"][0]["size"], generic_files().front().size);
  EXPECT_EQ(json["genericFiles"][0]["sha256"], to_hex(id_of(generic_files().front()).sha256));
  EXPECT_EQ(json["originStats"], "http://127.0.0.1:20016/stats");
  std::size_t copies = 0;
  for (const auto& node : plan->nodes) copies += node.files.empty() || node.files.front() != 0 ? 0 : 1;
  EXPECT_EQ(copies, 3U);
  EXPECT_TRUE(plan->nodes.front().files.empty());
}

Task<std::string> ask(IoContext& context, IoClock& clock, Endpoint at, std::string text) {
  const auto dialer = net::make_tcp_dialer(context, clock);
  const MonoTime deadline = clock.now() + std::chrono::seconds(10);
  auto stream = co_await dialer->connect(at, deadline);
  if (!stream) co_return stream.error().message;
  const auto sent = co_await (*stream)->write(bytes_of(text), deadline);
  std::string out;
  Bytes part(4096);
  while (sent) {
    const auto got = co_await (*stream)->read_some(part, deadline);
    if (!got) break;
    out += text_of(ByteView(part).first(*got));
  }
  co_return out;
}

Task<void> ask_around(IoContext& context, IoClock& clock, Endpoint at, CatalogueOrigin& origin) {
  const std::string release = "/ws/2/release/" + songbook().front().tracks.front().tags.release_id + "?fmt=json";
  for (int i = 0; i < 2; ++i) {
    const auto answer = co_await ask(context, clock, at, "GET " + release + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer.substr(0, 80);
  }
  const auto stats = co_await ask(context, clock, at, "GET /stats HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto json = nlohmann::json::parse(stats.substr(stats.find("\r\n\r\n") + 4));
  EXPECT_EQ(json["requests"].size(), 1U);
  EXPECT_EQ(json["requests"][release], 2);
  const auto posted = co_await ask(context, clock, at, "POST / HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(posted.starts_with("HTTP/1.1 405 ")) << posted.substr(0, 80);
  co_await origin.stop();
}

TEST(CatalogueOrigin, CountsWhatItIsAskedByPathAndQuery) {
  IoContext context;
  SystemIoClock clock;
  const Endpoint any{IpAddress::v4(0x7F00'0001U), 0};
  auto probe = net::listen_tcp(context, clock, any);
  ASSERT_TRUE(probe.has_value());
  const Endpoint at = (*probe)->local();
  (*probe)->close();
  CatalogueOrigin origin(context, clock, at);
  ASSERT_TRUE(origin.start().has_value());
  testing::run_task(context, ask_around(context, clock, at, origin));
}

}  // namespace
}  // namespace soulfabric::daemon::demo

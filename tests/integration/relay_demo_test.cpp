// SPDX-License-Identifier: GPL-3.0-or-later
// The relays on the demo network, by HTTP: one lookup serves all, a file is fetched by what it is from several nodes at once, and one
// node's page is reached through another.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <thread>

#include "support/demo_nodes.hpp"

namespace soulfabric::testing {
namespace {

using nlohmann::json;
using std::chrono::seconds;

class RelayDemo : public DemoTest {
 protected:
  /// How often the stand-in for MusicBrainz was asked for anything that has `part` in it.
  [[nodiscard]] int requests_for(const std::string& part) const {
    const auto reply = http(port_in(json()["originStats"].get<std::string>()), {"GET", "/stats", "", ""});
    const auto stats = json::parse(reply.body, nullptr, false);
    int total = 0;
    if (stats.is_object())
      for (const auto& [target, count] : stats["requests"].items()) total += target.find(part) != std::string::npos ? count.get<int>() : 0;
    return total;
  }
};

TEST_F(RelayDemo, FiveNodesThatOpenTheSameAlbumAskTheOriginOnce) {
  ChildProgram demo(words(12800, 5));
  ASSERT_TRUE(demo.says("It ends with this process.", kReadyWithin)) << demo.said();
  const auto all = nodes();
  const std::string release = json()["releases"][0];
  const std::string path = "/api/v0/relay/catalogue/release/" + release;
  std::vector<HttpReply> replies(all.size());
  {
    std::vector<std::jthread> askers;
    for (std::size_t i = 0; i < all.size(); ++i) askers.emplace_back([&, i] { replies[i] = all[i].call("GET", path); });
  }
  for (const auto& reply : replies) {
    ASSERT_EQ(reply.status, 200) << reply.body;
    EXPECT_EQ(nlohmann::json::parse(reply.body)["id"], release);
  }
  EXPECT_EQ(requests_for(release), 1);
  for (const auto& node : all) EXPECT_EQ(node.call("GET", path).status, 200);
  EXPECT_EQ(requests_for(release), 1) << "what was asked is kept for ten minutes";
  demo.send(SIGTERM);
  EXPECT_EQ(demo.ends(kGoneWithin), 0) << demo.said();
}

TEST_F(RelayDemo, AFileIsFetchedByWhatItIsFromThreeNodesAtOnce) {
  ChildProgram demo(words(12900, 5));
  ASSERT_TRUE(demo.says("It ends with this process.", kReadyWithin)) << demo.said();
  const auto all = nodes();
  const auto file = json()["genericFiles"][0];
  const std::string id = "sha256:" + file["sha256"].get<std::string>();
  const auto providers = [&] {
    const auto found = all[0].get("/api/v0/relay/content/" + id + "/providers");
    return found.is_array() ? found.size() : 0;
  };
  ASSERT_TRUE(eventually([&] { return providers() == 3; }, seconds(90), std::chrono::milliseconds(700)))
      << all[0].call("GET", "/api/v0/relay/content/" + id + "/providers").body << all[1].call("GET", "/api/v0/relay/content").body;
  const auto begun = all[0].call("POST", "/api/v0/relay/content/fetches", nlohmann::json{{"contentId", id}, {"name", "wanted.zip"}}.dump());
  ASSERT_EQ(begun.status, 201) << begun.body;
  const std::string fetch = "/api/v0/relay/content/fetches/" + nlohmann::json::parse(begun.body)["id"].get<std::string>();
  const auto done = [&] { return all[0].call("GET", fetch).body.find("\"done\"") != std::string::npos; };
  ASSERT_TRUE(eventually(done, seconds(90))) << all[0].call("GET", fetch).body;
  const auto copy = find_below(folder() / "anna" / "downloads", "wanted.zip");
  ASSERT_FALSE(copy.empty());
  EXPECT_EQ(std::filesystem::file_size(copy), file["size"].get<std::uint64_t>());
  EXPECT_EQ(content_of(copy), content_of(folder() / "bela" / "files" / "field recordings.zip"));
  const auto report = all[0].get(fetch);
  EXPECT_EQ(report["sources"].size(), 3U) << report.dump();
  std::set<std::string> known;
  for (const auto& node : all) known.insert(node.peer);
  std::set<std::string> named;
  for (const auto& source : report["sources"]) named.insert(source.value("peer", ""));
  EXPECT_EQ(named.size(), 3U) << "each by its whole id";
  for (const auto& peer : named) EXPECT_TRUE(known.contains(peer)) << peer;
  demo.send(SIGTERM);
  EXPECT_EQ(demo.ends(kGoneWithin), 0) << demo.said();
}

TEST_F(RelayDemo, APrivateMarkHidesAFileFromTheMeshUntilItIsTakenBack) {
  ChildProgram demo(words(13100, 5));
  ASSERT_TRUE(demo.says("It ends with this process.", kReadyWithin)) << demo.said();
  const auto all = nodes();
  const DemoNode& asker = all[0];
  const std::string id = "sha256:" + json()["genericFiles"][0]["sha256"].get<std::string>();
  std::vector<DemoNode> holders;
  for (const auto& node : all) {
    if (std::filesystem::exists(folder() / node.name / "files" / "field recordings.zip")) holders.push_back(node);
  }
  ASSERT_EQ(holders.size(), 3U);
  const auto providers = [&] {
    const auto found = asker.get("/api/v0/relay/content/" + id + "/providers");
    return found.is_array() ? found.size() : 0;
  };
  const auto become = [&](std::size_t wanted) {
    return eventually([&] { return providers() == wanted; }, seconds(90), std::chrono::milliseconds(700));
  };
  ASSERT_TRUE(become(3)) << providers();
  const auto mark = [](const DemoNode& node, const char* path, bool is_private) {
    return node.call("PUT", "/api/v0/relay/content/private", nlohmann::json{{"path", path}, {"private", is_private}}.dump()).status;
  };
  ASSERT_EQ(mark(holders[0], "Files\\field recordings.zip", true), 204);
  ASSERT_EQ(mark(holders[1], "Files", true), 204);
  EXPECT_TRUE(become(1)) << providers();
  const nlohmann::json wanted{{"contentId", id}, {"name", "wanted.zip"}, {"from", {holders[0].peer, holders[1].peer}}};
  const auto begun = asker.call("POST", "/api/v0/relay/content/fetches", wanted.dump());
  ASSERT_EQ(begun.status, 201) << begun.body;
  const std::string fetch = "/api/v0/relay/content/fetches/" + nlohmann::json::parse(begun.body)["id"].get<std::string>();
  ASSERT_TRUE(eventually([&] { return asker.get(fetch)["state"] == "done"; }, seconds(90))) << asker.call("GET", fetch).body;
  std::size_t refused = 0;
  const auto report = asker.get(fetch);
  for (const auto& source : report["sources"]) refused += source["state"] == "refused" ? 1U : 0U;
  EXPECT_EQ(refused, 2U) << report.dump();
  for (const std::size_t marked : {0U, 1U}) {
    EXPECT_GE(holders[marked].get("/api/v0/relay/content")["metrics"]["refused"]["private"], 1);
  }
  EXPECT_EQ(mark(holders[0], "Files\\field recordings.zip", false), 204);
  EXPECT_EQ(mark(holders[1], "Files", false), 204);
  EXPECT_TRUE(become(3)) << providers();
  demo.send(SIGTERM);
  EXPECT_EQ(demo.ends(kGoneWithin), 0) << demo.said();
}

TEST_F(RelayDemo, ThePageOfOneNodeIsReachedThroughAnotherAndStillAsksForASignIn) {
  ChildProgram demo(words(13000, 3));
  ASSERT_TRUE(demo.says("It ends with this process.", kReadyWithin)) << demo.said();
  const auto all = nodes();
  const auto& anna = all[0];
  const auto& cleo = all[2];
  HttpReply opened;
  const auto open = [&] {
    opened = anna.call("POST", "/api/v0/relay/forwards", nlohmann::json{{"peer", cleo.peer}, {"name", "cleo-far"}}.dump());
    return opened.status == 200 || opened.status == 201;
  };
  ASSERT_TRUE(eventually(open, seconds(60), std::chrono::milliseconds(700))) << opened.body;
  const std::string url = nlohmann::json::parse(opened.body)["url"];
  const auto port = port_in(url);
  const std::string host = url.substr(7, url.find('/', 7) - 7);
  EXPECT_TRUE(host.starts_with("cleo-far.localhost:")) << url;
  const auto through = [&](const std::string& headers, const std::string& path) { return http(port, {"GET", path, headers, "", host}); };
  EXPECT_TRUE(eventually([&] { return through("", "/health").status == 200; }, seconds(30)));
  EXPECT_EQ(through("", "/api/v0/application").status, 401) << "a tunnel is no sign-in";
  EXPECT_NE(through("X-API-Key: " + cleo.key + "\r\n", "/api/v0/application").status, 200)
      << "its key is for addresses of its own machine, and a tunnelled connection has none";
  EXPECT_NE(http(port, {"GET", "/health", "", "", "localhost:" + std::to_string(port)}).status, 200) << "a forward has a host of its own";
  demo.send(SIGTERM);
  EXPECT_EQ(demo.ends(kGoneWithin), 0) << demo.said();
}

}  // namespace
}  // namespace soulfabric::testing

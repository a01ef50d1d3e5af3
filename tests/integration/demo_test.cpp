// SPDX-License-Identifier: GPL-3.0-or-later
// `soulfabric demo` as its user meets it: it comes up, music is found and copied over HTTP, and its end leaves no process.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "support/demo_nodes.hpp"

namespace soulfabric::testing {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using Node = DemoNode;

/// The first result whose name ends with `ending`: user, name and size. Null where none came.
json search(const Node& node, const std::string& text, const std::string& ending) {
  const auto begun = json::parse(node.call("POST", "/api/v0/searches", json{{"searchText", text}}.dump()).body, nullptr, false);
  if (!begun.is_object() || !begun.contains("id")) return nullptr;
  const auto id = begun["id"].get<std::string>();
  json found;
  const auto look = [&] {
    const auto responses = node.get("/api/v0/searches/" + id + "/responses");
    if (!responses.is_array()) return false;
    for (const auto& response : responses) {
      for (const auto& file : response["files"]) {
        if (!file["filename"].get<std::string>().ends_with(ending)) continue;
        found = {{"username", response["username"]}, {"filename", file["filename"]}, {"size", file["size"]}};
        return true;
      }
    }
    return false;
  };
  static_cast<void>(eventually(look, seconds(60)));
  return found;
}

TEST_F(DemoTest, MusicIsFoundAndCopiedAndATermLeavesNothing) {
  ChildProgram demo(words(12100, 3));
  ASSERT_TRUE(demo.says("It ends with this process.", kReadyWithin)) << demo.said();
  const auto all = nodes();
  ASSERT_EQ(all.size(), 3U);

  const auto hit = search(all[0], "slow bicycle", "Paper Boats.mp3");
  ASSERT_TRUE(hit.is_object()) << "nobody answered";
  const auto wanted = json::array({{{"filename", hit["filename"]}, {"size", hit["size"]}}});
  const auto user = hit["username"].get<std::string>();
  const auto queued = all[0].call("POST", "/api/v0/transfers/downloads/" + user, wanted.dump());
  EXPECT_TRUE(queued.status == 200 || queued.status == 201) << queued.status << " " << queued.body;
  const auto done = [&] { return all[0].call("GET", "/api/v0/transfers/downloads").body.find("Completed, Succeeded") != std::string::npos; };
  ASSERT_TRUE(eventually(done, seconds(60))) << all[0].call("GET", "/api/v0/transfers/downloads").body;
  const auto copy = find_below(folder() / "anna" / "downloads", "02 - Paper Boats.mp3");
  const auto original = find_below(folder() / user / "music", "02 - Paper Boats.mp3");
  ASSERT_FALSE(copy.empty());
  ASSERT_FALSE(original.empty());
  EXPECT_EQ(content_of(copy), content_of(original));

  std::vector<Watched> family;
  for (const auto pid : descendants(demo.pid())) family.emplace_back(pid);
  EXPECT_GE(family.size(), 3U);
  demo.send(SIGTERM);
  EXPECT_EQ(demo.ends(kGoneWithin), 0) << demo.said();
  for (const auto& process : family) EXPECT_TRUE(process.ends_before(WallClock::now() + kGoneWithin)) << process.pid();
}

// ---- the mesh of the demo ----

constexpr auto kSparing = std::chrono::milliseconds(700);  // finding and calling draw on budgets

HttpReply ask_status(const Node& from, const Node& to) {
  return http(from.port, {"POST", "/mesh/http/mesh-introspect/GetStatus", "X-API-Key: " + from.key + "\r\nX-Mesh-Peer: " + to.peer + "\r\n", "{}"});
}

bool has_peer(const json& list, const Node& whom) {
  return list.is_array() && std::ranges::any_of(list, [&](const json& one) { return one.value("peer", "") == whom.peer; });
}

bool offers(const Node& from, const Node& whom) { return has_peer(from.get("/api/v0/mesh/services?name=mesh-introspect"), whom); }

bool is_linked(const Node& from, const Node& with) {
  const auto mesh = from.get("/api/v0/mesh");
  return mesh.is_object() && mesh.contains("links") && has_peer(mesh["links"], with);
}

/// The process of one node of a demo; 0 where there is none.
pid_t process_of(const ChildProgram& demo, const std::filesystem::path& home) {
  for (const auto pid : descendants(demo.pid())) {
    const auto words = content_of("/proc/" + std::to_string(pid) + "/cmdline");
    if (words.find(home.string()) != std::string::npos) return pid;
  }
  return 0;
}

TEST_F(DemoTest, ANodeIsCalledByItsNameMissedWhenItIsKilledAndFoundAgain) {
  auto arguments = words(12700, 3);
  arguments.insert(arguments.end(), {"--record-life", "20"});
  ChildProgram demo(arguments);
  ASSERT_TRUE(demo.says("It ends with this process.", kReadyWithin)) << demo.said();
  const auto all = nodes();
  ASSERT_EQ(all.size(), 3U);
  const auto& anna = all[0];
  const auto& cleo = all[2];
  EXPECT_EQ(cleo.get("/api/v0/mesh").value("peerId", ""), cleo.peer) << "demo.json tells the id that the node has";

  const auto answered = [&] { return ask_status(anna, cleo).status == 200; };
  ASSERT_TRUE(eventually(answered, seconds(60), kSparing)) << ask_status(anna, cleo).body << anna.call("GET", "/api/v0/mesh").body;
  EXPECT_NE(ask_status(anna, cleo).head.find(cleo.peer), std::string::npos) << "the answer names who gave it";
  ASSERT_TRUE(eventually([&] { return offers(anna, cleo); }, seconds(30), kSparing)) << anna.call("GET", "/api/v0/mesh/services?name=mesh-introspect").body;
  EXPECT_TRUE(is_linked(anna, cleo));

  const auto home = folder() / "cleo";
  const auto process = process_of(demo, home);
  ASSERT_GT(process, 0);
  ASSERT_EQ(::kill(process, SIGKILL), 0);
  EXPECT_TRUE(demo.says("cleo has ended", seconds(10))) << demo.said();
  EXPECT_TRUE(eventually([&] { return !is_linked(anna, cleo); }, seconds(60)));
  EXPECT_NE(ask_status(anna, cleo).status, 200);
  EXPECT_TRUE(eventually([&] { return !offers(anna, cleo); }, seconds(40), kSparing)) << "what it said of itself is good for 20 seconds";

  ChildProgram again({SF_BINARY_DIR "/soulfabric", "daemon", "--app-dir", home.string()});
  ASSERT_TRUE(eventually([&] { return cleo.call("GET", "/ready").status == 200; }, seconds(60))) << again.said();
  EXPECT_TRUE(eventually([&] { return offers(anna, cleo); }, seconds(60), kSparing)) << anna.call("GET", "/api/v0/mesh").body;
  EXPECT_TRUE(eventually(answered, seconds(60), kSparing)) << ask_status(anna, cleo).body;
  again.send(SIGTERM);
  EXPECT_EQ(again.ends(kGoneWithin), 0) << again.said();
  demo.send(SIGTERM);
  EXPECT_EQ(demo.ends(kGoneWithin), 0) << demo.said();
}

TEST_F(DemoTest, AKilledDemoLeavesNoProcessAndNoOpenPort) {
  ChildProgram demo(words(12200, 2));
  ASSERT_TRUE(demo.says("It ends with this process.", kReadyWithin)) << demo.said();
  const auto all = nodes();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].call("GET", "/health").status, 200);
  EXPECT_EQ(all[1].call("GET", "/metrics").status, 200) << "switched on in the demo, with the key";
  std::vector<Watched> family;
  for (const auto pid : descendants(demo.pid())) family.emplace_back(pid);
  EXPECT_GE(family.size(), 2U);
  demo.send(SIGKILL);
  EXPECT_EQ(demo.ends(kGoneWithin), 128 + SIGKILL);
  const auto deadline = WallClock::now() + kGoneWithin;
  for (const auto& process : family) EXPECT_TRUE(process.ends_before(deadline)) << process.pid();
  for (const auto& node : all) EXPECT_EQ(node.call("GET", "/health").status, 0);
}

TEST_F(DemoTest, EverythingItMakesIsItsOwnersAlone) {
  ChildProgram demo(words(12300, 1));
  ASSERT_TRUE(demo.says("It ends with this process.", kReadyWithin)) << demo.said();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder())) {
    struct stat info{};
    if (::lstat(entry.path().c_str(), &info) != 0) continue;  // a database's side file comes and goes
    EXPECT_FALSE(S_ISLNK(info.st_mode)) << entry.path();
    EXPECT_EQ(info.st_mode & 077U, 0U) << entry.path();
  }
  struct stat info{};
  ASSERT_EQ(::stat(folder().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST_F(DemoTest, APortInUseIsNamedBeforeAnythingStarts) {
  ChildProgram first(words(12400, 1));
  ASSERT_TRUE(first.says("It ends with this process.", kReadyWithin)) << first.said();
  auto second_words = words(12400, 1);
  second_words[3] = (base_ / "second").string();
  ChildProgram second(second_words);
  EXPECT_EQ(second.ends(kGoneWithin), 1);
  EXPECT_TRUE(second.says("port 12400 is in use", seconds(5))) << second.said();
}

TEST_F(DemoTest, ASecondDemoInTheSameFolderIsRefused) {
  ChildProgram first(words(12500, 1));
  ASSERT_TRUE(first.says("It ends with this process.", kReadyWithin)) << first.said();
  ChildProgram second(words(12600, 1));
  EXPECT_EQ(second.ends(kGoneWithin), 1);
  EXPECT_TRUE(second.says("a demo already runs in", seconds(5))) << second.said();
  EXPECT_EQ(nodes().size(), 1U);
}

}  // namespace
}  // namespace soulfabric::testing

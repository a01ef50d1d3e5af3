// SPDX-License-Identifier: GPL-3.0-or-later
// Who takes part in a demo, what it asks for on the command line, and what its files say.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "demo/demo_options.hpp"
#include "demo/network_plan.hpp"
#include "demo/readiness.hpp"
#include "soulfabric/base/bytes.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::daemon::demo {
namespace {

NetworkPlan plan_of(std::size_t nodes) {
  SeededRandom random(1);
  return make_plan("/srv/demo", 7030, nodes, random).value_or(NetworkPlan{});
}

TEST(DemoPlan, NoTwoPartsShareAPortASecretOrAName) {
  const auto plan = plan_of(kMostNodes);
  std::set<std::uint16_t> ports{plan.server_port, plan.catalogue_port};
  std::set<std::string> words;
  for (const auto& node : plan.nodes) {
    ports.insert({node.web_port, node.listen_port, node.mesh_port});
    words.insert({node.name, node.password, node.api_key, node.soulseek_password, node.peer_id, to_hex(node.identity)});
  }
  EXPECT_EQ(ports.size(), 2 + 3 * kMostNodes);
  EXPECT_EQ(*ports.rbegin() - *ports.begin(), 1 + 3 * static_cast<int>(kMostNodes));
  EXPECT_EQ(words.size(), 6 * kMostNodes);
}

TEST(DemoPlan, FiveNodesShareEveryAlbumAndOneHasABrokenFile) {
  std::set<std::size_t> albums;
  std::size_t broken = 0;
  for (const auto& node : plan_of(5).nodes) {
    albums.insert(node.albums.begin(), node.albums.end());
    broken += node.has_broken_file ? 1U : 0U;
  }
  EXPECT_EQ(albums.size(), 6U);
  EXPECT_EQ(broken, 1U);
}

TEST(DemoPlan, DemoJsonHasTheFieldsThatToolsRead) {
  const auto plan = plan_of(2);
  const auto json = nlohmann::json::parse(demo_json(plan));
  ASSERT_EQ(json["nodes"].size(), 2U);
  EXPECT_EQ(json["nodes"][1]["name"], "bela");
  EXPECT_EQ(json["nodes"][1]["url"], "http://127.0.0.1:7032");
  EXPECT_EQ(json["nodes"][1]["apiKey"], plan.nodes[1].api_key);
  EXPECT_EQ(json["nodes"][1]["username"], "bela");
  EXPECT_EQ(json["nodes"][1]["password"], plan.nodes[1].password);
  EXPECT_EQ(json["nodes"][1]["peerId"], PeerId::of(SigningKey(plan.nodes[1].identity).public_key()).to_string());
}

TEST(DemoPlan, NodesOfOneDemoMeetAndThoseOfAnotherDoNot) {
  const auto plan = plan_of(3);
  SeededRandom random(2);
  const auto other = make_plan("/srv/other", 7130, 3, random).value_or(NetworkPlan{});
  EXPECT_NE(plan.mesh_network, other.mesh_network);
  const auto network = "  network: " + std::to_string(plan.mesh_network) + "\n";
  for (const auto& node : plan.nodes) {
    const auto yaml = node_yaml(plan, node);
    EXPECT_NE(yaml.find(network), std::string::npos);
    EXPECT_NE(yaml.find("  join: \"yes\"\n"), std::string::npos);
    EXPECT_NE(yaml.find("  port_mapping: false\n"), std::string::npos);
    const auto bootstrap = yaml.substr(yaml.find("  bootstrap:\n"));
    EXPECT_EQ(bootstrap.find("127.0.0.1:" + std::to_string(node.mesh_port)), std::string::npos) << "nobody starts from itself";
    EXPECT_NE(bootstrap.find("127.0.0.1:" + std::to_string(plan.nodes[node.name == "anna" ? 1 : 0].mesh_port)), std::string::npos);
  }
  EXPECT_NE(node_yaml(plan_of(1), plan_of(1).nodes[0]).find("  bootstrap: []\n"), std::string::npos);
}

TEST(DemoPlan, BrowsersGetAHostOfTheirOwnForEachNode) { EXPECT_EQ(browser_url(plan_of(1).nodes[0]), "http://anna.localhost:7031"); }

TEST(DemoPlan, RefusesTooManyNodesAndPortsThatDoNotExist) {
  SeededRandom random(1);
  EXPECT_FALSE(make_plan("/srv/demo", 7030, 0, random));
  EXPECT_FALSE(make_plan("/srv/demo", 7030, kMostNodes + 1, random));
  EXPECT_FALSE(make_plan("/srv/demo", 80, 2, random));
  EXPECT_FALSE(make_plan("/srv/demo", 65532, 1, random));
  EXPECT_TRUE(make_plan("/srv/demo", 65531, 1, random));
}

TEST(DemoOptionsTest, NamesTheOptionThatIsWrong) {
  EXPECT_TRUE(parse_demo_options({"--dir", "/srv/demo", "--base-port", "7030"}));
  EXPECT_FALSE(parse_demo_options({"--base-port", "7030"}));
  EXPECT_FALSE(parse_demo_options({"--dir", "/srv/demo"}));
  const auto wrong = parse_demo_options({"--dir", "/srv/demo", "--base-port", "seven"});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("--base-port seven"), std::string::npos);
  EXPECT_FALSE(parse_demo_options({"--dir"}));
  const auto short_lived = parse_demo_options({"--dir", "/srv/demo", "--base-port", "7030", "--record-life", "20"});
  ASSERT_TRUE(short_lived);
  EXPECT_EQ(short_lived->record_life, 20U);
  EXPECT_FALSE(parse_demo_options({"--dir", "/srv/demo", "--base-port", "7030", "--record-life", "19"}));
}

TEST(DemoReadiness, ReadsAnAnswerAndRefusesWhatIsNone) {
  const auto answer = parse_answer("HTTP/1.1 200 OK\r\nA: b\r\n\r\n{}");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "{}");
  EXPECT_FALSE(parse_answer("HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(parse_answer("HTTP/1.1 xx\r\n\r\n"));
  EXPECT_FALSE(parse_answer("SSH-2.0-x\r\n\r\n"));
}

}  // namespace
}  // namespace soulfabric::daemon::demo

// SPDX-License-Identifier: GPL-3.0-or-later
// The routes of mesh, pods and guard: who may use them, what they ask of the rooms below, what they say when there is no mesh.
#include <nlohmann/json.hpp>

#include "fixture.hpp"
#include "soulfabric/gateway/guard_export.hpp"

namespace soulfabric::gateway {
namespace {

using testing::peer_of;
using Tree = nlohmann::json;

class MeshApiTest : public testing::GatewayTest {
 protected:
  MeshApiTest() {
    settings.api_keys.front().scopes = {"mesh", "guard"};
    settings.api_keys.push_back({"plain", "plain-key-0123456789", Role::Administrator, {}, {}});
    settings.api_keys.push_back({"looker", "looker-key-0123456789", Role::ReadOnly, {}, {"mesh", "guard"}});
    mesh.on = true;
    mesh.links.all.push_back({peer_of(2), {}, mesh::Direction::Inbound, {IpAddress::v4(0xCB007105), 50305}, std::chrono::seconds(90),
                              std::chrono::microseconds(12'500), 10, 20, 1});
    mesh.peers.all.push_back({.peer = peer_of(2), .key = {}, .endpoints = {}, .record = {}, .trusted = true, .rights = {}});
  }
  testing::Reply as(std::string_view key, std::string_view method, std::string_view target, std::string_view body = {}) {
    return stranger(method, target, body, {"X-API-Key: " + std::string(key)});
  }
  std::string bearer() {
    const auto login = Tree::parse(stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":"right-password"})").body);
    return "Authorization: Bearer " + login["token"].get<std::string>();
  }
};

TEST_F(MeshApiTest, ShowsIdentityLinksTableAndServices) {
  mesh.dht.shown.nodes_good = 7;
  mesh.fabric.local.push_back({{.name = "pods", .version = "1.0.0", .methods = {{.name = "Join"}}, .metadata = {}}, false, {{{fabric::CallStatus::Ok, 3}}, 0, 0}});
  configuration.shown.mesh.services = {"catalogue-fetch"};
  mesh.fabric.local.push_back({{.name = "trusted-relay", .version = "1.0.0", .methods = {}, .metadata = {}}, true, {}});
  mesh.fabric.local.push_back({{.name = "catalogue-fetch", .version = "1.0.0", .methods = {}, .metadata = {}}, false, {}});
  launch();
  const auto shown = Tree::parse(call("GET", "/api/v0/mesh").body);
  EXPECT_EQ(shown["services"][1]["exposedBecause"], "its own switch exposes it");
  EXPECT_EQ(shown["services"][2]["exposedBecause"], "it is named in mesh.services, but its own switch is off");
  EXPECT_EQ(shown["peerId"], peer_of(1).to_string());
  EXPECT_EQ(shown["joined"], true);
  EXPECT_EQ(shown["endpoints"][0], "203.0.113.4:50305");
  EXPECT_EQ(shown["links"][0]["direction"], "inbound");
  EXPECT_EQ(shown["links"][0]["roundTripMs"], 12.5);
  EXPECT_EQ(shown["links"][0]["ageSeconds"], 90);
  EXPECT_EQ(shown["links"][0]["trusted"], true);
  EXPECT_EQ(shown["dht"]["nodesGood"], 7);
  EXPECT_EQ(shown["services"][0]["calls"], 3);
  EXPECT_EQ(shown["services"][0]["exposedBecause"], "it is not named in mesh.services");
  EXPECT_EQ(shown["peersKnown"], 1);
}

TEST_F(MeshApiTest, ShowsWhatTheConfigurationGivesToWhom) {
  mesh.peers.all.push_back({.peer = peer_of(3), .key = {}, .endpoints = {}, .record = {}, .configured = true,
                            .rights = {.tunnel_targets = true, .believe_catalogue = true, .relay_for = {peer_of(4)}}});
  mesh.peers.all.push_back({.peer = peer_of(5), .key = {}, .endpoints = {}, .record = {}, .configured = true, .trusted = true, .rights = {}});
  launch();
  const auto shown = Tree::parse(call("GET", "/api/v0/mesh").body);
  ASSERT_EQ(shown["configured"].size(), 2U) << "who is merely known is not among them";
  EXPECT_EQ(shown["configured"][0], (Tree{{"peer", peer_of(3).to_string()}, {"linked", false}, {"trusted", false}, {"revoked", false},
                                          {"rights", {"tunnel_targets", "believe_catalogue"}}, {"relayFor", {peer_of(4).to_string()}}}));
  EXPECT_EQ(shown["configured"][1]["trusted"], true);
  EXPECT_EQ(shown["configured"][1]["rights"], Tree::array());
  EXPECT_EQ(Tree::parse(call("GET", "/api/v0/mesh/peers").body)[1]["rights"].size(), 2U);
}

TEST_F(MeshApiTest, SaysWhatTheRouterAnswered) {
  launch();
  EXPECT_FALSE(Tree::parse(call("GET", "/api/v0/mesh").body).contains("portMapping")) << "it has not answered yet";
  on_loop([&] { mesh.mapper.refused = "no router answers UPnP"; });
  EXPECT_EQ(Tree::parse(call("GET", "/api/v0/mesh").body)["portMapping"], (Tree{{"trouble", "no router answers UPnP"}}));
  on_loop([&] { mesh.mapper.shown = net::PortMapping{50306, IpAddress::v4(0xCB007104), "NAT-PMP"}; });
  const Tree expected{{"by", "NAT-PMP"}, {"external", "203.0.113.4:50306"}};
  EXPECT_EQ(Tree::parse(call("GET", "/api/v0/mesh").body)["portMapping"], expected);
}

TEST_F(MeshApiTest, WithoutAMeshTheChoiceIsShownAndTheRestIsUnavailable) {
  mesh.on = false;
  launch();
  const auto shown = call("GET", "/api/v0/mesh");
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(Tree::parse(shown.body)["choice"]["open"], true);
  for (const char* path : {"/api/v0/mesh/links", "/api/v0/mesh/peers", "/api/v0/mesh/services?name=pods", "/api/v0/pods"}) {
    const auto reply = call("GET", path);
    EXPECT_EQ(reply.status, 503) << path;
    EXPECT_EQ(reply.body, "\"This node is not on the mesh: join it first.\"");
  }
}

TEST_F(MeshApiTest, KeysNeedTheScopeByName) {
  launch();
  for (const char* path : {"/api/v0/mesh", "/api/v0/pods", "/api/v0/guard/bans", "/api/v0/guard/export", "/mesh/http/services"}) {
    EXPECT_EQ(as("plain-key-0123456789", "GET", path).status, 403) << path;
    EXPECT_EQ(stranger("GET", path).status, 401) << path;
  }
  EXPECT_EQ(as("plain-key-0123456789", "GET", "/api/v0/application").status, 200);
  EXPECT_EQ(as("looker-key-0123456789", "GET", "/api/v0/guard/bans").status, 200);
  EXPECT_EQ(as("looker-key-0123456789", "POST", "/api/v0/guard/bans", R"({"kind":"user","name":"x"})").status, 403);
  EXPECT_EQ(as("looker-key-0123456789", "DELETE", "/api/v0/mesh/links/" + peer_of(2).to_string()).status, 403);
}

TEST_F(MeshApiTest, ChoiceIsMadeByASessionFromALocalConnectionOnly) {
  launch();
  const std::string answer = R"({"join":true,"shares":["music"]})";
  EXPECT_EQ(call("PUT", "/api/v0/mesh/choice", answer).status, 403) << "no key decides this";
  const auto session = bearer();
  EXPECT_EQ(exchange(tunnel_port, "PUT", "/api/v0/mesh/choice", answer, {session}, false).status, 403);
  EXPECT_FALSE(mesh.chosen.joined);
  EXPECT_EQ(stranger("PUT", "/api/v0/mesh/choice", answer, {session}).status, 204);
  EXPECT_TRUE(mesh.chosen.joined);
  EXPECT_EQ(mesh.last_shares, std::vector<std::string>{"music"});
  EXPECT_EQ(stranger("PUT", "/api/v0/mesh/choice", R"({"shares":[]})", {session}).status, 400);
  EXPECT_EQ(stranger("PUT", "/api/v0/mesh/choice", R"({"join":true,"shares":[1]})", {session}).status, 400);
  on_loop([&] { mesh.chosen.fixed = true; });
  EXPECT_EQ(stranger("PUT", "/api/v0/mesh/choice", answer, {session}).status, 409);
}

TEST_F(MeshApiTest, LinksAreMadeAndDropped) {
  launch();
  const auto id = peer_of(3).to_string();
  EXPECT_EQ(call("POST", "/api/v0/mesh/links", R"({"peer":")" + id + "\"}").status, 204);
  EXPECT_EQ(mesh.links.asked, peer_of(3));
  EXPECT_EQ(mesh.links.asked_origin, guard::Origin::UserLocal);
  EXPECT_EQ(call("POST", "/api/v0/mesh/links", R"({"peer":")" + id + R"(","endpoint":"[2001:db8::7]:50305"})").status, 204);
  EXPECT_EQ(mesh.links.asked_endpoint, (Endpoint{*IpAddress::parse("2001:db8::7"), 50305}));
  EXPECT_EQ(call("POST", "/api/v0/mesh/links", R"({"peer":"SHORT"})").status, 400);
  EXPECT_EQ(call("POST", "/api/v0/mesh/links", R"({"peer":")" + id + R"(","endpoint":"localhost:1"})").status, 400);
  const auto dialled = exchange(tunnel_port, "POST", "/api/v0/mesh/links", R"({"peer":")" + id + R"(","endpoint":"10.0.0.1:50305"})", {}, true);
  EXPECT_EQ(dialled.status, 403) << "a tunnelled user aims at no address of ours";
  on_loop([&] { mesh.links.refuse = Error{Errc::Offline, "The peer cannot be reached: a relay would be needed."}; });
  const auto refused = call("POST", "/api/v0/mesh/links", R"({"peer":")" + id + "\"}");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body, "\"The peer cannot be reached: a relay would be needed.\"");
  EXPECT_EQ(call("DELETE", "/api/v0/mesh/links/" + peer_of(2).to_string()).status, 204);
  EXPECT_EQ(call("DELETE", "/api/v0/mesh/links/" + peer_of(2).to_string()).status, 404);
}

TEST_F(MeshApiTest, ProvidersAreFoundByName) {
  mesh.fabric.providers.push_back({.descriptor = {.name = "pods", .version = "1.2.0", .owner = peer_of(4)}, .linked = true, .known = true, .reputation = 61,
                                   .round_trip = std::chrono::milliseconds(3)});
  launch();
  const auto found = Tree::parse(call("GET", "/api/v0/mesh/services?name=pods").body);
  EXPECT_EQ(found[0]["peer"], peer_of(4).to_string());
  EXPECT_EQ(found[0]["version"], "1.2.0");
  EXPECT_EQ(found[0]["roundTripMs"], 3);
  EXPECT_EQ(call("GET", "/api/v0/mesh/services?name=No%20Name").status, 400);
  on_loop([&] { mesh.fabric.refuse = Error{Errc::TimedOut, "Nobody could be asked in time."}; });
  EXPECT_EQ(call("GET", "/api/v0/mesh/services?name=pods").status, 504);
}

TEST_F(MeshApiTest, PodsGoThroughTheirWholeLife) {
  launch();
  const auto made = call("POST", "/api/v0/pods", R"({"name":" Night trains ","visibility":"private","approval":true,"keep":false})");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto pod = Tree::parse(made.body);
  EXPECT_EQ(pod["name"], "Night trains");
  EXPECT_EQ(pod["visibility"], "private");
  const std::string id = "/api/v0/pods/pod%3A11111111111111111111111111111111";
  EXPECT_EQ(call("GET", id).status, 200);
  EXPECT_EQ(call("GET", "/api/v0/pods/pod:2").status, 404);
  const auto said = call("POST", id + "/messages", R"({"body":"hello"})");
  ASSERT_EQ(said.status, 201);
  const auto sent = Tree::parse(said.body)["sent"].get<std::string>();
  EXPECT_EQ(call("GET", id + "/messages?limit=500&before=" + sent).status, 200);
  EXPECT_EQ(mesh.pods.last_limit, 100U);
  EXPECT_EQ(mesh.pods.last_before, from_unix_micros(1'700'000'000'123'456)) << "not a microsecond is lost on the way";
  EXPECT_EQ(call("GET", id + "/messages?before=yesterday").status, 400);
  EXPECT_EQ(call("POST", id + "/messages", R"({"body":"  "})").status, 400);
  EXPECT_EQ(call("DELETE", id + "/messages/abc").status, 204);
  EXPECT_EQ(mesh.pods.removed, "abc");
  EXPECT_EQ(call("PUT", id + "/members/" + peer_of(5).to_string(), R"({"role":"moderator","state":"member"})").status, 204);
  EXPECT_EQ(mesh.pods.last_role, services::PodRole::Moderator);
  EXPECT_EQ(call("PUT", id + "/members/" + peer_of(5).to_string(), R"({"role":"king","state":"member"})").status, 400);
  EXPECT_EQ(call("POST", id + "/read").status, 204);
  EXPECT_EQ(mesh.pods.read, "pod:11111111111111111111111111111111");
  EXPECT_EQ(call("GET", "/api/v0/pods/of/" + peer_of(6).to_string()).status, 200);
  EXPECT_EQ(mesh.pods.asked, peer_of(6));
  EXPECT_EQ(call("POST", "/api/v0/pods/join", R"({"pod":"pod:9","host":")" + peer_of(7).to_string() + "\"}").status, 200);
  EXPECT_EQ(call("DELETE", id).status, 204);
  EXPECT_EQ(call("DELETE", id).status, 404);
  on_loop([&] { mesh.pods.refuse = Error{Errc::RateLimited, "Ten messages a minute are enough."}; });
  EXPECT_EQ(call("POST", id + "/messages", R"({"body":"hello"})").status, 429);
}

TEST_F(MeshApiTest, PodsThatAreSwitchedOffSayHowToSwitchThemOn) {
  MeshParts without{mesh.shown.key, mesh.links, mesh.dht, mesh.peers, mesh.fabric, nullptr, {}};
  struct NoPods final : MeshControl {
    explicit NoPods(const MeshParts& parts_in) : parts_(parts_in) {}
    const MeshParts* parts() override { return &parts_; }
    [[nodiscard]] Choice choice() const override { return {}; }
    Task<Status> choose(bool, std::vector<std::string>) override { co_return Status{}; }
    const MeshParts& parts_;
  } control(without);
  replaced_mesh = &control;
  launch();
  const auto reply = call("GET", "/api/v0/pods");
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.body.find("mesh.pods.enabled"), std::string::npos);
  halt();
}

TEST_F(MeshApiTest, BansAreMadeShownAndLifted) {
  launch();
  EXPECT_EQ(call("POST", "/api/v0/guard/bans", R"({"kind":"user","name":"MixedCase","hours":2,"reason":"rude"})").status, 204);
  EXPECT_EQ(call("POST", "/api/v0/guard/bans", R"({"kind":"peer","name":")" + peer_of(9).to_string() + R"(","seconds":60})").status, 204);
  EXPECT_EQ(call("POST", "/api/v0/guard/bans", R"({"kind":"address","name":"203.0.113.9"})").status, 204);
  EXPECT_EQ(call("POST", "/api/v0/guard/bans", R"({"kind":"address","name":"127.0.0.1"})").status, 403) << "the own machine is never banned";
  for (const char* bad : {R"({"kind":"peer","name":"x"})", R"({"kind":"node","name":""})", R"({"kind":"user"})", R"({"kind":"address","name":"nowhere"})",
                          R"({"kind":"user","name":"x","hours":0})", "[]", "{"}) {
    EXPECT_EQ(call("POST", "/api/v0/guard/bans", bad).status, 400) << bad;
  }
  const auto bans = Tree::parse(call("GET", "/api/v0/guard/bans").body);
  ASSERT_EQ(bans.size(), 3U);
  for (const auto& ban : bans) {
    EXPECT_EQ(ban["byOperator"], true);
    EXPECT_TRUE(ban.contains("until")) << "an address is never banned for good";
  }
  EXPECT_EQ(call("DELETE", "/api/v0/guard/bans/user/mixedcase").status, 404);
  EXPECT_EQ(call("DELETE", "/api/v0/guard/bans/user/MixedCase").status, 204);
  EXPECT_EQ(call("DELETE", "/api/v0/guard/bans/user/MixedCase").status, 404);
}

TEST_F(MeshApiTest, ExportOfOneNodeIsTheImportOfAnother) {
  (void)guard.ban(guard::Subject::user("rude \"one\""), std::nullopt, "words");
  (void)guard.charge({guard::Violation::Protocol, guard::Subject::user("clumsy"), {}, guard::Channel::WeDialled});
  guard.lower_reputation(guard::Subject::user("clumsy"), 7);
  launch();
  EXPECT_EQ(Tree::parse(call("GET", "/api/v0/guard/violations").body)[0]["count"], 1);
  EXPECT_EQ(Tree::parse(call("GET", "/api/v0/guard/reputation").body)[0]["score"], 43);
  EXPECT_EQ(Tree::parse(call("GET", "/api/v0/guard/budget").body)["user"]["most"], 180);
  const auto state = call("GET", "/api/v0/guard/export").body;
  guard::Guard other(guard::GuardOptions{}, clock);
  const auto taken = import_guard(other, state);
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->bans, 1U);
  EXPECT_TRUE(other.is_banned(guard::Subject::user("rude \"one\"")));
  EXPECT_EQ(other.reputation(guard::Subject::user("clumsy")), 43);
  EXPECT_EQ(other.violations().size(), 1U);
  EXPECT_EQ(call("POST", "/api/v0/guard/import", state).status, 200);
}

TEST_F(MeshApiTest, ImportTakesAllOrNothing) {
  launch();
  for (const std::string bad : {R"({"bans":[]})", R"({"version":2})", R"({"version":1,"bans":{}})", R"({"version":1,"bans":[{"kind":"user","name":"x"}]})",
                                R"({"version":1,"bans":[{"kind":"user","name":"a","since":1},{"kind":"peer","name":"a","since":1}]})",
                                R"({"version":1,"reputations":[{"kind":"user","name":"a","score":101}]})",
                                R"({"version":1,"violations":[{"kind":"user","name":"a","times":["x"]}]})"}) {
    EXPECT_EQ(call("POST", "/api/v0/guard/import", bad).status, 400) << bad;
  }
  EXPECT_EQ(guard.bans().size(), 0U);
  EXPECT_EQ(call("POST", "/api/v0/guard/import", R"({"version":1,"bans":[{"kind":"address","name":"127.0.0.1","since":1}]})").status, 200);
  EXPECT_EQ(guard.bans().size(), 0U) << "an import bans nobody who is protected";
}

TEST_F(MeshApiTest, OwnMachineIsNeverBlamedForGuesses) {
  launch();
  for (int i = 0; i < 40; ++i) (void)as("guess-key-" + std::to_string(1'000'000'000 + i), "GET", "/api/v0/mesh");
  EXPECT_EQ(as("guess-key-1000000000", "GET", "/api/v0/mesh").status, 429);
  EXPECT_EQ(guard.bans().size(), 0U);
  EXPECT_EQ(call("GET", "/api/v0/mesh").status, 200);
}

TEST_F(MeshApiTest, MetricsNameNoPeer) {
  mesh.fabric.local.push_back({{.name = "pods", .version = "1.0.0", .methods = {}, .metadata = {}}, true,
                               {{{fabric::CallStatus::Ok, 3}, {fabric::CallStatus::RateLimited, 1}}, 0, 2'000'000}});
  launch();
  const auto text = call("GET", "/metrics").body;
  EXPECT_NE(text.find("soulfabric_mesh_links{direction=\"inbound\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("soulfabric_mesh_calls_total{service=\"pods\",result=\"rate_limited\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("soulfabric_mesh_call_seconds_total{service=\"pods\"} 2\n"), std::string::npos);
  EXPECT_EQ(text.find(peer_of(2).to_string()), std::string::npos);
  EXPECT_EQ(text.find("203.0.113."), std::string::npos);
}

}  // namespace
}  // namespace soulfabric::gateway

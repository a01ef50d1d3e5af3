// SPDX-License-Identifier: GPL-3.0-or-later
// The routes of the relays: who may use them, what they ask of the parts below, what they say to wrong input and where a part is missing.
#include <nlohmann/json.hpp>

#include "fixture.hpp"
#include "page.hpp"
#include "support/fake_relay.hpp"

namespace soulfabric::gateway {
namespace {

using testing::peer_of;
using Tree = nlohmann::json;

constexpr std::string_view kMbid = "b84ee12a-09ef-421b-82de-0441a926375b";
const std::string kHex(64, 'a');
const std::string kContent = "sha256:" + kHex;
const std::string kFetches = "/api/v0/relay/content/fetches";

class RelayApiTest : public testing::GatewayTest {
 protected:
  RelayApiTest() {
    settings.api_keys.front().scopes = {"relay"};
    settings.api_keys.push_back({"plain", "plain-key-0123456789", Role::Administrator, {}, {"mesh", "guard"}});
    settings.api_keys.push_back({"looker", "looker-key-0123456789", Role::ReadOnly, {}, {"relay"}});
    relay = &relays;
    mesh.on = true;
  }
  testing::Reply as(std::string_view key, std::string_view method, std::string_view target, std::string_view body = {}) {
    return stranger(method, target, body, {"X-API-Key: " + std::string(key)});
  }
  Tree tree(std::string_view target) {
    const auto reply = call("GET", target);
    EXPECT_EQ(reply.status, 200) << target << " " << reply.body;
    return Tree::parse(reply.body, nullptr, false);
  }
  /// One sentence as a JSON string, for the user.
  void expect_sentence(const testing::Reply& reply, int status, const std::string& what) {
    EXPECT_EQ(reply.status, status) << what << " " << reply.body;
    const auto said = Tree::parse(reply.body, nullptr, false);
    ASSERT_TRUE(said.is_string()) << what << " " << reply.body;
    EXPECT_TRUE(said.get<std::string>().ends_with('.')) << what << " " << reply.body;
  }
  soulfabric::testing::FakeRelay relays;
};

TEST_F(RelayApiTest, KeysNeedTheScopeByNameAndTheRoleWhereSomethingIsChanged) {
  launch();
  for (const char* path : {"", "/catalogue", "/catalogue/release/x", "/catalogue/release/x/cover", "/content", "/content/copies", "/content/private", "/content/fetches",
                           "/content/x/providers", "/tunnels"}) {
    const std::string full = std::string("/api/v0/relay") + path;
    EXPECT_EQ(as("plain-key-0123456789", "GET", full).status, 403) << full;
    EXPECT_EQ(stranger("GET", full).status, 401) << full;
    EXPECT_NE(as("looker-key-0123456789", "GET", full).status, 403) << full;
  }
  EXPECT_EQ(as("looker-key-0123456789", "DELETE", "/api/v0/relay/catalogue/cache").status, 403);
  EXPECT_EQ(as("looker-key-0123456789", "POST", "/api/v0/relay/content/hashing", R"({"paused":true})").status, 403);
  EXPECT_EQ(as("looker-key-0123456789", "PUT", "/api/v0/relay/content/private", R"({"path":"a","private":false})").status, 403);
  EXPECT_EQ(as("looker-key-0123456789", "DELETE", "/api/v0/relay/tunnels/1").status, 403);
  EXPECT_EQ(as("looker-key-0123456789", "POST", "/api/v0/relay/forwards", R"({"peer":")" + peer_of(3).to_string() + "\"}").status, 403);
  EXPECT_TRUE(relays.catalogue.asked.empty());
}

TEST_F(RelayApiTest, MissingPartsSayWhatToSwitchOn) {
  relays.mesh_on = false;
  relays.copies_on = false;
  relays.catalogue_on = false;
  configuration.shown.relay.catalogue.enabled = false;
  launch();
  const std::string release = "/api/v0/relay/catalogue/release/" + std::string(kMbid);
  const std::string mesh_says = "\"This node is not on the mesh: join it first.\"";
  EXPECT_EQ(call("GET", release).body, "\"Looking things up is switched off: set relay.catalogue.enabled to true.\"");
  for (const auto& path : {release, release + "/cover", std::string("/api/v0/relay/content/copies?folder=a"), std::string("/api/v0/relay/content/private")}) {
    expect_sentence(call("GET", path), 503, path);
  }
  for (const auto& path : {kFetches, kFetches + "/1", "/api/v0/relay/content/" + kContent + "/providers"}) {
    expect_sentence(call("GET", path), 503, path);
    EXPECT_EQ(call("GET", path).body, mesh_says);
  }
  EXPECT_EQ(call("POST", kFetches, R"({"contentId":")" + kContent + "\"}").body, mesh_says);
  EXPECT_EQ(call("POST", "/api/v0/relay/forwards", R"({"peer":")" + peer_of(3).to_string() + "\"}").body, mesh_says);
  expect_sentence(call("DELETE", "/api/v0/relay/catalogue/cache"), 503, "cache");
  expect_sentence(call("DELETE", "/api/v0/relay/tunnels/1"), 503, "tunnel");
  expect_sentence(call("POST", "/api/v0/relay/content/hashing", R"({"paused":true})"), 503, "hashing");
  EXPECT_EQ(tree("/api/v0/relay/content")["trouble"], "This node is not on the mesh: join it first.");
  EXPECT_EQ(tree("/api/v0/relay/tunnels")["trouble"], "This node is not on the mesh: join it first.");
  EXPECT_FALSE(tree("/api/v0/relay/catalogue").contains("metrics"));
}

TEST_F(RelayApiTest, WithoutRelaysAtAllTheProgramSaysSo) {
  relay = nullptr;
  launch();
  EXPECT_EQ(tree("/api/v0/relay")["parts"][0]["why"], "The relays are not part of this program.");
  for (const char* path : {"/api/v0/relay/content/fetches", "/api/v0/relay/content/private"}) expect_sentence(call("GET", path), 503, path);
  EXPECT_EQ(call("GET", "/api/v0/relay/tunnels").status, 200);
  EXPECT_EQ(call("GET", "/metrics").body.find("proxy_"), std::string::npos);
}

TEST_F(RelayApiTest, TheCatalogueAnswersAsItsOriginDid) {
  const std::string body = R"({"id":"b84ee12a-09ef-421b-82de-0441a926375b","title":"Night\u0020Trains","media":[1.50]})";
  relays.catalogue.knows("release/" + std::string(kMbid), body, relay::CatalogueVia::Mesh);
  auto& answer = relays.catalogue.answers.begin()->second;
  answer.fetched = clock.wall() - std::chrono::seconds(75);
  answer.fetcher = peer_of(4);
  launch();
  const std::string path = "/api/v0/relay/catalogue/release/" + std::string(kMbid);
  const auto reply = call("GET", path);
  ASSERT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, body) << "byte for byte";
  EXPECT_EQ(reply.header("content-type"), "application/json");
  EXPECT_EQ(reply.header("x-catalogue-via"), "mesh");
  EXPECT_TRUE(reply.header("x-catalogue-age") == "75" || reply.header("x-catalogue-age") == "76") << reply.header("x-catalogue-age");
  EXPECT_EQ(reply.header("x-catalogue-stale"), "false");
  EXPECT_EQ(reply.header("x-catalogue-fetcher"), peer_of(4).to_string());
  EXPECT_EQ(relays.catalogue.last_origin, guard::Origin::UserLocal);
  const auto enveloped = tree(path + "?envelope=true");
  EXPECT_EQ(enveloped["body"]["title"], "Night Trains");
  EXPECT_EQ(enveloped["fetcher"], peer_of(4).to_string());
  EXPECT_EQ(enveloped["via"], "mesh");
}

TEST_F(RelayApiTest, NobodyInParticularIsSelfAndAnAnswerThatSaysNoIsNotFound) {
  relays.catalogue.knows("artist/" + std::string(kMbid), "{}", relay::CatalogueVia::Memory);
  relays.catalogue.answers.begin()->second.stale = true;
  launch();
  const auto known = call("GET", "/api/v0/relay/catalogue/artist/" + std::string(kMbid));
  EXPECT_EQ(known.header("x-catalogue-fetcher"), "self");
  EXPECT_EQ(known.header("x-catalogue-stale"), "true");
  const auto unknown = call("GET", "/api/v0/relay/catalogue/release-group/" + std::string(kMbid));
  expect_sentence(unknown, 404, "unknown");
  EXPECT_EQ(unknown.header("x-catalogue-via"), "memory");
  EXPECT_EQ(tree("/api/v0/relay/catalogue/recording/" + std::string(kMbid) + "?envelope=true")["status"], 404);
}

TEST_F(RelayApiTest, TheCatalogueIsAskedForKindsAndIdsOnly) {
  launch();
  const std::string base = "/api/v0/relay/catalogue/";
  for (const std::string& path : {base + "label/" + std::string(kMbid), base + "cover-250/" + std::string(kMbid), base + "release/not-an-id", base + "release/..%2F..%2Fetc",
                                  base + "release/http%3A%2F%2F169.254.169.254%2F", base + "release/" + std::string(kMbid) + "/cover?size=1200",
                                  base + "release/nothing/cover", base + "release/" + std::string(kMbid) + "0"}) {
    expect_sentence(call("GET", path), 400, path);
  }
  EXPECT_TRUE(relays.catalogue.asked.empty());
}

TEST_F(RelayApiTest, WhatAFarSideDidIsNoFaultOfWhoAsks) {
  launch();
  const std::string path = "/api/v0/relay/catalogue/release/" + std::string(kMbid);
  const std::vector<std::pair<Errc, int>> rows{{Errc::Unauthorized, 502}, {Errc::Malformed, 502}, {Errc::TooLarge, 502}, {Errc::TimedOut, 504}, {Errc::RateLimited, 429},
                                              {Errc::Unavailable, 503}, {Errc::Offline, 503}, {Errc::Forbidden, 403}};
  for (const auto& [code, status] : rows) {
    on_loop([&] { relays.catalogue.refuse = Error{code, "The origin did not answer."}; });
    expect_sentence(call("GET", path), status, std::to_string(status));
  }
  on_loop([&] {
    relays.catalogue.refuse.reset();
    relays.catalogue.knows("release/" + std::string(kMbid), "<html>");
  });
  expect_sentence(call("GET", path), 502, "no JSON");
  expect_sentence(call("GET", path + "?envelope=true"), 502, "no JSON in an envelope");
}

TEST_F(RelayApiTest, CoversAreShownAsPicturesOrNotAtAll) {
  const std::string id(kMbid);
  relays.catalogue.knows("cover-250/" + id, "\xFF\xD8\xFF\xE0 a picture 16");
  relays.catalogue.knows("cover-500/" + id, "<script>alert(1)</script>");
  launch();
  const std::string path = "/api/v0/relay/catalogue/release/" + id + "/cover";
  for (const auto& where : {path, path + "?size=250"}) {
    const auto picture = call("GET", where);
    EXPECT_EQ(picture.status, 200);
    EXPECT_EQ(picture.header("content-type"), "image/jpeg");
    EXPECT_EQ(picture.header("x-content-type-options"), "nosniff");
    EXPECT_NE(picture.header("content-security-policy").find("sandbox"), std::string::npos);
    EXPECT_EQ(picture.header("x-catalogue-via"), "origin");
  }
  const auto other = call("GET", path + "?size=500");
  EXPECT_EQ(other.header("content-type"), "application/octet-stream");
  EXPECT_EQ(other.header("content-disposition"), "attachment");
  EXPECT_NE(other.header("content-security-policy").find("sandbox"), std::string::npos);
  on_loop([&] { relays.catalogue.answers.clear(); });
  expect_sentence(call("GET", path), 404, "no cover");
}

TEST_F(RelayApiTest, TheCataloguesFiguresAreShownAndItsCacheIsEmptied) {
  relays.catalogue.shown.from_memory = 6;
  relays.catalogue.shown.from_disk = 1;
  relays.catalogue.shown.from_mesh = 2;
  relays.catalogue.shown.from_origin = 1;
  relays.catalogue.shown.entries = 77;
  relays.catalogue.shown.refused[static_cast<std::size_t>(relay::CatalogueRefusal::NotOurs)] = 5;
  relays.catalogue.shown.faults[static_cast<std::size_t>(relay::CatalogueFault::OtherSigner)] = 6;
  relays.catalogue.shown.bytes = 5'400'000;
  relays.catalogue.shown.disk_entries = 900;
  relays.catalogue.shown.disk_bytes = 6'100'000;
  launch();
  const auto shown = tree("/api/v0/relay/catalogue");
  EXPECT_EQ(shown["metrics"]["hitRate"], 0.7);
  EXPECT_EQ(shown["metrics"]["entries"], 77);
  EXPECT_EQ(shown["metrics"]["refused"]["notOurs"], 5);
  EXPECT_EQ(shown["metrics"]["faults"]["otherSigner"], 6);
  EXPECT_EQ(shown["metrics"]["passedOver"]["notBelieved"], 0);
  EXPECT_EQ(shown["metrics"]["failed"]["timedOut"], 0);
  EXPECT_EQ(shown["metrics"]["bytes"], 5'400'000);
  EXPECT_EQ(shown["metrics"]["diskEntries"], 900);
  EXPECT_EQ(shown["metrics"]["diskBytes"], 6'100'000);
  EXPECT_EQ(shown["musicbrainz"], "https://musicbrainz.org");
  EXPECT_EQ(call("DELETE", "/api/v0/relay/catalogue/cache").status, 204);
  EXPECT_EQ(relays.catalogue.cleared, 1);
}

TEST_F(RelayApiTest, HashingIsShownAndPaused) {
  relays.copies.hashing = {.running = true, .files_done = 3, .files_total = 9, .bytes_per_second = 2.5, .fault = ""};
  relays.content.shown.refused[static_cast<std::size_t>(relay::ContentRefusal::Private)] = 4;
  relays.content.shown.cache_pieces = 12;
  relays.content.shown.cache_bytes = 3'145'728;
  launch();
  const auto shown = tree("/api/v0/relay/content");
  EXPECT_EQ(shown["metrics"]["cachePieces"], 12);
  EXPECT_EQ(shown["metrics"]["cacheBytes"], 3'145'728);
  EXPECT_EQ(shown["hashing"]["filesDone"], 3);
  EXPECT_EQ(shown["hashing"]["bytesPerSecond"], 2.5);
  EXPECT_EQ(shown["metrics"]["refused"]["private"], 4);
  EXPECT_EQ(shown["metrics"]["refused"]["unknown"], 0);
  EXPECT_EQ(shown["metrics"]["faults"]["wrongBytes"], 0);
  EXPECT_EQ(call("POST", "/api/v0/relay/content/hashing", R"({"paused":true})").status, 204);
  EXPECT_TRUE(relays.copies.hashing.paused);
  for (const char* body : {"{}", R"({"paused":"soon"})", "{", R"({"paused":1})"}) expect_sentence(call("POST", "/api/v0/relay/content/hashing", body), 400, body);
}

TEST_F(RelayApiTest, CopiesSayWhyTheyAreNotVerifiedAndAreMadePrivate) {
  relays.copies.all.push_back({"music\\A\\1.flac", library::CopyState::Undecodable, "The audio has errors.", {}, {}, 7, {}, {}});
  relays.copies.all.push_back({"music\\A\\2.flac", library::CopyState::Verified, "", *library::ContentId::parse(kHex), {}, 8, {}, 1.5});
  launch();
  const auto in = tree("/api/v0/relay/content/copies?folder=music%5CA");
  ASSERT_EQ(in.size(), 2U);
  EXPECT_EQ(in[0]["reason"], "The audio has errors.");
  EXPECT_EQ(in[0]["state"], "undecodable");
  EXPECT_EQ(in[1]["contentId"], kContent);
  EXPECT_EQ(in[1]["seconds"], 1.5);
  EXPECT_EQ(tree("/api/v0/relay/content/copies?path=music%5CA%5C2.flac").size(), 1U);
  EXPECT_EQ(tree("/api/v0/relay/content/copies?path=else%5Cwhere")[0]["state"], "notShared");
  const std::string copies = "/api/v0/relay/content/copies";
  for (const std::string& query : {std::string(), std::string("?folder="), std::string("?path=%2Fetc%2Fpasswd"), std::string("?path=music%5C..%5C..%5Cx"), std::string("?path=a%00b"),
                                   "?path=" + std::string(17'000, 'a')}) {
    const auto reply = call("GET", copies + query);
    if (reply.status != 431) expect_sentence(reply, 400, query.substr(0, 60));
  }
  EXPECT_EQ(call("PUT", "/api/v0/relay/content/private", R"({"path":"music\\A","private":true})").status, 204);
  EXPECT_EQ(tree("/api/v0/relay/content/private"), Tree::array({"music\\A"}));
  EXPECT_EQ(call("PUT", "/api/v0/relay/content/private", R"({"path":"music\\A","private":false})").status, 204);
  EXPECT_TRUE(relays.copies.hidden.empty());
  for (const char* body : {"{}", R"({"path":"","private":true})", R"({"path":"/etc","private":true})", R"({"path":"a\\..\\b","private":true})", R"({"path":"a"})",
                           R"({"path":"a","private":"x"})", R"({"path":5,"private":true})", "["}) {
    expect_sentence(call("PUT", "/api/v0/relay/content/private", body), 400, body);
  }
  on_loop([&] { relays.copies.refuse = Error{Errc::NotFound, "No share has this file."}; });
  expect_sentence(call("PUT", "/api/v0/relay/content/private", R"({"path":"b","private":true})"), 404, "unknown");
}

TEST_F(RelayApiTest, ProvidersAreFoundByContentId) {
  relays.content.found.push_back({peer_of(5), true, false, 61});
  launch();
  const auto found = tree("/api/v0/relay/content/" + kContent + "/providers");
  EXPECT_EQ(found[0], (Tree{{"peer", peer_of(5).to_string()}, {"linked", true}, {"trusted", false}, {"reputation", 61}}));
  EXPECT_EQ(relays.content.asked, *library::ContentId::parse(kHex));
  EXPECT_EQ(tree("/api/v0/relay/content/" + kHex + "/providers").size(), 1U) << "the prefix may be left out";
  for (const std::string& id : {std::string("sha256:abc"), std::string("md5:00"), std::string(".."), "sha256%3A" + std::string(64, 'g')}) {
    const auto reply = call("GET", "/api/v0/relay/content/" + id + "/providers");
    if (id != "..") expect_sentence(reply, 400, id);
  }
}

TEST_F(RelayApiTest, AFetchGoesThroughItsWholeLife) {
  launch();
  const auto made = call("POST", kFetches, R"({"contentId":")" + kContent + R"(","size":41943040,"name":"a.flac","from":[")" + peer_of(6).to_string() + "\"]}");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto fetch = Tree::parse(made.body);
  EXPECT_EQ(fetch["contentId"], kContent);
  EXPECT_EQ(fetch["state"], "waiting");
  EXPECT_EQ(relays.content.last->from, std::vector<PeerId>{peer_of(6)});
  EXPECT_EQ(relays.content.last->size, 41943040U);
  EXPECT_EQ(relays.content.last_origin, guard::Origin::UserLocal);
  const auto one = kFetches + "/" + fetch["id"].get<std::string>();
  on_loop([&] {
    auto& report = relays.content.all.front().report;
    report.state = swarm::DownloadReport::State::Running;
    report.bytes = 9;
    report.sources.push_back({"node", "lying", 0, 0, 0, "A piece does not fit.", "the whole id"});
  });
  EXPECT_EQ(tree(one)["sources"][0]["problem"], "A piece does not fit.");
  EXPECT_EQ(tree(one)["sources"][0]["peer"], "the whole id");
  EXPECT_EQ(tree(kFetches)[0]["state"], "running");
  EXPECT_EQ(call("DELETE", one).status, 204);
  EXPECT_EQ(tree(one)["state"], "cancelled");
  EXPECT_EQ(call("DELETE", one + "?remove=true").status, 204);
  expect_sentence(call("GET", one), 404, "gone");
  expect_sentence(call("DELETE", one), 404, "gone");
  on_loop([&] { relays.content.refuse = Error{Errc::Exists, "This content is being downloaded already."}; });
  expect_sentence(call("POST", kFetches, R"({"contentId":")" + kContent + "\"}"), 409, "twice");
}

TEST_F(RelayApiTest, AFetchOfNothingInParticularIsRefused) {
  launch();
  const std::string id = R"("contentId":")" + kContent + "\"";
  for (const std::string& body : {std::string("{}"), std::string("["), std::string(R"({"contentId":"x"})"), std::string(R"({"contentId":5})"), "{" + id + R"(,"size":-1})",
                                  "{" + id + R"(,"size":"big"})", "{" + id + R"(,"name":7})", "{" + id + R"(,"name":")" + std::string(256, 'n') + "\"}", "{" + id + R"(,"from":"x"})",
                                  "{" + id + R"(,"from":["x"]})", "{" + id + R"(,"from":[3]})", "{" + id + R"(,"size":99999999999999999999})"}) {
    expect_sentence(call("POST", kFetches, body), 400, body.substr(0, 120));
  }
  std::string many = "{" + id + R"(,"from":[)";
  for (int i = 0; i < 33; ++i) many += std::string(i > 0 ? "," : "") + "\"" + peer_of(7).to_string() + "\"";
  expect_sentence(call("POST", kFetches, many + "]}"), 400, "33 nodes");
  EXPECT_FALSE(relays.content.last);
}

TEST_F(RelayApiTest, TunnelsAndForwardsAreShownOpenedAndClosed) {
  relays.tunnels.all.push_back({.id = 7, .role = relay::TunnelRole::Far, .peer = peer_of(2), .via = peer_of(3), .target = "mpd", .forward = "", .age = std::chrono::seconds(300),
                                .idle = std::chrono::seconds(2), .bytes_in = 10, .bytes_out = 20, .state = "half-closed"});
  relays.tunnels.shown.refused[static_cast<std::size_t>(relay::TunnelRefusal::OwnPort)] = 3;
  relay::ForwardSettings forward;
  forward.name = "vps";
  forward.peer = peer_of(2);
  relays.tunnels.doors.push_back({.settings = forward, .url = "http://vps.localhost:40111/", .trouble = "", .tunnels = 1});
  configuration.shown.forwards["vps"] = {};
  launch();
  const auto shown = tree("/api/v0/relay/tunnels");
  EXPECT_EQ(shown["tunnels"][0]["role"], "far");
  EXPECT_EQ(shown["tunnels"][0]["via"], peer_of(3).to_string());
  EXPECT_EQ(shown["tunnels"][0]["ageSeconds"], 300);
  EXPECT_EQ(shown["metrics"]["refused"]["ownPort"], 3);
  EXPECT_EQ(shown["forwards"][0]["configured"], true);
  const auto id = peer_of(9).to_string();
  const auto opened = call("POST", "/api/v0/relay/forwards", R"({"peer":")" + id + R"(","via":")" + peer_of(3).to_string() + "\"}");
  ASSERT_EQ(opened.status, 201) << opened.body;
  const auto door = Tree::parse(opened.body);
  const std::string name = "node-" + id.substr(26);
  EXPECT_EQ(door["name"], name);
  EXPECT_EQ(door["url"], "http://" + name + ".localhost:40000/");
  EXPECT_EQ(door["target"], "slskdn-ui");
  EXPECT_EQ(door["via"], peer_of(3).to_string());
  EXPECT_EQ(door["configured"], false);
  expect_sentence(call("POST", "/api/v0/relay/forwards", R"({"peer":")" + id + "\"}"), 409, "twice");
  EXPECT_EQ(call("DELETE", "/api/v0/relay/forwards/" + name).status, 204);
  expect_sentence(call("DELETE", "/api/v0/relay/forwards/" + name), 404, "gone");
  EXPECT_EQ(call("DELETE", "/api/v0/relay/tunnels/7").status, 204);
  expect_sentence(call("DELETE", "/api/v0/relay/tunnels/7"), 404, "gone");
  expect_sentence(call("DELETE", "/api/v0/relay/tunnels/seven"), 400, "no number");
  for (const char* body : {"{}", "[", R"({"peer":"x"})", R"({"peer":5})", R"({"peer":"MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U"})"}) {
    expect_sentence(call("POST", "/api/v0/relay/forwards", body), 400, body);
  }
  expect_sentence(call("POST", "/api/v0/relay/forwards", R"({"peer":")" + id + R"(","via":"x"})"), 400, "via");
}

TEST_F(RelayApiTest, ATunnelOpensNoDoorOnThisMachine) {
  launch();
  const auto body = R"({"peer":")" + peer_of(9).to_string() + "\"}";
  expect_sentence(exchange(tunnel_port, "POST", "/api/v0/relay/forwards", body, {}, true), 403, "through a tunnel");
  EXPECT_TRUE(relays.tunnels.doors.empty());
  const auto look = exchange(tunnel_port, "GET", "/api/v0/relay/catalogue/release/" + std::string(kMbid), "", {}, true);
  EXPECT_EQ(look.status, 404);
  EXPECT_EQ(relays.catalogue.last_origin, guard::Origin::RemoteGateway) << "what is done for a tunnelled user is done as such";
}

TEST_F(RelayApiTest, NoRouteChangesWhatTheFileSaysOfRelaysAndForwards) {
  settings.remote_configuration = true;
  configuration.yaml = "soulseek:\n  username: me\nrelay:\n  trusted:\n    idle: 60\n";
  launch();
  const auto login = Tree::parse(stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":"right-password"})").body);
  const std::string bearer = "Authorization: Bearer " + login["token"].get<std::string>();
  const auto put = [&](const std::string& yaml) { return stranger("PUT", "/api/v0/options/yaml", Tree(yaml).dump(), {bearer}); };
  const std::string kept = configuration.yaml;
  const std::vector<std::pair<std::string, std::string>> tries{
      {kept + "    enabled: true\n", "relay.trusted.enabled"},
      {kept + "    targets: { ssh: 22 }\n", "relay.trusted.targets.ssh"},
      {kept + "  content: { enabled: false }\n", "relay.content.enabled"},
      {kept + "  exceptions: { lan: { host: 192.168.1.1, mesh: true } }\n", "relay.exceptions.lan"},
      {kept + "  Catalogue:\n    Music-Brainz: http://10.0.0.1\n", "relay.catalogue.musicbrainz"},
      {kept + "forwards: { a: { peer: " + peer_of(2).to_string() + ", raw: true } }\n", "forwards.a"},
      {kept + "FORWARDS:\n  b: { port: 22 }\n", "forwards.b.port"},
      {"soulseek:\n  username: me\n", "relay.trusted.idle"},
      {"soulseek:\n  username: me\nrelay: {}\n", "relay.trusted.idle"}};
  for (const auto& [yaml, key] : tries) {
    const auto reply = put(yaml);
    EXPECT_EQ(reply.status, 403) << yaml;
    EXPECT_NE(reply.body.find(key), std::string::npos) << reply.body << " should name " << key;
  }
  EXPECT_EQ(configuration.yaml, kept);
  EXPECT_EQ(put(kept + "rooms: [x]\n").status, 200) << "the rest may be changed";
  (void)stranger("PATCH", "/api/v0/options", R"({"relay":{"trusted":{"enabled":true}},"forwards":{"a":{}},"soulseek":{"listenPort":2000}})", {bearer});
  EXPECT_FALSE(configuration.shown.relay.trusted.enabled);
  for (const char* path : {"/api/v0/relay", "/api/v0/relay/tunnels", "/api/v0/relay/content", "/api/v0/relay/catalogue"}) {
    for (const char* method : {"PUT", "PATCH", "POST"}) EXPECT_EQ(stranger(method, path, R"({"enabled":true})", {bearer}).status, 405) << method << " " << path;
  }
}

TEST_F(RelayApiTest, NumbersCarryResultsAndNothingElse) {
  relays.catalogue.shown.from_memory = 6;
  relays.catalogue.shown.failed[static_cast<std::size_t>(relay::OriginFault::OriginDown)] = 3;
  relays.catalogue.shown.faults[static_cast<std::size_t>(relay::CatalogueFault::Forged)] = 4;
  relays.catalogue.shown.times[static_cast<std::size_t>(relay::CatalogueOutcome::Mesh)] = {{0, 2, 1}, 4, 33.5};
  relays.content.shown.pieces = 11;
  relays.content.shown.refused[static_cast<std::size_t>(relay::ContentRefusal::Changed)] = 2;
  relays.tunnels.shown.opened = 5;
  relays.tunnels.shown.bytes = 99;
  relays.tunnels.all.emplace_back().peer = peer_of(2);
  launch();
  (void)call("GET", "/api/v0/relay/catalogue/release/" + std::string(kMbid));
  const auto text = call("GET", "/metrics").body;
  for (const char* line : {"proxy_catalog_fetch_requests_total{result=\"memory\",from_cache=\"true\"} 6\n", "proxy_content_chunks_served_total{result=\"ok\"} 11\n",
                           "proxy_catalog_fetch_requests_total{result=\"origin_down\",from_cache=\"false\"} 3\n", "proxy_catalog_answers_refused_total{result=\"forged\"} 4\n",
                           "proxy_catalog_questions_refused_total{result=\"budget\"} 0\n", "proxy_catalog_owners_passed_over_total{result=\"silent\"} 0\n",
                           "proxy_catalog_fetch_duration_seconds_bucket{result=\"mesh\",le=\"0.05\"} 0\n",
                           "proxy_catalog_fetch_duration_seconds_bucket{result=\"mesh\",le=\"0.25\"} 3\n",
                           "proxy_catalog_fetch_duration_seconds_bucket{result=\"mesh\",le=\"+Inf\"} 4\n",
                           "proxy_catalog_fetch_duration_seconds_sum{result=\"mesh\"} 33.5\n", "proxy_catalog_fetch_duration_seconds_count{result=\"mesh\"} 4\n",
                           "proxy_content_chunks_served_total{result=\"changed\"} 2\n", "proxy_trusted_relay_messages_total{result=\"ok\"} 5\n", "proxy_trusted_relay_bytes_total 99\n",
                           "proxy_trusted_relay_messages_total{result=\"no_right\"} 0\n", "proxy_trusted_relay_tunnels 0\n", "proxy_content_streams 0\n",
                           "proxy_content_fetch_faults_total{result=\"false_root\"} 0\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  for (std::string_view rest = text; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (!line.starts_with("proxy_") || line.find('{') == std::string_view::npos) continue;
    const auto labels = line.substr(line.find('{') + 1, line.find('}') - line.find('{') - 1);
    for (const auto label : split(labels, ',')) EXPECT_TRUE(label.starts_with("result=") || label.starts_with("from_cache=") || label.starts_with("le=")) << line;
  }
  EXPECT_EQ(text.find(peer_of(2).to_string()), std::string::npos);
  EXPECT_EQ(text.find(kMbid), std::string::npos);
}

TEST_F(RelayApiTest, ChangesAreToldFiveTimesASecondAtMostAndToTheScopeOnly) {
  relays.content.all.push_back({.id = "f", .name = "", .asked = {}, .report = {}});
  launch();
  testing::Page page(port, "X-API-Key: " + std::string(testing::kTestKey) + "\r\n");
  testing::Page deaf(port, "X-API-Key: plain-key-0123456789\r\n");
  ASSERT_EQ(page.reply.status, 101);
  ASSERT_EQ(deaf.reply.status, 101);
  (void)page.text("hello");
  (void)deaf.text("hello");
  const auto begin = std::chrono::steady_clock::now();
  std::size_t told = 0;
  std::string last;
  while (told < 4) {
    on_loop([&] {
      for (int i = 0; i < 50; ++i) relays.change();
    });
    last = page.text();
    ASSERT_TRUE(last.starts_with(R"({"type":"relay")")) << last;
    ++told;
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(590)) << "four texts have three rests between them";
  const auto data = Tree::parse(last)["data"];
  EXPECT_EQ(data["fetches"][0]["id"], "f");
  EXPECT_EQ(data["tunnels"], 0);
  EXPECT_TRUE(data.contains("hashing"));
  on_loop([&] {
    for (auto* observer : client.observers) observer->on_session_changed();
  });
  EXPECT_TRUE(deaf.text().starts_with(R"({"type":"application")")) << "nothing of the relays came before";
}

}  // namespace
}  // namespace soulfabric::gateway

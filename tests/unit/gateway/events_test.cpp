// SPDX-License-Identifier: GPL-3.0-or-later
// The event stream over a real WebSocket: greeting, deltas, joining of ticks, who may open it and what closes it.
#include "fixture.hpp"
#include "page.hpp"

namespace soulfabric::gateway {
namespace {

using namespace soulfabric::soulseek;
using testing::Page;
using testing::Reply;
using testing::Wire;

class EventsTest : public testing::GatewayTest {
 protected:
  [[nodiscard]] std::string origin() const { return "Origin: http://127.0.0.1:" + std::to_string(port) + "\r\n"; }
  [[nodiscard]] static std::string key() { return "X-API-Key: " + std::string(testing::kTestKey) + "\r\n"; }
  std::string cookie() {
    const auto reply = stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":"right-password"})", {"X-Soulfabric-Browser: 1"});
    csrf = reply.body.substr(9, reply.body.find('"', 9) - 9);
    const auto line = reply.header("set-cookie");
    return "Cookie: " + line.substr(0, line.find(';')) + "\r\n";
  }
  template <class F>
  void tell(F fn) {
    on_loop([&] {
      for (auto* observer : client.observers) fn(*observer);
    });
  }
  std::uint64_t gateway_sockets() {
    const auto text = call("GET", "/metrics").body;
    const std::string name = "\nsoulfabric_http_event_streams ";
    const auto at = text.find(name) + name.size();
    return parse_u64(text.substr(at, text.find('\n', at) - at)).value_or(99);
  }
  std::string csrf;
};

TEST_F(EventsTest, GreetsWithEverythingThatIs) {
  Transfer transfer;
  transfer.id = "t1";
  transfer.username = "bob";
  transfer.filename = "a\\1";
  client.transfers_part.all.push_back(transfer);
  launch();
  Page page(port, key());
  ASSERT_EQ(page.reply.status, 101);
  EXPECT_EQ(page.reply.header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const auto hello = page.text();
  EXPECT_EQ(hello.substr(0, 48), R"({"type":"hello","data":{"application":{"version")");
  for (const auto* part : {R"("downloads":[{"username":"bob")", R"("uploads":[])", R"("searches":[])", R"("shares":{"local":[]})"}) {
    EXPECT_NE(hello.find(part), std::string::npos) << part;
  }
}

TEST_F(EventsTest, TellsWhatChanged) {
  launch();
  Page page(port, key());
  ASSERT_NE(page.text("hello"), "");
  on_loop([&] {
    Transfer transfer;
    transfer.id = "t1";
    transfer.bytes_transferred = 5;
    client.transfers_part.all.push_back(transfer);
    for (int i = 0; i < 100; ++i) {
      client.transfers_part.all[0].bytes_transferred += 1;
      for (auto* observer : client.observers) observer->on_transfer_changed(client.transfers_part.all[0]);
    }
    for (auto* observer : client.observers) observer->on_transfer_removed("t0");
  });
  EXPECT_NE(page.text().find(R"("bytesTransferred":105)"), std::string::npos) << "a hundred ticks are one text";
  EXPECT_EQ(page.text(), R"({"type":"transfer.removed","data":{"id":"t0"}})");
  tell([](Observer& observer) { observer.on_session_changed(); });
  EXPECT_NE(page.text("application").find(R"("isLoggedIn":true)"), std::string::npos);
  tell([](Observer& observer) { observer.on_message({7, from_unix_micros(1), "amy", true, "hi", false, false}); });
  EXPECT_NE(page.text("message").find(R"("message":"hi")"), std::string::npos);
  tell([](Observer& observer) { observer.on_browse_progress("amy", 1, 2); });
  EXPECT_NE(page.text("browse").find(R"("username":"amy","bytesTransferred":50)"), std::string::npos);
  on_loop([&] {
    shares.shown.state = library::ScanState::Scanning;
    shares.shown.files_per_second = 1234;
    shares.shown.seconds_left = 9;
    for (auto* observer : shares.observers) observer->on_scan_progress(shares.shown);
  });
  EXPECT_NE(page.text("shares").find(R"("filesPerSecond":1234,"secondsLeft":9)"), std::string::npos);
}

TEST_F(EventsTest, BringsSearchResponsesOnceEachAndInOrder) {
  launch();
  Page page(port, key());
  ASSERT_NE(page.text("hello"), "");
  const std::string id = "11111111-2222-4333-8444-555555555555";
  EXPECT_EQ(call("POST", "/api/v0/searches", R"({"searchText":"x"})").status, 200);
  for (int i = 0; i < 3; ++i) {
    on_loop([&] {
      auto& list = client.searches_part.found[id];
      for (int n = 0; n < 2; ++n) {
        SearchResponse response;
        response.username = "user" + std::to_string(list.size());
        list.push_back(response);
      }
      for (auto* observer : client.observers) {
        observer->on_search_changed(id);
        observer->on_search_responses(id, list.size() - 2);
      }
    });
  }
  std::size_t got = 0;
  while (got < 6) {
    const auto text = page.text("search.responses");
    ASSERT_NE(text, "");
    EXPECT_NE(text.find(R"("from":)" + std::to_string(got) + ","), std::string::npos) << text;
    for (std::size_t at = 0; (at = text.find("\"username\"", at)) != std::string::npos; ++at) ++got;
    EXPECT_NE(text.find("user" + std::to_string(got - 1)), std::string::npos);
  }
  EXPECT_EQ(got, 6U);
}

TEST_F(EventsTest, RefusesStrangersAndCookiesWithoutTheirOrigin) {
  launch();
  const auto session = cookie();
  EXPECT_EQ(Page(port, "").reply.status, 401);
  EXPECT_EQ(Page(port, session).reply.status, 403) << "absent means refused";
  EXPECT_EQ(Page(port, session + "Origin: http://evil.example\r\n").reply.status, 403);
  EXPECT_EQ(Page(port, session + "Origin: null\r\n").reply.status, 403);
  EXPECT_EQ(Page(port, session + origin()).reply.status, 101);
  EXPECT_EQ(Page(port, key()).reply.status, 101) << "a tool has no Origin";
  EXPECT_EQ(Page(port, key() + "Host: evil.example\r\n").reply.status, 400) << "two hosts";
  EXPECT_EQ(call("GET", "/api/v0/events/ws").status, 426);
}

TEST_F(EventsTest, EndsWithTheSession) {
  launch();
  const auto session = cookie();
  Page page(port, session + origin());
  Page tool(port, key());
  ASSERT_NE(page.text("hello"), "");
  ASSERT_NE(tool.text("hello"), "");
  EXPECT_EQ(stranger("DELETE", "/api/v0/session", {}, {session.substr(0, session.size() - 2), "X-CSRF-Token: " + csrf}).status, 204);
  EXPECT_EQ(page.text("never"), "");
  on_loop([&] {
    auto changed = settings;
    changed.api_keys.clear();
    gateway->configure(changed);
  });
  EXPECT_EQ(tool.text("never"), "") << "its key is gone";
}

TEST_F(EventsTest, EndsWhenTheProgramStops) {
  launch();
  Page page(port, key());
  ASSERT_NE(page.text("hello"), "");
  halt();
  EXPECT_EQ(page.text("never"), "");
}

TEST_F(EventsTest, AsksSilentPagesForASignOfLifeAndDropsTheDead) {
  settings.limits.ping_time = std::chrono::milliseconds(1000);
  launch();
  Page page(port, key());
  ASSERT_NE(page.text("hello"), "");
  Page dead(port, key());
  ASSERT_NE(dead.text("hello"), "");
  std::thread teller([&] {
    while (gateway_sockets() > 1) std::this_thread::yield();
    tell([](Observer& observer) { observer.on_session_changed(); });
  });
  EXPECT_NE(page.text("application"), "") << "one that answers pings stays";
  teller.join();
  EXPECT_GT(page.pings, 0);
}

TEST_F(EventsTest, CutsOffAPageThatDoesNotReadAndOneThatTalksTooMuch) {
  settings.limits.write_time = std::chrono::milliseconds(200);
  launch();
  Page page(port, key());
  ASSERT_NE(page.text("hello"), "");
  page.send(1, R"({"type":"ping"})");
  for (int i = 0; i < 2000; ++i) {
    tell([&](Observer& observer) { observer.on_message({7, from_unix_micros(1), "amy", true, std::string(20'000, 'x'), false, false}); });
    if (gateway_sockets() == 0) break;
  }
  while (gateway_sockets() > 0) std::this_thread::yield();
  EXPECT_EQ(stranger("GET", "/health").status, 200);
}

TEST_F(EventsTest, LimitsOpenStreams) {
  settings.limits.sockets = 2;
  launch();
  Page one(port, key());
  Page two(port, key());
  Page three(port, key());
  EXPECT_EQ(one.reply.status, 101);
  EXPECT_EQ(two.reply.status, 101);
  EXPECT_EQ(three.reply.status, 503);
}

TEST_F(EventsTest, LinksAndPodsAreToldToThoseWhoMayAskForThem) {
  settings.api_keys.front().scopes = {"mesh"};
  settings.api_keys.push_back({"plain", "plain-key-0123456789", Role::Administrator, {}, {}});
  mesh.on = true;
  mesh.links.all.push_back({testing::peer_of(2), {}, mesh::Direction::Inbound, {}, {}, {}, 0, 0, 0});
  launch();
  Page page(port, key());
  Page other(port, "X-API-Key: plain-key-0123456789\r\n");
  ASSERT_NE(page.text("hello"), "");
  ASSERT_NE(other.text("hello"), "");
  on_loop([&] { mesh.links.drop(testing::peer_of(2)); });
  const auto told = page.text("mesh");
  EXPECT_NE(told.find("\"links\":[]"), std::string::npos) << told;
  on_loop([&] { mesh.pods.told("pod:1"); });
  EXPECT_EQ(page.text("pod"), R"({"type":"pod","data":{"id":"pod:1"}})");
  on_loop([&] { client.observers.front()->on_session_changed(); });
  EXPECT_TRUE(other.text().starts_with(R"({"type":"application")")) << "a key without the scope hears nothing of the mesh";
}

TEST_F(EventsTest, LeavingAndJoiningAgainIsToldAndListenedTo) {
  settings.api_keys.front().scopes = {"mesh"};
  launch();
  Page page(port, key());
  ASSERT_NE(page.text("hello"), "");
  on_loop([&] { mesh.set(true); });
  EXPECT_NE(page.text("mesh").find("\"joined\":true"), std::string::npos);
  on_loop([&] {
    mesh.set(false);
    mesh.links.callbacks.clear();  // new parts have new listeners
  });
  EXPECT_NE(page.text("mesh").find("\"joined\":false"), std::string::npos);
  on_loop([&] { mesh.set(true); });
  EXPECT_NE(page.text("mesh").find("\"joined\":true"), std::string::npos);
  on_loop([&] { ASSERT_EQ(mesh.links.callbacks.size(), 1U); });
}

}  // namespace
}  // namespace soulfabric::gateway

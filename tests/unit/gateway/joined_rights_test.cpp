// SPDX-License-Identifier: GPL-3.0-or-later
// What a connection joined in process may and may not: it is not local, whatever the settings say (security rules S20 to S22).
#include <sys/socket.h>

#include <array>

#include "fixture.hpp"
#include "page.hpp"

namespace soulfabric::gateway {
namespace {

using testing::Page;
using testing::Reply;
using testing::Wire;

class JoinedRightsTest : public testing::GatewayTest {
 protected:
  Wire::Joined join() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    on_loop([&] { EXPECT_TRUE(gateway->join(ends[1])); });
    return {ends[0]};
  }
  Reply through(std::string_view method, std::string_view target, std::string_view body = {}, std::vector<std::string> headers = {}) {
    Wire wire(join());
    return ask(wire, method, target, body, std::move(headers));
  }
  Reply ask(Wire& wire, std::string_view method, std::string_view target, std::string_view body = {}, std::vector<std::string> headers = {}) {
    if (!body.empty()) {
      headers.push_back("Content-Length: " + std::to_string(body.size()));
      headers.emplace_back("Content-Type: application/json");
    }
    wire.send(head(method, target, headers, false) + "\r\n" + std::string(body));
    return wire.read();
  }
  struct Browser {
    std::string cookie;
    std::string csrf;
  };
  [[nodiscard]] std::string origin() const { return "Origin: http://127.0.0.1:" + std::to_string(port); }
  /// Signs in through the tunnel, with the password.
  Browser sign_in() {
    const auto reply = through("POST", "/api/v0/session", R"({"username":"soulfabric","password":"right-password"})", {"X-Soulfabric-Browser: 1", origin()});
    EXPECT_EQ(reply.status, 200) << reply.body;
    const auto line = reply.header("set-cookie");
    return {"Cookie: " + line.substr(0, line.find(';')), "X-CSRF-Token: " + reply.body.substr(9, reply.body.find('"', 9) - 9)};
  }
};

TEST_F(JoinedRightsTest, ListsOfNetworksNeverMatchEvenTheWidest) {
  settings.api_keys = {ApiKey{"all4", "all-v4-key-0123456789", Role::Administrator, {*IpNetwork::parse("0.0.0.0/0")}, {}},
                       ApiKey{"all6", "all-v6-key-0123456789", Role::Administrator, {*IpNetwork::parse("::/0")}, {}},
                       ApiKey{"here", "here-key-0123456789ab", Role::Administrator, {*IpNetwork::parse("127.0.0.0/8"), *IpNetwork::parse("::1/128")}, {}},
                       ApiKey{"free", "free-key-0123456789ab", Role::Administrator, {}, {}}};
  launch();
  for (const char* key : {"all-v4-key-0123456789", "all-v6-key-0123456789", "here-key-0123456789ab"}) {
    EXPECT_EQ(through("GET", "/api/v0/application", {}, {"X-API-Key: " + std::string(key)}).status, 401) << key;
  }
  EXPECT_EQ(stranger("GET", "/api/v0/application", {}, {"X-API-Key: here-key-0123456789ab"}).status, 200);
  EXPECT_EQ(through("GET", "/api/v0/application", {}, {"X-API-Key: free-key-0123456789ab"}).status, 200) << "a key for everywhere is one for here";
}

TEST_F(JoinedRightsTest, SwitchedOffAuthenticationStaysOnHere) {
  settings.authentication_disabled = true;
  launch();
  EXPECT_EQ(stranger("GET", "/api/v0/application").status, 200);
  EXPECT_EQ(through("GET", "/api/v0/application").status, 401);
  EXPECT_EQ(through("GET", "/api/v0/session/enabled").body, "true") << "the page must ask for a sign-in";
}

TEST_F(JoinedRightsTest, LoginLinksAreNotRedeemedAndStayGood) {
  launch();
  std::string link;
  on_loop([&] { link = gateway->make_login_link(); });
  const auto body = R"({"secret":")" + link.substr(link.find("/#login=") + 8) + "\"}";
  EXPECT_NE(through("POST", "/api/v0/session/link", body, {"X-Soulfabric-Browser: 1", origin()}).status, 200);
  EXPECT_EQ(stranger("POST", "/api/v0/session/link", body, {"X-Soulfabric-Browser: 1", origin()}).status, 200);
}

TEST_F(JoinedRightsTest, StrangersSeeHealthAndThePageThatSignsIn) {
  settings.metrics_open = true;
  launch();
  EXPECT_EQ(through("GET", "/health").status, 200);
  EXPECT_NE(through("GET", "/").status, 401);
  for (const char* path : {"/ready", "/metrics", "/api/v0/application", "/api/v0/options", "/api/v0/relay", "/api/v0/mesh", "/api/v0/openapi.json", "/api/v0/events/ws",
                           "/mesh/http/services", "/api/v0/session"}) {
    EXPECT_EQ(through("GET", path).status, 401) << path;
  }
}

TEST_F(JoinedRightsTest, NoConfigurationRouteAnswersEvenToASession) {
  settings.remote_configuration = true;
  launch();
  const auto browser = sign_in();
  EXPECT_EQ(through("GET", "/api/v0/application", {}, {browser.cookie}).status, 200);
  const std::vector<std::pair<std::string, std::string>> routes{
      {"GET", "/api/v0/options/yaml"}, {"GET", "/api/v0/options/yaml/location"}, {"PUT", "/api/v0/options/yaml"}, {"POST", "/api/v0/options/yaml/validate"}, {"PATCH", "/api/v0/options"},
      {"GET", "/api/v0/options/debug"}};
  for (const auto& [method, path] : routes) {
    const bool takes = method != "GET";
    const auto body = path == "/api/v0/options" ? std::string(R"({"soulseek":{"listenPort":2000}})") : std::string(R"("soulseek:\n  username: you\n")");
    const auto reply = through(method, path, takes ? body : "", {browser.cookie, browser.csrf, origin()});
    EXPECT_TRUE(reply.status == 403 || reply.status == 404) << method << " " << path << " " << reply.status << " " << reply.body;
  }
  EXPECT_EQ(configuration.yaml, "soulseek:\n  username: me\n");
  EXPECT_FALSE(configuration.patched.listen_port);
}

TEST_F(JoinedRightsTest, AnEventStreamWorksAndEndsWhenItsSessionSignsOut) {
  launch();
  const auto browser = sign_in();
  Page joined(join(), port, browser.cookie + "\r\n" + origin() + "\r\n");
  ASSERT_EQ(joined.reply.status, 101);
  EXPECT_FALSE(joined.text("hello").empty());
  on_loop([&] {
    for (auto* observer : client.observers) observer->on_session_changed();
  });
  EXPECT_FALSE(joined.text("application").empty());
  Page without(join(), port, browser.cookie + "\r\n");
  EXPECT_EQ(without.reply.status, 403) << "a cookie without an Origin opens nothing";
  EXPECT_EQ(stranger("DELETE", "/api/v0/session", {}, {browser.cookie, browser.csrf}).status, 204);
  while (!joined.text().empty()) {
  }
  EXPECT_EQ(through("GET", "/api/v0/application", {}, {browser.cookie}).status, 401);
}

TEST_F(JoinedRightsTest, AnEventStreamOfALostKeyAndOfAnOldPasswordEnds) {
  launch();
  const auto browser = sign_in();
  Page by_key(join(), port, "X-API-Key: " + std::string(testing::kTestKey) + "\r\n");
  Page by_cookie(join(), port, browser.cookie + "\r\n" + origin() + "\r\n");
  EXPECT_FALSE(by_key.text("hello").empty());
  EXPECT_FALSE(by_cookie.text("hello").empty());
  on_loop([&] {
    auto changed = settings;
    changed.api_keys.clear();
    gateway->configure(changed);
  });
  while (!by_key.text().empty()) {
  }
  on_loop([&] {
    auto changed = settings;
    changed.password = "another-password";
    gateway->configure(changed);
  });
  while (!by_cookie.text().empty()) {
  }
}

TEST_F(JoinedRightsTest, OneConnectionServesAnswersThatTakeTheirTimeAndHalfCloses) {
  launch();
  const auto end = join();
  Wire wire(end);
  const std::string key = "X-API-Key: " + std::string(testing::kTestKey);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(wire, "POST", "/api/v0/users/bob/directory", R"({"directory":"a"})", {key}).status, 200);
  ASSERT_TRUE(wire.send(head("GET", "/api/v0/openapi.json", {key}, false) + "\r\n"));
  ::shutdown(end.descriptor, SHUT_WR);
  const auto last = wire.read();
  EXPECT_EQ(last.status, 200);
  EXPECT_GT(last.body.size(), 64U * 1024U) << "more than one write";
  EXPECT_TRUE(wire.closed());
}

TEST_F(JoinedRightsTest, JoinedOnesCountAgainstTheCapOfConnections) {
  settings.limits.connections = 2;
  launch();
  Wire first(join());
  Wire second(join());
  EXPECT_EQ(ask(first, "GET", "/health").status, 200);
  EXPECT_EQ(ask(second, "GET", "/health").status, 200);
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  on_loop([&] { EXPECT_EQ(gateway->join(ends[1]).error().code, Errc::Busy); });
  EXPECT_TRUE(Wire(Wire::Joined{ends[0]}).closed()) << "the refused end is closed, not leaked";
}

TEST_F(JoinedRightsTest, WhileItStopsNothingIsJoined) {
  launch();
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  auto done = boost::asio::co_spawn(context, gateway->stop(), boost::asio::use_future);
  ASSERT_EQ(done.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  on_loop([&] { EXPECT_EQ(gateway->join(ends[1]).error().code, Errc::Unavailable); });
  EXPECT_TRUE(Wire(Wire::Joined{ends[0]}).closed());
}

}  // namespace
}  // namespace soulfabric::gateway

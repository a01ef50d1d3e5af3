// SPDX-License-Identifier: GPL-3.0-or-later
// Signing in and out over real sockets (security rules S20 to S22).
#include "fixture.hpp"

namespace soulfabric::gateway {
namespace {

using testing::Reply;

class SessionTest : public testing::GatewayTest {
 protected:
  static std::string member(const std::string& json, const std::string& name) {
    const auto at = json.find("\"" + name + "\":\"");
    if (at == std::string::npos) return "";
    const auto begin = at + name.size() + 4;
    return json.substr(begin, json.find('"', begin) - begin);
  }
  std::string origin() const { return "Origin: http://127.0.0.1:" + std::to_string(port); }
  struct Browser {
    std::string cookie;
    std::string csrf;
  };
  Browser take(const Reply& reply) {
    const auto line = reply.header("set-cookie");
    EXPECT_NE(line.find("HttpOnly"), std::string::npos) << line;
    EXPECT_NE(line.find("SameSite=Strict"), std::string::npos);
    return {"Cookie: " + line.substr(0, line.find(';')), "X-CSRF-Token: " + member(reply.body, "csrf")};
  }
  Browser sign_in() {
    const auto reply = stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":"right-password"})", {"X-Soulfabric-Browser: 1", origin()});
    EXPECT_EQ(reply.status, 200) << reply.body;
    return take(reply);
  }
  static std::string secret_of(const std::string& link) { return link.substr(link.find("/#login=") + 8); }
  Reply redeem(const std::string& secret) {
    return stranger("POST", "/api/v0/session/link", R"({"secret":")" + secret + "\"}", {"X-Soulfabric-Browser: 1", origin()});
  }
};

TEST_F(SessionTest, GivesToolsATokenInSlskdsForm) {
  launch();
  const auto reply = stranger("POST", "/api/v0/session", R"({"Username":"soulfabric","Password":"right-password"})");
  ASSERT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("set-cookie"), "");
  for (const auto* name : {"\"expires\":", "\"issued\":", "\"name\":\"soulfabric\"", "\"notBefore\":", "\"token\":\"", "\"tokenType\":\"Bearer\""}) {
    EXPECT_NE(reply.body.find(name), std::string::npos) << name;
  }
  const auto bearer = "Authorization: Bearer " + member(reply.body, "token");
  EXPECT_EQ(stranger("GET", "/api/v0/application", {}, {bearer}).status, 200);
  EXPECT_EQ(stranger("GET", "/api/v0/application?access_token=" + member(reply.body, "token")).status, 401);
  EXPECT_EQ(stranger("GET", "/api/v0/options/yaml/location", {}, {bearer}).status, 403) << "remote_configuration is off";
}

TEST_F(SessionTest, TellsWrongFromMissing) {
  launch();
  EXPECT_EQ(stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":"wrong"})").status, 401);
  EXPECT_EQ(stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":"wrong"})").body, "");
  EXPECT_EQ(stranger("POST", "/api/v0/session", R"({"username":"slskd","password":"slskd"})").status, 401);
  EXPECT_EQ(stranger("POST", "/api/v0/session", R"({"username":" ","password":"x"})").status, 400);
  EXPECT_EQ(stranger("POST", "/api/v0/session", R"({"username":"soulfabric"})").status, 400);
  EXPECT_EQ(stranger("POST", "/api/v0/session", "{").status, 400);
  EXPECT_EQ(stranger("GET", "/api/v0/session").status, 401);
  EXPECT_EQ(stranger("GET", "/api/v0/session").body, "");
  EXPECT_EQ(call("GET", "/api/v0/session").status, 200);
  EXPECT_EQ(stranger("GET", "/api/v0/session/enabled").body, "true");
}

TEST_F(SessionTest, AsksABrowserForItsCsrfToken) {
  launch();
  const auto browser = sign_in();
  EXPECT_EQ(stranger("GET", "/api/v0/searches", {}, {browser.cookie}).status, 200);
  const std::string search = R"({"searchText":"x"})";
  const auto missing = stranger("POST", "/api/v0/searches", search, {browser.cookie});
  EXPECT_EQ(missing.status, 403);
  EXPECT_NE(missing.body.find("reload"), std::string::npos);
  EXPECT_EQ(stranger("POST", "/api/v0/searches", search, {browser.cookie, "X-CSRF-Token: wrong"}).status, 403);
  EXPECT_TRUE(client.searches_part.all.empty());
  EXPECT_EQ(stranger("POST", "/api/v0/searches", search, {browser.cookie, browser.csrf}).status, 200);
  const auto shown = stranger("GET", "/api/v0/session", {}, {browser.cookie});
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ("X-CSRF-Token: " + shown.header("x-csrf-token"), browser.csrf);
  EXPECT_EQ(shown.body, "");
}

TEST_F(SessionTest, NamesTheCookieAfterTheInstance) {
  launch();
  const auto browser = sign_in();
  EXPECT_EQ(browser.cookie.substr(0, 19), "Cookie: sf_session_");
  EXPECT_EQ(stranger("GET", "/api/v0/searches", {}, {"Cookie: sf_session_other" + browser.cookie.substr(browser.cookie.find('='))}).status, 401);
}

TEST_F(SessionTest, SurvivesARestartUntilItSignsOut) {
  launch();
  const auto browser = sign_in();
  halt();
  launch();
  EXPECT_EQ(stranger("GET", "/api/v0/session", {}, {browser.cookie}).status, 200);
  const auto out = stranger("DELETE", "/api/v0/session", {}, {browser.cookie, browser.csrf});
  EXPECT_EQ(out.status, 204);
  EXPECT_NE(out.header("set-cookie").find("Max-Age=0"), std::string::npos);
  EXPECT_EQ(stranger("GET", "/api/v0/session", {}, {browser.cookie}).status, 401);
  std::promise<void> written;
  workers.post([&] { written.set_value(); });
  written.get_future().get();
  while (!std::filesystem::exists(folder / "secrets" / "revoked-sessions")) std::this_thread::yield();
  halt();
  launch();
  EXPECT_EQ(stranger("GET", "/api/v0/session", {}, {browser.cookie}).status, 401) << "signed out stays signed out";
}

TEST_F(SessionTest, EndsAllSessionsWhenThePasswordChanges) {
  launch();
  const auto browser = sign_in();
  on_loop([&] {
    auto changed = settings;
    changed.password = "another-password";
    gateway->configure(changed);
  });
  EXPECT_EQ(stranger("GET", "/api/v0/session", {}, {browser.cookie}).status, 401);
  EXPECT_EQ(call("GET", "/api/v0/session").status, 200) << "keys stay";
}

TEST_F(SessionTest, MakesAPasswordAtTheFirstStartOnly) {
  settings.password.reset();
  launch();
  EXPECT_TRUE(gateway->first_start());
  const auto content = read_whole(folder / "secrets" / "web-password", 100);
  ASSERT_TRUE(content);
  const auto password = std::string(trim(text_of(*content)));
  EXPECT_GE(password.size(), 20U);
  const auto left = read_whole(folder / "secrets" / "login-link", 4096);
  ASSERT_TRUE(left) << "no terminal: the link lies in a file";
  const auto line = std::string(text_of(*left)).substr(0, text_of(*left).find('\n'));
  EXPECT_EQ(redeem(secret_of(line)).status, 200);
  EXPECT_FALSE(std::filesystem::exists(folder / "secrets" / "login-link"));
  for (const auto* name : {"web-password", "session-key", "instance-id"}) {
    struct stat info{};
    ASSERT_EQ(::stat((folder / "secrets" / name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << name;
  }
  EXPECT_EQ(stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":")" + password + "\"}").status, 200);
  halt();
  launch();
  EXPECT_FALSE(gateway->first_start());
  EXPECT_EQ(stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":")" + password + "\"}").status, 200);
}

TEST_F(SessionTest, HonoursALoginLinkOnce) {
  launch();
  std::string link;
  on_loop([&] { link = gateway->make_login_link(); });
  EXPECT_EQ(link.find("http://127.0.0.1:" + std::to_string(port) + "/#login="), 0U);
  EXPECT_EQ(redeem("wrong").status, 401);
  const auto reply = redeem(secret_of(link));
  ASSERT_EQ(reply.status, 200);
  EXPECT_EQ(stranger("GET", "/api/v0/session", {}, {take(reply).cookie}).status, 200);
  const auto again = redeem(secret_of(link));
  EXPECT_EQ(again.status, 401);
  EXPECT_NE(again.body.find("soulfabric login-link"), std::string::npos);
}

TEST_F(SessionTest, HonoursALinkLeftInTheSecretsFolderOnceAndWhileItIsYoung) {
  launch();
  SystemRandom system;
  const auto link = write_login_link(folder / "secrets", "http://127.0.0.1:5030", system, clock.wall());
  ASSERT_TRUE(link);
  struct stat info{};
  ASSERT_EQ(::stat((folder / "secrets" / "login-link").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const auto copy = read_whole(folder / "secrets" / "login-link", 4096);
  EXPECT_EQ(redeem(secret_of(*link)).status, 200);
  EXPECT_FALSE(std::filesystem::exists(folder / "secrets" / "login-link"));
  ASSERT_TRUE(write_whole(folder / "secrets" / "login-link", *copy, 0600));
  EXPECT_EQ(redeem(secret_of(*link)).status, 401) << "put back, it is still used up";
  const auto old = write_login_link(folder / "secrets", "http://127.0.0.1:5030", system, clock.wall() - std::chrono::minutes(11));
  EXPECT_EQ(redeem(secret_of(*old)).status, 401);
}

TEST_F(SessionTest, LimitsGuessesButNeverLocksOutAKeyOrASession) {
  launch();
  const auto browser = sign_in();
  int limited = 0;
  for (int i = 0; i < 30; ++i) limited += stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":"guess"})").status == 429 ? 1 : 0;
  EXPECT_EQ(limited, 20);
  EXPECT_EQ(stranger("GET", "/api/v0/searches", {}, {"X-API-Key: guess-0123456789abcdef"}).status, 429);
  EXPECT_EQ(call("GET", "/api/v0/searches").status, 200);
  EXPECT_EQ(stranger("GET", "/api/v0/searches", {}, {browser.cookie}).status, 200);
}

TEST_F(SessionTest, TreatsATunnelledConnectionAsAStranger) {
  settings.authentication_disabled = true;
  ApiKey here{"here", "here-key-0123456789abcdef", Role::Administrator, {*IpNetwork::parse("127.0.0.0/8")}, {}};
  settings.api_keys.push_back(here);
  settings.remote_configuration = true;
  launch();
  const auto tunnel = [&](std::string_view method, std::string_view target, std::string_view body, std::vector<std::string> headers) {
    return exchange(tunnel_port, method, target, body, std::move(headers), false).status;
  };
  const std::string key = "X-API-Key: " + std::string(testing::kTestKey);
  EXPECT_EQ(stranger("GET", "/api/v0/searches").status, 200) << "here it is disabled";
  EXPECT_EQ(tunnel("GET", "/api/v0/searches", {}, {}), 401);
  EXPECT_EQ(tunnel("GET", "/api/v0/searches", {}, {"X-API-Key: here-key-0123456789abcdef"}), 401) << "no address matches no list";
  EXPECT_EQ(tunnel("GET", "/api/v0/searches", {}, {key}), 200);
  EXPECT_EQ(tunnel("GET", "/health", {}, {}), 200);
  EXPECT_EQ(tunnel("GET", "/", {}, {}), 200);
  EXPECT_EQ(tunnel("GET", "/ready", {}, {}), 401);
  EXPECT_EQ(tunnel("GET", "/metrics", {}, {}), 401);
  EXPECT_EQ(tunnel("GET", "/api/v0/options", {}, {key}), 403);
  EXPECT_EQ(tunnel("PATCH", "/api/v0/options", R"({"soulseek":{"listenPort":2000}})", {key}), 403);
  std::string link;
  on_loop([&] { link = gateway->make_login_link(); });
  EXPECT_EQ(tunnel("POST", "/api/v0/session/link", R"({"secret":")" + secret_of(link) + "\"}", {}), 401);
  EXPECT_EQ(tunnel("POST", "/api/v0/session/link", R"({"secret":")" + secret_of(link) + "\"}", {key}), 403);
  EXPECT_EQ(redeem(secret_of(link)).status, 200) << "the link itself is still good";
}

TEST_F(SessionTest, IsSwitchedOffWhenHeadless) {
  settings.headless = true;
  launch();
  EXPECT_EQ(stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":"right-password"})").status, 403);
  EXPECT_EQ(stranger("GET", "/").status, 404);
  EXPECT_EQ(call("GET", "/api/v0/application").status, 200);
}

TEST_F(SessionTest, AcceptsBothNamesOfTheKeyHeader) {
  launch();
  EXPECT_EQ(stranger("GET", "/api/v0/searches", {}, {"x-api-KEY: " + std::string(testing::kTestKey)}).status, 200);
  EXPECT_EQ(stranger("GET", "/api/v0/searches", {}, {"X-Slskdn-ApiKey: " + std::string(testing::kTestKey)}).status, 200);
  EXPECT_EQ(stranger("GET", "/api/v0/searches", {}, {"Authorization: Bearer " + std::string(testing::kTestKey)}).status, 401);
}

}  // namespace
}  // namespace soulfabric::gateway

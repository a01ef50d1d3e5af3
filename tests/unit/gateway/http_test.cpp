// SPDX-License-Identifier: GPL-3.0-or-later
// The server against clients that are slow, rude or wrong; and the page's files.
#include "fixture.hpp"

namespace soulfabric::gateway {
namespace {

using testing::Reply;
using testing::Wire;
class HttpTest : public testing::GatewayTest {};

TEST_F(HttpTest, AnswersHealthToAnyone) {
  launch();
  const auto reply = stranger("GET", "/health");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "Healthy");
  EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(reply.header("referrer-policy"), "no-referrer");
  EXPECT_EQ(reply.header("access-control-allow-origin"), "");
  EXPECT_EQ(reply.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
            "form-action 'none'; base-uri 'none'; frame-ancestors 'none'");
}

TEST_F(HttpTest, SaysWhatIsNotReady) {
  parts = {{"shares", true, ""}, {"soulseek.db", false, "It is being checked."}};
  launch();
  const auto reply = stranger("GET", "/ready");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, R"({"parts":[{"name":"shares","ready":true},{"name":"soulseek.db","ready":false,"detail":"It is being checked."}],"ready":false})");
  on_loop([&] { parts[1].ready = true; });
  EXPECT_EQ(stranger("GET", "/ready").status, 200);
}

TEST_F(HttpTest, KeepsTheConnectionAndAnswersPipelinedRequestsInOrder) {
  launch();
  Wire wire(port);
  const auto one = head("GET", "/health", {}) + "\r\n";
  const auto two = head("GET", "/api/v0/application/version", {}) + "\r\n";
  wire.send(one + two + one);
  EXPECT_EQ(wire.read().body, "Healthy");
  EXPECT_EQ(wire.read().body, "\"0.26.0\"");
  EXPECT_EQ(wire.read().body, "Healthy");
  wire.send(head("GET", "/health", {"Connection: close"}) + "\r\n");
  EXPECT_EQ(wire.read().header("connection"), "close");
  EXPECT_TRUE(wire.closed());
}

TEST_F(HttpTest, RefusesForeignHostsWithTheNameOfTheSetting) {
  launch();
  const auto reply = call("GET", "/api/v0/application", {}, {"Host: evil.example"});
  EXPECT_EQ(reply.status, 403);
  EXPECT_NE(reply.body.find("web.hosts"), std::string::npos);
  EXPECT_EQ(stranger("GET", "/", {}, {"Host: 192.168.1.5:5030"}).status, 403);
  EXPECT_EQ(stranger("GET", "/health", {}, {"Host: rebind.localhost.evil.example"}).status, 403);
  EXPECT_EQ(stranger("GET", "/health", {}, {"Host: node3.localhost:5030"}).status, 200);
  EXPECT_EQ(stranger("GET", "/health", {}, {"Host: a b"}).status, 400);
}

TEST_F(HttpTest, AnswersToConfiguredNames) {
  settings.host_names = {"music.example"};
  launch();
  EXPECT_EQ(stranger("GET", "/health", {}, {"Host: Music.Example"}).status, 200);
  EXPECT_EQ(stranger("GET", "/health", {}, {"Host: other.example"}).status, 403);
}

TEST_F(HttpTest, RefusesForeignOriginsEvenWithAKey) {
  launch();
  const auto own = "Origin: http://127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(call("GET", "/api/v0/application", {}, {own}).status, 200);
  for (const std::string origin : {"Origin: http://evil.example", "Origin: null", "Origin: http://localhost:1", "Origin: http://127.0.0.1:1"}) {
    const auto reply = call("POST", "/api/v0/searches", R"({"searchText":"x"})", {origin});
    EXPECT_EQ(reply.status, 403) << origin;
    EXPECT_NE(reply.body.find("another site"), std::string::npos);
  }
  EXPECT_TRUE(client.searches_part.all.empty());
}

TEST_F(HttpTest, RefusesRequestsWithoutOrWithTwoHosts) {
  launch();
  Wire none(port);
  none.send("GET /health HTTP/1.1\r\n\r\n");
  EXPECT_EQ(none.read().status, 400);
  Wire two(port);
  two.send("GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(two.read().status, 400);
}

TEST_F(HttpTest, RefusesAHeaderOverTheLimit) {
  launch();
  Wire wire(port);
  wire.send(head("GET", "/health", {"X-Long: " + std::string(settings.limits.header_bytes, 'a')}) + "\r\n");
  EXPECT_EQ(wire.read().status, 431);
  EXPECT_TRUE(wire.closed());
  EXPECT_EQ(stranger("GET", "/health", {}, {"X-Long: " + std::string(settings.limits.header_bytes - 1024, 'a')}).status, 200);
  EXPECT_EQ(stranger("GET", "/health?" + std::string(settings.limits.header_bytes, 'a')).status, 431);
}

TEST_F(HttpTest, RefusesTenThousandHeaderLines) {
  launch();
  std::string lines;
  for (int i = 0; i < 10'000; ++i) lines += "a:\r\n";
  Wire wire(port);
  wire.send(head("GET", "/health", {}) + lines + "\r\n");
  EXPECT_EQ(wire.read().status, 431);
  EXPECT_EQ(stranger("GET", "/health", {}, std::vector<std::string>(98, "a: b")).status, 200);
  EXPECT_EQ(stranger("GET", "/health", {}, std::vector<std::string>(101, "a: b")).status, 431) << "also when they are short";
}

TEST_F(HttpTest, RefusesABodyOverTheLimitBeforeReadingIt) {
  launch();
  Wire wire(port);
  const auto limit = settings.limits.body_bytes;
  wire.send(head("POST", "/api/v0/searches", {"Content-Type: application/json", "Content-Length: " + std::to_string(limit + 1)}) + "\r\n");
  EXPECT_EQ(wire.read().status, 413);
  const std::string body = R"({"searchText":"x","padding":")" + std::string(limit - 40, 'a') + "\"}";
  ASSERT_LE(body.size(), limit);
  EXPECT_EQ(call("POST", "/api/v0/searches", body).status, 200) << "one just below the limit is read";
}

TEST_F(HttpTest, ReadsChunkedBodiesAndLimitsThem) {
  launch();
  const auto post = head("POST", "/api/v0/searches", {"Content-Type: application/json", "Transfer-Encoding: chunked"}) + "\r\n";
  Wire wire(port);
  wire.send(post + "8\r\n{\"search\r\n");
  wire.send("a;ext=1\r\nText\":\"x\"}\r\n0\r\nTrailer: t\r\n\r\n");
  EXPECT_EQ(wire.read().status, 200);
  Wire big(port);
  big.send(post);
  const std::string chunk = "10000\r\n" + std::string(65536, ' ') + "\r\n";
  for (std::size_t i = 0; i <= settings.limits.body_bytes / 65536; ++i) big.send(chunk);
  EXPECT_EQ(big.read().status, 413);
  for (const std::string bad : {"zz\r\n", "-1\r\n", "ffffffffffffffff1\r\n", "5\r\nabcdefgh\r\n"}) {
    Wire broken(port);
    broken.send(post + bad);
    EXPECT_EQ(broken.read().status, bad.starts_with("ffff") ? 400 : 400) << bad;
  }
}

TEST_F(HttpTest, RefusesWhatTwoReadersCouldUnderstandDifferently) {
  launch();
  const std::vector<std::vector<std::string>> cases{{"Content-Length: 2", "Content-Length: 2"},
                                                    {"Content-Length: 2", "Content-Length: 3"},
                                                    {"Content-Length: 2, 2"},
                                                    {"Content-Length: -1"},
                                                    {"Content-Length: +2"},
                                                    {"Content-Length: 0x2"},
                                                    {"Content-Length: 99999999999999999999999"},
                                                    {"Content-Length: 2", "Transfer-Encoding: chunked"},
                                                    {"Transfer-Encoding: chunked", "Content-Length: 2"},
                                                    {"Transfer-Encoding: chunked", "Transfer-Encoding: chunked"},
                                                    {"Transfer-Encoding : chunked"},
                                                    {"Bad Header: x"}};
  for (const auto& headers : cases) {
    Wire wire(port);
    auto all = headers;
    all.emplace_back("Content-Type: application/json");
    wire.send(head("POST", "/api/v0/searches", all) + "\r\n{}");
    EXPECT_EQ(wire.read().status, 400) << headers[0];
    EXPECT_TRUE(wire.closed()) << headers[0];
  }
  EXPECT_EQ(call("POST", "/api/v0/searches", {}, {"Transfer-Encoding: gzip, chunked"}).status, 501);
  EXPECT_EQ(call("POST", "/api/v0/searches", {}, {"Transfer-Encoding: identity"}).status, 501);
}

TEST_F(HttpTest, RefusesWhatIsNotHttp) {
  launch();
  for (const std::string text : {"\x16\x03\x01\x02\x01\x01\xFC\r\n\r\n", "GET\r\n\r\n", "GET /health HTTP/9.9\r\n\r\n", "GET /health\r\n\r\n", "GET / health HTTP/1.1\r\n\r\n",
                                 "\r\n\r\n\r\n"}) {
    Wire wire(port);
    wire.send(text);
    const auto status = wire.read().status;
    EXPECT_TRUE(status == 400 || status == 505) << status;
    EXPECT_TRUE(wire.closed());
  }
  EXPECT_EQ(stranger("GET", "/health").status, 200) << "the others are served on";
}

TEST_F(HttpTest, RefusesBadEscapesAndOddTargets) {
  launch();
  for (const std::string target : {"/api/v0/users/%zz/info", "/%", "/api/v0/searches?x=%4", "/api/v0/users/a%/info"}) EXPECT_EQ(call("GET", target).status, 400) << target;
  EXPECT_EQ(call("GET", "*").status, 400);
  EXPECT_EQ(call("GET", "http://127.0.0.1/health").status, 200);
}

TEST_F(HttpTest, ClosesAConnectionWhoseHeaderDribbles) {
  settings.limits.header_time = std::chrono::milliseconds(150);
  launch();
  Wire wire(port);
  wire.send("GET /health HTTP/1.1\r\nHost: lo");
  EXPECT_TRUE(wire.closed()) << "the deadline counts from the first byte, not from the last";
}

TEST_F(HttpTest, ClosesAConnectionWhoseBodyDribbles) {
  settings.limits.request_time = std::chrono::milliseconds(150);
  launch();
  Wire wire(port);
  wire.send(head("POST", "/api/v0/searches", {"Content-Type: application/json", "Content-Length: 100"}) + "\r\n{");
  EXPECT_TRUE(wire.closed());
}

TEST_F(HttpTest, ClosesIdleConnectionsAndKeepsServingOthers) {
  settings.limits.idle_time = std::chrono::milliseconds(150);
  launch();
  Wire idle(port);
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(stranger("GET", "/health").status, 200);
}

TEST_F(HttpTest, DropsAReaderThatTakesNothing) {
  settings.limits.write_time = std::chrono::milliseconds(200);
  settings.limits.idle_time = std::chrono::milliseconds(60'000);
  for (int i = 0; i < 20'000; ++i) {
    soulseek::Transfer transfer;
    transfer.id = "00000000-0000-4000-8000-000000000000";
    transfer.username = "someone";
    transfer.filename = "folder\\" + std::string(200, 'x') + std::to_string(i);
    client.transfers_part.all.push_back(transfer);
  }
  launch();
  Wire wire(port);
  std::string many;
  for (int i = 0; i < 4; ++i) many += head("GET", "/api/v0/transfers/downloads", {}) + "\r\n";
  wire.send(many);
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t timeouts = 0;
  while (timeouts == 0 && std::chrono::steady_clock::now() - start < std::chrono::seconds(30)) {
    const auto text = stranger("GET", "/metrics", {}, {"X-API-Key: " + std::string(testing::kTestKey)}).body;
    const auto at = text.find("\nsoulfabric_http_timeouts_total ");
    timeouts = at == std::string::npos ? 0 : parse_u64(text.substr(at + 32, text.find('\n', at + 1) - at - 32)).value_or(0);
  }
  EXPECT_EQ(timeouts, 1U);
}

TEST_F(HttpTest, RefusesConnectionsOverTheCap) {
  settings.limits.connections = 3;
  launch();
  std::vector<std::unique_ptr<Wire>> open;
  for (int i = 0; i < 3; ++i) {
    open.push_back(std::make_unique<Wire>(port));
    open.back()->send(head("GET", "/health", {}) + "\r\n");
    EXPECT_EQ(open.back()->read().status, 200);
  }
  Wire more(port);
  EXPECT_TRUE(more.closed());
}

TEST_F(HttpTest, ContinuesWhenAskedTo) {
  launch();
  Wire wire(port);
  const std::string body = R"({"searchText":"x"})";
  wire.send(head("POST", "/api/v0/searches", {"Content-Type: application/json", "Expect: 100-continue", "Content-Length: " + std::to_string(body.size())}) + "\r\n");
  EXPECT_EQ(wire.raw(25), "HTTP/1.1 100 Continue\r\n\r\n");
  wire.send(body);
  EXPECT_EQ(wire.read().status, 200);
  EXPECT_EQ(call("POST", "/api/v0/searches", {}, {"Expect: something"}).status, 417);
}

TEST_F(HttpTest, AnswersHeadWithoutABodyAndTellsAllowedMethods) {
  launch();
  const auto reply = call("HEAD", "/health");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-length"), "7");
  EXPECT_EQ(reply.body, "");
  const auto wrong = call("PATCH", "/api/v0/searches");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("allow"), "GET, POST");
}

TEST_F(HttpTest, ServesThePageWithTagsAndCompression) {
  launch();
  const auto page = stranger("GET", "/");
  ASSERT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("<html"), std::string::npos);
  EXPECT_EQ(page.header("cache-control"), "no-cache");
  EXPECT_EQ(stranger("GET", "/browse/somebody").body, page.body) << "a path of the page itself";
  EXPECT_EQ(stranger("GET", "/nothing.js").status, 404);
  EXPECT_EQ(stranger("GET", "/", {}, {"If-None-Match: " + page.header("etag")}).status, 304);
  EXPECT_EQ(stranger("POST", "/").status, 405);
  EXPECT_EQ(stranger("GET", "/../../etc/passwd").status, 200) << "the page again, nothing of the disk";
  EXPECT_EQ(stranger("GET", "/%2e%2e/secrets/web-password.txt").status, 404);
  const auto at = page.body.find("assets/");
  ASSERT_NE(at, std::string::npos);
  const auto script = "/" + page.body.substr(at, page.body.find('"', at) - at);
  const auto packed = stranger("GET", script, {}, {"Accept-Encoding: gzip, br"});
  ASSERT_EQ(packed.status, 200);
  EXPECT_EQ(packed.header("content-encoding"), "br");
  EXPECT_NE(packed.header("cache-control").find("immutable"), std::string::npos);
  EXPECT_GT(stranger("GET", script).body.size(), packed.body.size());
}

TEST_F(HttpTest, AnswersUnknownApiPathsWithAnEmpty404) {
  launch();
  for (const std::string target : {"/api/v0/nothing", "/api/", "/api/v1/searches", "/hub/application", "/api/v0/relay/controller"}) {
    const auto reply = call("GET", target);
    EXPECT_EQ(reply.status, 404) << target;
    EXPECT_EQ(reply.body, "");
  }
}

TEST_F(HttpTest, RefusesToListenForOthersWithoutAYes) {
  const std::vector<ListenAt> everywhere{{{IpAddress::v4(0), 0}, guard::Origin::UserLocal}};
  const auto refused = launch(everywhere);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::Forbidden);
  EXPECT_NE(refused.error().message.find("web.allow_remote"), std::string::npos);
  settings.allow_remote = true;
  settings.authentication_disabled = true;
  const auto open = launch(everywhere);
  ASSERT_FALSE(open);
  EXPECT_NE(open.error().message.find("authentication"), std::string::npos);
  settings.authentication_disabled = false;
  EXPECT_TRUE(launch(everywhere));
}

TEST_F(HttpTest, SaysWhichPortIsInUse) {
  launch();
  const GatewayDependencies deps{context, clock, workers, random, client, shares, guard, configuration, nullptr, nullptr, folder / "secrets", {}, "x"};
  auto other = make_gateway(deps, settings);
  ASSERT_TRUE(other);
  const auto refused = (*other)->start({{{IpAddress::v4(0x7F000001), port}, guard::Origin::UserLocal}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::Conflict);
  EXPECT_NE(refused.error().message.find(std::to_string(port)), std::string::npos);
}

TEST_F(HttpTest, LetsNobodyWaitForASlowDisk) {
  launch();
  std::promise<void> release;
  auto gate = release.get_future().share();
  for (int i = 0; i < 2; ++i) workers.post([gate] { gate.wait(); });
  Wire wire(port);
  wire.send(head("GET", "/api/v0/files/downloads/directories", {}) + "\r\n");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(stranger("GET", "/health").status, 200) << "while every worker is busy";
  release.set_value();
  EXPECT_EQ(wire.read().status, 200);
}

}  // namespace
}  // namespace soulfabric::gateway

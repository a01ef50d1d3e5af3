// SPDX-License-Identifier: GPL-3.0-or-later
// The client against a well-behaved server on loopback, which only an exception lets it reach.
#include "http_ground.hpp"

namespace soulfabric::net {
namespace {

using testing::HttpOrigin;
using testing::OriginAnswer;
using testing::OriginRequest;

OriginAnswer plain(const OriginRequest& request) {
  if (request.target == "/release") return {.headers = {{"ETag", "\"one\""}, {"Content-Type", "application/json"}}, .body = "{}"};
  if (request.target == "/gone") return {.status = 404, .body = "nothing"};
  if (request.target == "/moved") return {.status = 307, .headers = {{"Location", "release?again"}}};
  if (request.target == "/release?again") return {.body = "there"};
  if (request.target == "/unchanged") return {.status = 304};
  return {.status = 500};
}

TEST(HttpClient, GivesTheAnswerOfAnExceptedHost) {
  HttpGround ground;
  HttpOrigin origin(ground.context, ground.clock, plain);
  ground.names["mirror.lan"] = {"127.0.0.1"};
  ground.make(with_exception("mirror.lan", {origin.port()}));
  const auto answer = ground.fetch({.url = origin.url("/release", "mirror.lan"), .headers = {{"Accept", "application/json"}}}, &origin);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(text_of(answer->body), "{}");
  EXPECT_EQ(answer->host, "mirror.lan");
  EXPECT_EQ(answer->headers.at("etag"), "\"one\"");
  EXPECT_EQ(origin.count("/release"), 1U);
  EXPECT_EQ(origin.last().headers.at("host"), "mirror.lan:" + std::to_string(origin.port()));
  EXPECT_EQ(origin.last().headers.at("user-agent"), "soulfabric/test (nobody@example.org)");
  EXPECT_EQ(origin.last().headers.at("accept"), "application/json");
  EXPECT_EQ(origin.last().headers.at("accept-encoding"), "gzip");
  EXPECT_EQ(ground.asked["mirror.lan"], 1);
  EXPECT_EQ(ground.client->metrics().answers, 1U);
  EXPECT_GT(ground.client->metrics().bytes, 60U);
}

TEST(HttpClient, AnyStatusIsAnAnswer) {
  HttpGround ground;
  HttpOrigin origin(ground.context, ground.clock, plain);
  ground.make(with_exception("127.0.0.1", {origin.port()}));
  EXPECT_EQ(ground.fetch({.url = origin.url("/gone")})->status, 404);
  EXPECT_EQ(ground.fetch({.url = origin.url("/unchanged")})->status, 304);
  EXPECT_EQ(ground.fetch({.url = origin.url("/broken")})->status, 500);
  EXPECT_EQ(ground.fetch({.method = HttpMethod::Head, .url = origin.url("/release")})->body.size(), 0U);
  EXPECT_EQ(ground.client->metrics().answers, 4U);
  ground.end(origin);
}

TEST(HttpClient, FollowsARedirectWithTheSameMethod) {
  HttpGround ground;
  HttpOrigin origin(ground.context, ground.clock, plain);
  ground.make(with_exception("127.0.0.1", {origin.port()}));
  const auto answer = ground.fetch({.method = HttpMethod::Head, .url = origin.url("/moved")});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->redirects, 1U);
  EXPECT_EQ(origin.last().method, "HEAD");
  EXPECT_EQ(origin.count("/release?again"), 1U);
  EXPECT_EQ(ground.fetch({.url = origin.url("/moved"), .redirects = 0})->status, 307) << "who allows none gets the redirect itself";
  ground.end(origin);
}

/// Answers at once and then waits for the client to go.
Task<void> answer_and_wait(testing::OriginConnection& connection, bool* gone) {
  const bool listens = co_await connection.send("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi");
  if (listens) co_await connection.wait_for_end();
  *gone = true;
}

Task<void> fetch_and_see(HttpClient& client, std::string url, IoClock& clock, bool* gone) {
  HttpRequest request;
  request.url = std::move(url);
  const auto answer = co_await client.fetch(std::move(request));
  EXPECT_TRUE(answer);
  while (!*gone) co_await clock.sleep_for(std::chrono::milliseconds(1));  // ended by the guard of run_task
}

TEST(HttpClient, HoldsNoConnectionOpen) {
  HttpGround ground;
  bool gone = false;
  const OriginAnswer staying{.perform = [&gone](testing::OriginConnection& c) { return answer_and_wait(c, &gone); }};
  HttpOrigin origin(ground.context, ground.clock, [&staying](const OriginRequest&) { return staying; });
  ground.make(with_exception("127.0.0.1", {origin.port()}));
  testing::run_task(ground.context, fetch_and_see(*ground.client, origin.url("/"), ground.clock, &gone));
  EXPECT_TRUE(gone);
  ground.end(origin);
}

Task<void> fetch_for_nobody(HttpClient& client, std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  const auto answer = co_await client.fetch(std::move(request));
  EXPECT_EQ(answer.error().code, Errc::Cancelled);
}

Task<void> begin_and_give_up(HttpGround& ground, HttpOrigin& origin, bool* gone) {
  TaskScope scope(ground.context, "asker");
  scope.spawn("fetch", fetch_for_nobody(*ground.client, origin.url("/")));
  while (origin.requests() == 0) co_await ground.clock.sleep_for(std::chrono::milliseconds(1));
  co_await scope.close();
  while (!*gone) co_await ground.clock.sleep_for(std::chrono::milliseconds(1));
}

Task<void> only_wait(testing::OriginConnection& connection, bool* gone) {
  co_await connection.wait_for_end();
  *gone = true;
}

TEST(HttpClient, AGivenUpRequestEndsItsConnection) {
  HttpGround ground;
  bool gone = false;
  const OriginAnswer silent{.perform = [&gone](testing::OriginConnection& c) { return only_wait(c, &gone); }};
  HttpOrigin origin(ground.context, ground.clock, [&silent](const OriginRequest&) { return silent; });
  ground.make(with_exception("127.0.0.1", {origin.port()}));
  testing::run_task(ground.context, begin_and_give_up(ground, origin, &gone));
  EXPECT_TRUE(gone);
  EXPECT_EQ(ground.refused(HttpRefusal::Connect) + ground.refused_else(HttpRefusal::Connect), 0U);
  ground.end(origin);
}

}  // namespace
}  // namespace soulfabric::net

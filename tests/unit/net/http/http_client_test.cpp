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

}  // namespace
}  // namespace soulfabric::net

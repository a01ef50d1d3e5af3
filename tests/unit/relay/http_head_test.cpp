// SPDX-License-Identifier: GPL-3.0-or-later
// Heads and bodies of HTTP in whole, in every prefix and in every cut.
#include "core/http_head.hpp"

#include <gtest/gtest.h>

#include "soulfabric/base/random.hpp"

namespace soulfabric::relay {
namespace {

const std::string kRequest =
    "POST /api/v0/x?y=1 HTTP/1.1\r\nHost: home.localhost:5031\r\ncontent-length: 3\r\nConnection: keep-alive, X-Own\r\nX-Own:  a b "
    "\t\r\n\r\n";

Result<std::optional<HttpHead>> request(const std::string& text) { return parse_request_head(bytes_of(text)); }
Result<std::optional<HttpHead>> response(const std::string& text) { return parse_response_head(bytes_of(text)); }

TEST(HttpHeadParser, ReadsARequest) {
  const std::string text = kRequest + "abc";
  const auto head = request(text);
  ASSERT_TRUE(head && *head);
  EXPECT_EQ((*head)->method, "POST");
  EXPECT_EQ((*head)->target, "/api/v0/x?y=1");
  EXPECT_EQ((*head)->size, kRequest.size());
  EXPECT_EQ((*head)->only("x-own"), "a b");
  EXPECT_TRUE((*head)->lists("connection", "x-OWN"));
  EXPECT_FALSE((*head)->lists("connection", "x-ow"));
}

TEST(HttpHeadParser, WaitsForTheRestOfEveryPrefix) {
  for (std::size_t size = 0; size < kRequest.size(); ++size) {
    const std::string part = kRequest.substr(0, size);
    const auto head = request(part);
    ASSERT_TRUE(head) << size;
    EXPECT_FALSE(*head) << size;
  }
}

TEST(HttpHeadParser, RefusesWhatCanBeReadInTwoWays) {
  for (const std::string_view text :
       {"GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\n Folded: a\r\n\r\n", "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", "GET  HTTP/1.1\r\n\r\n", "GET http://x/ HTTP/1.1\r\n\r\n", "CONNECT /a HTTP/1.1\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n", "\r\nGET / HTTP/1.1\r\n\r\n", "GET / XTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n: v\r\n\r\n", "GET /\x01 HTTP/1.1\r\n\r\n"}) {
    const auto head = request(std::string(text));
    EXPECT_FALSE(head) << text;
    if (!head) EXPECT_EQ(head.error().code, Errc::Malformed) << text;
  }
  EXPECT_EQ(request("GET / HTTP/1.0\r\n\r\n").error().code, Errc::Unsupported);
  EXPECT_EQ(request("GET / HTTP/2.0\r\n\r\n").error().code, Errc::Unsupported);
}

TEST(HttpHeadParser, DropsAHeadLongerThanTheCap) {
  const std::string start = "GET / HTTP/1.1\r\nA: ";
  const std::string fits = start + std::string(kHeadCap - start.size() - 4, 'x') + "\r\n\r\n";
  EXPECT_TRUE(request(fits) && *request(fits));
  const std::string over = start + std::string(kHeadCap - start.size() - 3, 'x') + "\r\n\r\n";
  ASSERT_FALSE(request(over));
  EXPECT_EQ(request(over).error().code, Errc::TooLarge);
  std::string lines = "GET / HTTP/1.1\r\n";
  for (std::size_t i = 0; i < kFieldLines; ++i) lines += "A: b\r\n";
  EXPECT_TRUE(request(lines + "\r\n"));
  EXPECT_FALSE(request(lines + "A: b\r\n\r\n"));
}

TEST(HttpHeadParser, ReadsResponses) {
  const std::string whole = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n";
  const auto head = response(whole);
  ASSERT_TRUE(head && *head);
  EXPECT_EQ((*head)->status, 404);
  EXPECT_EQ((*head)->reason, "Not Found");
  EXPECT_TRUE(response("HTTP/1.1 200\r\n\r\n"));
  EXPECT_TRUE((*response("HTTP/1.0 200 OK\r\n\r\n"))->old);
  for (const std::string_view text :
       {"HTTP/1.1 99 x\r\n\r\n", "HTTP/1.1 600 x\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 20\r\n\r\n"})
    EXPECT_FALSE(response(std::string(text))) << text;
}

TEST(HttpBody, IsRefusedWhereItsLengthIsSaidInTwoWays) {
  const auto plan = [](const std::string& fields) {
    const std::string text = "POST / HTTP/1.1\r\n" + fields + "\r\n";
    return body_of_request(**parse_request_head(bytes_of(text)));
  };
  EXPECT_EQ(plan("")->kind, BodyKind::None);
  EXPECT_EQ(plan("Content-Length: 5\r\n")->length, 5U);
  EXPECT_EQ(plan("Transfer-Encoding: Chunked\r\n")->kind, BodyKind::Chunked);
  for (const std::string fields :
       {"Content-Length: 5\r\nContent-Length: 5\r\n", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Content-Length: -1\r\n",
        "Content-Length: +1\r\n", "Content-Length: 99999999999999999999\r\n", "Content-Length: 5, 5\r\n"})
    EXPECT_FALSE(plan(fields)) << fields;
}

TEST(HttpBody, OfAResponseDependsOnTheQuestion) {
  const auto plan = [](const std::string& head, bool asked_by_head) {
    return body_of_response(**parse_response_head(bytes_of(head)), asked_by_head);
  };
  EXPECT_EQ(plan("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false)->kind, BodyKind::Length);
  EXPECT_EQ(plan("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true)->kind, BodyKind::None);
  EXPECT_EQ(plan("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false)->kind, BodyKind::None);
  EXPECT_EQ(plan("HTTP/1.1 200 OK\r\n\r\n", false)->kind, BodyKind::UntilEnd);
  EXPECT_FALSE(plan("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false));
}

const std::string kChunks = "5\r\nhello\r\nA;ext=\"x\"\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\n";

TEST(HttpBody, EndsAtTheSamePlaceInEveryCut) {
  const std::string next = "GET /next";
  const std::string all = kChunks + next;
  for (std::size_t cut = 0; cut <= all.size(); ++cut) {
    for (std::size_t second = cut; second <= all.size(); ++second) {
      BodyMeter meter({BodyKind::Chunked, 0});
      std::size_t used = 0;
      for (const auto [from, to] : {std::pair{std::size_t{0}, cut}, std::pair{cut, second}, std::pair{second, all.size()}}) {
        if (meter.is_done()) break;
        const auto taken = meter.take(bytes_of(all).subspan(from, to - from));
        ASSERT_TRUE(taken) << cut << " " << second;
        used += *taken;
      }
      ASSERT_TRUE(meter.is_done());
      ASSERT_EQ(used, kChunks.size());
    }
  }
}

TEST(HttpBody, RefusesBrokenChunks) {
  for (const std::string_view text :
       {"\r\n", "g\r\n", "5\n", "5\r\nhelloX", "5\r\nhello\rX", "1234567890123\r\n", "5 \r\n", "-5\r\n", "5;\x01\r\n"}) {
    BodyMeter meter({BodyKind::Chunked, 0});
    EXPECT_FALSE(meter.take(bytes_of(text))) << text;
  }
  BodyMeter meter({BodyKind::Chunked, 0});
  EXPECT_FALSE(meter.take(bytes_of("5;" + std::string(5000, 'x'))));
  BodyMeter trailers({BodyKind::Chunked, 0});
  EXPECT_FALSE(trailers.take(bytes_of("0\r\nA: " + std::string(5000, 'x'))));
}

TEST(HttpBody, CountsALength) {
  BodyMeter meter({BodyKind::Length, 10});
  EXPECT_EQ(meter.take(bytes_of("0123")).value(), 4U);
  EXPECT_FALSE(meter.is_done());
  EXPECT_EQ(meter.take(bytes_of("456789GET")).value(), 6U);
  EXPECT_TRUE(meter.is_done());
  EXPECT_EQ(meter.take(bytes_of("GET")).value(), 0U);
}

}  // namespace
}  // namespace soulfabric::relay

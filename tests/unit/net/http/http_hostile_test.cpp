// SPDX-License-Identifier: GPL-3.0-or-later
// A server that wants to hurt: endless, slow, packed and cut answers, redirects to forbidden places; each counted under its own reason.
#include <zlib.h>

#include "http_ground.hpp"

namespace soulfabric::net {
namespace {

using namespace std::chrono_literals;
using testing::HttpOrigin;
using testing::OriginAnswer;
using testing::OriginConnection;
using testing::OriginRequest;

/// Sends `start`, then `more` until nobody listens.
Task<void> endlessly(OriginConnection& connection, std::string start, std::string more) {
  bool listens = co_await connection.send(start);
  while (listens) listens = co_await connection.send(more);
}

Task<void> say_and_wait(OriginConnection& connection, std::string said) {
  const bool listens = co_await connection.send(said);
  if (listens) co_await connection.wait_for_end();
}

/// A byte every 20 ms until nobody listens.
Task<void> drip(OriginConnection& connection, IoClock& clock, std::string start) {
  bool listens = co_await connection.send(start);
  while (listens) {
    co_await clock.sleep_for(20ms);
    listens = co_await connection.send("x");
  }
}

std::string bomb() {
  const std::string zeros(20'000'000, '\0');
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&z, zeros.size()), '\0');
  z.next_in = const_cast<Bytef*>(bytes_of(zeros).data());
  z.avail_in = static_cast<uInt>(zeros.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - z.avail_out);
  deflateEnd(&z);
  return out;
}

OriginAnswer raw(std::string bytes) { return {.raw = std::move(bytes)}; }
OriginAnswer performing(std::function<Task<void>(OriginConnection&)> what) { return {.perform = std::move(what)}; }

/// One answer to everything, and what came of asking for it.
struct Hostile {
  HttpGround ground;
  Result<HttpResponse> answer = fail(Errc::Internal, "never ran");

  void meet(const OriginAnswer& said, HttpRefusal why, Errc code, HttpRequest request = {}) {
    HttpOrigin origin(ground.context, ground.clock, [&said](const OriginRequest&) { return said; });
    ground.make(with_exception("127.0.0.1", {origin.port()}));
    request.url = origin.url("/");
    answer = ground.fetch(std::move(request), &origin);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, code) << answer.error().message;
    EXPECT_EQ(ground.refused(why), 1U) << answer.error().message;
    EXPECT_EQ(ground.refused_else(why), 0U);
    EXPECT_EQ(ground.client->metrics().answers, 0U);
  }
};

TEST(HttpHostile, EndlessBodyEndsAtItsCap) {
  Hostile hostile;
  hostile.meet(performing([](OriginConnection& c) { return endlessly(c, "HTTP/1.1 200 OK\r\n\r\n", std::string(4096, 'x')); }),
               HttpRefusal::Body, Errc::TooLarge);
  EXPECT_LT(hostile.ground.client->metrics().bytes, 300U * 1024);
}

TEST(HttpHostile, EndlessChunksEndAtTheCap) {
  Hostile hostile;
  hostile.meet(performing([](OriginConnection& c) {
                 return endlessly(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n" + std::string(1024, 'x') + "\r\n");
               }),
               HttpRefusal::Body, Errc::TooLarge);
}

TEST(HttpHostile, EndlessHeadersEndAtTheirCap) {
  Hostile hostile;
  hostile.meet(performing([](OriginConnection& c) { return endlessly(c, "HTTP/1.1 200 OK\r\n", "A: " + std::string(1000, 'x') + "\r\n"); }),
               HttpRefusal::Header, Errc::TooLarge);
  EXPECT_LT(hostile.ground.client->metrics().bytes, 80U * 1024);
}

TEST(HttpHostile, EndlessInterimAnswersEnd) {
  Hostile hostile;
  hostile.meet(performing([](OriginConnection& c) { return endlessly(c, "", "HTTP/1.1 100 Continue\r\n\r\n"); }), HttpRefusal::Header,
               Errc::Malformed);
}

TEST(HttpHostile, SlowDripEndsAtTheDeadline) {
  Hostile hostile;
  auto* clock = &hostile.ground.clock;
  const auto began = clock->now();
  hostile.meet(performing([clock](OriginConnection& c) { return drip(c, *clock, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"); }),
               HttpRefusal::Time, Errc::TimedOut, {.time = 300ms});
  EXPECT_GE(clock->now() - began, 300ms);
  EXPECT_LT(clock->now() - began, 20s);
}

TEST(HttpHostile, SilenceEndsAtTheDeadline) {
  Hostile hostile;
  hostile.meet(performing([](OriginConnection& c) { return say_and_wait(c, ""); }), HttpRefusal::Time, Errc::TimedOut, {.time = 200ms});
}

TEST(HttpHostile, GzipBombIsNotUnpacked) {
  Hostile hostile;
  hostile.meet({.headers = {{"Content-Encoding", "gzip"}}, .body = bomb()}, HttpRefusal::Inflation, Errc::TooLarge,
               {.body_cap = 64U * 1024 * 1024});
}

TEST(HttpHostile, WrongLengthsAreErrors) {
  Hostile shorter;
  shorter.meet(raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx"), HttpRefusal::Body, Errc::Malformed);
  Hostile more;
  more.meet(raw("HTTP/1.1 200 OK\r\nContent-Length: 262145\r\n\r\n"), HttpRefusal::Body, Errc::TooLarge);
  Hostile two;
  two.meet(raw("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx"), HttpRefusal::Header, Errc::Malformed);
}

TEST(HttpHostile, NoAnswerAtAllIsAnError) {
  Hostile hostile;
  hostile.meet(raw(""), HttpRefusal::Header, Errc::Malformed);
}

TEST(HttpHostile, RedirectsIntoForbiddenPlacesAreNotFollowed) {
  struct Lead {
    const char* location;
    HttpRefusal why;
  };
  for (const auto& [location, why] : {Lead{"http://127.0.0.2/", HttpRefusal::Address},
                                      Lead{"http://169.254.169.254/latest/meta-data/", HttpRefusal::Address},
                                      Lead{"http://[::1]/", HttpRefusal::Address},
                                      Lead{"http://[::ffff:127.0.0.1]/", HttpRefusal::Host},
                                      Lead{"http://[2002:7f00:1::]/", HttpRefusal::Address},
                                      Lead{"http://[64:ff9b::7f00:1]/", HttpRefusal::Address},
                                      Lead{"http://2130706433/", HttpRefusal::Host},
                                      Lead{"http://0x7f000001/", HttpRefusal::Host},
                                      Lead{"http://017700000001/", HttpRefusal::Host},
                                      Lead{"http://127.1/", HttpRefusal::Host},
                                      Lead{"http://localhost/", HttpRefusal::Host},
                                      Lead{"http://localhost./", HttpRefusal::Host},
                                      Lead{"http://a.localhost/", HttpRefusal::Host},
                                      Lead{"http://metadata.google.internal/", HttpRefusal::Host},
                                      Lead{"http://nas.local/", HttpRefusal::Host},
                                      Lead{"//10.0.0.1/", HttpRefusal::Address},
                                      Lead{"http://100.64.0.1/", HttpRefusal::Address},
                                      Lead{"http://0.0.0.0/", HttpRefusal::Address},
                                      Lead{"http://rebound.example.org/", HttpRefusal::Address},
                                      Lead{"http://half.example.org/", HttpRefusal::Address},
                                      Lead{"http://unknown.example.org/", HttpRefusal::Resolve},
                                      Lead{"http://example.org:8080/", HttpRefusal::Port},
                                      Lead{"http://u:p@example.org/", HttpRefusal::UserInfo},
                                      Lead{"ftp://example.org/", HttpRefusal::Scheme},
                                      Lead{"file:///etc/passwd", HttpRefusal::Scheme},
                                      Lead{"http://127.0.0.1\\@example.org/", HttpRefusal::Url}}) {
    SCOPED_TRACE(location);
    Hostile hostile;
    hostile.ground.names["rebound.example.org"] = {"192.168.0.1"};
    hostile.ground.names["half.example.org"] = {"5.9.0.1", "10.0.0.1"};
    hostile.meet({.status = 302, .headers = {{"Location", location}}}, why, why == HttpRefusal::Resolve ? Errc::Offline : Errc::Forbidden);
  }
}

TEST(HttpHostile, RedirectLoopEnds) {
  HttpGround ground;
  HttpOrigin origin(ground.context, ground.clock,
                    [](const OriginRequest&) { return OriginAnswer{.status = 301, .headers = {{"Location", "/"}}}; });
  ground.make(with_exception("127.0.0.1", {origin.port()}));
  const auto answer = ground.fetch({.url = origin.url("/"), .redirects = 3}, &origin);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::Forbidden);
  EXPECT_EQ(origin.requests(), 4U);
  EXPECT_EQ(ground.refused(HttpRefusal::Redirect), 1U);
}

TEST(HttpHostile, RedirectsShareOneDeadline) {
  HttpGround ground;
  auto* clock = &ground.clock;
  const OriginAnswer slow = performing([clock](OriginConnection& c) -> Task<void> {
    co_await clock->sleep_for(150ms);
    [[maybe_unused]] const bool listens = co_await c.send("HTTP/1.1 302 F\r\nLocation: /\r\nContent-Length: 0\r\n\r\n");
  });
  HttpOrigin origin(ground.context, ground.clock, [&slow](const OriginRequest&) { return slow; });
  ground.make(with_exception("127.0.0.1", {origin.port()}));
  const auto answer = ground.fetch({.url = origin.url("/"), .time = 400ms, .redirects = 100}, &origin);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::TimedOut);
  EXPECT_LE(origin.requests(), 3U);
  EXPECT_EQ(ground.refused(HttpRefusal::Time), 1U);
}

TEST(HttpHostile, RequestsAreSpacedWhateverTheAnswers) {
  HttpGround ground;
  HttpOrigin origin(ground.context, ground.clock, [](const OriginRequest& request) {
    return request.target == "/" ? OriginAnswer{.status = 302, .headers = {{"Location", "/next"}}} : OriginAnswer{.body = "x"};
  });
  auto settings = with_exception("127.0.0.1", {origin.port()});
  settings.spacing["127.0.0.1"] = 200ms;
  ground.make(settings);
  const auto began = ground.clock.now();
  EXPECT_TRUE(ground.fetch({.url = origin.url("/next")}));
  EXPECT_TRUE(ground.fetch({.url = origin.url("/")})) << "each step of a redirect takes a turn";
  EXPECT_GE(ground.clock.now() - began, 400ms);
  EXPECT_EQ(origin.requests(), 3U);
  ground.end(origin);
}

TEST(HttpHostile, ATurnThatWouldComeTooLateIsRefusedAtOnce) {
  HttpGround ground;
  HttpOrigin origin(ground.context, ground.clock, [](const OriginRequest&) { return OriginAnswer{.body = "x"}; });
  auto settings = with_exception("127.0.0.1", {origin.port()});
  settings.spacing["127.0.0.1"] = 1h;
  ground.make(settings);
  EXPECT_TRUE(ground.fetch({.url = origin.url("/")}));
  const auto refused = ground.fetch({.url = origin.url("/")}, &origin);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::RateLimited);
  EXPECT_EQ(ground.refused(HttpRefusal::Rate), 1U);
  EXPECT_EQ(origin.requests(), 1U);
}

}  // namespace
}  // namespace soulfabric::net

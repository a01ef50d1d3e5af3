// SPDX-License-Identifier: GPL-3.0-or-later
// What a forward passes on, and what not (security rule S19).
#include "core/forward_rules.hpp"

#include <gtest/gtest.h>

#include "support/mesh_network.hpp"

namespace soulfabric::relay {
namespace {

PeerId peer(std::uint32_t number) { return PeerId::of(soulfabric::testing::numbered_key(number).public_key()); }
ForwardRules rules() { return make_forward_rules("home", "home.localhost:5031", peer(1), "slskdn-ui"); }

std::expected<ForwardRequest, ForwardRefusal> ask(const std::string& fields, const std::string& line = "GET /") {
  const std::string text = line + " HTTP/1.1\r\n" + fields + "\r\n";
  const auto head = parse_request_head(bytes_of(text));
  EXPECT_TRUE(head && *head) << text;
  return rewrite_request(**head, rules());
}
Result<ForwardResponse> answer(const std::string& text, const ForwardRequest& request = {}) {
  const auto head = parse_response_head(bytes_of(text));
  EXPECT_TRUE(head && *head) << text;
  return rewrite_response(**head, request, rules());
}
const std::string kHost = "Host: home.localhost:5031\r\n";

TEST(ForwardRules, DemandTheirOwnHost) {
  EXPECT_TRUE(ask(kHost));
  for (const std::string fields :
       {"Host: home.localhost\r\n", "Host: localhost:5031\r\n", "Host: 127.0.0.1:5031\r\n", "Host: evil.example\r\n",
        "Host: other.localhost:5031\r\n", "", "Host: home.localhost:5031\r\nHost: home.localhost:5031\r\n"}) {
    const auto refused = ask(fields);
    ASSERT_FALSE(refused) << fields;
    EXPECT_EQ(refused.error().status, 421);
  }
}

TEST(ForwardRules, DemandTheirOwnOriginWhereThereIsOne) {
  EXPECT_TRUE(ask(kHost + "Origin: http://home.localhost:5031\r\n"));
  for (const std::string origin :
       {"null", "http://localhost:5030", "http://home.localhost", "https://home.localhost:5031", "http://home.localhost:5032", ""}) {
    const auto refused = ask(kHost + "Origin: " + origin + "\r\n");
    ASSERT_FALSE(refused) << origin;
    EXPECT_EQ(refused.error().status, 403);
  }
}

TEST(ForwardRules, SayEverythingElseAnew) {
  const auto request =
      ask(kHost +
          "Origin: http://home.localhost:5031\r\nX-Forwarded-For: 127.0.0.1\r\nForwarded: for=127.0.0.1\r\nX-Real-IP: ::1\r\n"
          "Connection: keep-alive, X-Secret\r\nX-Secret: 1\r\nReferer: http://home.localhost:5031/a\r\nX-Csrf: 7\r\nTE: trailers\r\n");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->head, "GET / HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nX-Csrf: 7\r\n\r\n");
  EXPECT_TRUE(request->repeatable);
}

TEST(ForwardRules, KeepTheLengthOfABodyWhateverConnectionSays) {
  const auto request = ask(kHost + "Connection: content-length\r\nContent-Length: 3\r\n", "POST /");
  ASSERT_TRUE(request);
  EXPECT_NE(request->head.find("Content-Length: 3"), std::string::npos);
  EXPECT_EQ(request->body.length, 3U);
  EXPECT_FALSE(request->repeatable);
}

TEST(ForwardRules, LetWebSocketsThroughAndNoOtherProtocol) {
  const auto socket = ask(kHost + "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n");
  ASSERT_TRUE(socket);
  EXPECT_TRUE(socket->upgrade);
  EXPECT_NE(socket->head.find("Connection: Upgrade\r\nUpgrade: websocket\r\n"), std::string::npos);
  const auto other = ask(kHost + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n");
  ASSERT_TRUE(other);
  EXPECT_FALSE(other->upgrade);
  EXPECT_EQ(other->head, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto switched = answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", *socket);
  ASSERT_TRUE(switched);
  EXPECT_TRUE(switched->upgraded);
  EXPECT_FALSE(answer("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"));
}

TEST(ForwardRules, PassOnlyCookiesSetThroughTheForward) {
  const auto set = answer(
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nSet-Cookie: sf_session_ab=secret; Path=/; Domain=localhost; HttpOnly; SameSite=Strict\r\n"
      "Set-Cookie: __Host-x=1; Secure\r\nSet-Cookie: nonsense\r\nSet-Cookie: =empty\r\n\r\n");
  ASSERT_TRUE(set);
  const std::string prefix = rules().cookie_prefix;
  EXPECT_NE(set->head.find("Set-Cookie: " + prefix + "sf_session_ab=secret; Path=/; HttpOnly; SameSite=Strict\r\n"), std::string::npos)
      << set->head;
  EXPECT_NE(set->head.find("Set-Cookie: __Host-" + prefix + "x=1; Secure\r\n"), std::string::npos) << set->head;
  EXPECT_EQ(set->head.find("nonsense"), std::string::npos);
  EXPECT_EQ(set->head.find("empty"), std::string::npos);
  const auto back =
      ask(kHost + "Cookie: sf_session_ours=own; " + prefix + "sf_session_ab=secret; __Host-" + prefix + "x=1\r\nCookie: plain=2\r\n");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->head, "GET / HTTP/1.1\r\nHost: localhost\r\nCookie: sf_session_ab=secret; __Host-x=1\r\n\r\n");
  const auto none = ask(kHost + "Cookie: sf_session_ours=own\r\n");
  EXPECT_EQ(none->head.find("Cookie"), std::string::npos);
}

TEST(ForwardRules, KeepCookiesOfDifferentNodesApart) {
  const auto prefix = rules().cookie_prefix;
  EXPECT_NE(prefix, make_forward_rules("home", "home.localhost:5031", peer(2), "slskdn-ui").cookie_prefix);
  EXPECT_NE(prefix, make_forward_rules("vps", "vps.localhost:5031", peer(1), "slskdn-ui").cookie_prefix);
  EXPECT_NE(prefix, make_forward_rules("home", "home.localhost:5031", peer(1), "files").cookie_prefix);
  EXPECT_EQ(prefix, make_forward_rules("home", "home.localhost:9999", peer(1), "slskdn-ui").cookie_prefix)
      << "a free port changes, the node does not";
}

TEST(ForwardRules, LeadRedirectionsToTheForward) {
  const auto location = [](const std::string& there) {
    return answer("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + there + "\r\n\r\n")->head;
  };
  EXPECT_NE(location("http://localhost/login").find("Location: http://home.localhost:5031/login\r\n"), std::string::npos);
  EXPECT_NE(location("/login").find("Location: /login\r\n"), std::string::npos);
  EXPECT_NE(location("http://localhost.evil.example/").find("Location: http://localhost.evil.example/\r\n"), std::string::npos);
}

TEST(ForwardRules, KnowWhenAConnectionEnds) {
  const auto whole = answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n");
  EXPECT_TRUE(whole->reusable);
  EXPECT_FALSE(whole->last);
  const auto until_end = answer("HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_FALSE(until_end->reusable);
  EXPECT_NE(until_end->head.find("Connection: close"), std::string::npos);
  const auto far_closes = answer("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\n");
  EXPECT_FALSE(far_closes->reusable);
  EXPECT_FALSE(far_closes->last) << "the connection to the browser goes on with another tunnel";
  EXPECT_TRUE(answer("HTTP/1.1 100 Continue\r\n\r\n")->interim);
}

TEST(ForwardRules, AnswerWithOneSentence) {
  const std::string text = render_refusal({421, "Only here."});
  EXPECT_TRUE(text.starts_with("HTTP/1.1 421 Misdirected Request\r\n"));
  EXPECT_TRUE(text.ends_with("\r\n\r\nOnly here.\n"));
  EXPECT_NE(text.find("Content-Length: 11\r\n"), std::string::npos);
}

}  // namespace
}  // namespace soulfabric::relay

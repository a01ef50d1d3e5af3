// SPDX-License-Identifier: GPL-3.0-or-later
// /mesh/http and /mesh/ws: off by default, by allow-list, within rates and sizes, without a word about our insides.
#include <boost/asio/detached.hpp>

#include <atomic>

#include "fixture.hpp"

namespace soulfabric::gateway {
namespace {

using testing::peer_of;
using testing::Reply;
using testing::Wire;

class MeshGatewayTest : public testing::GatewayTest {
 protected:
  MeshGatewayTest() {
    settings.api_keys.front().scopes = {"mesh"};
    settings.api_keys.push_back({"plain", "plain-key-0123456789", Role::Administrator, {}, {}});
    settings.api_keys.push_back({"second", "second-key-0123456789", Role::ReadOnly, {}, {"mesh"}});
    mesh.on = true;
    configuration.shown.mesh.gateway.enabled = true;
    configuration.shown.mesh.gateway.services = {{"mesh-introspect", {"*"}}, {"pods", {"Join"}}, {"empty", {}}};
    Bytes payload;
    EXPECT_TRUE(from_hex("a1616101", payload));
    mesh.fabric.outcome = {fabric::CallStatus::Ok, payload, peer_of(3), {}};
  }
};

TEST_F(MeshGatewayTest, IsOffUntilSwitchedOn) {
  configuration.shown.mesh.gateway = {};
  launch();
  for (const char* path : {"/mesh/http/mesh-introspect/GetStatus", "/mesh/http/pods/Join"}) {
    const auto reply = call("POST", path, "{}");
    EXPECT_EQ(reply.status, 404);
    EXPECT_EQ(reply.body, R"({"error":"mesh_gateway_disabled"})");
  }
  EXPECT_EQ(call("GET", "/mesh/http/services").status, 404);
  EXPECT_EQ(mesh.fabric.calls, 0);
}

TEST_F(MeshGatewayTest, CallsAMethodAndGivesItsReplyAsJson) {
  launch();
  const auto reply = call("POST", "/mesh/http/mesh-introspect/GetStatus", R"({"b":"x","a":{"$bytes":"AQID"}})");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.body, R"({"a":1})");
  EXPECT_EQ(reply.header("x-mesh-provider"), peer_of(3).to_string());
  EXPECT_EQ(mesh.fabric.last_service, "mesh-introspect");
  EXPECT_EQ(mesh.fabric.last_method, "GetStatus");
  EXPECT_EQ(to_hex(mesh.fabric.last_payload), "a261614301020361626178");
  EXPECT_EQ(mesh.fabric.last_origin, guard::Origin::UserLocal);
  EXPECT_FALSE(mesh.fabric.last_options.to);
  EXPECT_EQ(exchange(tunnel_port, "POST", "/mesh/http/mesh-introspect/GetStatus", "", {}, true).status, 200);
  EXPECT_EQ(mesh.fabric.last_origin, guard::Origin::RemoteGateway) << "the origin is the connection's";
  EXPECT_EQ(to_hex(mesh.fabric.last_payload), "a0");
}

TEST_F(MeshGatewayTest, CborPassesAsItIsAndOnlyDeterministicCborDoes) {
  launch();
  const auto send = [&](std::string_view body) {
    Wire wire(port);
    wire.send(head("POST", "/mesh/http/pods/Join", {"Content-Type: application/cbor", "Content-Length: " + std::to_string(body.size())}) + "\r\n" + std::string(body));
    return wire.read();
  };
  const auto reply = send(std::string_view("\x18\x20", 2));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-type"), "application/cbor");
  EXPECT_EQ(to_hex(bytes_of(reply.body)), "a1616101");
  EXPECT_EQ(to_hex(mesh.fabric.last_payload), "1820");
  EXPECT_EQ(send(std::string_view("\x18\x01", 2)).status, 400);
  EXPECT_EQ(send(std::string_view("\x9f\xff", 2)).status, 400);
  EXPECT_EQ(mesh.fabric.calls, 1);
}

TEST_F(MeshGatewayTest, OnlyWhatIsNamedMayBeCalledAndCaseCounts) {
  launch();
  for (const char* path : {"/mesh/http/pods/Leave", "/mesh/http/pods/join", "/mesh/http/Pods/Join", "/mesh/http/empty/Any", "/mesh/http/unknown/Any",
                           "/mesh/http/mesh-introspect/Get-Status", "/mesh/http/mesh-introspect/%2A"}) {
    const auto reply = call("POST", path, "{}");
    EXPECT_EQ(reply.status, 403) << path;
    EXPECT_EQ(reply.body, R"({"error":"service_not_allowed"})") << path;
  }
  EXPECT_EQ(call("POST", "/mesh/http/pods/Join", "{}").status, 200);
  EXPECT_EQ(call("GET", "/mesh/http/services").body,
            R"([{"name":"empty","methods":[]},{"name":"mesh-introspect","methods":["*"]},{"name":"pods","methods":["Join"]}])");
  EXPECT_EQ(mesh.fabric.calls, 1);
}

TEST_F(MeshGatewayTest, NeedsASessionWithItsTokenOrAKeyWithTheScope) {
  launch();
  const std::string path = "/mesh/http/pods/Join";
  EXPECT_EQ(stranger("POST", path, "{}").status, 401);
  EXPECT_EQ(stranger("POST", path, "{}", {"X-API-Key: plain-key-0123456789"}).status, 403);
  EXPECT_EQ(stranger("POST", path, "{}", {"X-Slskdn-ApiKey: second-key-0123456789"}).status, 200);
  const auto login = stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":"right-password"})", {"X-Soulfabric-Browser: 1"});
  ASSERT_EQ(login.status, 200);
  const auto line = login.header("set-cookie");
  const std::string cookie = "Cookie: " + line.substr(0, line.find(';'));
  const auto begin = login.body.find("\"csrf\":\"") + 8;
  const auto csrf = login.body.substr(begin, login.body.find('"', begin) - begin);
  EXPECT_EQ(stranger("POST", path, "{}", {cookie}).status, 403);
  EXPECT_EQ(stranger("POST", path, "{}", {cookie, "X-Slskdn-Csrf: wrong"}).status, 403);
  EXPECT_EQ(stranger("POST", path, "{}", {cookie, "X-Slskdn-Csrf: " + csrf}).status, 200);
  EXPECT_EQ(stranger("POST", path, "{}", {cookie, "X-CSRF-Token: " + csrf}).status, 200);
  EXPECT_EQ(call("POST", path, "{}", {"Origin: http://evil.example"}).status, 403);
  EXPECT_EQ(call("POST", path, "{}", {"Host: evil.example"}).status, 403);
}

TEST_F(MeshGatewayTest, ProviderMayBeNamed) {
  launch();
  EXPECT_EQ(call("POST", "/mesh/http/pods/Join", "{}", {"X-Mesh-Peer: " + peer_of(8).to_string()}).status, 200);
  EXPECT_EQ(mesh.fabric.last_options.to, peer_of(8));
  EXPECT_EQ(call("POST", "/mesh/http/pods/Join?peer=" + peer_of(9).to_string(), "{}").status, 200);
  EXPECT_EQ(mesh.fabric.last_options.to, peer_of(9));
  const auto reply = call("POST", "/mesh/http/pods/Join?peer=nobody", "{}");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body, R"({"error":"invalid_peer"})");
}

TEST_F(MeshGatewayTest, EveryStatusIsMappedByTheOneTable) {
  launch();
  for (int n = 1; n < fabric::kCallStatusCount; ++n) {
    const auto status = static_cast<fabric::CallStatus>(n);
    on_loop([&] {
      mesh.fabric.outcome.status = status;
      mesh.fabric.outcome.payload = {0xFF};  // nothing of it is shown
    });
    const auto reply = call("POST", "/mesh/http/pods/Join", "{}");
    EXPECT_EQ(reply.status, static_cast<int>(fabric::http_status_of(status)));
    EXPECT_EQ(reply.body, R"({"error":")" + std::string(fabric::name_of(status)) + "\"}");
  }
}

TEST_F(MeshGatewayTest, ErrorsTellNothingInternal) {
  launch();
  on_loop([&] { mesh.fabric.refuse = Error{Errc::Internal, "secret path /home/someone"}; });
  auto reply = call("POST", "/mesh/http/pods/Join", "{}");
  EXPECT_EQ(reply.status, 502);
  EXPECT_EQ(reply.body, R"({"error":"internal"})");
  on_loop([&] {
    mesh.fabric.refuse.reset();
    mesh.fabric.outcome.payload = {0x9F, 0xFF};  // the other side breaks the rules
  });
  reply = call("POST", "/mesh/http/pods/Join", "{}");
  EXPECT_EQ(reply.status, 502);
  EXPECT_EQ(reply.body, R"({"error":"internal"})");
  on_loop([&] { mesh.on = false; });
  EXPECT_EQ(call("POST", "/mesh/http/pods/Join", "{}").status, 503);
}

TEST_F(MeshGatewayTest, BodyOverAMebibyteIsRefusedAndBadOnesNamed) {
  launch();
  EXPECT_EQ(call("POST", "/mesh/http/pods/Join", "\"" + std::string(1024 * 1024, 'a') + "\"").status, 413);
  EXPECT_EQ(call("POST", "/mesh/http/pods/Join", "\"" + std::string(1024 * 1024 - 8, 'a') + "\"").status, 200);
  const auto reply = call("POST", "/mesh/http/pods/Join", "1.5");
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(reply.body, R"({"error":"invalid_payload","message":"Numbers in a call must be whole and fit into 64 bits."})");
  Wire wire(port);
  wire.send(head("POST", "/mesh/http/pods/Join", {"Content-Type: text/plain", "Content-Length: 2"}) + "\r\n{}");
  EXPECT_EQ(wire.read().status, 415);
}

TEST_F(MeshGatewayTest, OneClientGetsSixtyCallsAMinute) {
  launch();
  Wire wire(port);
  int well = 0;
  Reply last;
  for (int i = 0; i < 62; ++i) {
    wire.send(head("POST", "/mesh/http/pods/Join", {"Content-Length: 0"}) + "\r\n");
    last = wire.read();
    well += last.status == 200 ? 1 : 0;
  }
  EXPECT_LE(well, 61) << "one may have come back within the test";
  EXPECT_GE(well, 60);
  EXPECT_EQ(last.status, 429);
  EXPECT_EQ(last.body, R"({"error":"rate_limited"})");
  EXPECT_EQ(stranger("POST", "/mesh/http/pods/Join", "{}", {"X-API-Key: second-key-0123456789"}).status, 200) << "another client has its own";
}

TEST_F(MeshGatewayTest, NodeWithoutUnitsLeftMakesNoCall) {
  guard::GuardOptions options;
  options.budget.node_minute = 0;
  options.budget.user_reserve = 0;
  options.budget.automation_reserve = 0;
  guard.configure(options);
  launch();
  EXPECT_EQ(call("POST", "/mesh/http/pods/Join", "{}").status, 429);
  EXPECT_EQ(mesh.fabric.calls, 0);
}

/// A tool's end of a WebSocket of bytes.
class Tool {
 public:
  Tool(std::uint16_t port, const std::string& target, const std::string& headers) : wire_(port) {
    wire_.send("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n" + headers + "\r\n");
    reply = wire_.read();
  }
  /// The next binary frame; nothing when the socket was closed.
  std::optional<std::string> bytes() {
    for (;;) {
      const auto start = wire_.raw(2);
      if (start.size() < 2) return std::nullopt;
      const auto code = static_cast<unsigned char>(start[0]) & 0x0FU;
      std::size_t size = static_cast<unsigned char>(start[1]) & 0x7FU;
      if (size >= 126) {
        const auto more = wire_.raw(size == 126 ? 2 : 8);
        size = 0;
        for (const char c : more) size = size * 256 + static_cast<unsigned char>(c);
      }
      const auto payload = wire_.raw(size);
      if (code == 8) return std::nullopt;
      if (code == 2) return payload;
    }
  }
  bool send(int code, std::string_view payload) {
    std::string frame{static_cast<char>(0x80 | code)};
    if (payload.size() < 126) {
      frame.push_back(static_cast<char>(0x80U | payload.size()));
    } else {
      frame.push_back(static_cast<char>(0xFE));
      frame.push_back(static_cast<char>(payload.size() >> 8));
      frame.push_back(static_cast<char>(payload.size() & 0xFF));
    }
    return wire_.send(frame + std::string(4, '\0') + std::string(payload));
  }
  Reply reply;

 private:
  Wire wire_;
};

class MeshSocketTest : public MeshGatewayTest {
 protected:
  [[nodiscard]] static std::string key() { return "X-API-Key: " + std::string(testing::kTestKey) + "\r\n"; }
  /// Waits on the loop until so much was written to the service.
  std::string written(std::size_t count) {
    std::promise<std::string> done;
    auto wait = [&]() -> Task<void> {
      const auto end = mesh.fabric.end;
      while (end->written.size() < count) {
        const bool told = co_await end->changed.wait(clock, clock.now() + std::chrono::seconds(20));
        if (!told) break;
      }
      done.set_value(std::string(text_of(end->written)));
    };
    boost::asio::co_spawn(context, wait, boost::asio::detached);
    return done.get_future().get();
  }
};

TEST_F(MeshSocketTest, CarriesBytesBothWaysAndEndsWithTheStream) {
  launch();
  Tool tool(port, "/mesh/ws/mesh-introspect/Watch?payload=%7B%22a%22%3A1%7D", key());
  ASSERT_EQ(tool.reply.status, 101);
  EXPECT_EQ(mesh.fabric.last_method, "Watch");
  EXPECT_EQ(to_hex(mesh.fabric.last_payload), "a1616101");
  tool.send(2, std::string("up\0there", 8));
  EXPECT_EQ(written(8), std::string("up\0there", 8));
  on_loop([&] {
    mesh.fabric.end->waiting.push_back({'d', 'o', 'w', 'n', 0});
    mesh.fabric.end->changed.notify_all();
  });
  EXPECT_EQ(tool.bytes(), std::string("down\0", 5));
  on_loop([&] {
    mesh.fabric.end->ended = true;
    mesh.fabric.end->changed.notify_all();
  });
  EXPECT_EQ(tool.bytes(), std::nullopt);
}

TEST_F(MeshSocketTest, ServiceThatTakesNothingHoldsTheToolBack) {
  mesh.fabric.end->stuck = true;
  launch();
  Tool tool(port, "/mesh/ws/mesh-introspect/Watch", key());
  ASSERT_EQ(tool.reply.status, 101);
  const std::string piece(60'000, 'x');
  std::size_t sent = 0;
  std::atomic<bool> all = false;
  std::thread sender([&] {
    for (; sent < 400; ++sent) {
      if (!tool.send(2, piece)) break;
    }
    all = true;
  });
  // 24 MB do not fit into the sockets' buffers, and nothing here keeps more than one message: the sender must wait for the service.
  EXPECT_EQ(written(0), "");
  EXPECT_FALSE(all.load());
  on_loop([&] {
    mesh.fabric.end->stuck = false;
    mesh.fabric.end->changed.notify_all();
  });
  EXPECT_EQ(written(400 * piece.size()).size(), 400 * piece.size());
  sender.join();
  EXPECT_EQ(sent, 400U);
}

TEST_F(MeshSocketTest, IsRefusedByTheSameRules) {
  launch();
  EXPECT_EQ(call("GET", "/mesh/ws/mesh-introspect/Watch").status, 426);
  EXPECT_EQ(Tool(port, "/mesh/ws/pods/Watch", key()).reply.status, 403);
  EXPECT_EQ(Tool(port, "/mesh/ws/mesh-introspect/Watch", "").reply.status, 401);
  EXPECT_EQ(Tool(port, "/mesh/ws/mesh-introspect/Watch", "X-API-Key: plain-key-0123456789\r\n").reply.status, 403);
  EXPECT_EQ(Tool(port, "/mesh/ws/mesh-introspect/Watch", key() + "Origin: http://evil.example\r\n").reply.status, 403);
  on_loop([&] { mesh.fabric.refuse = Error{Errc::NotFound, "Nobody offers it."}; });
  EXPECT_EQ(Tool(port, "/mesh/ws/mesh-introspect/Watch", key()).reply.status, 404);
}

TEST_F(MeshSocketTest, SigningOutClosesItAndTheStream) {
  launch();
  const auto login = stranger("POST", "/api/v0/session", R"({"username":"soulfabric","password":"right-password"})");
  const auto begin = login.body.find("\"token\":\"") + 9;
  const std::string bearer = "Authorization: Bearer " + login.body.substr(begin, login.body.find('"', begin) - begin);
  Tool tool(port, "/mesh/ws/mesh-introspect/Watch", bearer + "\r\n");
  ASSERT_EQ(tool.reply.status, 101);
  EXPECT_EQ(stranger("DELETE", "/api/v0/session", "", {bearer}).status, 204);
  EXPECT_EQ(tool.bytes(), std::nullopt);
  on_loop([&] { EXPECT_TRUE(mesh.fabric.end->closed); });
}

TEST_F(MeshSocketTest, TextHasNoPlaceInIt) {
  launch();
  Tool tool(port, "/mesh/ws/mesh-introspect/Watch", key());
  ASSERT_EQ(tool.reply.status, 101);
  tool.send(1, "text");
  EXPECT_EQ(tool.bytes(), std::nullopt);
}

}  // namespace
}  // namespace soulfabric::gateway

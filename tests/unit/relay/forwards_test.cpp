// SPDX-License-Identifier: GPL-3.0-or-later
// Forwards from a browser's end: what comes through, what is refused at the door, how few tunnels do for many connections.
#include <sys/stat.h>

#include <filesystem>

#include "core/http_head.hpp"
#include "http_leg.hpp"
#include "tunnels_world.hpp"

namespace soulfabric::relay {
namespace {

using namespace testing;

/// A little web server: /head answers the head it got, /cookie sets one, /stream ends with the connection, /ws becomes an echo, anything
/// else says its path.
Task<void> web_server(std::unique_ptr<net::ByteStream> stream) {
  HttpLeg leg(*stream);
  for (;;) {
    auto head = parse_request_head(leg.view());
    while (head && !*head) {
      const auto more = co_await leg.more(kNever);
      if (!more) co_return;
      head = parse_request_head(leg.view());
    }
    if (!head) co_return;
    const std::string target((*head)->target);
    std::string body = target == "/head" ? std::string(text_of(leg.view().first((*head)->size))) : target;
    const auto length = (*head)->only("content-length");
    leg.use((*head)->size);
    for (std::size_t left = length ? std::stoul(std::string(*length)) : 0; left > 0;) {
      if (!leg.has_bytes()) {
        const auto more = co_await leg.more(kNever);
        if (!more) co_return;
      }
      const std::size_t part = std::min(left, leg.view().size());
      left -= part;
      leg.use(part);
    }
    if (target == "/silent") {
      co_await leg.more(kNever);
      co_return;
    }
    std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    if (target == "/cookie") answer += "Set-Cookie: sf_session_far=1; Path=/; HttpOnly\r\n";
    if (target == "/stream") answer = "HTTP/1.1 200 OK\r\n";
    if (target == "/ws") answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";
    answer += "\r\n";
    if (target != "/ws") answer += body;
    const auto written = co_await stream->write(bytes_of(answer), kNever);
    if (!written || target == "/stream") co_return;
    if (target == "/ws") {
      co_await echo(std::move(stream));
      co_return;
    }
  }
}

class Forward : public TunnelWorld {
 public:
  Forward() {
    far->door.serve = web_server;
    far->rights(*near).tunnel_targets = true;
  }
  ForwardInfo forward(bool raw = false, std::string socket = {}) {
    ForwardSettings settings;
    settings.name = "vps";
    settings.peer = far->id();
    settings.raw = raw;
    settings.socket = std::move(socket);
    const auto made = near->tunnels->open_forward(settings);
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    host = "vps.localhost:" + std::to_string(made->settings.port);
    port = made->settings.port;
    return *made;
  }
  Task<std::unique_ptr<net::ByteStream>> browser() {
    auto stream = co_await near->dialer->connect({IpAddress::v4(0x7F000001), port}, clock.now() + 10s);
    EXPECT_TRUE(stream);
    co_return std::move(*stream);
  }
  [[nodiscard]] std::string get(const std::string& path, const std::string& fields = {}) const {
    return "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n";
  }
  /// Head and body of one answer.
  Task<std::string> ask(HttpLeg& leg, std::string request) {
    const auto written = co_await leg.stream().write(bytes_of(request), clock.now() + 10s);
    EXPECT_TRUE(written);
    for (;;) {
      const auto head = parse_response_head(leg.view());
      const auto length = head && *head ? (*head)->only("content-length") : std::nullopt;
      const std::size_t whole = head && *head ? (*head)->size + (length ? std::stoul(std::string(*length)) : 0) : SIZE_MAX;
      if (leg.view().size() >= whole) {
        std::string out(text_of(leg.view().first(whole)));
        leg.use(whole);
        co_return out;
      }
      const auto more = co_await leg.more(clock.now() + 10s);
      if (!more) co_return "ended: " + std::string(text_of(leg.view()));
    }
  }
  Task<std::string> ask_once(std::string request) {
    const auto stream = co_await browser();
    HttpLeg leg(*stream);
    co_return co_await ask(leg, std::move(request));
  }
  std::string host;
  std::uint16_t port = 0;
};

TEST_F(Forward, ShowsTheOtherNodesPage) {
  struct Test {
    static Task<void> run(Forward& t) {
      const ForwardInfo info = t.forward();
      EXPECT_EQ(info.url, "http://" + t.host + "/");
      const auto stream = co_await t.browser();
      HttpLeg leg(*stream);
      for (int i = 0; i < 3; ++i) {
        const auto answer = co_await t.ask(leg, t.get("/page"));
        EXPECT_TRUE(answer.ends_with("\r\n\r\n/page")) << answer;
      }
      EXPECT_EQ(t.far->door.joined, 1U) << "three requests, one tunnel";
      const auto head = co_await t.ask(leg, t.get("/head", "Origin: http://" + t.host + "\r\nX-Forwarded-For: 127.0.0.1\r\n"));
      EXPECT_NE(head.find("Host: localhost\r\nOrigin: http://localhost\r\n"), std::string::npos) << head;
      EXPECT_EQ(head.find("X-Forwarded"), std::string::npos);
      EXPECT_EQ(t.near->tunnels->tunnels().at(0).forward, "vps");
      EXPECT_EQ(t.near->tunnels->forwards().at(0).tunnels, 1U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Forward, ServesManyConnectionsOverFewTunnels) {
  struct Test {
    static Task<void> run(Forward& t) {
      t.forward();
      std::vector<std::unique_ptr<net::ByteStream>> browsers;
      for (int i = 0; i < 9; ++i) {
        auto stream = co_await t.browser();
        browsers.push_back(std::move(stream));
      }
      for (int round = 0; round < 2; ++round) {
        for (const auto& stream : browsers) {
          HttpLeg leg(*stream);
          const auto answer = co_await t.ask(leg, t.get("/page"));
          EXPECT_TRUE(answer.ends_with("/page")) << answer;
        }
      }
      EXPECT_EQ(t.far->door.joined, 1U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Forward, RefusesOtherHostsAndOrigins) {
  struct Test {
    static Task<void> run(Forward& t) {
      t.forward();
      const auto host = co_await t.ask_once("GET / HTTP/1.1\r\nHost: localhost:" + std::to_string(t.port) + "\r\n\r\n");
      EXPECT_TRUE(host.starts_with("HTTP/1.1 421 ")) << host;
      const auto origin = co_await t.ask_once(t.get("/", "Origin: http://localhost:5030\r\n"));
      EXPECT_TRUE(origin.starts_with("HTTP/1.1 403 ")) << origin;
      const auto smuggled = co_await t.ask_once(t.get("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"));
      EXPECT_TRUE(smuggled.starts_with("HTTP/1.1 400 ")) << smuggled;
      EXPECT_EQ(t.near->refused(TunnelRefusal::Host), 3U);
      EXPECT_EQ(t.far->door.joined, 0U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Forward, CarriesWebSockets) {
  struct Test {
    static Task<void> run(Forward& t) {
      t.forward();
      const auto stream = co_await t.browser();
      HttpLeg leg(*stream);
      const auto answer =
          co_await t.ask(leg, t.get("/ws", "Origin: http://" + t.host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"));
      EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 ")) << answer;
      const auto heard = co_await say_and_hear(*stream, std::string("\x81\x05hello", 7));
      EXPECT_EQ(heard, std::string("\x81\x05hello", 7));
      stream->close();
      const bool gone = co_await t.network.until([&t] { return t.far->tunnels->tunnels().empty(); });
      EXPECT_TRUE(gone) << "a closed page frees its tunnel";
    }
  };
  run(Test::run(*this));
}

TEST_F(Forward, FreesTheTunnelOfABrowserThatLeaves) {
  struct Test {
    static Task<void> run(Forward& t) {
      t.forward();
      const auto stream = co_await t.browser();
      const auto written = co_await stream->write(bytes_of(t.get("/silent")), t.clock.now() + 10s);
      EXPECT_TRUE(written);
      const bool open = co_await t.network.until([&t] { return t.far->door.joined == 1; });
      EXPECT_TRUE(open);
      stream->close();
      const bool gone = co_await t.network.until([&t] { return t.far->tunnels->tunnels().empty() && t.near->tunnels->tunnels().empty(); });
      EXPECT_TRUE(gone);
    }
  };
  run(Test::run(*this));
}

TEST_F(Forward, PassesBodiesOfAnyKind) {
  struct Test {
    static Task<void> run(Forward& t) {
      t.forward();
      const std::string large(700'000, 'x');
      const auto posted = co_await t.ask_once("POST /posted HTTP/1.1\r\nHost: " + t.host +
                                              "\r\nContent-Length: " + std::to_string(large.size()) + "\r\n\r\n" + large);
      EXPECT_TRUE(posted.ends_with("/posted")) << posted;
      const auto streamed = co_await t.ask_once(t.get("/stream"));
      EXPECT_NE(streamed.find("Connection: close"), std::string::npos) << streamed;
      const auto cookie = co_await t.ask_once(t.get("/cookie"));
      EXPECT_NE(cookie.find("-sf_session_far=1; Path=/; HttpOnly"), std::string::npos) << cookie;
    }
  };
  run(Test::run(*this));
}

TEST_F(Forward, SurvivesATunnelThatTheOtherSideEndedMeanwhile) {
  struct Test {
    static Task<void> run(Forward& t) {
      t.forward();
      const auto first = co_await t.ask_once(t.get("/a"));
      EXPECT_TRUE(first.ends_with("/a"));
      for (const TunnelInfo& info : t.far->tunnels->tunnels()) EXPECT_TRUE(t.far->tunnels->close(info.id));
      const auto second = co_await t.ask_once(t.get("/b"));
      EXPECT_TRUE(second.ends_with("/b")) << second;
    }
  };
  run(Test::run(*this));
}

TEST_F(Forward, SaysWhyThereIsNoTunnel) {
  struct Test {
    static Task<void> run(Forward& t) {
      t.forward();
      t.far->rights(*t.near).tunnel_targets = false;
      const auto refused = co_await t.ask_once(t.get("/"));
      EXPECT_TRUE(refused.starts_with("HTTP/1.1 502 ")) << refused;
      EXPECT_NE(refused.find("tunnel_targets"), std::string::npos) << refused;
      EXPECT_EQ(t.far->refused(TunnelRefusal::NoRight), 1U);
    }
  };
  run(Test::run(*this));
}

TEST_F(Forward, ListensOnAPrivateUnixSocket) {
  struct Test {
    static Task<void> run(Forward& t) {
      const auto path = std::filesystem::temp_directory_path() / ("sf-forward-" + std::to_string(::getpid()));
      t.forward(true, path.native());
      struct stat status{};
      EXPECT_EQ(::lstat(path.c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 0777U, 0600U);
      EXPECT_TRUE(t.near->tunnels->close_forward("vps"));
      EXPECT_NE(::lstat(path.c_str(), &status), 0) << "removed when it is closed";
      co_return;
    }
  };
  run(Test::run(*this));
}

TEST_F(Forward, PassesBytesAsTheyAreWhereRaw) {
  struct Test {
    static Task<void> run(Forward& t) {
      t.far->door.serve = echo;
      t.forward(true);
      const auto stream = co_await t.browser();
      const auto heard = co_await say_and_hear(*stream, "GET / HTTP/9\n\n\x01");
      EXPECT_EQ(heard, "GET / HTTP/9\n\n\x01");
      stream->shutdown_write();
      std::array<std::uint8_t, 1> more{};
      const auto end = co_await stream->read_some(more, t.clock.now() + 10s);
      EXPECT_EQ(end.error().code, Errc::Closed);
    }
  };
  run(Test::run(*this));
}

TEST_F(Forward, IsOpenedOnceUnderAName) {
  struct Test {
    static Task<void> run(Forward& t) {
      t.forward();
      ForwardSettings settings;
      settings.name = "vps";
      settings.peer = t.far->id();
      EXPECT_EQ(t.near->tunnels->open_forward(settings).error().code, Errc::Exists);
      for (const std::string_view name : {"", "Vps", "-a", "a.b", "localhost", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
        settings.name = name;
        EXPECT_EQ(t.near->tunnels->open_forward(settings).error().code, Errc::InvalidArgument) << name;
      }
      EXPECT_EQ(t.near->tunnels->close_forward("other").error().code, Errc::NotFound);
      TunnelSettings configured;
      settings.name = "vps";
      settings.port = t.port;
      configured.forwards = {settings};
      t.near->tunnels->configure(configured);
      EXPECT_EQ(t.near->tunnels->close_forward("vps").error().code, Errc::Forbidden) << "the configuration file holds it now";
      t.near->tunnels->configure({});
      EXPECT_TRUE(t.near->tunnels->forwards().empty());
      co_return;
    }
  };
  run(Test::run(*this));
}

}  // namespace
}  // namespace soulfabric::relay

// SPDX-License-Identifier: GPL-3.0-or-later
// Names that lie: the resolver is asked once, every address it gives is judged, and only a judged one is dialled.
#include <algorithm>

#include "http_ground.hpp"

namespace soulfabric::net {
namespace {

using namespace std::chrono_literals;
using testing::HttpOrigin;
using testing::OriginAnswer;
using testing::OriginRequest;

OriginAnswer fine(const OriginRequest&) { return {.body = "fine"}; }

/// Notes who is dialled; connects to `instead` whatever was asked, or refuses.
class NotingDialer final : public Dialer {
 public:
  NotingDialer(Dialer& under, Endpoint instead) : under_(under), instead_(instead) {}
  Task<Result<std::unique_ptr<ByteStream>>> connect(Endpoint to, MonoTime deadline) override {
    dialled.push_back(to);
    if (instead_.port == 0) co_return fail(Errc::Offline, "nobody there");
    co_return co_await under_.connect(instead_, deadline);
  }
  Task<Result<IpAddress>> resolve(std::string, MonoTime) override {
    ++asked;
    co_return fail(Errc::Internal, "the client asks its own resolver only");
  }
  std::vector<Endpoint> dialled;
  int asked = 0;

 private:
  Dialer& under_;
  Endpoint instead_;
};

TEST(HttpResolving, AsksOnceAndDialsWhatWasJudged) {
  HttpGround ground;
  NotingDialer dialer(*ground.dialer, {});
  ground.names["two.example.org"] = {"5.9.0.1", "2a01:4f8::1"};
  ground.make({}, &dialer);
  const auto answer = ground.fetch({.url = "https://two.example.org/"});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::Offline);
  EXPECT_EQ(ground.asked["two.example.org"], 1);
  EXPECT_EQ(dialer.asked, 0);
  ASSERT_EQ(dialer.dialled.size(), 2U);
  EXPECT_EQ(dialer.dialled[0], (Endpoint{IpAddress::parse("5.9.0.1").value(), 443}));
  EXPECT_EQ(dialer.dialled[1], (Endpoint{IpAddress::parse("2a01:4f8::1").value(), 443}));
  EXPECT_EQ(ground.refused(HttpRefusal::Connect), 1U);
}

TEST(HttpResolving, ANameThatChangesBetweenCheckAndConnectGainsNothing) {
  HttpGround ground;
  NotingDialer dialer(*ground.dialer, {});
  int asked = 0;
  auto changing = [&asked](std::string, MonoTime) -> Task<Result<std::vector<IpAddress>>> {
    ++asked;
    co_return std::vector<IpAddress>{IpAddress::parse(asked == 1 ? "5.9.0.1" : "127.0.0.1").value()};
  };
  auto made = make_http_client({.context = ground.context, .clock = ground.clock, .dialer = dialer, .resolver = changing}, {});
  ASSERT_TRUE(made);
  ground.client = std::move(*made);
  EXPECT_FALSE(ground.fetch({.url = "http://changing.example.org/"}));
  EXPECT_EQ(asked, 1);
  ASSERT_EQ(dialer.dialled.size(), 1U);
  EXPECT_TRUE(dialer.dialled[0].address.is_global());
  const auto again = ground.fetch({.url = "http://changing.example.org/"});
  EXPECT_EQ(again.error().code, Errc::Forbidden) << "the second request judges the second answer";
  EXPECT_EQ(dialer.dialled.size(), 1U);
  EXPECT_EQ(ground.refused(HttpRefusal::Address), 1U);
}

TEST(HttpResolving, OneBadAddressAmongGoodOnesDialsNone) {
  HttpGround ground;
  NotingDialer dialer(*ground.dialer, {});
  ground.names["half.example.org"] = {"5.9.0.1", "192.168.0.1"};
  ground.names["six.example.org"] = {"5.9.0.1", "fe80::1"};
  ground.names["disguised.example.org"] = {"64:ff9b::7f00:1"};
  ground.names["none.example.org"] = {};
  ground.make({}, &dialer);
  for (const auto* host : {"half", "six", "disguised"})
    EXPECT_EQ(ground.fetch({.url = "http://" + std::string(host) + ".example.org/"}).error().code, Errc::Forbidden) << host;
  EXPECT_EQ(ground.refused(HttpRefusal::Address), 3U);
  EXPECT_EQ(ground.fetch({.url = "http://none.example.org/"}).error().code, Errc::Offline);
  EXPECT_EQ(ground.fetch({.url = "http://unknown.example.org/"}).error().code, Errc::Offline);
  EXPECT_EQ(ground.refused(HttpRefusal::Resolve), 2U);
  EXPECT_TRUE(dialer.dialled.empty());
}

TEST(HttpResolving, ForbiddenUrlsResolveAndDialNothing) {
  HttpGround ground;
  NotingDialer dialer(*ground.dialer, {});
  ground.make({}, &dialer);
  for (const auto* url :
       {"http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/", "http://localhost/", "http://router/", "http://a.internal/",
        "http://2130706433/", "http://a.org:22/", "http://u@a.org/", "ftp://a.org/", "http://a.org/#x", "http://%6c/"})
    EXPECT_FALSE(ground.fetch({.url = url})) << url;
  EXPECT_TRUE(ground.asked.empty());
  EXPECT_TRUE(dialer.dialled.empty());
  for (const auto why :
       {HttpRefusal::Address, HttpRefusal::Host, HttpRefusal::Port, HttpRefusal::UserInfo, HttpRefusal::Scheme, HttpRefusal::Url})
    EXPECT_GE(ground.refused(why), 1U) << name_of(why);
}

TEST(HttpResolving, AConnectionToAnotherAddressIsNotUsed) {
  HttpGround ground;
  HttpOrigin origin(ground.context, ground.clock, fine);
  NotingDialer dialer(*ground.dialer, {IpAddress::v4(0x7F000001), origin.port()});
  ground.names["proxied.example.org"] = {"5.9.0.1"};
  ground.make({}, &dialer);
  const auto answer = ground.fetch({.url = "http://proxied.example.org/"}, &origin);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Errc::Forbidden);
  EXPECT_EQ(ground.refused(HttpRefusal::Address), 1U);
  EXPECT_EQ(origin.requests(), 0U);
}

TEST(HttpResolving, TriesTheNextAddressWhereOneIsDead) {
  HttpGround ground;
  HttpOrigin origin(ground.context, ground.clock, fine);
  ground.names["mirror.lan"] = {"127.0.0.77", "127.0.0.1"};
  ground.make(with_exception("mirror.lan", {origin.port()}));
  const auto answer = ground.fetch({.url = origin.url("/", "mirror.lan")}, &origin);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(text_of(answer->body), "fine");
}

TEST(HttpResolving, ASilentResolverEndsAtTheDeadline) {
  HttpGround ground;
  auto* clock = &ground.clock;
  auto silent = [clock](std::string, MonoTime) -> Task<Result<std::vector<IpAddress>>> {
    co_await clock->sleep_for(1h);
    co_return std::vector<IpAddress>{};
  };
  auto made = make_http_client({.context = ground.context, .clock = ground.clock, .dialer = *ground.dialer, .resolver = silent}, {});
  ASSERT_TRUE(made);
  ground.client = std::move(*made);
  EXPECT_EQ(ground.fetch({.url = "http://a.org/", .time = 50ms}).error().code, Errc::TimedOut);
  EXPECT_EQ(ground.refused(HttpRefusal::Time), 1U);
}

TEST(HttpResolving, TheSystemsResolverGivesBothFamilies) {
  HttpGround ground;
  auto made = make_http_client({.context = ground.context, .clock = ground.clock, .dialer = *ground.dialer}, {});
  ASSERT_TRUE(made);
  ground.client = std::move(*made);
  HttpOrigin origin(ground.context, ground.clock, fine);
  ground.client->configure(with_exception("localhost", {origin.port()}));
  const auto answer = ground.fetch({.url = origin.url("/", "localhost")}, &origin);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->host, "localhost");
}

TEST(HttpResolving, NewSettingsCountFromTheNextRequest) {
  HttpGround ground;
  HttpOrigin origin(ground.context, ground.clock, fine);
  ground.make({});
  EXPECT_EQ(ground.fetch({.url = origin.url("/")}).error().code, Errc::Forbidden);
  ground.client->configure(with_exception("127.0.0.1", {origin.port()}));
  EXPECT_TRUE(ground.fetch({.url = origin.url("/")}));
  ground.client->configure({});
  EXPECT_EQ(ground.fetch({.url = origin.url("/")}, &origin).error().code, Errc::Forbidden);
}

}  // namespace
}  // namespace soulfabric::net

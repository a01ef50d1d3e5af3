// SPDX-License-Identifier: GPL-3.0-or-later
// Who may be contacted: exceptions, origins, addresses, redirects, turns, and what a request says.
#include "core/http_rules.hpp"

#include <gtest/gtest.h>

#include "core/http_pace.hpp"

namespace soulfabric::net {
namespace {

using namespace std::chrono_literals;

HttpRequest ask(std::string url, guard::Origin origin = guard::Origin::UserLocal) {
  HttpRequest request;
  request.url = std::move(url);
  request.origin = origin;
  return request;
}

HttpClientSettings lan(bool mesh = false) {
  HttpClientSettings settings;
  settings.exceptions["mirror.lan"] = {{5000}, mesh};
  settings.exceptions["192.168.1.2"] = {{}, mesh};
  settings.exceptions["[fd00::1]"] = {{}, mesh};
  return settings;
}

HttpRefusal why(const HttpRequest& request, const HttpClientSettings& settings = {}) {
  const auto step = judge_first(request, settings);
  return step ? HttpRefusal::Count_ : step.error().why;
}

TEST(HttpRules, OpenTwoPortsAndThoseOfAnException) {
  EXPECT_EQ(why(ask("http://a.org/")), HttpRefusal::Count_);
  EXPECT_EQ(why(ask("https://a.org:80/")), HttpRefusal::Count_);
  EXPECT_EQ(why(ask("http://a.org:8080/")), HttpRefusal::Port);
  EXPECT_EQ(why(ask("http://a.org:22/")), HttpRefusal::Port);
  EXPECT_EQ(why(ask("http://mirror.lan:5000/"), lan()), HttpRefusal::Count_);
  EXPECT_EQ(why(ask("http://mirror.lan:5001/"), lan()), HttpRefusal::Port);
  EXPECT_EQ(why(ask("http://mirror.lan/"), lan()), HttpRefusal::Count_);
}

TEST(HttpRules, ExceptionIsOneExactHost) {
  EXPECT_TRUE(judge_first(ask("http://MIRROR.lan/"), lan())->excepted);
  EXPECT_TRUE(judge_first(ask("http://[fd00::1]/"), lan())->excepted);
  EXPECT_EQ(why(ask("http://a.mirror.lan/"), lan()), HttpRefusal::Host);
  EXPECT_EQ(why(ask("http://lan/"), lan()), HttpRefusal::Host);
  EXPECT_EQ(why(ask("http://192.168.1.3/"), lan()), HttpRefusal::Address);
  EXPECT_FALSE(judge_first(ask("http://mirror.lan.org/"), lan())->excepted);
}

TEST(HttpRules, OtherNodesUseAnExceptionOnlyWhereItSaysSo) {
  for (const auto origin : {guard::Origin::UserLocal, guard::Origin::LocalAutomation, guard::Origin::RemoteGateway})
    EXPECT_EQ(why(ask("http://mirror.lan:5000/", origin), lan()), HttpRefusal::Count_);
  EXPECT_EQ(why(ask("http://mirror.lan:5000/", guard::Origin::RemoteMesh), lan()), HttpRefusal::NotAllowed);
  EXPECT_EQ(why(ask("http://mirror.lan:5000/", guard::Origin::RemoteMesh), lan(true)), HttpRefusal::Count_);
  HttpClientSettings open;
  open.exceptions["musicbrainz.org"] = {};
  EXPECT_EQ(why(ask("https://musicbrainz.org/", guard::Origin::RemoteMesh), open), HttpRefusal::NotAllowed);
}

TEST(HttpRules, RefuseLiteralsThatAreNotGlobal) {
  for (const auto* url : {"http://127.0.0.1/",
                          "http://0.0.0.0/",
                          "http://169.254.169.254/latest/meta-data/",
                          "http://10.0.0.1/",
                          "http://172.16.0.1/",
                          "http://192.168.0.1/",
                          "http://100.64.0.1/",
                          "http://224.0.0.1/",
                          "http://255.255.255.255/",
                          "http://192.0.2.1/",
                          "http://198.18.0.1/",
                          "http://192.88.99.1/",
                          "http://[::]/",
                          "http://[::1]/",
                          "http://[fe80::1]/",
                          "http://[fd00::1]/",
                          "http://[ff02::1]/",
                          "http://[64:ff9b::7f00:1]/",
                          "http://[64:ff9b::808:808]/",
                          "http://[64:ff9b:1::1]/",
                          "http://[2002:7f00:1::]/",
                          "http://[2002:808:808::1]/",
                          "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
                          "http://[2001:db8::1]/",
                          "http://[100::1]/",
                          "http://[::ffff:0:7f00:1]/",
                          "http://[fec0::1]/",
                          "http://[3fff::1]/",
                          "http://[5f00::1]/",
                          "http://[2a01:4f8::5efe:7f00:1]/",
                          "http://[2a01:4f8:0:1:200:5efe:a00:1]/"})
    EXPECT_EQ(why(ask(url)), HttpRefusal::Address) << url;
  EXPECT_EQ(why(ask("http://5.9.0.1/")), HttpRefusal::Count_);
  EXPECT_EQ(why(ask("http://[2a01:4f8::1]/")), HttpRefusal::Count_);
}

TEST(HttpRules, OneBadAddressRefusesTheName) {
  const auto step = judge_first(ask("http://a.org/"), {}).value();
  const auto good = IpAddress::parse("5.9.0.1").value();
  const auto six = IpAddress::parse("2a01:4f8::1").value();
  const auto bad = IpAddress::parse("::1").value();
  EXPECT_TRUE(judge_addresses({good, six}, step));
  EXPECT_EQ(judge_addresses({good, six, bad}, step).error().why, HttpRefusal::Address);
  EXPECT_EQ(judge_addresses({bad, good}, step).error().error.code, Errc::Forbidden);
  EXPECT_EQ(judge_addresses({}, step).error().why, HttpRefusal::Resolve);
  EXPECT_TRUE(judge_addresses(std::vector(kHttpAddressCap, good), step));
  EXPECT_EQ(judge_addresses(std::vector(kHttpAddressCap + 1, good), step).error().why, HttpRefusal::Resolve);
  const auto excepted = judge_first(ask("http://mirror.lan/"), lan()).value();
  EXPECT_TRUE(judge_addresses({bad}, excepted));
}

TEST(HttpRules, TheCallersListIsAskedForEachHost) {
  auto request = ask("https://coverartarchive.org/release/1/front-250");
  request.allowed = [](const std::string& host) { return host == "coverartarchive.org" || host == "archive.org"; };
  const auto first = judge_first(request, {});
  ASSERT_TRUE(first);
  EXPECT_TRUE(judge_redirect(request, {}, *first, "https://archive.org/x", false));
  EXPECT_EQ(judge_redirect(request, {}, *first, "https://archive.org.evil.org/x", false).error().why, HttpRefusal::NotAllowed);
  request.url = "https://evil.org/";
  EXPECT_EQ(why(request), HttpRefusal::NotAllowed);
}

TEST(HttpRules, ARedirectIsJudgedWhole) {
  const auto request = ask("https://a.org/");
  const auto first = judge_first(request, lan()).value();
  const auto led = [&](std::string_view location) {
    const auto step = judge_redirect(request, lan(), first, location, false);
    return step ? HttpRefusal::Count_ : step.error().why;
  };
  EXPECT_EQ(led("https://b.org/"), HttpRefusal::Count_);
  EXPECT_EQ(led("http://b.org/"), HttpRefusal::Redirect);
  EXPECT_EQ(led("https://b.org:8443/"), HttpRefusal::Port);
  EXPECT_EQ(led("https://u@b.org/"), HttpRefusal::UserInfo);
  EXPECT_EQ(led("https://127.0.0.1/"), HttpRefusal::Address);
  EXPECT_EQ(led("https://[::1]/"), HttpRefusal::Address);
  EXPECT_EQ(led("https://2130706433/"), HttpRefusal::Host);
  EXPECT_EQ(led("https://localhost/"), HttpRefusal::Host);
  EXPECT_EQ(led("ftp://b.org/"), HttpRefusal::Scheme);
  EXPECT_EQ(judge_redirect(request, lan(), first, "ftp://b.org/", false).error().error.code, Errc::Forbidden);
}

TEST(HttpRules, OnlyAnExceptedHostLeadsToAnother) {
  const auto outside = ask("http://a.org/");
  const auto far = judge_first(outside, lan()).value();
  EXPECT_EQ(judge_redirect(outside, lan(), far, "http://mirror.lan:5000/", far.excepted).error().why, HttpRefusal::Port);
  EXPECT_EQ(judge_redirect(outside, lan(), far, "http://mirror.lan/", far.excepted).error().why, HttpRefusal::Host);
  EXPECT_EQ(judge_redirect(outside, lan(), far, "http://192.168.1.2/", far.excepted).error().why, HttpRefusal::Address);
  const auto inside = ask("https://mirror.lan/");
  const auto near = judge_first(inside, lan()).value();
  EXPECT_TRUE(judge_redirect(inside, lan(), near, "http://192.168.1.2/", near.excepted)) << "within exceptions https may lead to http";
  EXPECT_EQ(judge_redirect(inside, lan(), near, "http://a.org/", near.excepted).error().why, HttpRefusal::Redirect);
}

TEST(HttpRules, FiveStatusesAreRedirects) {
  for (int status = 100; status < 600; ++status)
    EXPECT_EQ(is_redirect(status), status == 301 || status == 302 || status == 303 || status == 307 || status == 308) << status;
}

TEST(HttpRules, OnlyFourHeadersAreSent) {
  auto request = ask("http://a.org/x?y");
  const auto url = parse_http_url(request.url).value();
  request.headers = {{"Accept", "a/b"}, {"If-None-Match", "\"1\""}};
  EXPECT_EQ(format_request(request, url, "me/1 (\r\nx: y)").value(),
            "GET /x?y HTTP/1.1\r\nHost: a.org\r\nConnection: close\r\nAccept: a/b\r\nIf-None-Match: \"1\"\r\nAccept-Encoding: "
            "gzip\r\nUser-Agent: me/1 (x: y)\r\n\r\n");
  request.headers = {{"range", "bytes=0-9"}};
  request.method = HttpMethod::Head;
  EXPECT_EQ(format_request(request, url, "").value(),
            "HEAD /x?y HTTP/1.1\r\nHost: a.org\r\nConnection: close\r\nrange: bytes=0-9\r\nAccept-Encoding: identity\r\n\r\n");
  const std::map<std::string, std::string> wrong[] = {
      {{"Cookie", "a"}}, {{"Authorization", "a"}}, {{"Host", "b"}}, {{"Accept", "a\r\nHost: b"}}, {{"Accept", std::string(1025, 'a')}},
      {{"", "a"}}};
  for (const auto& headers : wrong) {
    request.headers = headers;
    EXPECT_EQ(format_request(request, url, "").error().why, HttpRefusal::Header);
  }
}

TEST(HttpPace, SpacesOneHostAndNotAnother) {
  HttpPace pace;
  const MonoTime start{1h};
  const auto late = start + 10s;
  EXPECT_EQ(pace.take("a", 1s, start, late).value(), start);
  EXPECT_EQ(pace.take("a", 1s, start, late).value(), start + 1s);
  EXPECT_EQ(pace.take("a", 1s, start + 500ms, late).value(), start + 2s);
  EXPECT_EQ(pace.take("b", 1s, start, late).value(), start);
  EXPECT_EQ(pace.take("a", 1s, start + 5s, late).value(), start + 5s);
  EXPECT_EQ(pace.take("c", 0s, start, late).value(), start);
}

TEST(HttpPace, ARequestThatWouldWaitTooLongTakesNoTurn) {
  HttpPace pace;
  const MonoTime start{1h};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(pace.take("a", 1s, start, start + 10s));
  const auto refused = pace.take("a", 1s, start, start + 3s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().why, HttpRefusal::Rate);
  EXPECT_EQ(refused.error().error.code, Errc::RateLimited);
  EXPECT_EQ(pace.take("a", 1s, start, start + 10s).value(), start + 3s);
}

TEST(HttpPace, RemembersOnlyHostsWhoseTurnsAreAhead) {
  HttpPace pace;
  const MonoTime start{1h};
  for (int i = 0; i < 1024; ++i) ASSERT_TRUE(pace.take("h" + std::to_string(i), 1s, start, start + 10s));
  EXPECT_EQ(pace.take("more", 1s, start, start + 10s).error().why, HttpRefusal::Rate);
  EXPECT_TRUE(pace.take("more", 1s, start + 2s, start + 10s));
  EXPECT_EQ(pace.size(), 1U);
}

TEST(HttpPace, AHostsOwnSpacingWins) {
  HttpClientSettings settings;
  settings.per_host_spacing = 200ms;
  settings.spacing["musicbrainz.org"] = 1s;
  EXPECT_EQ(turn_of(settings, "musicbrainz.org").spacing, Duration(1s));
  EXPECT_EQ(turn_of(settings, "a.org").spacing, Duration(200ms));
  EXPECT_EQ(turn_of(settings, "a.org").of, "a.org");
}

TEST(HttpPace, AllHostsOfADomainShareItsTurns) {
  HttpClientSettings settings;
  settings.spacing["musicbrainz.org"] = 1s;
  settings.spacing["127.0.0.1"] = 0s;
  settings.per_host_spacing = 100ms;
  HttpPace pace;
  const MonoTime start{1h};
  const auto begins = [&](const std::string& host) {
    const HttpTurn turn = turn_of(settings, host);
    return *pace.take(turn.of, turn.spacing, start, start + 10s) - start;
  };
  EXPECT_EQ(begins("musicbrainz.org"), 0s);
  EXPECT_EQ(begins("beta.musicbrainz.org"), 1s);
  EXPECT_EQ(begins("a.test.musicbrainz.org"), 2s);
  EXPECT_EQ(begins("musicbrainz.org."), 3s);
  EXPECT_EQ(begins("notmusicbrainz.org"), 0s);
  EXPECT_EQ(begins("coverartarchive.org"), 0s);
  EXPECT_EQ(begins("coverartarchive.org"), 100ms);
  EXPECT_EQ(begins("archive.org"), 0s) << "each other host has turns of its own";
  EXPECT_EQ(begins("127.0.0.1"), 0s);
  EXPECT_EQ(begins("127.0.0.1"), 0s);
}

}  // namespace
}  // namespace soulfabric::net

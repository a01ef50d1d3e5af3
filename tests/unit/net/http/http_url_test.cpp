// SPDX-License-Identifier: GPL-3.0-or-later
// What a URL may look like, and every disguise of a forbidden host that must not pass.
#include "core/http_url.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace soulfabric::net {
namespace {

HttpRefusal why(std::string_view text) {
  const auto url = parse_http_url(text);
  return url ? HttpRefusal::Count_ : url.error().why;
}

TEST(HttpUrl, SplitsWhatIsPlain) {
  const auto url = parse_http_url("HTTPS://MusicBrainz.org/ws/2/release/1?inc=a+b&fmt=json%20");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "musicbrainz.org");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/ws/2/release/1?inc=a+b&fmt=json%20");
  EXPECT_EQ(url->authority(), "musicbrainz.org");
  EXPECT_FALSE(url->literal);
}

TEST(HttpUrl, PutsASlashBeforeABareQuery) {
  EXPECT_EQ(parse_http_url("http://a.org?x=1")->target, "/?x=1");
  EXPECT_EQ(parse_http_url("http://a.org")->target, "/");
  EXPECT_EQ(parse_http_url("http://a.org:8080")->authority(), "a.org:8080");
}

TEST(HttpUrl, ReadsAddressesInTheirUsualSpelling) {
  EXPECT_EQ(parse_http_url("http://5.9.0.1/")->literal, IpAddress::parse("5.9.0.1"));
  const auto six = parse_http_url("http://[2a01:4F8::1]:81/");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->literal, IpAddress::parse("2a01:4f8::1"));
  EXPECT_EQ(six->authority(), "[2a01:4f8::1]:81");
}

TEST(HttpUrl, RefusesEachDisguiseOfAnAddress) {
  const std::vector<const char*> hosts = {"127.1",
                                          "127.0.1",
                                          "2130706433",
                                          "017700000001",
                                          "0x7f000001",
                                          "0x7f.1",
                                          "0x7f.0.0.1",
                                          "0177.0.0.1",
                                          "127.0.0.01",
                                          "00127.0.0.1",
                                          "127.0.0.1.",
                                          "127.0.0.1.0",
                                          "0",
                                          "0x",
                                          "0X7F.1",
                                          "127.0.0.256",
                                          "1.2.3",
                                          "169.254.43518",
                                          "a.0x7f",
                                          "a.1",
                                          "%31%32%37.0.0.1",
                                          "127%2e0.0.1",
                                          "localhost%00",
                                          "loc%61lhost",
                                          "[::ffff:127.0.0.1]",
                                          "[::ffff:7f00:1]",
                                          "[0:0:0:0:0:ffff:7f00:1]",
                                          "[::1%25lo]",
                                          "[fe80::1%eth0]",
                                          "[0:0:0:0:0:0:0:1]",
                                          "[::0001]",
                                          "[::127.0.0.1",
                                          "::1",
                                          "[127.0.0.1]",
                                          "[]",
                                          "[v1.x]",
                                          "[::1]x",
                                          "[[::1]]",
                                          "1.2.3.4]",
                                          "[64:ff9b::127.0.0.1]",
                                          "[64:ff9b::0.0.0.1]",
                                          "[2002:7F00:0001::]",
                                          "[::ffff:0:127.0.0.1]"};
  for (const auto* host : hosts) EXPECT_EQ(why("http://" + std::string(host) + "/"), HttpRefusal::Host) << host;
}

TEST(HttpUrl, RefusesNamesThatAreNotPlain) {
  for (const auto* host : {"", ".", "a..b", ".a.org", "a.org.", "localhost.", "-a.org", "a-.org", "a_b.org", "a!b.org", "a,b.org",
                           "a;b.org", "*.org", "a'b.org"})
    EXPECT_EQ(why("http://" + std::string(host) + "/"), HttpRefusal::Host) << host;
  const std::string label(63, 'a');
  EXPECT_EQ(why("http://" + label + ".org/"), HttpRefusal::Count_);
  EXPECT_EQ(why("http://" + label + "a.org/"), HttpRefusal::Host);
  EXPECT_EQ(why("http://" + label + "." + label + "." + label + "." + std::string(61, 'b') + "/"), HttpRefusal::Count_);
  EXPECT_EQ(why("http://" + label + "." + label + "." + label + "." + std::string(62, 'b') + "/"), HttpRefusal::Host);
}

TEST(HttpUrl, RefusesWhatUnicodeMakesLookLikeADot) {
  for (const auto* text : {"http://127\xE3\x80\x82"
                           "0.0.1/",
                           "http://musicbrainz\xEF\xBC\x8Eorg/",
                           "http://\xEF\xBC\x91"
                           "27.0.0.1/",
                           "http://\xE2\x91\xA0.org/", "http://m\xC3\xBCsic.org/"})
    EXPECT_EQ(why(text), HttpRefusal::Url) << text;
}

TEST(HttpUrl, RefusesOtherSchemesAndMissingOnes) {
  for (const auto* text : {"ftp://a.org/", "file:///etc/passwd", "gopher://a.org/", "javascript:alert(1)", "ws://a.org/",
                           "data:text/plain,x", "httpss://a.org/"})
    EXPECT_EQ(why(text), HttpRefusal::Scheme) << text;
  for (const auto* text : {"", "a.org", "//a.org/", "/path", "http:/a.org", "http:a.org", "http:", "?x"})
    EXPECT_EQ(why(text), HttpRefusal::Url) << text;
}

TEST(HttpUrl, RefusesUserNames) {
  for (const auto* text : {"http://a@b.org/", "http://a:b@c.org/", "http://@a.org/", "http://musicbrainz.org@127.0.0.1/",
                           "http://127.0.0.1:80@a.org/", "http://a.org:80@[::1]/"})
    EXPECT_EQ(why(text), HttpRefusal::UserInfo) << text;
  EXPECT_EQ(why("http://a.org/@b"), HttpRefusal::Count_);
}

TEST(HttpUrl, RefusesBadPorts) {
  for (const auto* text : {"http://a.org:/", "http://a.org:0/", "http://a.org:65536/", "http://a.org:080/", "http://a.org:+80/",
                           "http://a.org:80:80/", "http://a.org:8x/", "http://[::1]:/"})
    EXPECT_EQ(why(text), HttpRefusal::Port) << text;
}

TEST(HttpUrl, RefusesFragmentsBlanksAndControlCharacters) {
  for (const std::string text :
       {"http://a.org/#x", "http://a.org#@b.org/", "http://a.org/ x", " http://a.org/", "http://a.org/\r\nHost: b", "http://a.org/\t",
        "http://a.org\\@b.org/", "http://a.org/\x7F", "http://a.org/<", "http://a^b/", "http://a.org/\"", "ht\ntp://a.org/"})
    EXPECT_EQ(why(text), HttpRefusal::Url) << text;
  EXPECT_EQ(why(std::string_view("http://127.0.0.1\0.org/", 22)), HttpRefusal::Url);
}

TEST(HttpUrl, RefusesAUrlLongerThanItsCap) {
  const std::string head = "http://a.org/";
  EXPECT_EQ(why(head + std::string(kHttpUrlCap - head.size(), 'a')), HttpRefusal::Count_);
  EXPECT_EQ(why(head + std::string(kHttpUrlCap - head.size() + 1, 'a')), HttpRefusal::Url);
}

std::string led(std::string_view from, std::string_view location) {
  const auto url = follow_location(parse_http_url(from).value(), location);
  return url ? (url->tls ? "https://" : "http://") + url->authority() + url->target : std::string(name_of(url.error().why));
}

TEST(HttpUrl, FollowsEachFormOfLocation) {
  EXPECT_EQ(led("https://a.org/x/y?q=/1", "https://b.org/z"), "https://b.org/z");
  EXPECT_EQ(led("https://a.org/x/y", "//b.org/z"), "https://b.org/z");
  EXPECT_EQ(led("https://a.org/x/y?q=/1", "/z?a"), "https://a.org/z?a");
  EXPECT_EQ(led("https://a.org/x/y?q=/1", "?a"), "https://a.org/x/y?a");
  EXPECT_EQ(led("https://a.org/x/y?q=/1", "z"), "https://a.org/x/z");
  EXPECT_EQ(led("https://a.org/x/y", "http://b.org/z#here"), "http://b.org/z");
  EXPECT_EQ(led("http://a.org:81/x", "/z"), "http://a.org:81/z");
  EXPECT_EQ(led("http://a.org/x", "z:/y"), "scheme");
  EXPECT_EQ(led("http://a.org/x", "./z:y"), "http://a.org/./z:y");
}

TEST(HttpUrl, JudgesALocationLikeAnyUrl) {
  EXPECT_EQ(led("http://a.org/", "http://0x7f.1/"), "host");
  EXPECT_EQ(led("http://a.org/", "//u@127.0.0.1/"), "user_info");
  EXPECT_EQ(led("http://a.org/", "file:///etc/passwd"), "scheme");
  EXPECT_EQ(led("http://a.org/", "\\\\127.0.0.1\\x"), "url");
  EXPECT_EQ(led("http://a.org/", ""), "url");
  EXPECT_EQ(led("http://a.org/", "#x"), "url");
  EXPECT_EQ(led("http://a.org/" + std::string(3000, 'a') + "/", std::string(2000, 'b')), "url");
}

TEST(HttpUrl, KnowsNamesOfTheLocalNetwork) {
  for (const auto* name : {"localhost", "router", "a.localhost", "nas.local", "metadata.google.internal", "a.home.arpa", "x.lan",
                           "1.0.0.127.in-addr.arpa", "a.onion"})
    EXPECT_TRUE(is_local_name(name)) << name;
  for (const auto* name : {"musicbrainz.org", "local.org", "a.us.archive.org", "xn--mller-kva.de"})
    EXPECT_FALSE(is_local_name(name)) << name;
}

}  // namespace
}  // namespace soulfabric::net

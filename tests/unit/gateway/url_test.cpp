// SPDX-License-Identifier: GPL-3.0-or-later
// Targets, escapes, queries and routes: decoded exactly once, found in any case.
#include <gtest/gtest.h>

#include "gateway/core/headers.hpp"
#include "gateway/core/hosts.hpp"
#include "gateway/core/router.hpp"
#include "gateway/core/url.hpp"

namespace soulfabric::gateway {
namespace {

TEST(PercentDecode, DecodesOnceAndKeepsPlus) {
  EXPECT_EQ(percent_decode("a%2Fb+c%25%32"), "a/b+c%2");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
  EXPECT_EQ(percent_decode("%C3%A9"), "\xC3\xA9");
}

TEST(PercentDecode, RefusesBrokenEscapes) {
  for (const auto* text : {"%", "%4", "%zz", "a%2", "%-1", "%%20"}) EXPECT_FALSE(percent_decode(text)) << text;
}

TEST(SplitTarget, TakesOriginAndAbsoluteForm) {
  EXPECT_EQ(split_target("/a/b?c=d?e")->query, "c=d?e");
  EXPECT_EQ(split_target("http://host/a?b")->path, "/a");
  for (const auto* text : {"*", "", "a/b", "http://host", "/a b", "/a\x01"}) EXPECT_FALSE(split_target(text)) << text;
}

TEST(Query, FindsNamesInAnyCaseAndReadsPythonBooleans) {
  const auto query = Query::parse("IncludeResponses=True&x=False&n=12&name=a+b%20c&empty&n=13");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->flag("includeresponses", false), true);
  EXPECT_EQ(query->flag("X", true), false);
  EXPECT_EQ(query->flag("absent", true), true);
  EXPECT_EQ(query->flag("name", true), std::nullopt);
  EXPECT_EQ(query->number("n", 0, 100), 13U);
  EXPECT_EQ(query->number("n", 0, 12), std::nullopt);
  EXPECT_EQ(query->find("name"), "a b c");
  EXPECT_EQ(query->find("empty"), "");
}

TEST(Query, RefusesBadEscapesAndTooManyParameters) {
  EXPECT_FALSE(Query::parse("a=%zz"));
  std::string long_query;
  for (std::size_t i = 0; i < kMaxQueryParameters; ++i) long_query += "a=1&";
  EXPECT_TRUE(Query::parse(long_query));
  EXPECT_FALSE(Query::parse(long_query + "b=2"));
}

struct RouterFixture : ::testing::Test {
  RouterFixture() {
    router.add("GET", "/", 0);
    router.add("GET", "/api/v0/transfers/downloads/{username}", 1);
    router.add("DELETE", "/api/v0/transfers/downloads/all/completed", 2);
    router.add("DELETE", "/api/v0/transfers/downloads/{username}/{id}", 3);
    router.add("POST", "/api/v0/transfers/downloads/batches", 4);
    router.add("POST", "/api/v0/transfers/downloads/{username}", 5);
  }
  Router router;
};
using RouterTest = RouterFixture;

TEST_F(RouterTest, IgnoresCaseAndOneTrailingSlash) {
  EXPECT_EQ(router.match("GET", "/API/V0/Transfers/DOWNLOADS/Bob/").values, std::vector<std::string>{"Bob"});
  EXPECT_EQ(router.match("GET", "/").route, 0U);
  EXPECT_EQ(router.match("GET", "/api/v0/transfers/downloads//").found, Found::NoSuchPath);
}

TEST_F(RouterTest, DecodesEachSegmentOnce) {
  const auto match = router.match("GET", "/api/v0/transfers/downloads/a%2Fb%2525+%C3%A9");
  ASSERT_EQ(match.found, Found::Route);
  EXPECT_EQ(match.values[0], "a/b%25+\xC3\xA9");
  EXPECT_EQ(router.match("GET", "/api/v0/transfers/downloads/%zz").found, Found::BadEscape);
}

TEST_F(RouterTest, PrefersLiteralsButFallsBackForOtherMethods) {
  EXPECT_EQ(router.match("DELETE", "/api/v0/transfers/downloads/all/completed").route, 2U);
  EXPECT_EQ(router.match("DELETE", "/api/v0/transfers/downloads/all/other").route, 3U);
  EXPECT_EQ(router.match("POST", "/api/v0/transfers/downloads/batches").route, 4U);
  const auto user = router.match("GET", "/api/v0/transfers/downloads/batches");
  EXPECT_EQ(user.route, 1U);
  EXPECT_EQ(user.values, std::vector<std::string>{"batches"});
}

TEST_F(RouterTest, NamesTheMethodsAPathKnows) {
  const auto match = router.match("PATCH", "/api/v0/transfers/downloads/bob");
  EXPECT_EQ(match.found, Found::WrongMethod);
  EXPECT_EQ(match.allow, "GET, POST");
  EXPECT_EQ(router.match("HEAD", "/api/v0/transfers/downloads/bob").found, Found::Route);
  EXPECT_FALSE(router.add("GET", "/api/v0/transfers/downloads/{other}", 9));
}

TEST_F(RouterTest, RefusesPathsOfTooManySegments) {
  std::string path;
  for (std::size_t i = 0; i <= kMaxPathSegments; ++i) path += "/a";
  EXPECT_EQ(router.match("GET", path).found, Found::NoSuchPath);
}

TEST(Hosts, AllowsLoopbackLiteralsLocalhostAndConfiguredNames) {
  const std::vector<std::string> names{"Music.Example"};
  for (const auto* text : {"localhost", "LOCALHOST:5030", "node1.localhost:5030", "127.0.0.1:5030", "127.3.2.1", "[::1]:5030", "music.example", "music.example."}) {
    const auto host = parse_host(text);
    ASSERT_TRUE(host) << text;
    EXPECT_TRUE(is_allowed_host(*host, names)) << text;
  }
  for (const auto* text : {"evil.example", "localhost.evil.example", "notlocalhost", "192.168.1.2", "8.8.8.8", "[2001:db8::1]", "127.0.0.1.nip.io"}) {
    const auto host = parse_host(text);
    ASSERT_TRUE(host) << text;
    EXPECT_FALSE(is_allowed_host(*host, names)) << text;
  }
  for (const auto* text : {"", ":80", "a b", "a@b", "localhost:", "localhost:0", "localhost:99999", "[::1", "[zz]", "a:b:c", "localhost:80:90"}) {
    EXPECT_FALSE(parse_host(text)) << text;
  }
}

TEST(Hosts, AsksForTheVeryOrigin) {
  const auto host = *parse_host("n1.localhost:5030");
  EXPECT_TRUE(origin_matches("http://n1.localhost:5030", host));
  EXPECT_TRUE(origin_matches("http://N1.LOCALHOST:5030", host));
  for (const auto* text : {"null", "", "http://n1.localhost", "http://n1.localhost:5031", "http://n2.localhost:5030", "http://localhost:5030",
                           "http://evil.example", "ftp://n1.localhost:5030", "http://n1.localhost:5030.evil.example", "http://n1.localhost:5030/"}) {
    EXPECT_FALSE(origin_matches(text, host)) << text;
  }
  EXPECT_TRUE(origin_matches("https://music.example", *parse_host("music.example"))) << "behind a proxy that does TLS";
  EXPECT_FALSE(origin_matches("https://music.example:444", *parse_host("music.example")));
}

TEST(Headers, ReadsCookiesAndBearer) {
  EXPECT_EQ(find_cookie("a=1; sf=two; sf=three", "sf"), "two");
  EXPECT_EQ(find_cookie("xsf=1;sf=\"q\"", "sf"), "q");
  EXPECT_EQ(find_cookie("sf", "sf"), "");
  EXPECT_EQ(find_cookie("", "sf"), "");
  EXPECT_EQ(bearer_of("bEaReR  abc "), "abc");
  EXPECT_EQ(bearer_of("Basic abc"), "");
}

TEST(Headers, ChoosesTheBestEncodingThatIsAllowed) {
  EXPECT_EQ(choose_encoding("gzip, deflate, br", true, true), Encoding::Brotli);
  EXPECT_EQ(choose_encoding("gzip, br;q=0", true, true), Encoding::Gzip);
  EXPECT_EQ(choose_encoding("gzip;q=0.0", true, true), Encoding::Identity);
  EXPECT_EQ(choose_encoding("br", false, true), Encoding::Identity);
  EXPECT_EQ(choose_encoding("", true, true), Encoding::Identity);
  EXPECT_TRUE(matches_etag("\"a\", W/\"b\"", "\"b\""));
  EXPECT_TRUE(matches_etag("*", "\"b\""));
  EXPECT_FALSE(matches_etag("\"a\"", "\"b\""));
}

TEST(Headers, ReadsOneByteRange) {
  ByteRange range;
  EXPECT_EQ(parse_range("bytes=2-5", 10, range), RangeAnswer::Part);
  EXPECT_EQ(range.offset, 2U);
  EXPECT_EQ(range.length, 4U);
  EXPECT_EQ(parse_range("bytes=-3", 10, range), RangeAnswer::Part);
  EXPECT_EQ(range.offset, 7U);
  EXPECT_EQ(parse_range("bytes=4-", 10, range), RangeAnswer::Part);
  EXPECT_EQ(range.length, 6U);
  EXPECT_EQ(parse_range("bytes=0-99999999999", 10, range), RangeAnswer::Part);
  EXPECT_EQ(range.length, 10U);
  EXPECT_EQ(parse_range("bytes=10-", 10, range), RangeAnswer::Unsatisfiable);
  EXPECT_EQ(parse_range("bytes=-0", 10, range), RangeAnswer::Unsatisfiable);
  for (const auto* text : {"", "bytes=5-2", "bytes=a-b", "bytes=-", "bytes=1-2,4-5", "items=1-2", "bytes=99999999999999999999-"}) {
    EXPECT_EQ(parse_range(text, 10, range), RangeAnswer::Whole) << text;
    EXPECT_EQ(range.length, 10U);
  }
}

TEST(Headers, KnowsMediaByItsFirstBytesOnly) {
  using namespace std::string_view_literals;
  EXPECT_EQ(sniff_media(bytes_of("\xFF\xD8\xFF\xE0"sv)), "image/jpeg");
  EXPECT_EQ(sniff_media(bytes_of("\x89PNG\r\n\x1A\nxxxx"sv)), "image/png");
  EXPECT_EQ(sniff_media(bytes_of("RIFF....WEBPVP8 "sv)), "image/webp");
  EXPECT_EQ(sniff_media(bytes_of("fLaC\0\0\0\x22"sv)), "audio/flac");
  EXPECT_EQ(sniff_media(bytes_of("ID3\x04"sv)), "audio/mpeg");
  EXPECT_EQ(sniff_media(bytes_of("\xFF\xFB\x90\x64"sv)), "audio/mpeg");
  for (const auto text : {"<html>"sv, "<svg xmlns"sv, "%PDF-1.4"sv, "GIF89a"sv, ""sv, "\xFF"sv, "\xFF\xFE<\0h\0"sv}) EXPECT_EQ(sniff_media(bytes_of(text)), "");
}

TEST(Headers, WritesTimeSpansAsThreePartsBelowADay) {
  EXPECT_EQ(format_timespan(0), "00:00:00.0000000");
  EXPECT_EQ(format_timespan(3'723'000'004), "01:02:03.0000040");
  EXPECT_EQ(format_timespan(90'061'000'000), "1.01:01:01.0000000");
  EXPECT_EQ(format_timespan(-5), "00:00:00.0000000");
}

}  // namespace
}  // namespace soulfabric::gateway

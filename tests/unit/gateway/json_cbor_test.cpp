// SPDX-License-Identifier: GPL-3.0-or-later
// JSON to deterministic CBOR and back: what is the same, what is refused.
#include "gateway/core/json_cbor.hpp"

#include <gtest/gtest.h>

#include "gateway/core/client_rates.hpp"
#include "gateway/core/iso_time.hpp"
#include "soulfabric/base/cbor.hpp"

namespace soulfabric::gateway {
namespace {
using namespace std::chrono_literals;

std::string hex_of(std::string_view json) {
  const auto bytes = json_to_cbor(json);
  return bytes ? to_hex(*bytes) : "refused: " + bytes.error().message;
}
std::string json_of(std::string_view hex) {
  Bytes bytes;
  EXPECT_TRUE(from_hex(hex, bytes));
  const auto json = cbor_to_json(bytes);
  return json ? *json : "refused";
}

TEST(JsonCbor, WritesTheShortestFormOfEachKind) {
  EXPECT_EQ(hex_of("0"), "00");
  EXPECT_EQ(hex_of("24"), "1818");
  EXPECT_EQ(hex_of("18446744073709551615"), "1bffffffffffffffff");
  EXPECT_EQ(hex_of("-1"), "20");
  EXPECT_EQ(hex_of("-9223372036854775808"), "3b7fffffffffffffff");
  EXPECT_EQ(hex_of("\"a\""), "6161");
  EXPECT_EQ(hex_of("true"), "f5");
  EXPECT_EQ(hex_of("null"), "f6");
  EXPECT_EQ(hex_of("[1,[2]]"), "82018102");
  EXPECT_EQ(hex_of(R"({"$bytes":"AQID"})"), "43010203");
  EXPECT_EQ(hex_of(""), "a0") << "no body is the empty map";
}

TEST(JsonCbor, SortsKeysShorterFirstThenByBytes) {
  EXPECT_EQ(hex_of(R"({"b":1,"aa":2,"a":3})"), "a3616103616201626161" "02");
}

TEST(JsonCbor, RefusesFractionsTwinsBadBytesAndUnknownDollarNames) {
  EXPECT_TRUE(hex_of("1.5").starts_with("refused"));
  EXPECT_TRUE(hex_of("1e3").starts_with("refused"));
  EXPECT_TRUE(hex_of("18446744073709551616").starts_with("refused"));
  EXPECT_TRUE(hex_of(R"({"a":1,"a":2})").starts_with("refused"));
  EXPECT_TRUE(hex_of(R"({"$bytes":"!"})").starts_with("refused"));
  EXPECT_TRUE(hex_of(R"({"$bytes":1})").starts_with("refused"));
  EXPECT_TRUE(hex_of(R"({"$x":1})").starts_with("refused"));
  EXPECT_TRUE(hex_of(R"({"$bytes":"AQID","a":1})").starts_with("refused"));
  EXPECT_TRUE(hex_of("{").starts_with("refused"));
}

TEST(JsonCbor, RefusesWhatIsDeeperThanCborOfTheMeshMayBe) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(hex_of(nested(cbor::kMaxDepth)), std::string("8181818181818180"));
  EXPECT_TRUE(hex_of(nested(cbor::kMaxDepth + 1)).starts_with("refused"));
}

TEST(JsonCbor, EscapesTextKeysThatLookLikeOurs) {
  EXPECT_EQ(hex_of(R"({"$$bytes":"AQID"})"), "a166246279746573" "6441514944");
  EXPECT_EQ(json_of("a166246279746573" "6441514944"), R"({"$$bytes":"AQID"})");
}

TEST(JsonCbor, ShowsEveryKindAsJson) {
  EXPECT_EQ(json_of("a2016161614143010203"), R"({"1":"a","A":{"$bytes":"AQID"}})");
  EXPECT_EQ(json_of("8420f5f61bffffffffffffffff"), "[-1,true,null,18446744073709551615]");
  EXPECT_EQ(json_of(""), "null");
  EXPECT_EQ(json_of("a2014100613102"), "refused") << "1 and \"1\" are one name in JSON";
}

TEST(JsonCbor, RefusesWhatIsNotDeterministic) {
  for (const char* hex : {"1800", "9f00ff", "f97c00", "a26161006161" "01", "c100", "0000", "61", "5b7fffffffffffffff", "61ff"}) {
    EXPECT_EQ(json_of(hex), "refused") << hex;
  }
}

TEST(ClientRates, GivesEachClientItsMinuteAndRefillsIt) {
  ClientRates rates(60);
  const MonoTime now{100h};
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(rates.take("a", now)) << i;
  EXPECT_FALSE(rates.take("a", now));
  EXPECT_TRUE(rates.take("b", now));
  EXPECT_TRUE(rates.take("a", now + 1s));
  EXPECT_FALSE(rates.take("a", now + 1s));
}

TEST(ClientRates, TableOfClientsNeverGrowsPastItsSize) {
  ClientRates rates(1, 10);
  MonoTime now{100h};
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(rates.take(std::to_string(i), now += 1ms));
  EXPECT_EQ(rates.size(), 10U);
  EXPECT_FALSE(rates.take("999", now)) << "the last ones are remembered";
}

TEST(IsoTime, ReadsWhatIsWrittenAndNothingElse) {
  const auto at = from_unix_micros(1'700'000'000'123'456);
  EXPECT_EQ(parse_iso(format_iso(at)), at);
  EXPECT_EQ(parse_iso("1970-01-01T00:00:00"), from_unix_micros(0));
  EXPECT_EQ(parse_iso("2026-02-28T23:59:59.5Z"), parse_iso("2026-02-28T23:59:59.500000Z"));
  for (const char* text : {"", "2026", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "1969-01-01T00:00:00Z", "2026-01-01 00:00:00", "2026-01-01T24:00:00Z",
                           "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.12x", "2026-01-01T00:00:00+01:00", "-026-01-01T00:00:00Z", "+026-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_iso(text)) << text;
  }
}

}  // namespace
}  // namespace soulfabric::gateway

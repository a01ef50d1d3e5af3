// SPDX-License-Identifier: GPL-3.0-or-later
// Who may come in: tokens, keys, cookies, links, attempts; decided without a socket.
#include <gtest/gtest.h>

#include "gateway/core/authentication.hpp"
#include "gateway/core/json_writer.hpp"
#include "gateway/core/login.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::int64_t kNow = 1'800'000'000;
const Bytes kKey(32, 7);

Claims claims() { return {std::string(32, 'a'), "user", kNow, kNow + 1000}; }

TEST(Token, ComesBackAsItWasMade) {
  const auto token = make_token(kKey, claims());
  const auto back = check_token(kKey, token, kNow + 10);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->id, claims().id);
  EXPECT_EQ(back->name, "user");
  EXPECT_EQ(back->expires, kNow + 1000);
}

TEST(Token, IsRefusedWhenChangedForeignOrOutOfTime) {
  const auto token = make_token(kKey, claims());
  EXPECT_FALSE(check_token(Bytes(32, 8), token, kNow));
  EXPECT_FALSE(check_token(kKey, token, kNow + 1000 + kTokenSkewSeconds + 1));
  EXPECT_FALSE(check_token(kKey, token, kNow - kTokenSkewSeconds - 1));
  EXPECT_TRUE(check_token(kKey, token, kNow + 1000 + kTokenSkewSeconds)) << "clocks may differ a little";
  for (std::size_t i = 0; i < token.size(); ++i) {
    auto other = token;
    other[i] = other[i] == 'A' ? 'B' : 'A';
    if (other != token) EXPECT_FALSE(check_token(kKey, other, kNow)) << i;
    EXPECT_FALSE(check_token(kKey, token.substr(0, i), kNow));
  }
  for (const auto* text : {"", ".", "..", "a.b.c", "eyJhbGciOiJub25lIn0..", "...."}) EXPECT_FALSE(check_token(kKey, text, kNow));
}

TEST(Token, SurvivesANameThatLooksLikeMembers) {
  auto odd = claims();
  odd.name = R"(x","exp":9999999999,"name":"y)";
  const auto back = check_token(kKey, make_token(kKey, odd), kNow);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->expires, kNow + 1000);
}

struct AuthorityFixture : ::testing::Test {
  AuthorityFixture() {
    authority.set_key(kKey);
    ApiKey reader{"reader", "reader-key-0123456789", Role::ReadOnly, {}, {}};
    ApiKey chief{"chief", "chief-key-0123456789", Role::Administrator, {*IpNetwork::parse("10.0.0.0/8")}, {"guard"}};
    authority.set_api_keys({reader, chief});
  }
  Refusal decide(const Presented& presented, Policy policy = Policy::Any, std::string_view scope = {}) {
    return authority.decide(presented, policy, scope, kNow).refusal;
  }
  Authority authority;
  std::string token = make_token(kKey, claims());
};
using AuthorityTest = AuthorityFixture;

TEST_F(AuthorityTest, LetsAKeyReadAndEnqueueWhateverItsRole) {
  Presented presented;
  presented.api_key = "reader-key-0123456789";
  presented.changes = true;
  EXPECT_EQ(decide(presented), Refusal::None);
  EXPECT_EQ(decide(presented, Policy::AnyAdministrator), Refusal::Forbidden);
  EXPECT_EQ(decide(presented, Policy::TokenAdministrator), Refusal::Forbidden);
  EXPECT_EQ(decide(presented, Policy::Any, "guard"), Refusal::Forbidden) << "slskd's roles give no scope (S21)";
}

TEST_F(AuthorityTest, MatchesNetworksOnlyWhereThereIsAnAddress) {
  Presented presented;
  presented.api_key = "chief-key-0123456789";
  EXPECT_EQ(decide(presented), Refusal::Unauthorized) << "a tunnelled connection has none (S20)";
  presented.address = IpAddress::parse("11.0.0.1");
  EXPECT_EQ(decide(presented), Refusal::Unauthorized);
  presented.address = IpAddress::parse("10.1.2.3");
  EXPECT_EQ(decide(presented), Refusal::None);
  EXPECT_EQ(decide(presented, Policy::Any, "guard"), Refusal::None);
  EXPECT_EQ(decide(presented, Policy::TokenAdministrator), Refusal::Forbidden);
}

TEST_F(AuthorityTest, TakesKeysAsBearerAndTokensFromTheQueryOnlyUnderHub) {
  Presented presented;
  presented.bearer = "reader-key-0123456789";
  EXPECT_EQ(decide(presented), Refusal::Unauthorized);
  presented.hub = true;
  EXPECT_EQ(decide(presented), Refusal::None);
  Presented query;
  query.access_token = token;
  EXPECT_EQ(decide(query), Refusal::Unauthorized);
  query.hub = true;
  EXPECT_EQ(decide(query), Refusal::None);
  query.access_token = "reader-key-0123456789";
  EXPECT_EQ(decide(query), Refusal::Unauthorized) << "keys never stand in a query (S22)";
}

TEST_F(AuthorityTest, AsksACookieForItsCsrfTokenAndAnUpgradeForItsOrigin) {
  Presented presented;
  presented.cookie = token;
  EXPECT_EQ(decide(presented), Refusal::None);
  presented.changes = true;
  EXPECT_EQ(decide(presented), Refusal::Csrf);
  presented.csrf = "wrong";
  EXPECT_EQ(decide(presented), Refusal::Csrf);
  const auto right = csrf_of(kKey, claims().id);
  presented.csrf = right;
  EXPECT_EQ(decide(presented), Refusal::None);
  presented.changes = false;
  presented.upgrade = true;
  EXPECT_EQ(decide(presented), Refusal::Csrf);
  presented.has_origin = true;
  EXPECT_EQ(decide(presented), Refusal::None);
}

TEST_F(AuthorityTest, RemembersRevokedSessionsAcrossARestart) {
  authority.revoke(claims().id, claims().expires);
  Presented presented;
  presented.bearer = token;
  EXPECT_EQ(decide(presented), Refusal::Unauthorized);
  Authority next;
  next.set_key(kKey);
  EXPECT_EQ(next.decide(presented, Policy::Any, {}, kNow).refusal, Refusal::None);
  next.read_revoked(authority.revoked_lines(kNow));
  EXPECT_EQ(next.decide(presented, Policy::Any, {}, kNow).refusal, Refusal::Unauthorized);
  EXPECT_EQ(authority.revoked_lines(kNow + 1'000'000), "") << "what has expired need not be remembered";
}

TEST_F(AuthorityTest, DisabledAuthenticationDoesNotApplyToTunnels) {
  authority.set_disabled(true);
  Presented presented;
  EXPECT_EQ(decide(presented, Policy::TokenAdministrator), Refusal::None);
  presented.tunnelled = true;
  EXPECT_EQ(decide(presented), Refusal::Unauthorized);
}

WallTime at(int minutes) { return from_unix_micros(0) + std::chrono::minutes(minutes); }

TEST(LoginLinks, SignInOnceAndWithinTenMinutes) {
  LoginLinks links;
  links.add("first", at(0));
  EXPECT_FALSE(links.redeem("other", at(1)));
  EXPECT_TRUE(links.redeem("first", at(9)));
  EXPECT_FALSE(links.redeem("first", at(9)));
  links.add("old", at(0));
  EXPECT_FALSE(links.redeem("old", at(11)));
  links.add("first", at(9));
  EXPECT_FALSE(links.redeem("first", at(9))) << "a used secret stays used, also when it comes again from the file";
}

TEST(LoginLinks, KeepsAFewOnly) {
  LoginLinks links;
  for (std::size_t i = 0; i <= kMaxLinks; ++i) links.add("secret" + std::to_string(i), at(0));
  EXPECT_FALSE(links.redeem("secret0", at(1)));
  EXPECT_TRUE(links.redeem("secret1", at(1)));
}

TEST(LoginLinks, ReadsWhatItWritesToTheFile) {
  const auto parsed = parse_login_file(login_file_text("http://127.0.0.1:5030/#login=abc", at(3)));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->secret, "abc");
  EXPECT_EQ(parsed->made, at(3));
  for (const auto* text : {"", "\n", "http://x/\n1\n", "http://x/#login=abc\nx\n"}) EXPECT_FALSE(parse_login_file(text));
}

TEST(AttemptLimit, HoldsBackOneSourceAndThenAll) {
  AttemptLimit limit;
  const MonoTime start{};
  const auto one = IpAddress::parse("1.2.3.4");
  for (std::size_t i = 0; i < AttemptLimit::kPerSource; ++i) {
    EXPECT_TRUE(limit.allows(one, start));
    limit.failed(one, start);
  }
  EXPECT_FALSE(limit.allows(one, start));
  EXPECT_TRUE(limit.allows(IpAddress::parse("1.2.3.5"), start));
  EXPECT_TRUE(limit.allows(std::nullopt, start));
  EXPECT_TRUE(limit.allows(one, start + std::chrono::minutes(1)));
  for (std::size_t i = 0; i < AttemptLimit::kInAll; ++i) limit.failed(IpAddress::v4(static_cast<std::uint32_t>(i)), start);
  EXPECT_FALSE(limit.allows(IpAddress::parse("9.9.9.9"), start));
}

TEST(JsonWriter, IsCompactAndLeavesAbsentMembersOut) {
  std::string out;
  JsonWriter(out).begin_object().member("a", 1).member("b", std::optional<int>()).member("c", "x:").key("d").begin_array().value(true).value(0.5)
      .begin_object().end_object().null().end_array().member("e", std::optional<std::string>("y")).end_object();
  EXPECT_EQ(out, R"({"a":1,"c":"x:","d":[true,0.5,{},null],"e":"y"})");
}

TEST(JsonWriter, EscapesTextAndShowsForeignBytesAsLatin1) {
  EXPECT_EQ(json_string("a\"\\\n\x01\x7F"), "\"a\\\"\\\\\\n\\u0001\x7F\"");
  EXPECT_EQ(json_string("caf\xE9"), "\"caf\xC3\xA9\"");
  EXPECT_EQ(json_string("\xC3\xA9"), "\"\xC3\xA9\"");
}

}  // namespace
}  // namespace soulfabric::gateway

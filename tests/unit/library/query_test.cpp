// SPDX-License-Identifier: GPL-3.0-or-later
// The query grammar, rule by rule (protocol note, section 11).
#include "soulfabric/library/query.hpp"

#include <gtest/gtest.h>

namespace soulfabric::library {
namespace {

using Words = std::vector<std::string>;

Query parsed(std::string_view text) {
  auto query = Query::parse(text);
  EXPECT_TRUE(query.has_value()) << text;
  return query.value_or(Query{});
}

Errc error_of(std::string_view text) {
  const auto query = Query::parse(text);
  return query ? Errc::Internal : query.error().code;
}

TEST(Query, LowersAndSplitsAtBlanksAndPunctuation) {
  EXPECT_EQ(parsed("  Pink FLOYD\tAC/DC foo_bar \xC3\x89t\xC3\xA9 ").words, (Words{"pink", "floyd", "ac", "dc", "foo", "bar", "\xC3\xA9t\xC3\xA9"}));
  EXPECT_EQ(parsed("a.b.c\xE2\x80\x93" "d\xC2\xA0" "e").words, (Words{"a", "b", "c", "d", "e"}));
  EXPECT_EQ(parsed("one one ONE").words, (Words{"one"}));
}

TEST(Query, ReadsBytesThatAreNotUtf8AsLatin1) { EXPECT_EQ(parsed("caf\xE9").words, (Words{"caf\xC3\xA9"})); }

TEST(Query, MinusExcludesAndALoneMinusIsNothing) {
  const Query query = parsed("love - -live -demo-tape - -*mix");
  EXPECT_EQ(query.words, (Words{"love"}));
  ASSERT_EQ(query.excluded.size(), 3U);
  EXPECT_EQ(query.excluded[0].words, (Words{"live"}));
  EXPECT_EQ(query.excluded[1].words, (Words{"demo", "tape"}));
  EXPECT_FALSE(query.excluded[1].is_phrase);
  EXPECT_TRUE(query.excluded[2].words.empty());
  EXPECT_EQ(query.excluded[2].suffix, "mix");
  EXPECT_EQ(parsed("jay-z").words, (Words{"jay", "z"})) << "a minus inside a word separates";
}

TEST(Query, OnlyALeadingStarMatchesEndings) {
  const Query query = parsed("the **loyd *foo.bar wis*h");
  EXPECT_EQ(query.suffixes, (Words{"loyd", "foo"}));
  EXPECT_EQ(query.words, (Words{"the", "bar", "wis", "h"}));
}

TEST(Query, QuotesWantAdjacentWords) {
  const Query query = parsed("\"Pink  Floyd\" \"solo\" -\"the wall\" \"open end");
  EXPECT_EQ(query.words, (Words{"pink", "floyd", "solo", "open", "end"}));
  EXPECT_EQ(query.phrases, (std::vector<Words>{{"pink", "floyd"}, {"open", "end"}}));
  ASSERT_EQ(query.excluded.size(), 1U);
  EXPECT_TRUE(query.excluded[0].is_phrase);
  EXPECT_EQ(query.excluded[0].words, (Words{"the", "wall"}));
}

TEST(Query, WantsThreeCharactersAndAPlainWord) {
  EXPECT_EQ(error_of(""), Errc::InvalidArgument);
  EXPECT_EQ(error_of("  ab  "), Errc::InvalidArgument);
  EXPECT_EQ(error_of("\xC3\xA9\xC3\xA9"), Errc::InvalidArgument) << "characters, not bytes";
  EXPECT_TRUE(Query::parse("\xC3\xA9\xC3\xA9\xC3\xA9"));
  EXPECT_TRUE(Query::parse("a b"));
  EXPECT_EQ(error_of("-only -exclusions"), Errc::InvalidArgument);
  EXPECT_EQ(error_of("*ending"), Errc::InvalidArgument);
  EXPECT_EQ(error_of("... !!! ---"), Errc::InvalidArgument);
}

TEST(Query, LimitsAreReached) {
  std::string longest(kMaxQueryBytes, 'a');
  EXPECT_TRUE(Query::parse(longest));
  EXPECT_EQ(error_of(longest + "a"), Errc::TooLarge);
  std::string words;
  for (std::size_t i = 0; i < kMaxQueryWords; ++i) words += "w" + std::to_string(i) + " ";
  EXPECT_TRUE(Query::parse(words));
  EXPECT_EQ(error_of(words + "more"), Errc::TooLarge);
}

TEST(ExcludedPhrases, MatchSubstringsOfTheLoweredPath) {
  const ExcludedPhrases phrases({"Foo Bar", "", "  ", "caf\xC3\x89"});
  EXPECT_TRUE(phrases.matches("music\\a foo bar b\\x.mp3"));
  EXPECT_TRUE(phrases.matches("xcaf\xC3\xA9y"));
  EXPECT_FALSE(phrases.matches("music\\foo\\bar"));
  EXPECT_TRUE(ExcludedPhrases({" ", ""}).empty());
}

}  // namespace
}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// Patterns over strangers' text: what they find, and the texts and patterns that make other matchers run away.
#include "soulfabric/base/pattern.hpp"

#include <gtest/gtest.h>

namespace soulfabric {
namespace {

TEST(TextPattern, FindsAnywhereWithoutRegardToCaseUnlessTold) {
  const auto loose = TextPattern::compile("^bot[0-9]+$|ads");
  ASSERT_TRUE(loose);
  EXPECT_TRUE(loose->is_in("BOT12"));
  EXPECT_TRUE(loose->is_in("some ADS here"));
  EXPECT_FALSE(loose->is_in("robot12"));
  EXPECT_FALSE(TextPattern::compile("abc", true)->is_in("ABC"));
  EXPECT_FALSE(loose->is_in(""));
}

TEST(TextPattern, ExponentialPatternsEndSoon) {
  const std::string text(100'000, 'a');
  for (const char* pattern : {"^(a|a)*c$", "(a+)+$b", "^(a?){30}a{30}c", "(.*)*(.*)*(.*)*x"}) {
    const auto compiled = TextPattern::compile(pattern);
    ASSERT_TRUE(compiled) << pattern;
    EXPECT_FALSE(compiled->is_in(text)) << pattern;
  }
}

TEST(TextPattern, PatternsBeyondTheCapsAreRefusedBeforeTheyAreCompiled) {
  for (const std::string& pattern : {std::string(1001, 'a'), std::string(60, '('), std::string("(a{100}){100}"),
                                     std::string("a{99999999999999999999}"), std::string("a{1001}")})
    EXPECT_EQ(TextPattern::compile(pattern).error().code, Errc::InvalidArgument) << pattern;
  EXPECT_TRUE(TextPattern::compile("a{1,1000}"));
  EXPECT_FALSE(TextPattern::compile("(")) << "no regular expression";
  EXPECT_FALSE(TextPattern::compile("(a)\\1")) << "back-references need the other matcher";
}

TEST(TextPattern, LooksAtTheBeginningOfLongTextsOnly) {
  const auto pattern = TextPattern::compile("x");
  EXPECT_TRUE(pattern->is_in(std::string(255, 'a') + "x"));
  EXPECT_FALSE(pattern->is_in(std::string(256, 'a') + "x"));
}

}  // namespace
}  // namespace soulfabric

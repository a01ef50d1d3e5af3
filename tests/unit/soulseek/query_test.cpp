// SPDX-License-Identifier: GPL-3.0-or-later
// What leaves as a search, and that repeated searches are answered once.
#include "soulseek/core/query.hpp"

#include <gtest/gtest.h>

namespace soulfabric::soulseek {
namespace {

TEST(CleanQuery, PutsBlanksForPunctuationAndKeepsLeadingOperators) {
  EXPECT_EQ(clean_query("wu-tang  clan"), "wu tang clan");
  EXPECT_EQ(clean_query("\"dark side\" -live *flac"), "dark side -live *flac");
  EXPECT_EQ(clean_query("AC/DC - T.N.T."), "AC DC T N T");
  EXPECT_EQ(clean_query("Bj\xC3\xB6rk"), "Bj\xC3\xB6rk");
  EXPECT_EQ(clean_query("don't"), "don t");
}

TEST(CleanQuery, IsEmptyWithoutAPlainWord) {
  EXPECT_EQ(clean_query("-live *flac"), "");
  EXPECT_EQ(clean_query(" ... "), "");
  EXPECT_EQ(clean_query(""), "");
}

TEST(CleanQuery, IsCutAtAWordWhenTooLong) {
  const auto cut = clean_query(std::string(200, 'a') + " " + std::string(200, 'b'));
  EXPECT_EQ(cut, std::string(200, 'a'));
}

TEST(RepeatFilter, DropsTheSameSearchWithinSecondsOnly) {
  RepeatFilter filter;
  const MonoTime now{};
  EXPECT_FALSE(filter.is_repeat("u", 1, "song", now));
  EXPECT_TRUE(filter.is_repeat("u", 1, "song", now));
  EXPECT_FALSE(filter.is_repeat("u", 2, "song", now));
  EXPECT_FALSE(filter.is_repeat("v", 1, "song", now));
  EXPECT_FALSE(filter.is_repeat("u", 1, "song", now + RepeatFilter::kWindow * 2));
}

TEST(RepeatFilter, RemembersABoundedNumber) {
  RepeatFilter filter;
  for (std::uint32_t i = 0; i < 3 * RepeatFilter::kRemembered; ++i) EXPECT_FALSE(filter.is_repeat("u", i, "song", MonoTime{}));
  EXPECT_TRUE(filter.is_repeat("u", 3 * RepeatFilter::kRemembered - 1, "song", MonoTime{}));
}

}  // namespace
}  // namespace soulfabric::soulseek

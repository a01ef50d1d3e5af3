// SPDX-License-Identifier: GPL-3.0-or-later
// std::regex with its breadth-first matcher, which knows no back-references and no exponential time, within caps.
#include "soulfabric/base/pattern.hpp"

#include <algorithm>
#include <regex>

#include "soulfabric/base/text.hpp"

namespace soulfabric {
namespace {

constexpr std::ptrdiff_t kMostGroups = 50;        // the library's compiler recurses into each
constexpr std::uint64_t kMostRepetitions = 1000;  // of all {n,m} multiplied: each repetition becomes states of its own

/// The largest number in each pair of braces, multiplied; 0 where a number is beyond reading.
std::uint64_t repetitions(std::string_view pattern) {
  std::uint64_t product = 1;
  for (std::size_t open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1)) {
    const std::size_t close = pattern.find('}', open);
    if (close == std::string_view::npos) break;
    std::uint64_t largest = 1;
    for (const std::string_view part : split(pattern.substr(open + 1, close - open - 1), ',')) {
      const auto number = parse_u64(trim(part));
      if (number)
        largest = std::max(largest, *number);
      else if (part.size() > 9)
        return kMostRepetitions + 1;
    }
    if (largest > kMostRepetitions) return kMostRepetitions + 1;
    product = std::min(product * largest, kMostRepetitions + 1);
  }
  return product;
}

/// Breadth-first where the library can; its depth-first matcher takes exponential time on some patterns.
constexpr std::regex_constants::syntax_option_type bounded_time() {
#ifdef __GLIBCXX__
  return std::regex_constants::__polynomial;
#else
  return std::regex_constants::syntax_option_type{};
#endif
}

}  // namespace

struct TextPattern::Compiled {
  std::regex expression;
};

Result<TextPattern> TextPattern::compile(std::string_view pattern, bool case_sensitive) {
  if (pattern.size() > kLongestPattern || std::ranges::count(pattern, '(') + std::ranges::count(pattern, '[') > kMostGroups ||
      repetitions(pattern) > kMostRepetitions)
    return fail(Errc::InvalidArgument, "give a shorter regular expression (at most 1000 characters, 50 groups, 1000 repetitions)");
  auto flags = std::regex::ECMAScript | std::regex::nosubs | bounded_time();
  if (!case_sensitive) flags |= std::regex::icase;
  try {
    return TextPattern(std::make_shared<const Compiled>(Compiled{std::regex(pattern.begin(), pattern.end(), flags)}));
  } catch (const std::regex_error& error) {
    return fail(Errc::InvalidArgument, std::string("correct the regular expression (") + error.what() + ")");
  }
}

bool TextPattern::is_in(std::string_view text) const {
  text = text.substr(0, kSeenText);
  try {
    return std::regex_search(text.begin(), text.end(), compiled_->expression);
  } catch (const std::regex_error&) {
    return false;
  }
}

}  // namespace soulfabric

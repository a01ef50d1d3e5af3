// SPDX-License-Identifier: GPL-3.0-or-later
// What a stranger searches for: the query grammar of Soulseek and the server's list of phrases that are never answered.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/error.hpp"

namespace soulfabric::library {

/// Longer queries are not answered (protocol note, section 11, has 256 bytes as the server's own limit).
inline constexpr std::size_t kMaxQueryBytes = 1024;
/// Shorter queries, counted in characters, are not answered (protocol note, section 11).
inline constexpr std::size_t kMinQueryCharacters = 3;
/// Words of one query, excluded ones included.
inline constexpr std::size_t kMaxQueryWords = 48;

/// A parsed query; all text is lower case. A file matches when its virtual path has every word of `words`, for every suffix a word
/// that ends in it, every phrase as adjacent words, and nothing of `excluded`. Plain value, any thread.
struct Query {
  /// One `-term`: a file is left out when it has all words, a word with the suffix (where there is one), and, if `is_phrase`, the
  /// words next to each other.
  struct Exclusion {
    std::vector<std::string> words;
    std::string suffix;
    bool is_phrase = false;
    bool operator==(const Exclusion&) const = default;
  };
  std::vector<std::string> words;  ///< words of phrases included, no duplicates, at least one
  std::vector<std::string> suffixes;
  std::vector<std::vector<std::string>> phrases;  ///< each two words or more
  std::vector<Exclusion> excluded;
  bool operator==(const Query&) const = default;

  /// Bytes as received (UTF-8, else read as latin-1). Terms are separated by white space and split at punctuation; `-term` excludes,
  /// `*term` matches words that end in it, "a b" wants adjacent words. Fails with InvalidArgument (too short, no plain word) or
  /// TooLarge; such a query is not answered.
  [[nodiscard]] static Result<Query> parse(std::string_view raw);
};

/// The server's ExcludedSearchPhrases: no search answer may contain a file whose lower-cased virtual path contains one of them.
class ExcludedPhrases {
 public:
  ExcludedPhrases() = default;
  /// Replaces nothing but itself: make a new one for each message. Empty phrases are dropped; at most 10,000 are kept.
  explicit ExcludedPhrases(const std::vector<std::string>& phrases);
  [[nodiscard]] bool empty() const noexcept { return phrases_.empty(); }
  [[nodiscard]] bool matches(std::string_view lowered_virtual_path) const noexcept;

 private:
  std::vector<std::string> phrases_;
};

}  // namespace soulfabric::library

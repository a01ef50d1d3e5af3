// SPDX-License-Identifier: GPL-3.0-or-later
// Reading queries (protocol note, section 11).
#include "soulfabric/library/query.hpp"

#include <algorithm>

#include "core/words.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::library {
namespace {

constexpr std::size_t kMaxExcludedPhrases = 10'000;

/// One term between blanks, or between quotes.
struct Term {
  std::string_view text;
  bool is_excluded = false;
  bool is_suffix = false;
  bool is_quoted = false;
};

void add_unique(std::vector<std::string>& list, std::string_view word) {
  if (std::find(list.begin(), list.end(), word) == list.end()) list.emplace_back(word);
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/// Takes the next term off `rest`; false at the end.
bool next_term(std::string_view& rest, Term& term) {
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  if (rest.empty()) return false;
  term = Term{};
  if (rest.front() == '-') {
    term.is_excluded = true;
    rest.remove_prefix(1);
  }
  if (!rest.empty() && rest.front() == '"') {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('"'), rest.size());
    term.text = rest.substr(0, end);
    term.is_quoted = true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return true;
  }
  while (!rest.empty() && rest.front() == '*') {
    term.is_suffix = true;
    rest.remove_prefix(1);
  }
  std::size_t end = 0;
  while (end < rest.size() && !is_blank(rest[end])) ++end;
  term.text = rest.substr(0, end);
  rest.remove_prefix(end);
  return true;
}

void add_term(Query& query, const Term& term) {
  std::vector<std::string> words;
  for_each_word(term.text, [&](std::string_view word) { words.emplace_back(word); });
  if (words.empty()) return;
  if (term.is_excluded) {
    Query::Exclusion exclusion;
    if (term.is_suffix) {
      exclusion.suffix = words.front();
      words.erase(words.begin());
    }
    exclusion.is_phrase = term.is_quoted && words.size() > 1;
    exclusion.words = std::move(words);
    if (std::find(query.excluded.begin(), query.excluded.end(), exclusion) == query.excluded.end())
      query.excluded.push_back(std::move(exclusion));
    return;
  }
  if (term.is_suffix) {
    add_unique(query.suffixes, words.front());
    words.erase(words.begin());
  }
  for (const std::string& word : words) add_unique(query.words, word);
  if (term.is_quoted && words.size() > 1) query.phrases.push_back(std::move(words));
}

std::size_t word_count(const Query& query) {
  std::size_t count = query.words.size() + query.suffixes.size();
  for (const auto& phrase : query.phrases) count += phrase.size();
  for (const auto& exclusion : query.excluded) count += exclusion.words.size() + 1;
  return count;
}

}  // namespace

Result<Query> Query::parse(std::string_view raw) {
  if (raw.size() > kMaxQueryBytes) return fail(Errc::TooLarge, "The search text is too long.");
  const std::string text = to_lower(display_text(raw));
  std::string_view rest = trim(text);
  const auto is_lead = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  if (std::count_if(rest.begin(), rest.end(), is_lead) < static_cast<std::ptrdiff_t>(kMinQueryCharacters))
    return fail(Errc::InvalidArgument, "The search text is shorter than three characters.");
  Query query;
  for (Term term; next_term(rest, term);) {
    add_term(query, term);
    if (word_count(query) > kMaxQueryWords) return fail(Errc::TooLarge, "The search text has too many words.");
  }
  if (query.words.empty()) return fail(Errc::InvalidArgument, "The search text has no word that must be found.");
  return query;
}

ExcludedPhrases::ExcludedPhrases(const std::vector<std::string>& phrases) {
  for (const std::string& phrase : phrases) {
    std::string lowered = to_lower(display_text(phrase));
    if (!trim(lowered).empty() && phrases_.size() < kMaxExcludedPhrases) phrases_.push_back(std::move(lowered));
  }
}

bool ExcludedPhrases::matches(std::string_view lowered_virtual_path) const noexcept {
  return std::any_of(phrases_.begin(), phrases_.end(),
                     [&](const std::string& phrase) { return lowered_virtual_path.find(phrase) != std::string_view::npos; });
}

}  // namespace soulfabric::library

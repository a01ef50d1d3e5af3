// SPDX-License-Identifier: GPL-3.0-or-later
// Searching a snapshot.
#include <algorithm>

#include "core/snapshot_parts.hpp"
#include "core/words.hpp"

namespace soulfabric::library {
namespace {

using Words = std::vector<std::string_view>;

bool has_word(const Words& words, std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }
bool has_suffix(const Words& words, std::string_view suffix) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) { return word.ends_with(suffix); });
}
bool has_phrase(const Words& words, const std::vector<std::string>& phrase) {
  return std::search(words.begin(), words.end(), phrase.begin(), phrase.end()) != words.end();
}

bool is_excluded(const Words& words, const Query::Exclusion& exclusion) {
  if (!exclusion.suffix.empty() && !has_suffix(words, exclusion.suffix)) return false;
  if (exclusion.is_phrase) return has_phrase(words, exclusion.words);
  return std::all_of(exclusion.words.begin(), exclusion.words.end(), [&](const std::string& word) { return has_word(words, word); });
}

bool is_match(const Words& words, const Query& query) {
  return std::all_of(query.words.begin(), query.words.end(), [&](const std::string& word) { return has_word(words, word); }) &&
         std::all_of(query.suffixes.begin(), query.suffixes.end(), [&](const std::string& suffix) { return has_suffix(words, suffix); }) &&
         std::all_of(query.phrases.begin(), query.phrases.end(), [&](const auto& phrase) { return has_phrase(words, phrase); }) &&
         std::none_of(query.excluded.begin(), query.excluded.end(), [&](const auto& exclusion) { return is_excluded(words, exclusion); });
}

}  // namespace

std::vector<FileId> Snapshot::search(const Query& query, const SearchLimits& limits) const {
  std::vector<FileId> found;
  std::string lowered;
  Words words;
  for (std::uint32_t i = 0; i < folder_count(); ++i) {
    for_each_file(FolderId{i}, limits.network, [&](const FileEntry& entry) {
      if (found.size() >= limits.max_files) return;
      lower_into(virtual_path(entry.id), lowered);
      words.clear();
      for_each_word(lowered, [&](std::string_view word) { words.push_back(word); });
      if (!is_match(words, query)) return;
      if (limits.excluded != nullptr && limits.excluded->matches(lowered)) return;
      found.push_back(entry.id);
    });
  }
  return found;
}

}  // namespace soulfabric::library

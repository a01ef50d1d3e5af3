// SPDX-License-Identifier: GPL-3.0-or-later
// Looking at the text of candidates.
#include "core/path_text.hpp"

#include <algorithm>

#include "core/words.hpp"

namespace soulfabric::library {

void PathText::look_at(FileId id) {
  if (has_file_ && id == file_) return;
  const auto i = static_cast<std::uint32_t>(id);
  if (!has_file_ || i - folder_.first_file >= folder_.file_count) {
    folder_ = snapshot_.folder(FolderId{snapshot_.folder_of(i, static_cast<std::uint32_t>(folder_.id))});
    lower_into(folder_.path, folder_lowered_);
  }
  lower_into(snapshot_.file_in(id, folder_.id).leaf, leaf_lowered_);
  lowered_.assign(folder_lowered_).append(1, '\\').append(leaf_lowered_);
  words_.clear();
  file_ = id;
  has_file_ = true;
}

bool PathText::has_word_ending_in(std::string_view suffix) const noexcept {
  for (std::size_t at = 0; (at = lowered_.find(suffix, at)) != std::string::npos; ++at) {
    const std::size_t end = at + suffix.size();
    if (end == lowered_.size() || separator_length(lowered_, end) != 0) return true;
  }
  return false;
}

const std::vector<std::string_view>& PathText::words() {
  if (words_.empty()) for_each_word(lowered_, [&](std::string_view word) { words_.push_back(word); });
  return words_;
}

bool PathText::has_phrase(const std::vector<std::string>& phrase) {
  const auto& all = words();
  return std::search(all.begin(), all.end(), phrase.begin(), phrase.end()) != all.end();
}

bool PathText::is_excluded_by(const Query::Exclusion& exclusion) {
  if (!exclusion.suffix.empty() && !has_word_ending_in(exclusion.suffix)) return false;
  if (exclusion.is_phrase) return has_phrase(exclusion.words);
  const auto& all = words();
  return std::all_of(exclusion.words.begin(), exclusion.words.end(),
                     [&](const std::string& word) { return std::find(all.begin(), all.end(), word) != all.end(); });
}

}  // namespace soulfabric::library

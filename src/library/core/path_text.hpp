// SPDX-License-Identifier: GPL-3.0-or-later
// The lower-cased virtual path of one file after the other, for what only the text can tell: phrases, endings, substrings.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/library/query.hpp"
#include "soulfabric/library/snapshot.hpp"

namespace soulfabric::library {

class PathText {
 public:
  explicit PathText(const Snapshot& snapshot) noexcept : snapshot_(snapshot) {}
  /// Cheap where the file is the same as before, or in the same folder.
  void look_at(FileId id);
  [[nodiscard]] std::string_view lowered() const noexcept { return lowered_; }
  /// `suffix` is within a word: it contains no separator.
  [[nodiscard]] bool has_word_ending_in(std::string_view suffix) const noexcept;
  [[nodiscard]] bool has_phrase(const std::vector<std::string>& words);
  [[nodiscard]] bool is_excluded_by(const Query::Exclusion& exclusion);

 private:
  const std::vector<std::string_view>& words();
  const Snapshot& snapshot_;
  FolderEntry folder_;
  bool has_file_ = false;
  FileId file_{};
  std::string folder_lowered_, leaf_lowered_, lowered_;
  std::vector<std::string_view> words_;  // of lowered_, empty until asked for
};

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// What a word is: maximal runs without white space or punctuation, the same for paths and for queries.
#pragma once
#include <string>
#include <string_view>

namespace soulfabric::library {

/// Bytes of the separator at `at` (white space, control, punctuation in ASCII, Latin-1, general and CJK punctuation); 0 inside a word.
[[nodiscard]] std::size_t separator_length(std::string_view lowered, std::size_t at) noexcept;

/// Lower case of `text` into `out`, whose storage is used again.
void lower_into(std::string_view text, std::string& out);

/// Calls sink(std::string_view word) in order.
template <class Sink>
void for_each_word(std::string_view lowered, Sink&& sink) {
  std::size_t start = 0;
  std::size_t at = 0;
  while (at < lowered.size()) {
    const std::size_t separator = separator_length(lowered, at);
    if (separator == 0) {
      ++at;
      continue;
    }
    if (at > start) sink(lowered.substr(start, at - start));
    at += separator;
    start = at;
  }
  if (at > start) sink(lowered.substr(start));
}

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// A regular expression from the configuration, made to be applied to strangers' text: no input makes it run away.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "soulfabric/base/error.hpp"

namespace soulfabric {

/// Copies are cheap and share the compiled form. Thread-safe.
class TextPattern {
 public:
  static constexpr std::size_t kLongestPattern = 1000;  // bytes
  static constexpr std::size_t kSeenText = 256;         // bytes of a text that are looked at

  /// ECMAScript syntax without back-references. InvalidArgument with a remedy ("correct the regular expression (...)").
  [[nodiscard]] static Result<TextPattern> compile(std::string_view pattern, bool case_sensitive = false);
  /// True where it matches anywhere in the first kSeenText bytes. Time grows with a power of the text's length, never
  /// exponentially; the stack does not grow with the text.
  [[nodiscard]] bool is_in(std::string_view text) const;

 private:
  struct Compiled;
  explicit TextPattern(std::shared_ptr<const Compiled> compiled) noexcept : compiled_(std::move(compiled)) {}
  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace soulfabric

// SPDX-License-Identifier: GPL-3.0-or-later
// Makes the test double of the media child die or hang at files whose first bytes ask for it.
#pragma once
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace soulfabric::library {

inline void misbehave_where_told(int descriptor) {
  char start[8] = {};
  const ssize_t got = pread(descriptor, start, sizeof start, 0);
  const std::string_view word(start, got > 0 ? static_cast<std::size_t>(got) : 0);
  if (word.starts_with("!crash")) __builtin_trap();
  while (word.starts_with("!hang")) {
  }
}

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// What we send as a search, and which strangers' searches we answer. Sans-IO; protocol note, section 11.
#pragma once
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "soulfabric/base/clock.hpp"

namespace soulfabric::soulseek {

inline constexpr std::size_t kMaxQueryBytes = 255;  // longer ones are dropped by servers

/// Punctuation inside words becomes blanks (some clients find nothing for it), a leading '-' or '*' of a word stays,
/// quotes go, blanks are folded. Empty where no plain word is left.
[[nodiscard]] std::string clean_query(std::string_view text);

/// Drops the same search (user, token, words) when it comes again within seconds: loops of the tree and re-parenting repeat it.
class RepeatFilter {
 public:
  static constexpr std::size_t kRemembered = 4096;
  static constexpr Duration kWindow = std::chrono::seconds(15);
  [[nodiscard]] bool is_repeat(std::string_view user, std::uint32_t token, std::string_view query, MonoTime now);

 private:
  struct Seen {
    std::uint64_t key;
    MonoTime at;
  };
  std::list<Seen> order_;
  std::unordered_map<std::uint64_t, std::list<Seen>::iterator> by_key_;
};

}  // namespace soulfabric::soulseek

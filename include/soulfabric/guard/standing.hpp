// SPDX-License-Identifier: GPL-3.0-or-later
// How much of anything somebody gets: three steps, the same wherever something is shared out (security rule S2). Pure.
#pragma once
#include <algorithm>
#include <cstdint>

namespace soulfabric::guard {

/// A new key is worth nothing: it stands where one stands that lost what it had.
enum class Standing : std::uint8_t {
  Unproven,  // no result of it was verified, or it lost more than it earned
  Proven,
  Welcome,  // reputable, or trusted by configuration: no stranger
};

inline constexpr int kStartReputation = 50;
inline constexpr int kReputable = 70;

[[nodiscard]] constexpr Standing standing_of(int reputation, bool trusted) noexcept {
  if (trusted || reputation >= kReputable) return Standing::Welcome;
  return reputation > kStartReputation ? Standing::Proven : Standing::Unproven;
}
[[nodiscard]] constexpr bool is_stranger(Standing standing) noexcept { return standing != Standing::Welcome; }

/// Half, the whole or twice a limit of one peer; never nothing where the limit is something.
[[nodiscard]] constexpr std::uint64_t scaled(std::uint64_t limit, Standing standing) noexcept {
  switch (standing) {
    case Standing::Unproven: return std::max<std::uint64_t>(limit / 2, limit == 0 ? 0 : 1);
    case Standing::Proven: break;
    case Standing::Welcome: return limit * 2;
  }
  return limit;
}

/// What all strangers together may have of something, and one prefix (a /24 or /48) of it, in percent.
struct StrangersShare {
  unsigned percent = 20;         // of the whole
  unsigned prefix_percent = 25;  // of the strangers' part
  [[nodiscard]] constexpr std::uint64_t of_all(std::uint64_t whole) const noexcept { return whole * percent / 100; }
  [[nodiscard]] constexpr std::uint64_t of_prefix(std::uint64_t whole) const noexcept { return of_all(whole) * prefix_percent / 100; }
};

}  // namespace soulfabric::guard

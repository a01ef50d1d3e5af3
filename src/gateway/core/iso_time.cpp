// SPDX-License-Identifier: GPL-3.0-or-later
// Times in the one form that format_iso gives.
#include "core/iso_time.hpp"

#include <array>

#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {
namespace {

constexpr std::size_t kWhole = 19;  // up to the seconds
constexpr std::size_t kLongest = 40;

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  const auto value = parse_u64(text.substr(at, count));
  return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
}

/// Of ".123": 123000.
std::optional<std::int64_t> micros_of(std::string_view fraction) {
  if (fraction.empty()) return 0;
  if (fraction.front() != '.' || fraction.size() == 1) return std::nullopt;
  std::int64_t value = 0;
  std::size_t seen = 0;
  for (const char c : fraction.substr(1)) {
    if (c < '0' || c > '9') return std::nullopt;
    if (++seen <= 6) value = value * 10 + (c - '0');
  }
  for (; seen < 6; ++seen) value *= 10;
  return value;
}

}  // namespace

std::optional<WallTime> parse_iso(std::string_view text) {
  if (text.ends_with('Z')) text.remove_suffix(1);
  if (text.size() < kWhole || text.size() > kLongest) return std::nullopt;
  constexpr std::array<std::pair<std::size_t, char>, 5> kMarks{{{4, '-'}, {7, '-'}, {10, 'T'}, {13, ':'}, {16, ':'}}};
  for (const auto& [at, mark] : kMarks) {
    if (text[at] != mark) return std::nullopt;
  }
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  const auto second = digits(text, 17, 2);
  const auto micros = micros_of(text.substr(kWhole));
  if (!year || !month || !day || !hour || !minute || !second || !micros) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (*year < 1970 || !date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) + std::chrono::seconds(*second) +
         std::chrono::microseconds(*micros);
}

}  // namespace soulfabric::gateway

// SPDX-License-Identifier: GPL-3.0-or-later
// The system's clocks and the timestamp form that slskd clients parse.
#include "soulfabric/base/clock.hpp"

#include <array>
#include <cstdio>

namespace soulfabric {

MonoTime SystemClock::now() const noexcept { return std::chrono::steady_clock::now(); }

WallTime SystemClock::wall() const noexcept {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string format_iso(WallTime time, std::string_view suffix) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const auto rest = (time - day).count();
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06d0", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(rest / 3'600'000'000),
                static_cast<int>(rest / 60'000'000 % 60), static_cast<int>(rest / 1'000'000 % 60), static_cast<int>(rest % 1'000'000));
  return std::string(text.data()) + std::string(suffix);
}

std::int64_t to_unix_micros(WallTime time) noexcept { return time.time_since_epoch().count(); }
WallTime from_unix_micros(std::int64_t micros) noexcept { return WallTime{std::chrono::microseconds{micros}}; }

}  // namespace soulfabric

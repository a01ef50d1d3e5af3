// SPDX-License-Identifier: GPL-3.0-or-later
// Time as an argument: decisions get it passed in, shells get it from a Clock that tests replace.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace soulfabric {

/// Monotonic instant, for deadlines and rates.
using MonoTime = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;
/// Wall-clock instant in UTC, microseconds, for what is stored and shown.
using WallTime = std::chrono::sys_time<std::chrono::microseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual MonoTime now() const noexcept = 0;
  [[nodiscard]] virtual WallTime wall() const noexcept = 0;
};

/// The machine's own clocks. Thread-safe.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] MonoTime now() const noexcept override;
  [[nodiscard]] WallTime wall() const noexcept override;
};

/// "2026-01-02T03:04:05.1234567" (seven fraction digits), with `suffix` appended.
[[nodiscard]] std::string format_iso(WallTime time, std::string_view suffix = "Z");
[[nodiscard]] std::int64_t to_unix_micros(WallTime time) noexcept;
[[nodiscard]] WallTime from_unix_micros(std::int64_t micros) noexcept;

}  // namespace soulfabric

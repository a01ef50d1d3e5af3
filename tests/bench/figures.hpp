// SPDX-License-Identifier: GPL-3.0-or-later
// How benches measure and print: CPU time, memory, median and spread of rounds, one machine-readable line per figure.
#pragma once
#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace soulfabric::bench {

/// Seconds of CPU this thread has used.
inline double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

inline double wall_seconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// A line of /proc/self/status in bytes, such as "VmRSS:" or "VmHWM:".
inline double status_bytes(const char* name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind(name, 0) == 0) return std::strtod(line.c_str() + std::strlen(name), nullptr) * 1024;
  }
  return 0;
}

/// VmHWM starts again from the present size.
inline void reset_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

struct Rounds {
  std::vector<double> values;
  void add(double value) { values.push_back(value); }
  [[nodiscard]] double quantile(double q) const {
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty() ? 0 : sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1) + 0.5)];
  }
  [[nodiscard]] double median() const { return quantile(0.5); }
  [[nodiscard]] double low() const { return quantile(0); }
  [[nodiscard]] double high() const { return quantile(1); }
};

/// `goal` such as ">=50000"; a yardstick of 0 means there is none.
inline void print_figure(const char* name, double value, const char* unit, const char* goal, double yardstick = 0) {
  std::printf("figure %s %.6g %s goal %s yardstick %.6g ratio %.3f\n", name, value, unit, goal, yardstick, yardstick > 0 ? value / yardstick : 0.0);
  std::fflush(stdout);
}

inline void print_rounds(const char* name, const Rounds& rounds, const char* unit, const char* goal, double yardstick = 0) {
  std::printf("  %s: median %.6g, %.6g to %.6g over %zu rounds\n", name, rounds.median(), rounds.low(), rounds.high(), rounds.values.size());
  print_figure(name, rounds.median(), unit, goal, yardstick);
}

}  // namespace soulfabric::bench

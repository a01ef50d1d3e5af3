// SPDX-License-Identifier: GPL-3.0-or-later
// Log facade. At info level and above no user name, foreign path, address or content hash may be passed in.
// Thread-safe after `configure`.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/clock.hpp"

namespace soulfabric::log {

enum class Level { Debug, Information, Warning, Error, Fatal };

struct Record {
  WallTime time;
  Level level = Level::Information;
  std::string context;  // the room, e.g. "soulseek"
  std::string message;
};

struct Options {
  Level threshold = Level::Information;
  std::optional<std::filesystem::path> folder;  // daily files when set
  bool color = false;
};

/// Once, before threads start.
void configure(const Options& options);
void write(Level level, std::string_view context, std::string message);
inline void debug(std::string_view context, std::string message) { write(Level::Debug, context, std::move(message)); }
inline void info(std::string_view context, std::string message) { write(Level::Information, context, std::move(message)); }
inline void warning(std::string_view context, std::string message) { write(Level::Warning, context, std::move(message)); }
inline void error(std::string_view context, std::string message) { write(Level::Error, context, std::move(message)); }
[[nodiscard]] bool enabled(Level level) noexcept;
[[nodiscard]] std::string_view name_of(Level level) noexcept;
/// The last 100 records, oldest first.
[[nodiscard]] std::vector<Record> recent();
/// Called for every record on the thread that writes it; empty to stop.
void set_sink(std::function<void(const Record&)> sink);

}  // namespace soulfabric::log

// SPDX-License-Identifier: GPL-3.0-or-later
// The only file that knows the logging library.
#include "soulfabric/base/log.hpp"

#include <spdlog/sinks/daily_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <deque>
#include <mutex>

namespace soulfabric::log {
namespace {

constexpr std::size_t kKept = 100;  // what GET /logs shows

struct State {
  std::mutex mutex;
  std::deque<Record> kept;
  std::function<void(const Record&)> sink;
  std::shared_ptr<spdlog::logger> logger;
  Level threshold = Level::Information;
};

State& state() {
  static State instance;
  return instance;
}

spdlog::level::level_enum to_spdlog(Level level) noexcept {
  switch (level) {
    case Level::Debug: return spdlog::level::debug;
    case Level::Information: return spdlog::level::info;
    case Level::Warning: return spdlog::level::warn;
    case Level::Error: return spdlog::level::err;
    case Level::Fatal: return spdlog::level::critical;
  }
  return spdlog::level::info;
}

}  // namespace

std::string_view name_of(Level level) noexcept {
  switch (level) {
    case Level::Debug: return "Debug";
    case Level::Information: return "Information";
    case Level::Warning: return "Warning";
    case Level::Error: return "Error";
    case Level::Fatal: return "Fatal";
  }
  return "Information";
}

void configure(const Options& options) {
  std::vector<spdlog::sink_ptr> sinks;
  if (options.color) {
    sinks.push_back(std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  } else {
    sinks.push_back(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  }
  if (options.folder) sinks.push_back(std::make_shared<spdlog::sinks::daily_file_sink_mt>((*options.folder / "soulfabric.log").string(), 0, 0, false, 180));
  auto logger = std::make_shared<spdlog::logger>("soulfabric", sinks.begin(), sinks.end());
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %l %v");
  logger->set_level(spdlog::level::debug);
  logger->flush_on(spdlog::level::warn);
  State& s = state();
  const std::scoped_lock lock(s.mutex);
  s.logger = std::move(logger);
  s.threshold = options.threshold;
}

bool enabled(Level level) noexcept { return level >= state().threshold; }

void write(Level level, std::string_view context, std::string message) {
  if (!enabled(level)) return;
  State& s = state();
  Record record{SystemClock{}.wall(), level, std::string(context), std::move(message)};
  std::function<void(const Record&)> sink;
  {
    const std::scoped_lock lock(s.mutex);
    if (s.logger) s.logger->log(to_spdlog(level), "{}: {}", record.context, record.message);
    s.kept.push_back(record);
    if (s.kept.size() > kKept) s.kept.pop_front();
    sink = s.sink;
  }
  if (sink) sink(record);
}

std::vector<Record> recent() {
  State& s = state();
  const std::scoped_lock lock(s.mutex);
  return {s.kept.begin(), s.kept.end()};
}

void set_sink(std::function<void(const Record&)> sink) {
  State& s = state();
  const std::scoped_lock lock(s.mutex);
  s.sink = std::move(sink);
}

}  // namespace soulfabric::log

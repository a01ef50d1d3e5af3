// SPDX-License-Identifier: GPL-3.0-or-later
// Turns at one host: two requests to it begin at least its spacing apart, whoever asks.
#pragma once
#include <chrono>
#include <map>
#include <string>

#include "core/http_fault.hpp"
#include "soulfabric/base/clock.hpp"

namespace soulfabric::net {

class HttpPace {
 public:
  /// When a request to `host`, or to one of the hosts of that domain, may begin; the turn is taken. RateLimited, and none is taken, where
  /// that would be at `deadline` or later.
  [[nodiscard]] HttpResult<MonoTime> take(const std::string& host, Duration spacing, MonoTime now, MonoTime deadline);
  [[nodiscard]] std::size_t size() const noexcept { return next_.size(); }

 private:
  std::map<std::string, MonoTime> next_;  // the earliest next turn; entries in the past are dropped
};

struct HttpTurn {
  std::string of;  // the host, or the domain that it shares its turns with
  Duration spacing{};
};
/// By the longest name in `spacing` that is the host or a domain above it.
[[nodiscard]] HttpTurn turn_of(const HttpClientSettings& settings, const std::string& host);

}  // namespace soulfabric::net

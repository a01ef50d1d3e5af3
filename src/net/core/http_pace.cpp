// SPDX-License-Identifier: GPL-3.0-or-later
// Turns by host.
#include "core/http_pace.hpp"

#include <algorithm>

namespace soulfabric::net {
namespace {
constexpr std::size_t kHostCap = 1024;  // hosts whose spacing runs at a time
}

HttpResult<MonoTime> HttpPace::take(const std::string& host, Duration spacing, MonoTime now, MonoTime deadline) {
  if (spacing <= Duration::zero()) return now;
  if (next_.size() >= kHostCap) std::erase_if(next_, [now](const auto& entry) { return entry.second <= now; });
  const auto known = next_.find(host);
  const MonoTime turn = known == next_.end() ? now : std::max(now, known->second);
  if (turn >= deadline || (known == next_.end() && next_.size() >= kHostCap))
    return refuse(HttpRefusal::Rate, Errc::RateLimited,
                  "Requests to " + host + " wait for their turn, and this one's would come too late; try again later.");
  next_[host] = turn + spacing;
  return turn;
}

HttpTurn turn_of(const HttpClientSettings& settings, const std::string& host) {
  std::string_view name = host;
  if (name.ends_with('.')) name.remove_suffix(1);
  for (;;) {
    if (const auto own = settings.spacing.find(std::string(name)); own != settings.spacing.end()) return {own->first, own->second};
    const auto dot = name.find('.');
    if (dot == std::string_view::npos) return {host, settings.per_host_spacing};
    name.remove_prefix(dot + 1);
  }
}

}  // namespace soulfabric::net

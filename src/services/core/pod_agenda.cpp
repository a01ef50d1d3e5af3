// SPDX-License-Identifier: GPL-3.0-or-later
// Errands in the order they are due.
#include "core/pod_agenda.hpp"

#include <algorithm>

namespace soulfabric::services {

bool PodAgenda::add(ErrandKey key, MonoTime due) {
  const auto at = rows_.find(key);
  if (at == rows_.end()) {
    if (rows_.size() >= limits_.errands) return false;
    rows_.emplace(std::move(key), Row{due, false, std::nullopt});
    return true;
  }
  Row& row = at->second;
  if (row.running) {
    row.again = row.again ? std::min(*row.again, due) : due;
  } else {
    row.due = std::min(row.due, due);
  }
  return true;
}

void PodAgenda::remove_pod(const std::string& pod) {
  std::erase_if(rows_, [&](const auto& row) { return row.first.pod == pod && !row.second.running; });
}

void PodAgenda::refill(MonoTime now) {
  const double full = limits_.calls_per_minute;
  if (tokens_ < 0) {
    tokens_ = full;
  } else if (now > refilled_) {
    tokens_ = std::min(full, tokens_ + full * std::chrono::duration<double>(now - refilled_).count() / 60);
  }
  refilled_ = std::max(refilled_, now);
}

std::optional<ErrandKey> PodAgenda::next(MonoTime now) {
  refill(now);
  if (tokens_ < 1 || busy_.size() >= limits_.at_once) return std::nullopt;
  auto best = rows_.end();
  for (auto at = rows_.begin(); at != rows_.end(); ++at) {
    if (at->second.running || at->second.due > now || busy_.contains(at->first.peer)) continue;
    if (best == rows_.end() || at->second.due < best->second.due) best = at;
  }
  if (best == rows_.end()) return std::nullopt;
  best->second.running = true;
  busy_.insert(best->first.peer);
  return best->first;
}

bool PodAgenda::spend(MonoTime now) {
  refill(now);
  if (tokens_ < 1) return false;
  tokens_ -= 1;
  return true;
}

void PodAgenda::done(const ErrandKey& key, std::optional<MonoTime> again) {
  const auto at = rows_.find(key);
  if (at == rows_.end() || !at->second.running) return;
  busy_.erase(key.peer);
  if (at->second.again) again = again ? std::min(*again, *at->second.again) : *at->second.again;
  if (again) {
    at->second = Row{*again, false, std::nullopt};
  } else {
    rows_.erase(at);
  }
}

MonoTime PodAgenda::wake_at(MonoTime now) const {
  MonoTime first = MonoTime::max();
  if (busy_.size() >= limits_.at_once) return first;  // `done` comes before
  for (const auto& [key, row] : rows_) {
    if (!row.running && !busy_.contains(key.peer)) first = std::min(first, row.due);
  }
  // Where the minute's calls are used up, the next one is there in a moment.
  if (tokens_ >= 0 && tokens_ < 1 && first < MonoTime::max()) first = std::max(first, now + std::chrono::milliseconds(60'000 / std::max(1U, limits_.calls_per_minute) + 1));
  return first;
}

}  // namespace soulfabric::services

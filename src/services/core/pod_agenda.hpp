// SPDX-License-Identifier: GPL-3.0-or-later
// Which pod is talked about with whom, and when: pushes and catching up wait here, paced by a budget of their own, so that nobody's
// call makes us call. Pure.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/peer_id.hpp"

namespace soulfabric::services {

enum class Errand : std::uint8_t {
  Push,  // to a member: what is new in a pod hosted here
  Sync,  // with the host: deliver what waits, fetch what is new; with another member: fetch
};

struct ErrandKey {
  Errand kind = Errand::Push;
  std::string pod;
  PeerId peer;
  friend auto operator<=>(const ErrandKey&, const ErrandKey&) = default;
};

struct AgendaLimits {
  unsigned calls_per_minute = 30;  // half of what the guard sets aside for automation
  std::size_t at_once = 4;
  std::size_t errands = 8192;
};

class PodAgenda {
 public:
  explicit PodAgenda(AgendaLimits limits = {}) : limits_(limits) {}
  /// At `due` or when it is due already, if that is earlier. False: too many.
  bool add(ErrandKey key, MonoTime due);
  void remove_pod(const std::string& pod);
  /// One that is due, whose peer is not busy; it runs until `done`.
  [[nodiscard]] std::optional<ErrandKey> next(MonoTime now);
  /// Takes one call of the minute's; false: none left.
  [[nodiscard]] bool spend(MonoTime now);
  /// `again`: comes back then; or at once, where it was added while it ran.
  void done(const ErrandKey& key, std::optional<MonoTime> again);
  /// When `next` may have something.
  [[nodiscard]] MonoTime wake_at(MonoTime now) const;
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

 private:
  struct Row {
    MonoTime due;
    bool running = false;
    std::optional<MonoTime> again;
  };
  void refill(MonoTime now);
  AgendaLimits limits_;
  std::map<ErrandKey, Row> rows_;
  std::set<PeerId> busy_;
  double tokens_ = -1;  // before the first refill: full
  MonoTime refilled_{};
};

}  // namespace soulfabric::services

// SPDX-License-Identifier: GPL-3.0-or-later
// Who may search, browse and download next, and when: sliding windows and slots in front of one queue per kind of act.
#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/bounded_map.hpp"
#include "soulfabric/base/clock.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/guard/acts.hpp"
#include "soulfabric/guard/courtesy.hpp"

namespace soulfabric::guard {

inline constexpr std::size_t kCourtesyKinds = 4;

class CourtesyQueue {
 public:
  explicit CourtesyQueue(const CourtesyLimits& limits) : limits_(limits), queries_(kRememberedQueries) {}
  void configure(const CourtesyLimits& limits) { limits_ = limits; }

  /// Exists: the key is waiting or at work already. RateLimited: the queue of this kind and origin is full.
  [[nodiscard]] Result<Ticket> enqueue(Courtesy kind, const ActRequest& request);
  /// True where the ticket's turn has come.
  [[nodiscard]] bool is_ready(Ticket ticket, MonoTime now) const;
  /// Removes a ready ticket from the queue and records it as at work; `settle` ends that.
  void take(Ticket ticket, MonoTime now);
  void cancel(Ticket ticket) noexcept;
  /// The act is over, or never took place (`used` false): then a search or browse leaves its window again.
  void settle(Ticket ticket, bool used) noexcept;
  [[nodiscard]] std::optional<std::size_t> place(Ticket ticket) const;
  [[nodiscard]] MonoTime ready_at(Ticket ticket, MonoTime now) const;
  [[nodiscard]] std::vector<Ticket> heads() const;
  void for_each_waiting(const std::function<void(Ticket, std::size_t)>& visit) const;
  [[nodiscard]] std::size_t waiting(Courtesy kind) const noexcept { return lines_[index(kind)].size(); }
  [[nodiscard]] const ActRequest* request_of(Ticket ticket) const;
  [[nodiscard]] std::optional<Courtesy> kind_of(Ticket ticket) const;

  void note_query(std::string_view query, MonoTime now);
  [[nodiscard]] std::optional<Duration> since_query(std::string_view query, MonoTime now) const;

 private:
  static constexpr std::size_t kRememberedQueries = 2048;
  struct Stamp {
    MonoTime at;
    std::uint64_t id = 0;
    bool planner = false;
  };
  struct Waiting {
    Courtesy kind = Courtesy::None;
    ActRequest request;
    bool at_work = false;
  };
  using Turn = std::pair<Origin, std::uint64_t>;
  [[nodiscard]] static std::size_t index(Courtesy kind) noexcept { return static_cast<std::size_t>(kind); }
  /// The earliest instant at which one more of `kind` is allowed after `stamps`; MonoTime::max() where only a slot helps.
  [[nodiscard]] MonoTime earliest(Courtesy kind, bool planner, const std::deque<Stamp>& stamps, MonoTime now) const;
  void prune(Courtesy kind, MonoTime now);

  CourtesyLimits limits_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, Waiting> requests_;             // waiting and at work
  std::array<std::set<Turn>, kCourtesyKinds> lines_;      // waiting, in order
  std::array<std::deque<Stamp>, kCourtesyKinds> stamps_;  // granted within the longest window; oldest first
  std::array<std::size_t, kCourtesyKinds> at_work_{};
  std::array<std::array<std::size_t, kOriginCount>, kCourtesyKinds> queued_{};
  std::set<std::pair<Courtesy, std::string>> keys_;
  BoundedMap<std::string, MonoTime, MonoTime> queries_;
};

}  // namespace soulfabric::guard

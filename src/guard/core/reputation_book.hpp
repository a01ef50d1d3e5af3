// SPDX-License-Identifier: GPL-3.0-or-later
// What we think of others, from results that we verified ourselves: 0..100, slow to earn, quick to lose (security rule S2).
#pragma once
#include <optional>
#include <set>
#include <vector>

#include "core/bounded_map.hpp"
#include "core/clock_pair.hpp"
#include "soulfabric/guard/violations.hpp"

namespace soulfabric::guard {

class ReputationBook {
 public:
  static constexpr int kStart = 50;
  static constexpr int kMost = 100;
  static constexpr std::size_t kGainsPerDay = 3;
  static constexpr std::size_t kTracked = 50'000;

  explicit ReputationBook(std::size_t tracked = kTracked) : entries_(tracked), prefixes_(tracked) {}

  [[nodiscard]] int score(const Subject& subject) const;
  /// +1 where neither the subject nor its prefix has gained three times in the last 24 hours; all without an address are one prefix.
  void reward(const Subject& subject, const std::optional<IpAddress>& address, MonoTime now);
  void lower(const Subject& subject, int points, MonoTime now);
  /// What `before` earned goes over to `after`, the worse of two scores wins; the old name keeps only what it lost.
  void follow(const Subject& before, const Subject& after, MonoTime now);
  [[nodiscard]] std::vector<ReputationRow> rows(const Now& now) const;
  void import(const std::vector<ReputationRow>& rows, const Now& now);
  void take_changes(StoredChanges& changes, const Now& now);

 private:
  struct Entry {
    int score = kStart;
    std::vector<MonoTime> gains;
  };
  using Rank = std::pair<int, MonoTime>;  // what was earned is kept before what was lost, then by age
  [[nodiscard]] static int worth(int score) { return score > kStart ? kMost + score : kStart - score; }
  Entry& put(const Subject& subject, int score, MonoTime now);
  [[nodiscard]] static ReputationRow row_of(const Subject& subject, const Entry& entry, const Now& now);

  BoundedMap<Subject, Entry, Rank> entries_;
  BoundedMap<IpAddress, std::vector<MonoTime>, MonoTime> prefixes_;
  std::set<Subject> dirty_;
};

}  // namespace soulfabric::guard

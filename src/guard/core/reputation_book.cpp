// SPDX-License-Identifier: GPL-3.0-or-later
// Reputation: every gain is remembered for a day, so that no clock or restart buys a fourth one.
#include "core/reputation_book.hpp"

#include <algorithm>

namespace soulfabric::guard {
namespace {

constexpr std::chrono::hours kDay{24};

bool may_gain(std::vector<MonoTime>& gains, MonoTime now) {
  std::erase_if(gains, [&](MonoTime at) { return at + kDay <= now; });
  return gains.size() < ReputationBook::kGainsPerDay;
}

}  // namespace

int ReputationBook::score(const Subject& subject) const {
  const Entry* entry = entries_.find(subject);
  return entry == nullptr ? kStart : entry->score;
}

ReputationBook::Entry& ReputationBook::put(const Subject& subject, int score, MonoTime now) {
  std::optional<Subject> evicted;
  Entry& entry = entries_.put(subject, {worth(score), now}, &evicted);
  if (evicted) dirty_.insert(*evicted);
  dirty_.insert(subject);
  entry.score = score;
  return entry;
}

void ReputationBook::reward(const Subject& subject, const std::optional<IpAddress>& address, MonoTime now) {
  if (subject.kind == SubjectKind::Node || subject.kind == SubjectKind::Address) return;
  const int before = score(subject);
  if (before >= kMost) return;
  auto& prefix = prefixes_.put(address ? address->prefix() : IpAddress{}, now);  // all who cannot be placed are one place
  if (!may_gain(prefix, now)) return;
  if (Entry* known = entries_.find(subject); known != nullptr && !may_gain(known->gains, now)) return;
  put(subject, before + 1, now).gains.push_back(now);
  prefix.push_back(now);
}

void ReputationBook::lower(const Subject& subject, int points, MonoTime now) {
  if (subject.kind == SubjectKind::Node || points <= 0) return;
  put(subject, std::max(score(subject) - std::min(points, kMost), 0), now);
}

void ReputationBook::follow(const Subject& before, const Subject& after, MonoTime now) {
  const Entry* found = entries_.find(before);
  if (found == nullptr) return;
  const Entry old = *found;
  const Entry* own = entries_.find(after);
  const int merged = own == nullptr ? old.score : std::min(old.score, own->score);
  std::vector<MonoTime> gains = old.gains;
  if (own != nullptr) gains.insert(gains.end(), own->gains.begin(), own->gains.end());
  std::ranges::sort(gains);
  if (gains.size() > kGainsPerDay) gains.erase(gains.begin(), gains.end() - kGainsPerDay);
  put(after, merged, now).gains = std::move(gains);
  put(before, std::min(old.score, kStart), now);
}

ReputationRow ReputationBook::row_of(const Subject& subject, const Entry& entry, const Now& now) {
  ReputationRow row{subject, entry.score, {}};
  for (const MonoTime at : entry.gains) row.gains.push_back(now.to_wall(at));
  return row;
}

std::vector<ReputationRow> ReputationBook::rows(const Now& now) const {
  std::vector<ReputationRow> rows;
  entries_.for_each([&](const Subject& subject, const Entry& entry) { rows.push_back(row_of(subject, entry, now)); });
  return rows;
}

void ReputationBook::import(const std::vector<ReputationRow>& rows, const Now& now) {
  for (const ReputationRow& row : rows) {
    if (row.subject.kind == SubjectKind::Node) continue;
    Entry& entry = put(row.subject, std::clamp(row.score, 0, kMost), now.mono);
    entry.gains.clear();
    for (const WallTime at : row.gains) entry.gains.push_back(std::min(now.to_mono(at), now.mono));
    if (entry.gains.size() > kGainsPerDay) entry.gains.resize(kGainsPerDay);
  }
}

void ReputationBook::take_changes(StoredChanges& changes, const Now& now) {
  for (const Subject& subject : dirty_) {
    if (const Entry* entry = entries_.find(subject))
      changes.reputations.push_back(row_of(subject, *entry, now));
    else
      changes.reputations_gone.push_back(subject);
  }
  dirty_.clear();
}

}  // namespace soulfabric::guard

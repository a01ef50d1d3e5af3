// SPDX-License-Identifier: GPL-3.0-or-later
// From many records of anybody to one of each signer that can be believed.
#include "core/record_sieve.hpp"

#include <algorithm>

namespace soulfabric::fabric {

std::int64_t day_of(WallTime now) noexcept { return std::chrono::floor<std::chrono::days>(now).time_since_epoch().count(); }

std::vector<std::int64_t> lookup_days(WallTime now) {
  std::vector<std::int64_t> days{day_of(now)};
  for (const std::int64_t other : {day_of(now - mesh::kRecordSkew), day_of(now + mesh::kRecordSkew)})
    if (other != days.front()) days.push_back(other);
  return days;
}

RecordSieve::RecordSieve(std::string name, WallTime now) : name_(std::move(name)), now_(now) {
  for (const std::int64_t day : lookup_days(now))
    for (unsigned shard = 0; shard < kShards; ++shard) keys_.insert(shard_key(name_, shard, day));
}

void RecordSieve::add(std::vector<mesh::SignedRecord> records) {
  for (auto& record : records) {
    if (taken_ >= kRecords) return;
    if (!keys_.contains(record.key) || !read_descriptor(record, name_, record.key, now_, false)) continue;
    Signer& signer = by_signer_[record.signer];
    if (signer.records.empty()) signer.peer = PeerId::of(record.signer);
    if (std::ranges::find(signer.records, record) != signer.records.end()) continue;
    signer.records.push_back(std::move(record));
    ++taken_;
  }
}

void RecordSieve::try_signer(Signer& signer, const Sequences& seen, std::size_t limit, Outcome& out) const {
  std::ranges::sort(signer.records, std::ranges::greater{}, &mesh::SignedRecord::sequence);
  const auto before = seen.find(signer.peer);
  std::size_t tries = 0;
  for (auto& record : signer.records) {
    if (before != seen.end() && record.sequence < before->second) return;
    if (out.signatures >= limit || tries == kTriesOfSigner) return;
    ++tries;
    ++out.signatures;
    auto descriptor = read_descriptor(record, name_, record.key, now_);
    if (!descriptor) continue;
    out.sequences[signer.peer] = descriptor->sequence;
    // The skew is for clocks; a statement that has ended by our own says nothing any more.
    if (!descriptor->withdrawn && descriptor->expires > now_) out.believed.push_back({std::move(*descriptor), std::move(record)});
    return;
  }
}

RecordSieve::Outcome RecordSieve::finish(std::size_t signatures, const Sequences& seen, const std::function<Standing(const PeerId&)>& standing,
                                         Random& random) {
  std::vector<Signer*> all;
  for (auto& [key, signer] : by_signer_) {
    signer.standing = standing(signer.peer);
    all.push_back(&signer);
  }
  for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random.below(i)]);
  std::map<IpAddress, std::size_t> of_prefix;
  std::vector<Signer*> order;
  for (Signer* signer : all)
    if (!signer->standing.prefix || ++of_prefix[*signer->standing.prefix] <= kTriesOfPrefix) order.push_back(signer);
  const auto strangers = std::partition(order.begin(), order.end(), [](const Signer* one) { return one->standing.familiar; });
  Outcome out;
  // A familiar name can be forged by anybody, so it buys at most half of the work.
  auto next = order.begin();
  for (; next != strangers && out.signatures < signatures / 2; ++next) try_signer(**next, seen, signatures / 2, out);
  for (auto other = strangers; other != order.end() && out.signatures < signatures; ++other) try_signer(**other, seen, signatures, out);
  for (; next != strangers && out.signatures < signatures; ++next) try_signer(**next, seen, signatures, out);
  return out;
}

}  // namespace soulfabric::fabric

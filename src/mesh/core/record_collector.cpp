// SPDX-License-Identifier: GPL-3.0-or-later
// Cheap checks, then the signature, then the place in the sample.
#include "core/record_collector.hpp"

#include <algorithm>
#include <iterator>

namespace soulfabric::mesh {

bool RecordCollector::is_acceptable(const PackedValue& value, SignedRecord& record, WallTime now) {
  if (value.type != static_cast<std::uint16_t>(kind_) || value.data.size() > kRecordCap) return false;
  auto decoded = decode_record(value.data);
  if (!decoded || !check_record_form(*decoded, kind_, key_, now) || slot_of(decoded->signer, key_) != value.id) return false;
  record = std::move(*decoded);
  return true;
}

void RecordCollector::add(const Endpoint& storer, const PackedValue& value, WallTime now) {
  auto& strikes = strikes_[storer];
  if (strikes >= kStrikes) return;
  SignedRecord record;
  if (!is_acceptable(value, record, now)) {
    ++strikes;
    ++refused_;
    return;
  }
  const auto present = records_.find(value.id);
  if (present != records_.end() && !supersedes(record, present->second)) return;
  if (present == records_.end() && records_.size() >= kKept && (seen_.contains(value.id) || seen_.size() >= kSeen)) return;
  if (checked_ >= kSignatures) return;
  ++checked_;
  if (!check_record_signature(record)) {
    ++strikes;
    ++refused_;
    return;
  }
  keep(value.id, std::move(record));
}

void RecordCollector::keep(ValueId slot, SignedRecord record) {
  const bool is_new = seen_.insert(slot).second;
  if (records_.contains(slot) || records_.size() < kKept) {
    records_.insert_or_assign(slot, std::move(record));
    return;
  }
  // The n-th that is seen stays with probability kKept / n, in the place of any other: everybody's chance is the same.
  if (!is_new || random_.below(seen_.size()) >= kKept) return;
  records_.erase(std::next(records_.begin(), static_cast<std::ptrdiff_t>(random_.below(records_.size()))));
  records_.emplace(slot, std::move(record));
}

std::vector<SignedRecord> RecordCollector::take(std::size_t cap) {
  std::vector<SignedRecord> out;
  for (auto& [slot, record] : records_) out.push_back(std::move(record));
  records_.clear();
  for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[random_.below(i)]);
  if (out.size() > cap) out.resize(cap);
  return out;
}

}  // namespace soulfabric::mesh

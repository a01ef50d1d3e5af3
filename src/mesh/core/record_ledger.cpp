// SPDX-License-Identifier: GPL-3.0-or-later
// Room is shared as switches share their buffers: a source may hold no more than what is still free. So a few sources, however
// early and eager, always leave room for one that comes later, and nothing ever has to be thrown out.
#include "core/record_ledger.hpp"

namespace soulfabric::mesh {

RecordLedger::Answer RecordLedger::note(Answer answer) {
  if (answer != Answer::Stored) {
    ++refused_;
    ++refusals_[static_cast<std::size_t>(answer)];
  }
  return answer;
}

std::size_t RecordLedger::count(const DhtKey& key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() ? 0 : found->second.entries.size();
}

bool RecordLedger::has_room(const DhtKey& key, const IpAddress& prefix) const {
  const auto held = by_source_.find(prefix);
  const std::size_t in_all = held == by_source_.end() ? 0 : held->second;
  if (expiries_.size() >= kValuesInAll || in_all >= std::min(kValuesOfOneSource, kValuesInAll - expiries_.size())) return false;
  const auto found = keys_.find(key);
  if (found == keys_.end()) return true;
  const auto of_key = found->second.by_source.find(prefix);
  const std::size_t here = of_key == found->second.by_source.end() ? 0 : of_key->second;
  const std::size_t taken = found->second.entries.size();
  return taken < settings_.values_per_key && here < std::min(settings_.values_per_source, settings_.values_per_key - taken);
}

RecordLedger::Answer RecordLedger::check(const SignedRecord& record, const IpAddress& prefix, MonoTime now) {
  auto& source = sources_.obtain(Prefix{prefix}, now);
  constexpr std::chrono::milliseconds kRefill{1000 * kSignatureBurst / kSignaturesPerSecond};
  if (!source.take(now, 1, kSignatureBurst, kRefill)) return Answer::Rationed;
  if (!all_signatures_.take(now, 1, kSignaturesInAll, std::chrono::seconds(1))) return Answer::Rationed;
  ++checked_;
  return check_record_signature(record) ? Answer::Stored : Answer::BadSignature;
}

RecordLedger::Answer RecordLedger::store(const DhtKey& key, RecordKind kind, ValueId slot, ByteView data, const IpAddress& from,
                                         MonoTime now, WallTime wall) {
  expire(now);
  if (data.size() > kRecordCap) return note(Answer::Malformed);
  const auto record = decode_record(data);
  if (!record || !check_record_form(*record, kind, key, wall) || slot_of(record->signer, key) != slot) return note(Answer::Malformed);
  const auto prefix = from.prefix();
  if (!has_room(key, prefix)) return note(Answer::Full);
  const auto answer = check(*record, prefix, now);
  if (answer == Answer::Stored) add(key, slot, data, prefix, now);
  return note(answer);
}

RecordLedger::Answer RecordLedger::edit(const DhtKey& key, RecordKind kind, ValueId slot, ByteView present, ByteView next,
                                        const IpAddress& from, MonoTime now, WallTime wall) {
  expire(now);
  if (next.size() > kRecordCap) return note(Answer::Malformed);
  const auto before = decode_record(present);
  const auto after = decode_record(next);
  if (!after || !check_record_form(*after, kind, key, wall) || slot_of(after->signer, key) != slot) return note(Answer::Malformed);
  if (before && !supersedes(*after, *before)) return note(Answer::NotNewer);
  const auto prefix = from.prefix();
  const auto answer = check(*after, prefix, now);
  if (answer == Answer::Stored) add(key, slot, next, prefix, now);
  return note(answer);
}

void RecordLedger::refreshed(const DhtKey& key, ValueId slot, const crypto::Sha256& digest, MonoTime now) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return;
  const auto entry = found->second.entries.find(slot);
  if (entry == found->second.entries.end() || entry->second.digest != digest) return;
  expiries_.erase(entry->second.expiry);
  entry->second.expiry = expiries_.emplace(now + settings_.life, Place{key, slot});
}

/// An entry that is there stays with the source that put it first: an edit from elsewhere moves nothing.
void RecordLedger::add(const DhtKey& key, ValueId slot, ByteView data, const IpAddress& prefix, MonoTime now) {
  auto& of_key = keys_[key];
  const auto digest = crypto::sha256(data);
  if (const auto present = of_key.entries.find(slot); present != of_key.entries.end()) {
    present->second.digest = digest;
    return refreshed(key, slot, digest, now);
  }
  of_key.entries.emplace(slot, Entry{prefix, digest, expiries_.emplace(now + settings_.life, Place{key, slot})});
  ++of_key.by_source[prefix];
  ++by_source_[prefix];
}

void RecordLedger::expire(MonoTime now) {
  while (!expiries_.empty() && expiries_.begin()->first <= now) {
    const auto [key, slot] = expiries_.begin()->second;
    expiries_.erase(expiries_.begin());
    const auto found = keys_.find(key);
    const auto prefix = found->second.entries.at(slot).prefix;
    found->second.entries.erase(slot);
    if (--found->second.by_source[prefix] == 0) found->second.by_source.erase(prefix);
    if (--by_source_[prefix] == 0) by_source_.erase(prefix);
    if (found->second.entries.empty()) keys_.erase(found);
  }
}

}  // namespace soulfabric::mesh

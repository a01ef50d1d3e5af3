// SPDX-License-Identifier: GPL-3.0-or-later
// A table in memory for tests above the DHT: shared by any number of nodes, with junk, silence and refusal on demand.
#pragma once
#include <algorithm>
#include <map>
#include <vector>

#include "soulfabric/mesh/dht.hpp"

namespace soulfabric::testing {

/// What all nodes of one test share.
struct MemoryTable {
  std::map<mesh::DhtKey, std::vector<mesh::SignedRecord>> records;
  std::size_t gets = 0;
  std::size_t puts = 0;
  bool silent = false;  // nobody answers

  /// As a storing node would: the slot of a signer takes only a higher sequence.
  void store(const mesh::SignedRecord& record) {
    auto& slot = records[record.key];
    const auto same = std::ranges::find_if(slot, [&](const auto& other) { return other.signer == record.signer && other.kind == record.kind; });
    if (same == slot.end()) {
      slot.push_back(record);
    } else if (mesh::supersedes(record, *same)) {
      *same = record;
    }
  }
};

class MemoryDht final : public mesh::Dht {
 public:
  MemoryDht(MemoryTable& table, IoClock& clock) : table_(table), clock_(clock) {}
  Status start() override { return {}; }
  Task<void> stop() override { co_return; }
  Task<Status> put(guard::Permit<guard::DhtQuery>& permit, mesh::SignedRecord record, MonoTime /*deadline*/) override {
    permit.spend();
    ++table_.puts;
    if (table_.silent) co_return fail(Errc::TimedOut, "nobody answers");
    table_.store(record);
    co_return Status{};
  }
  Task<Result<std::vector<mesh::SignedRecord>>> get(guard::Permit<guard::DhtQuery>& permit, mesh::DhtKey key, mesh::RecordKind kind,
                                                    std::size_t cap, MonoTime /*deadline*/) override {
    permit.spend();
    ++table_.gets;
    if (table_.silent) co_return fail(Errc::TimedOut, "nobody answers");
    std::vector<mesh::SignedRecord> out;
    for (const auto& record : table_.records[key])
      if (out.size() < cap && mesh::check_record(record, kind, key, clock_.wall())) out.push_back(record);
    co_return out;
  }
  mesh::DhtHealth health() const override { return {}; }
  std::optional<Endpoint> bound() const override { return std::nullopt; }
  void set_bootstrap(std::vector<std::string>) override {}

 private:
  MemoryTable& table_;
  IoClock& clock_;
};

}  // namespace soulfabric::testing

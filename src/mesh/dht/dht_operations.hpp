// SPDX-License-Identifier: GPL-3.0-or-later
// The two operations that wait for datagrams: a lookup that collects records, and one round of a put.
#pragma once
#include "core/record_collector.hpp"
#include "dht/dht_impl.hpp"

namespace soulfabric::mesh {

class DhtImpl::Lookup final : public Operation {
 public:
  Lookup(DhtImpl& owner, const DhtKey& key, std::optional<ValueId> slot, RecordKind kind)
      : Operation(owner),
        search(key, slot, owner.self_, owner.start_of(key)),
        records(key, kind, owner.dependencies_.random) {}
  ~Lookup() override {
    for (const auto& node : search.silent()) owner_.nodes_.silent(node);
    owner_.values_refused_ += records.refused();
  }
  void answer(const Endpoint& from, const DatagramMessage& message) override {
    const auto& clock = owner_.dependencies_.clock;
    for (const auto& value : search.answer(from, message, clock.now())) records.add(from, value, clock.wall());
  }
  void step(MonoTime now) override {
    for (const auto& ask : search.step(now, owner_.dependencies_.random)) send(ask, search.request_to(ask));
  }
  [[nodiscard]] bool finished(MonoTime now) const override { return search.finished(now); }
  [[nodiscard]] MonoTime next(MonoTime now) const override { return search.next(now); }

  DhtSearch search;
  RecordCollector records;
};

class DhtImpl::PutRound final : public Operation {
 public:
  PutRound(DhtImpl& owner, const SignedRecord& record, const Bytes& encoded, const std::vector<DhtSearch::Holder>& holders)
      : Operation(owner),
        put(record.key, slot_of(record.signer, record.key), static_cast<std::uint16_t>(record.kind), encoded, holders) {}
  void answer(const Endpoint& from, const DatagramMessage& message) override { put.answer(from, message, owner_.dependencies_.clock.now()); }
  void step(MonoTime now) override {
    for (const auto& ask : put.step(now, owner_.dependencies_.random)) send(ask, put.request_to(ask));
  }
  [[nodiscard]] bool finished(MonoTime now) const override { return put.finished(now); }
  [[nodiscard]] MonoTime next(MonoTime now) const override { return put.next(now); }

  DhtPut put;
};

}  // namespace soulfabric::mesh

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
        records(key, kind, owner.dependencies_.random),
        is_of_one_(kind == RecordKind::Peer) {}
  ~Lookup() override {
    for (const auto& node : search.silent()) owner_.nodes_.silent(node);
    owner_.values_refused_ += records.refused();
  }
  void answer(const Endpoint& from, const DatagramMessage& message) override {
    const auto& clock = owner_.dependencies_.clock;
    for (const auto& value : search.answer(from, message, clock.now())) records.add(from, value, clock.wall());
    if (is_of_one_ && !found_ && !records.empty()) found_ = clock.now();
  }
  void step(MonoTime now) override {
    for (const auto& ask : search.step(now, owner_.dependencies_.random)) send(ask, search.request_to(ask));
  }
  [[nodiscard]] bool finished(MonoTime now) const override { return search.finished(now) || (found_ && now >= *found_ + kNewerOne); }
  [[nodiscard]] MonoTime next(MonoTime now) const override {
    return found_ ? std::min(search.next(now), *found_ + kNewerOne) : search.next(now);
  }

  DhtSearch search;
  RecordCollector records;

 private:
  // The record of a peer has one possible signer: once it is here, only a newer one of the same may come from a neighbour.
  static constexpr std::chrono::milliseconds kNewerOne{20};
  bool is_of_one_;
  std::optional<MonoTime> found_;
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

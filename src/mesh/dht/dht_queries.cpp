// SPDX-License-Identifier: GPL-3.0-or-later
// get and put: lookups by our own words over the library's network, puts that count when another node gives them back.
#include "dht/dht_operations.hpp"

namespace soulfabric::mesh {

namespace {
constexpr unsigned kRefusalsBelieved = 2;  // rounds in which nobody who answered had taken it
}

DhtImpl::Operation::~Operation() {
  for (const auto transaction : transactions_) owner_.transactions_.erase(transaction);
}

void DhtImpl::Operation::send(const SearchAsk& ask, const DatagramMessage& request) {
  transactions_.push_back(ask.transaction);
  owner_.transactions_[ask.transaction] = this;
  owner_.send(ask.to.endpoint, request);
}

Status DhtImpl::may_begin() const {
  if (!running_) return fail(Errc::Unavailable, "the DHT is not running, switch the mesh on");
  if (visits_ >= kOperations) return fail(Errc::Busy, "too many DHT lookups are on the way, try again in a moment");
  return {};
}

Task<void> DhtImpl::drive(Operation& operation, MonoTime deadline) {
  auto& clock = dependencies_.clock;
  for (;;) {
    const auto now = clock.now();
    if (!running_ || now >= deadline) co_return;
    operation.step(now);
    if (operation.finished(clock.now())) co_return;
    const auto until = std::min(operation.next(now), deadline);
    co_await operation.changed.wait(clock, until);
  }
}

/// A node that has just started knows nobody for a moment.
Task<bool> DhtImpl::wait_for_nodes(MonoTime deadline) {
  while (running_ && nodes_.size() == 0 && dependencies_.clock.now() < deadline) {
    co_await nodes_changed_.wait(dependencies_.clock, deadline);
  }
  const bool has_nodes = running_ && nodes_.size() > 0;
  co_return has_nodes;
}

Task<Result<std::vector<SignedRecord>>> DhtImpl::get(guard::Permit<guard::DhtQuery>& permit, DhtKey key, RecordKind kind, std::size_t cap,
                                                     MonoTime deadline) {
  auto ready = may_begin();
  SF_CO_TRY(ready);
  const Visit visit(*this);
  permit.spend();
  const bool has_nodes = co_await wait_for_nodes(deadline);
  if (!has_nodes) co_return fail(Errc::TimedOut, "no node of the DHT has answered yet, check the network and the bootstrap nodes");
  Lookup lookup(*this, key, std::nullopt, kind);
  co_await drive(lookup, deadline);
  if (!running_) co_return fail(Errc::Unavailable, "the DHT was stopped");
  if (lookup.search.answered() == 0) co_return fail(Errc::TimedOut, "no node of the DHT answered in time");
  co_return lookup.records.take(cap);
}

Task<Status> DhtImpl::put_once(const SignedRecord& record, const Bytes& encoded, MonoTime deadline) {
  std::vector<DhtSearch::Holder> holders;
  {
    Lookup lookup(*this, record.key, slot_of(record.signer, record.key), record.kind);
    co_await drive(lookup, deadline);
    holders = lookup.search.holders();
  }
  if (holders.empty()) co_return fail(Errc::TimedOut, "no node of the DHT answered in time");
  PutRound round(*this, record, encoded, holders);
  co_await drive(round, deadline);
  if (round.put.read_back() > 0) co_return Status{};
  if (round.put.refused() > 0) co_return fail(Errc::Rejected, "the nodes near this key did not take the record");
  co_return fail(Errc::TimedOut, "no node gave the record back in time");
}

Task<Status> DhtImpl::put(guard::Permit<guard::DhtQuery>& permit, SignedRecord record, MonoTime deadline) {
  auto ready = may_begin();
  SF_CO_TRY(ready);
  auto checked = check_record(record, record.kind, record.key, dependencies_.clock.wall());
  SF_CO_TRY(checked);
  const Visit visit(*this);
  permit.spend();
  const auto encoded = encode_record(record);
  MonoTime::duration pause = kFirstRetry;
  Status last = fail(Errc::TimedOut, "no node of the DHT has answered yet, check the network and the bootstrap nodes");
  for (unsigned refusals = 0;;) {
    const bool has_nodes = co_await wait_for_nodes(deadline);
    if (has_nodes) {
      auto round = co_await put_once(record, encoded, deadline);
      if (round) co_return round;
      last = std::move(round);
      if (last.error().code == Errc::Rejected && ++refusals >= kRefusalsBelieved) co_return last;
    }
    if (!running_) co_return fail(Errc::Unavailable, "the DHT was stopped");
    if (dependencies_.clock.now() + pause >= deadline) co_return last;
    co_await stopping_.wait(dependencies_.clock, dependencies_.clock.now() + pause);
    pause *= 2;
  }
}

}  // namespace soulfabric::mesh

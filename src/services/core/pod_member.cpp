// SPDX-License-Identifier: GPL-3.0-or-later
// The member's side of pods: what hosts and others say taken in after a check, and what waits for a host.
#include <algorithm>

#include "core/pod_book.hpp"

namespace soulfabric::services {

Status PodBook::restore(const PodRow& row) {
  SF_TRY_ASSIGN(PodStatement statement, read_pod(row.statement));
  PodRecord pod;
  pod.id = pod_id(statement);
  pod.owner = PeerId::of(statement.owner_key);
  pod.ours = row.ours;
  pod.roster.pod = pod.id;
  // Nothing of the members is known while our asking waits for an answer.
  if (auto roster = read_roster(row.roster, statement)) pod.roster = std::move(*roster);
  pod.statement = std::move(statement);
  pod.log.raise_head(row.head);
  // What was in memory only is asked for again.
  if (keeps(pod)) pod.log.raise_known(row.known_until);
  pod.read_until = row.read_until;
  if (pod.id != row.id) return fail(Errc::Corrupt, "A pod in the database is not the one it is called.");
  records_.insert_or_assign(row.id, std::move(pod));
  return {};
}

Status PodBook::restore(const EntryRow& row) {
  const auto at = records_.find(row.pod);
  if (at == records_.end()) return fail(Errc::Corrupt, "A message in the database belongs to no pod.");
  SF_TRY_ASSIGN(PodEntry entry, read_entry(row.entry));
  const auto* message = std::get_if<SignedMessage>(&entry.item);
  const MessageId id = message != nullptr ? message_id(row.pod, *message) : std::get<Removal>(entry.item).id;
  (void)at->second.log.insert(std::move(entry), id);
  return {};
}

void PodBook::restore(OutboxItem item) {
  last_number_ = std::max(last_number_, item.number);
  const std::uint64_t number = item.number;
  outbox_.insert_or_assign(number, std::move(item));
}

Status PodBook::adopt(const std::string& pod, const PeerId& host, const PodView& view, WallTime now) {
  SF_TRY_ASSIGN(PodStatement statement, read_pod(view.statement));
  if (pod_id(statement) != pod || PeerId::of(statement.owner_key) != host)
    return fail(Errc::Malformed, "The other node answered with another pod; check the pod's id and its host.");
  if (host == self_) return fail(Errc::Exists, "The pod is this node's own.");
  if (view.yours == MemberState::Left) return fail(Errc::Forbidden, "The pod's host does not let us in.");
  if (view.yours == MemberState::Member && !view.roster) return fail(Errc::Malformed, "The host did not say who is in the pod; try again later.");
  auto at = records_.find(pod);
  const bool known = at != records_.end();
  if (!known) {
    if (records_.size() >= settings_.pods) return fail(Errc::NoSpace, "This node is in as many pods as it may be; leave one first.");
    PodRecord record;
    record.id = pod;
    record.owner = host;
    record.statement = std::move(statement);
    record.roster.pod = pod;
    record.ours = MemberState::Asked;
    at = records_.emplace(pod, std::move(record)).first;
  }
  rows_.insert(pod);
  effects_.changed.insert(pod);
  if (view.yours != MemberState::Member) {
    lost(pod, view.yours);
    return {};
  }
  const Status applied = apply(PodNews{pod, false, view.roster, {}}, true, now);
  if (!applied && !known) records_.erase(pod);
  return applied;
}

Status PodBook::apply(const PodNews& news, bool from_host, WallTime now) {
  const auto at = records_.find(news.pod);
  if (at == records_.end() || is_host(at->second)) return no_such_pod();
  PodRecord& pod = at->second;
  if (news.roster) {
    SF_TRY_ASSIGN(Roster roster, read_roster(*news.roster, pod.statement));
    if (roster.version > pod.roster.version) {
      pod.roster = std::move(roster);
      rows_.insert(pod.id);
      effects_.changed.insert(pod.id);
    }
    if (pod.ours != state_in(pod.roster, self_)) lost(pod.id, state_in(pod.roster, self_));
  }
  const std::uint64_t since = oldest(now);
  const std::uint64_t known = pod.log.known_until();
  for (const PodEntry& entry : news.entries) {
    if (entry.seq >= since && !pod.log.entries().contains(entry.seq)) {
      SF_TRY(check_entry(pod.id, pod.statement.owner_key, entry));
      const auto* message = std::get_if<SignedMessage>(&entry.item);
      note(pod, pod.log.insert(entry, message != nullptr ? message_id(pod.id, *message) : std::get<Removal>(entry.item).id));
    }
    if (from_host) {
      pod.log.raise_known(entry.seq);
    } else if (pod.log.entries().contains(entry.seq)) {
      pod.log.follow(pod.log.entries().at(entry.seq));
    }
  }
  if (pod.log.known_until() != known) rows_.insert(pod.id);
  note(pod, pod.log.prune(since, settings_.messages_kept));
  return {};
}

void PodBook::lost(const std::string& pod, MemberState state) {
  const auto at = records_.find(pod);
  if (at == records_.end() || is_host(at->second) || at->second.ours == state) return;
  at->second.ours = state;
  rows_.insert(pod);
  effects_.changed.insert(pod);
  if (state != MemberState::Member) drop_waiting(pod, true);
}

void PodBook::forget(const std::string& pod) {
  const auto at = records_.find(pod);
  if (at == records_.end()) return;
  drop_waiting(pod, false);
  for (const auto& [seq, entry] : at->second.log.entries()) effects_.store.emplace_back(EntryErased{pod, seq});
  records_.erase(at);
  rows_.insert(pod);
  effects_.changed.insert(pod);
}

FetchRequest PodBook::wanted(const PodRecord& pod) const { return {pod.id, pod.log.known_until(), pod.roster.version}; }

Result<std::uint64_t> PodBook::queue(const std::string& pod, const PeerId& host, std::variant<SignedMessage, PodAct> what) {
  const auto waiting = std::ranges::count_if(outbox_, [&](const auto& row) { return row.second.pod == pod; });
  if (static_cast<std::size_t>(waiting) >= kOutbox)
    return fail(Errc::Busy, "Too much waits already for the pod's host, which is away; try again when it is back.");
  const std::uint64_t number = ++last_number_;
  OutboxItem item{number, pod, host, std::move(what)};
  const PodRecord* record = find(pod);
  const bool post = std::holds_alternative<SignedMessage>(item.what);
  if (!post || (record != nullptr && keeps(*record))) effects_.store.emplace_back(item);
  outbox_.emplace(number, std::move(item));
  if (record != nullptr) effects_.changed.insert(pod);
  return number;
}

const OutboxItem* PodBook::first_waiting(const std::string& pod, const PeerId& host) const {
  for (const auto& [number, item] : outbox_) {
    if (item.pod == pod && item.host == host) return &item;
  }
  return nullptr;
}

OutboxItem PodBook::refreshed(std::uint64_t number, WallTime now) {
  OutboxItem& item = outbox_.at(number);
  const auto stale = [now](std::int64_t at) { return std::abs(to_unix_micros(now) - at) > to_unix_micros(WallTime(kSkew)) / 2; };
  if (auto* message = std::get_if<SignedMessage>(&item.what); message != nullptr && stale(message->sent)) {
    *message = write(item.pod, std::move(message->body), now);
    effects_.changed.insert(item.pod);
  }
  if (auto* act = std::get_if<PodAct>(&item.what); act != nullptr && stale(act->at)) sign(*act, now);
  return item;
}

void PodBook::settle(std::uint64_t number) {
  const auto at = outbox_.find(number);
  if (at == outbox_.end()) return;
  effects_.changed.insert(at->second.pod);
  effects_.store.emplace_back(OutboxErased{number});
  outbox_.erase(at);
}

void PodBook::drop_waiting(const std::string& pod, bool posts_only) {
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, item] : outbox_) {
    if (item.pod == pod && (!posts_only || std::holds_alternative<SignedMessage>(item.what))) numbers.push_back(number);
  }
  for (const std::uint64_t number : numbers) settle(number);
}

SignedMessage PodBook::write(const std::string& pod, std::string body, WallTime now) const {
  return sign_message(pod, std::move(body), to_unix_micros(now), key_);
}

void PodBook::sign(PodAct& act, WallTime now) const {
  act.at = to_unix_micros(now);
  sign_act(act, key_);
}

}  // namespace soulfabric::services

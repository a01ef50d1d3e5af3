// SPDX-License-Identifier: GPL-3.0-or-later
// What pods do by themselves: push to linked members, catch up with hosts and members, deliver what waits.
#include <algorithm>

#include "pod_store.hpp"
#include "pods.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::services {
namespace {

constexpr std::chrono::seconds kCallTime{10};
constexpr std::chrono::minutes kPoll{3};
constexpr std::chrono::seconds kFirstRetry{30};
constexpr std::chrono::minutes kLongestRetry{15};
constexpr std::chrono::minutes kPruneEvery{10};
constexpr unsigned kPages = 25;  // of one pod in a row: more than a log holds

Error error_of(fabric::CallStatus status) {
  using fabric::CallStatus;
  switch (status) {
    case CallStatus::NotFound: return no_such_pod().error();
    case CallStatus::Unauthorized:
    case CallStatus::Forbidden: return {Errc::Forbidden, "The pod's host refused; you may not do that in this pod."};
    case CallStatus::RateLimited: return {Errc::RateLimited, "The pod's host takes no more for the moment; wait a minute."};
    case CallStatus::QuotaExceeded: return {Errc::NoSpace, "The pod is full; ask its owner to make room."};
    case CallStatus::InvalidPayload: return {Errc::Rejected, "The pod's host did not accept that; check this computer's clock."};
    case CallStatus::PayloadTooLarge: return {Errc::TooLarge, "That is too long for the pod; shorten it."};
    case CallStatus::Timeout: return {Errc::TimedOut, "The pod's host did not answer in time; try again later."};
    case CallStatus::Ok:
    case CallStatus::ServiceNotFound:
    case CallStatus::MethodNotFound:
    case CallStatus::Unavailable:
    case CallStatus::Internal: break;
  }
  return {Errc::Unavailable, "The other node does not offer pods at the moment; try again later."};
}

/// The other side decided: asking again changes nothing.
bool is_final(Errc code) {
  return code == Errc::NotFound || code == Errc::Forbidden || code == Errc::Rejected || code == Errc::TooLarge || code == Errc::NoSpace;
}

}  // namespace

Task<Result<Bytes>> PodsAtWork::ask(PeerId to, std::string method, Bytes payload, guard::Origin origin, MonoTime deadline) {
  auto permit = with_.guard.try_permit<guard::MeshCall>({.origin = origin});
  if (!permit) co_return std::unexpected(permit.error());
  fabric::CallOptions options;
  options.to = to;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - with_.clock.now());
  options.timeout = std::clamp(left, std::chrono::milliseconds(1), std::chrono::milliseconds(kCallTime));
  options.reply_cap = 512 * 1024;
  auto outcome = co_await with_.fabric.call(std::move(*permit), kPodsService, std::move(method), std::move(payload), options);
  if (!outcome) co_return std::unexpected(outcome.error());
  if (outcome->status != fabric::CallStatus::Ok) co_return std::unexpected(error_of(outcome->status));
  co_return std::move(outcome->payload);
}

Task<Status> PodsAtWork::deliver(std::uint64_t number, guard::Origin origin, MonoTime deadline) {
  if (!book_.outbox().contains(number)) co_return Status{};
  const OutboxItem item = book_.refreshed(number, with_.clock.wall());
  const auto* message = std::get_if<SignedMessage>(&item.what);
  Bytes payload = message != nullptr ? encode_post({item.pod, *message}) : encode_act(std::get<PodAct>(item.what));
  auto reply = co_await ask(item.host, message != nullptr ? "Post" : "Act", std::move(payload), origin, deadline);
  if (!reply && is_final(reply.error().code)) {
    log::info("pods", "A pod's host refused what was sent to it: " + reply.error().message);
    book_.settle(number);
  }
  if (reply) {
    book_.settle(number);
    // What stands in the answer holds by its own signatures; without a pod (we left it) there is nothing to take it.
    if (const auto news = read_news(*reply)) (void)book_.apply(*news, false, with_.clock.wall());
  }
  settle();
  if (!reply) co_return std::unexpected(reply.error());
  co_return Status{};
}

Task<Status> PodsAtWork::deliver_waiting(std::string pod, PeerId host) {
  for (;;) {
    const OutboxItem* item = book_.first_waiting(pod, host);
    if (item == nullptr) co_return Status{};
    if (!agenda_.spend(with_.clock.now())) co_return fail(Errc::RateLimited, "This minute's calls for pods are used up.");
    const auto delivered = co_await deliver(item->number, guard::Origin::LocalAutomation, with_.clock.now() + kCallTime);
    if (!delivered && !is_final(delivered.error().code)) co_return delivered;
  }
}

Task<Status> PodsAtWork::fetch(std::string pod, PeerId from) {
  std::optional<std::uint64_t> since;
  for (unsigned page = 0; page < kPages; ++page) {
    const PodRecord* record = book_.find(pod);
    if (record == nullptr) co_return Status{};
    if (!agenda_.spend(with_.clock.now())) co_return fail(Errc::RateLimited, "This minute's calls for pods are used up.");
    const bool from_host = record->owner == from;
    FetchRequest request = book_.wanted(*record);
    if (since) request.since = *since;
    const auto reply = co_await ask(from, "Fetch", encode_fetch(request), guard::Origin::LocalAutomation, with_.clock.now() + kCallTime);
    if (!reply) co_return std::unexpected(reply.error());
    const auto news = read_news(*reply);
    if (!news || news->pod != pod) co_return fail(Errc::Malformed, "A node's answer about a pod does not have its form.");
    const Status applied = book_.apply(*news, from_host, with_.clock.wall());
    settle();
    if (!applied) co_return applied;
    if (!news->more || news->entries.empty() || news->entries.back().seq <= request.since) co_return Status{};
    since = news->entries.back().seq;
  }
  co_return Status{};
}

Task<Status> PodsAtWork::ask_state(std::string pod, PeerId host) {
  const auto reply = co_await ask(host, "Get", encode_pod_id(pod), guard::Origin::LocalAutomation, with_.clock.now() + kCallTime);
  if (!reply && is_final(reply.error().code)) book_.lost(pod, MemberState::Left);
  if (reply && book_.find(pod) != nullptr) {
    const auto views = read_views(*reply);
    if (views && views->size() == 1 && views->front().yours == MemberState::Left) {
      book_.lost(pod, MemberState::Left);
    } else if (views && views->size() == 1) {
      (void)book_.adopt(pod, host, views->front(), with_.clock.wall());
    }
  }
  settle();
  if (!reply) co_return std::unexpected(reply.error());
  co_return Status{};
}

MonoTime PodsAtWork::retry_at(const ErrandKey& key, const Status& outcome) {
  const auto now = with_.clock.now();
  if (outcome) {
    failures_.erase(key);
    return now + kPoll + std::chrono::milliseconds(with_.random.below(30'000));
  }
  if (outcome.error().code == Errc::RateLimited) return now + kFirstRetry;
  unsigned& failed = failures_[key];
  const Duration wait = std::min<Duration>(kFirstRetry * (1U << std::min(failed, 5U)), kLongestRetry);
  ++failed;
  return now + wait + std::chrono::milliseconds(with_.random.below(10'000));
}

Task<std::optional<MonoTime>> PodsAtWork::sync(ErrandKey key) {
  const PodRecord* record = book_.find(key.pod);
  Status outcome;
  if (record != nullptr && record->owner != key.peer) {
    outcome = co_await fetch(key.pod, key.peer);
    if (!outcome) log::debug("pods", "A fellow member had nothing for us: " + outcome.error().message);
    co_return std::nullopt;
  }
  if (record != nullptr && record->ours == MemberState::Member) outcome = co_await fetch(key.pod, key.peer);
  const bool refused = !outcome && is_final(outcome.error().code);
  record = book_.find(key.pod);
  if (record != nullptr && (refused || record->ours == MemberState::Asked)) outcome = co_await ask_state(key.pod, key.peer);
  if (outcome) outcome = co_await deliver_waiting(key.pod, key.peer);
  record = book_.find(key.pod);
  const bool waiting = book_.first_waiting(key.pod, key.peer) != nullptr;
  const bool ours = record != nullptr && (record->ours == MemberState::Member || record->ours == MemberState::Asked);
  if (!waiting && !ours) co_return std::nullopt;
  if (!outcome && outcome.error().code != Errc::RateLimited && ours) ask_members(*record);
  co_return retry_at(key, outcome);
}

/// While the host is away, a fellow member who is linked may have more than we do.
void PodsAtWork::ask_members(const PodRecord& record) {
  if (record.ours != MemberState::Member) return;
  std::vector<PeerId> linked;
  for (const PodMember& member : record.roster.members) {
    if (member.state == MemberState::Member && member.peer != book_.self() && member.peer != record.owner && with_.links.is_linked(member.peer))
      linked.push_back(member.peer);
  }
  if (!linked.empty()) add(Errand::Sync, record.id, linked.at(with_.random.below(linked.size())));
}

Task<std::optional<MonoTime>> PodsAtWork::push(ErrandKey key) {
  const PodRecord* record = book_.find(key.pod);
  if (record == nullptr || !with_.links.is_linked(key.peer)) co_return std::nullopt;
  const Pushed before = pushed_[{key.pod, key.peer}];
  const PodNews news = book_.news_for(*record, key.peer, before.seq, before.roster);
  if (news.entries.empty() && !news.roster) co_return std::nullopt;
  if (!agenda_.spend(with_.clock.now())) co_return with_.clock.now() + kFirstRetry;
  const Pushed after{news.entries.empty() ? before.seq : news.entries.back().seq, record->roster.version};
  const auto reply = co_await ask(key.peer, "Push", encode_news(news), guard::Origin::LocalAutomation, with_.clock.now() + kCallTime);
  const auto at = pushed_.find({key.pod, key.peer});
  if (!reply || at == pushed_.end()) co_return std::nullopt;  // they catch up by themselves
  at->second = after;
  if (news.more) co_return with_.clock.now();
  co_return std::nullopt;
}

Task<void> PodsAtWork::run(ErrandKey key) {
  std::optional<MonoTime> again;
  if (key.kind == Errand::Push) {
    again = co_await push(key);
  } else {
    again = co_await sync(key);
  }
  if (!again) failures_.erase(key);
  agenda_.done(key, again);
  wake_.notify_all();
}

Task<void> PodsAtWork::work() {
  while (!scope_.closing()) {
    const MonoTime now = with_.clock.now();
    if (now >= next_prune_) {
      next_prune_ = now + kPruneEvery;
      book_.prune(with_.clock.wall());
      book_.sweep(now);
      settle();
    }
    while (book_.settings().enabled) {
      auto errand = agenda_.next(now);
      if (!errand) break;
      if (!scope_.spawn("a pod's errand", run(*errand))) agenda_.done(*errand, std::nullopt);
    }
    const MonoTime until = std::min(next_prune_, agenda_.wake_at(now));
    co_await wake_.wait(with_.clock, until);
  }
}

void PodsAtWork::add(Errand kind, const std::string& pod, const PeerId& peer, Duration wait) {
  if (agenda_.add({kind, pod, peer}, with_.clock.now() + wait)) wake_.notify_all();
}

void PodsAtWork::linked(const PeerId& peer, bool up) {
  if (!up) {
    std::erase_if(pushed_, [&](const auto& row) { return row.first.second == peer; });
    return;
  }
  for (const auto& [id, record] : book_.records()) {
    if (book_.is_host(record) || record.ours == MemberState::Left || record.ours == MemberState::Banned) continue;
    const bool fellow = state_in(record.roster, peer) == MemberState::Member && !with_.links.is_linked(record.owner);
    if (record.owner == peer || fellow) add(Errand::Sync, id, peer);
  }
  for (const auto& [number, item] : book_.outbox()) {
    if (item.host == peer) add(Errand::Sync, item.pod, peer);
  }
}

void PodsAtWork::settle() {
  PodEffects effects = book_.take();
  save_pods(with_.store, std::move(effects.store));
  for (const auto& [pod, peer] : effects.push) {
    const PodRecord* record = book_.find(pod);
    if (record == nullptr || !with_.links.is_linked(peer)) continue;
    // To whom nothing was pushed yet gets the newest line; what is before that they fetch themselves.
    const auto& entries = record->log.entries();
    pushed_.try_emplace({pod, peer}, Pushed{entries.empty() ? 0 : entries.rbegin()->second.previous, 0});
    add(Errand::Push, pod, peer);
  }
  for (const std::string& pod : effects.changed) {
    if (book_.find(pod) == nullptr) std::erase_if(pushed_, [&](const auto& row) { return row.first.first == pod; });
    for (const auto& callback : callbacks_) callback(pod);
  }
}

}  // namespace soulfabric::services

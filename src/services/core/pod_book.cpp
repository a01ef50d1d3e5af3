// SPDX-License-Identifier: GPL-3.0-or-later
// The host's side of pods, and what every side shares.
#include "core/pod_book.hpp"

#include <algorithm>

namespace soulfabric::services {

PodBook::PodBook(SigningKey key, PodSettings settings) : key_(std::move(key)), self_(PeerId::of(key_.public_key())), settings_(settings) {}

const PodRecord* PodBook::find(const std::string& pod) const {
  const auto at = records_.find(pod);
  return at == records_.end() ? nullptr : &at->second;
}

PodRecord* PodBook::mine(const std::string& pod) {
  const auto at = records_.find(pod);
  return at == records_.end() || !is_host(at->second) ? nullptr : &at->second;
}

const PodRecord* PodBook::mine(const std::string& pod) const {
  const PodRecord* record = find(pod);
  return record == nullptr || !is_host(*record) ? nullptr : record;
}

PodEffects PodBook::take() {
  for (const std::string& id : rows_) {
    if (const PodRecord* pod = find(id)) {
      effects_.store.emplace_back(PodRow{id, encode_pod(pod->statement), encode_roster(pod->roster), pod->ours, pod->log.head(),
                                         pod->log.known_until(), pod->read_until});
    } else {
      effects_.store.emplace_back(PodErased{id});
    }
  }
  rows_.clear();
  return std::exchange(effects_, {});
}

void PodBook::note(const PodRecord& pod, const PodLog::Change& change) {
  if (change.empty()) return;
  rows_.insert(pod.id);
  effects_.changed.insert(pod.id);
  for (const std::uint64_t seq : change.erased) effects_.store.emplace_back(EntryErased{pod.id, seq});
  if (!keeps(pod)) return;
  for (const std::uint64_t seq : change.stored) effects_.store.emplace_back(EntryRow{pod.id, seq, encode_entry(pod.log.entries().at(seq))});
}

void PodBook::tell_members(const PodRecord& pod) {
  for (const PodMember& member : pod.roster.members) {
    if (member.state == MemberState::Member && member.peer != self_) effects_.push.emplace(pod.id, member.peer);
  }
}

void PodBook::new_roster(PodRecord& pod, Roster roster) {
  roster.version = pod.roster.version + 1;
  sign_roster(roster, key_);
  pod.roster = std::move(roster);
  rows_.insert(pod.id);
  effects_.changed.insert(pod.id);
  tell_members(pod);
}

PodNews PodBook::add_line(PodRecord& pod, std::variant<SignedMessage, Removal> item, WallTime now) {
  PodEntry entry = next_entry(pod, std::move(item), now);
  stamp_entry(pod.id, entry, key_);
  const auto* message = std::get_if<SignedMessage>(&entry.item);
  const MessageId id = message != nullptr ? message_id(pod.id, *message) : std::get<Removal>(entry.item).id;
  PodNews news{pod.id, false, std::nullopt, {entry}};
  pod.log.raise_known(entry.seq);
  note(pod, pod.log.insert(std::move(entry), id));
  note(pod, pod.log.prune(oldest(now), settings_.messages_kept));
  tell_members(pod);
  return news;
}

Result<std::string> PodBook::create(std::string name, PodVisibility visibility, bool approval, bool keep,
                                    const std::array<std::uint8_t, 16>& nonce, WallTime now) {
  if (!is_pod_name(name)) return fail(Errc::InvalidArgument, "The name of a pod is 1 to 100 characters without control characters; choose another.");
  if (records_.size() >= settings_.pods) return fail(Errc::NoSpace, "This node is in as many pods as it may be; leave one first.");
  PodRecord pod;
  pod.statement.nonce = nonce;
  pod.statement.name = std::move(name);
  pod.statement.visibility = visibility;
  pod.statement.approval = approval;
  pod.statement.keep = keep;
  pod.statement.created = to_unix_micros(now);
  sign_pod(pod.statement, key_);
  pod.id = pod_id(pod.statement);
  pod.owner = self_;
  Roster roster;
  roster.pod = pod.id;
  roster.members.push_back({self_, PodRole::Owner, MemberState::Member, now});
  const std::string id = pod.id;
  new_roster(records_.emplace(id, std::move(pod)).first->second, std::move(roster));
  return id;
}

PodView PodBook::view_of(const PodRecord& pod, const PeerId& caller) const {
  PodView view{encode_pod(pod.statement), state_in(pod.roster, caller), count_of(pod.roster, MemberState::Member), std::nullopt};
  if (view.yours == MemberState::Member) view.roster = encode_roster(pod.roster);
  return view;
}

std::vector<PodView> PodBook::visible(const PeerId& caller) const {
  std::vector<PodView> views;
  for (const auto& [id, pod] : records_) {
    if (!is_host(pod) || pod.statement.visibility != PodVisibility::Visible || views.size() >= kPodsListed) continue;
    views.push_back(view_of(pod, caller));
    views.back().roster.reset();
  }
  return views;
}

Result<PodView> PodBook::view(const PeerId& caller, const std::string& pod) const {
  const PodRecord* record = mine(pod);
  if (record == nullptr) return no_such_pod();
  SF_TRY(may_see(*record, caller));
  return view_of(*record, caller);
}

Result<PodView> PodBook::join(const PeerId& caller, const std::string& pod, WallTime now) {
  PodRecord* record = mine(pod);
  if (record == nullptr) return no_such_pod();
  SF_TRY_ASSIGN(std::optional<Roster> roster, services::join(*record, caller, settings_, now));
  if (roster) new_roster(*record, std::move(*roster));
  return view_of(*record, caller);
}

Result<PodNews> PodBook::post(const PeerId& caller, const PostRequest& request, WallTime wall, MonoTime now) {
  PodRecord* record = mine(request.pod);
  if (record == nullptr) return no_such_pod();
  const Status fit = check_post(*record, caller, request.message, wall);
  if (!fit && fit.error().code == Errc::Exists)
    return PodNews{record->id, false, std::nullopt, {*record->log.find(message_id(record->id, request.message))}};
  if (!fit) return std::unexpected(fit.error());
  if (rates_.is_full(record->id, caller, settings_.messages_per_minute, now))
    return fail(Errc::RateLimited, "That were too many messages for one minute; wait a little.");
  if (!is_signed_by_sender(record->id, request.message)) return fail(Errc::Unauthorized, "The message is not signed by its sender.");
  rates_.note(record->id, caller, now);
  return add_line(*record, request.message, wall);
}

Result<PodNews> PodBook::act(const PeerId& caller, const PodAct& act, WallTime now) {
  PodRecord* record = mine(act.pod);
  if (record == nullptr) return no_such_pod();
  SF_TRY_ASSIGN(ActEffect effect, judge(*record, caller, act, settings_, now));
  if (!is_signed_by_actor(act)) return fail(Errc::Unauthorized, "The act is not signed by who brought it.");
  PodNews news{record->id, false, std::nullopt, {}};
  if (effect.roster) {
    const PeerId& subject = act.kind == ActKind::Leave ? caller : act.peer;
    const bool was_member = state_in(record->roster, subject) == MemberState::Member;
    new_roster(*record, std::move(*effect.roster));
    if (was_member && act.kind == ActKind::SetMember) effects_.push.emplace(record->id, subject);
  }
  if (effect.removal) news = add_line(*record, *effect.removal, now);
  if (may_read(*record, caller)) news.roster = encode_roster(record->roster);
  return news;
}

Result<PodNews> PodBook::fetch(const PeerId& caller, const FetchRequest& request) const {
  const PodRecord* record = find(request.pod);
  // Who has it but is not its host shows it to fellow members and is otherwise like one who never had it.
  if (record == nullptr || (!is_host(*record) && (record->ours != MemberState::Member || !may_read(*record, caller)))) return no_such_pod();
  SF_TRY(may_read(*record, caller));
  return news_for(*record, caller, request.since, request.roster);
}

PodNews PodBook::news_for(const PodRecord& pod, const PeerId& peer, std::uint64_t since, std::uint64_t roster) const {
  PodNews news{pod.id, false, std::nullopt, {}};
  if (pod.roster.version > roster) news.roster = encode_roster(pod.roster);
  if (state_in(pod.roster, peer) != MemberState::Member) return news;
  news.entries = pod.log.page(since, kPageEntries, kPageBytes);
  news.more = !news.entries.empty() && !pod.log.entries().empty() && pod.log.entries().rbegin()->first > news.entries.back().seq;
  return news;
}

std::uint64_t PodBook::oldest(WallTime now) const {
  // Pods in memory only do not fill it for ever either.
  const auto retention = settings_.retention.count() > 0 ? settings_.retention : PodSettings{}.retention;
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, to_unix_micros(now - retention)));
}

void PodBook::prune(WallTime now) {
  for (auto& [id, pod] : records_) note(pod, pod.log.prune(oldest(now), settings_.messages_kept));
}

void PodBook::mark_read(const std::string& pod) {
  const auto at = records_.find(pod);
  if (at == records_.end() || at->second.read_until >= at->second.log.head()) return;
  at->second.read_until = at->second.log.head();
  rows_.insert(pod);
  effects_.changed.insert(pod);
}

}  // namespace soulfabric::services

// SPDX-License-Identifier: GPL-3.0-or-later
// Who may do what in a pod.
#include "core/pod_rules.hpp"

#include <algorithm>

namespace soulfabric::services {
namespace {

std::unexpected<Error> forbidden(const char* why) { return fail(Errc::Forbidden, why); }

bool is_private(const PodRecord& pod) { return pod.statement.visibility == PodVisibility::Private; }

void put(Roster& roster, const PodMember& member) {
  std::erase_if(roster.members, [&](const PodMember& row) { return row.peer == member.peer; });
  if (member.state != MemberState::Left) roster.members.push_back(member);
  std::ranges::sort(roster.members, {}, &PodMember::peer);
}

Status has_room(const Roster& roster, MemberState state, const PodSettings& settings) {
  if (state == MemberState::Member && count_of(roster, state) >= settings.members)
    return fail(Errc::NoSpace, "The pod has as many members as it may have.");
  if (state == MemberState::Asked && count_of(roster, state) >= kAsked)
    return fail(Errc::NoSpace, "Too many peers wait to be let in to the pod; try again later.");
  if (state == MemberState::Banned && count_of(roster, state) >= kBanned)
    return fail(Errc::NoSpace, "The pod has as many banned peers as it can remember; lift a ban first.");
  return {};
}

/// Moderators see to members; only the owner makes moderators, unmakes them and invites.
Status may_set(const PodMember& actor, const PodMember* target, const PodAct& act) {
  if (actor.role == PodRole::Member) return forbidden("Only the owner and moderators of the pod see to its members.");
  if (act.role == PodRole::Owner || act.state == MemberState::Asked) return fail(Errc::InvalidArgument, "Nobody can be made that.");
  if (act.state != MemberState::Member && act.role != PodRole::Member)
    return fail(Errc::InvalidArgument, "Only a member of the pod can have a role in it.");
  if (target != nullptr && target->role == PodRole::Owner) return forbidden("The owner of a pod cannot be changed.");
  if (actor.role == PodRole::Owner) return {};
  if (act.role != PodRole::Member || (target != nullptr && target->role != PodRole::Member))
    return forbidden("Only the owner of the pod makes and unmakes moderators.");
  if (target == nullptr && act.state == MemberState::Member) return forbidden("Only the owner of the pod can bring somebody in.");
  return {};
}

Result<ActEffect> judge_member(const PodRecord& pod, const PodMember& actor, const PodAct& act, const PodSettings& settings, WallTime now) {
  const PodMember* target = member_of(pod.roster, act.peer);
  SF_TRY(may_set(actor, target, act));
  ActEffect effect;
  const MemberState present = target == nullptr ? MemberState::Left : target->state;
  if (present == act.state && (target == nullptr || target->role == act.role)) return effect;
  if (present != act.state) SF_TRY(has_room(pod.roster, act.state, settings));
  effect.roster = pod.roster;
  put(*effect.roster, {act.peer, act.role, act.state, now});
  return effect;
}

Result<ActEffect> judge_removal(const PodRecord& pod, const PodMember& actor, const PodAct& act) {
  const PodEntry* entry = pod.log.find(act.message);
  if (entry == nullptr) return fail(Errc::NotFound, "The message is not there any more.");
  const auto* message = std::get_if<SignedMessage>(&entry->item);
  if (message == nullptr) return ActEffect{};
  const PeerId sender = PeerId::of(message->sender_key);
  if (sender != actor.peer) {
    if (actor.role == PodRole::Member) return forbidden("Only moderators remove messages of others.");
    if (sender == pod.owner) return forbidden("The owner's messages are the owner's to remove.");
  }
  return ActEffect{std::nullopt, Removal{act.message, sender, message->sent, entry->seq}};
}

}  // namespace

const PodMember* member_of(const Roster& roster, const PeerId& peer) {
  const auto at = std::ranges::find(roster.members, peer, &PodMember::peer);
  return at == roster.members.end() ? nullptr : &*at;
}

MemberState state_in(const Roster& roster, const PeerId& peer) {
  const PodMember* member = member_of(roster, peer);
  return member == nullptr ? MemberState::Left : member->state;
}

std::size_t count_of(const Roster& roster, MemberState state) {
  return static_cast<std::size_t>(std::ranges::count(roster.members, state, &PodMember::state));
}

std::unexpected<Error> no_such_pod() { return fail(Errc::NotFound, "There is no such pod; check its id and its host."); }

Status may_read(const PodRecord& pod, const PeerId& caller) {
  if (state_in(pod.roster, caller) == MemberState::Member) return {};
  if (is_private(pod)) return no_such_pod();
  return forbidden("Only members read and write in the pod; join it first.");
}

Status may_see(const PodRecord& pod, const PeerId& caller) {
  if (is_private(pod) && state_in(pod.roster, caller) != MemberState::Member) return no_such_pod();
  return {};
}

Result<std::optional<Roster>> join(const PodRecord& pod, const PeerId& caller, const PodSettings& settings, WallTime now) {
  const MemberState present = state_in(pod.roster, caller);
  if (present == MemberState::Member) return std::nullopt;
  if (is_private(pod)) return no_such_pod();
  if (present == MemberState::Asked) return std::nullopt;
  if (present == MemberState::Banned) return forbidden("The pod does not let you in.");
  const MemberState next = pod.statement.approval ? MemberState::Asked : MemberState::Member;
  SF_TRY(has_room(pod.roster, next, settings));
  Roster roster = pod.roster;
  put(roster, {caller, PodRole::Member, next, now});
  return roster;
}

Result<ActEffect> judge(const PodRecord& pod, const PeerId& caller, const PodAct& act, const PodSettings& settings, WallTime now) {
  const PodMember* actor = member_of(pod.roster, caller);
  if (act.kind == ActKind::Leave && actor != nullptr && actor->state == MemberState::Asked) {
    ActEffect effect{pod.roster, std::nullopt};
    put(*effect.roster, {caller, PodRole::Member, MemberState::Left, now});
    return effect;
  }
  SF_TRY(may_read(pod, caller));
  if (PeerId::of(act.key) != caller) return forbidden("An act in a pod is brought by who did it.");
  if (act.at > to_unix_micros(now + kSkew) || act.at < to_unix_micros(now - kSkew))
    return fail(Errc::InvalidArgument, "The act's time is more than five minutes off; check the clock.");
  if (act.kind == ActKind::SetMember) return judge_member(pod, *actor, act, settings, now);
  if (act.kind == ActKind::RemoveMessage) return judge_removal(pod, *actor, act);
  if (actor->role == PodRole::Owner) return forbidden("The owner of a pod cannot leave it.");
  ActEffect effect{pod.roster, std::nullopt};
  put(*effect.roster, {caller, PodRole::Member, MemberState::Left, now});
  return effect;
}

bool PostRates::is_full(const std::string& pod, const PeerId& peer, unsigned per_minute, MonoTime now) {
  const auto at = posts_.find({pod, peer});
  if (at == posts_.end()) return per_minute == 0;
  while (!at->second.empty() && now - at->second.front() >= std::chrono::minutes(1)) at->second.pop_front();
  return at->second.size() >= per_minute;
}

void PostRates::note(const std::string& pod, const PeerId& peer, MonoTime now) { posts_[{pod, peer}].push_back(now); }

void PostRates::sweep(MonoTime now) {
  std::erase_if(posts_, [now](const auto& row) { return row.second.empty() || now - row.second.back() >= std::chrono::minutes(1); });
}

Status check_post(const PodRecord& pod, const PeerId& caller, const SignedMessage& message, WallTime now) {
  SF_TRY(may_read(pod, caller));
  if (PeerId::of(message.sender_key) != caller) return forbidden("A message is posted by who wrote it.");
  if (message.body.size() > kBodyCap) return fail(Errc::TooLarge, "A message has 4096 bytes at most; shorten it.");
  if (!is_body(message.body)) return fail(Errc::InvalidArgument, "A message is 1 to 4096 bytes of text in UTF-8.");
  if (message.sent > to_unix_micros(now + kSkew) || message.sent < to_unix_micros(now - kSkew))
    return fail(Errc::InvalidArgument, "The message's time is more than five minutes off; check the clock.");
  if (pod.log.find(message_id(pod.id, message)) != nullptr) return fail(Errc::Exists, "The message is there already.");
  return {};
}

PodEntry next_entry(const PodRecord& pod, std::variant<SignedMessage, Removal> item, WallTime now) {
  const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(1, to_unix_micros(now)));
  return PodEntry{std::max(pod.log.head() + 1, micros), pod.log.head(), std::move(item), {}};
}

}  // namespace soulfabric::services

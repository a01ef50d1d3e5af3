// SPDX-License-Identifier: GPL-3.0-or-later
// Who may do what in a pod: reading, joining, posting, moderating. Decided from memory; whoever is not let in to a private pod hears
// the same as for a pod that is not there. Pure.
#pragma once
#include <deque>
#include <map>
#include <optional>

#include "core/pod_log.hpp"

namespace soulfabric::services {

constexpr std::chrono::minutes kSkew{5};
constexpr std::size_t kAsked = 50;    // who wait for an answer, per pod
constexpr std::size_t kBanned = 200;  // per pod

/// A pod as this node has it.
struct PodRecord {
  std::string id;
  PeerId owner;
  PodStatement statement;
  Roster roster;
  MemberState ours = MemberState::Member;
  PodLog log;
  std::uint64_t read_until = 0;
};

[[nodiscard]] const PodMember* member_of(const Roster& roster, const PeerId& peer);
/// Left: none of them.
[[nodiscard]] MemberState state_in(const Roster& roster, const PeerId& peer);
[[nodiscard]] std::size_t count_of(const Roster& roster, MemberState state);
/// The one refusal: unknown and private pods are NotFound.
[[nodiscard]] std::unexpected<Error> no_such_pod();

/// Members only. Forbidden, or NotFound where the pod is private.
[[nodiscard]] Status may_read(const PodRecord& pod, const PeerId& caller);
/// That there is such a pod, and what it is called.
[[nodiscard]] Status may_see(const PodRecord& pod, const PeerId& caller);

/// The roster after `caller` came; nothing where it stays as it is. The caller states no role and no state: both are given.
/// Forbidden, NotFound, NoSpace (members, or those who wait).
[[nodiscard]] Result<std::optional<Roster>> join(const PodRecord& pod, const PeerId& caller, const PodSettings& settings, WallTime now);

/// What an act changes: the roster, or a message that goes.
struct ActEffect {
  std::optional<Roster> roster;
  std::optional<Removal> removal;
};
/// `caller` is the proven peer. Nothing is changed where it is so already. Before the signature is looked at.
[[nodiscard]] Result<ActEffect> judge(const PodRecord& pod, const PeerId& caller, const PodAct& act, const PodSettings& settings, WallTime now);

/// Posts per peer and pod in a minute.
class PostRates {
 public:
  [[nodiscard]] bool is_full(const std::string& pod, const PeerId& peer, unsigned per_minute, MonoTime now);
  void note(const std::string& pod, const PeerId& peer, MonoTime now);
  /// Forgets what is older than a minute.
  void sweep(MonoTime now);
  [[nodiscard]] std::size_t size() const noexcept { return posts_.size(); }

 private:
  std::map<std::pair<std::string, PeerId>, std::deque<MonoTime>> posts_;
};

/// Membership, sender, form, time. Exists: the log has it (or had it and it was removed). The signature and the rate come after.
[[nodiscard]] Status check_post(const PodRecord& pod, const PeerId& caller, const SignedMessage& message, WallTime now);

/// The next line of the owner's log, unsigned.
[[nodiscard]] PodEntry next_entry(const PodRecord& pod, std::variant<SignedMessage, Removal> item, WallTime now);

}  // namespace soulfabric::services

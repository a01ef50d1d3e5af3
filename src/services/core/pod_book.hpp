// SPDX-License-Identifier: GPL-3.0-or-later
// Every pod this node is in, hosted here or elsewhere: questions of others answered, news taken in, what waits for a host. Says what
// is to be stored, shown and pushed; does none of it. Pure.
#pragma once
#include <set>

#include "core/pod_rules.hpp"
#include "wire/pod_calls.hpp"

namespace soulfabric::services {

constexpr std::size_t kOutbox = 100;  // per pod

/// A post or an act that waits for the pod's host. Signed anew when it goes out.
struct OutboxItem {
  std::uint64_t number = 0;  // in the order of waiting
  std::string pod;
  PeerId host;
  std::variant<SignedMessage, PodAct> what;
};

/// What is to be written to the database.
struct PodRow {
  std::string id;
  Bytes statement;
  Bytes roster;
  MemberState ours = MemberState::Member;
  std::uint64_t head = 0;
  std::uint64_t known_until = 0;
  std::uint64_t read_until = 0;
};
struct PodErased {
  std::string id;
};
struct EntryRow {
  std::string pod;
  std::uint64_t seq = 0;
  Bytes entry;
};
struct EntryErased {
  std::string pod;
  std::uint64_t seq = 0;
};
struct OutboxErased {
  std::uint64_t number = 0;
};
using PodChange = std::variant<PodRow, PodErased, EntryRow, EntryErased, OutboxItem, OutboxErased>;

struct PodEffects {
  std::vector<PodChange> store;
  std::set<std::string> changed;
  std::set<std::pair<std::string, PeerId>> push;  // pods hosted here that these members should hear of
};

class PodBook {
 public:
  PodBook(SigningKey key, PodSettings settings);
  void configure(const PodSettings& settings) { settings_ = settings; }
  [[nodiscard]] const PodSettings& settings() const noexcept { return settings_; }
  [[nodiscard]] const PeerId& self() const noexcept { return self_; }
  [[nodiscard]] const std::map<std::string, PodRecord>& records() const noexcept { return records_; }
  [[nodiscard]] const PodRecord* find(const std::string& pod) const;
  [[nodiscard]] bool is_host(const PodRecord& pod) const { return pod.owner == self_; }
  /// What happened since the last time.
  [[nodiscard]] PodEffects take();

  // ---- from the database, before anything else
  [[nodiscard]] Status restore(const PodRow& row);
  [[nodiscard]] Status restore(const EntryRow& row);
  void restore(OutboxItem item);

  // ---- as the host
  [[nodiscard]] Result<std::string> create(std::string name, PodVisibility visibility, bool approval, bool keep,
                                           const std::array<std::uint8_t, 16>& nonce, WallTime now);
  [[nodiscard]] std::vector<PodView> visible(const PeerId& caller) const;
  [[nodiscard]] Result<PodView> view(const PeerId& caller, const std::string& pod) const;
  [[nodiscard]] Result<PodView> join(const PeerId& caller, const std::string& pod, WallTime now);
  /// Unauthorized: a signature is wrong, the one thing here that no honest node does.
  [[nodiscard]] Result<PodNews> post(const PeerId& caller, const PostRequest& request, WallTime wall, MonoTime now);
  [[nodiscard]] Result<PodNews> act(const PeerId& caller, const PodAct& act, WallTime now);
  // ---- as whoever has it
  [[nodiscard]] Result<PodNews> fetch(const PeerId& caller, const FetchRequest& request) const;
  /// For a member, or for one who was it until now: then without messages.
  [[nodiscard]] PodNews news_for(const PodRecord& pod, const PeerId& peer, std::uint64_t since, std::uint64_t roster) const;

  // ---- as a member
  /// What a host answered to Join or Get. Malformed where it is another pod or another's.
  [[nodiscard]] Status adopt(const std::string& pod, const PeerId& host, const PodView& view, WallTime now);
  /// News of a host or of another member, each line checked; a line that does not hold ends it with Unauthorized.
  [[nodiscard]] Status apply(const PodNews& news, bool from_host, WallTime now);
  /// The host does not know us as a member any more.
  void lost(const std::string& pod, MemberState state);
  void forget(const std::string& pod);
  [[nodiscard]] FetchRequest wanted(const PodRecord& pod) const;

  // ---- what waits for a host
  /// Busy: too much waits for this host already.
  [[nodiscard]] Result<std::uint64_t> queue(const std::string& pod, const PeerId& host, std::variant<SignedMessage, PodAct> what);
  [[nodiscard]] const std::map<std::uint64_t, OutboxItem>& outbox() const noexcept { return outbox_; }
  /// The first that waits for this pod's host.
  [[nodiscard]] const OutboxItem* first_waiting(const std::string& pod, const PeerId& host) const;
  /// With a fresh signature where the old one's time is more than a part of the skew away.
  [[nodiscard]] OutboxItem refreshed(std::uint64_t number, WallTime now);
  void settle(std::uint64_t number);

  [[nodiscard]] SignedMessage write(const std::string& pod, std::string body, WallTime now) const;
  void sign(PodAct& act, WallTime now) const;
  void mark_read(const std::string& pod);
  /// What is too old goes.
  void prune(WallTime now);
  void sweep(MonoTime now) { rates_.sweep(now); }

 private:
  [[nodiscard]] PodRecord* mine(const std::string& pod);  // hosted here
  [[nodiscard]] const PodRecord* mine(const std::string& pod) const;
  [[nodiscard]] bool keeps(const PodRecord& pod) const { return pod.statement.keep && settings_.retention.count() > 0; }
  [[nodiscard]] std::uint64_t oldest(WallTime now) const;
  [[nodiscard]] PodView view_of(const PodRecord& pod, const PeerId& caller) const;
  void new_roster(PodRecord& pod, Roster roster);
  [[nodiscard]] PodNews add_line(PodRecord& pod, std::variant<SignedMessage, Removal> item, WallTime now);
  void note(const PodRecord& pod, const PodLog::Change& change);
  void tell_members(const PodRecord& pod);
  void drop_waiting(const std::string& pod, bool posts_only);

  SigningKey key_;
  PeerId self_;
  PodSettings settings_;
  std::map<std::string, PodRecord> records_;
  std::map<std::uint64_t, OutboxItem> outbox_;
  std::uint64_t last_number_ = 0;
  PostRates rates_;
  PodEffects effects_;
  std::set<std::string> rows_;  // whose row is to be written or erased
};

}  // namespace soulfabric::services

// SPDX-License-Identifier: GPL-3.0-or-later
// The book of peers: the table in memory, kept in mesh.db, asked of the DHT; and our own record, signed anew at half of its life.
#include "soulfabric/mesh/peer_book.hpp"

#include <algorithm>
#include <array>
#include <deque>

#include "core/peer_record.hpp"
#include "core/peer_table.hpp"
#include "core/rotation_book.hpp"
#include "peer_store.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::mesh {
namespace {

constexpr std::chrono::seconds kPublishDeadline{20};
constexpr std::chrono::seconds kPublishAgain{15};  // after a failure
constexpr std::size_t kAskedRecords = 8;
constexpr int kLookups = 2;
constexpr int kNobodysScore = 50;  // as of a peer that was never heard of
/// A table that has just formed puts a record where others will not look a minute later: it is put again soon after.
constexpr std::array<std::chrono::seconds, 3> kEarly{std::chrono::seconds(30), std::chrono::seconds(120), std::chrono::seconds(600)};
constexpr std::chrono::hours kLookEvery{6};            // for the revocation of a key that is trusted
constexpr std::chrono::minutes kLookNotBefore{10};     // also where the peer links anew
constexpr std::chrono::minutes kLookAfterFailure{1};
constexpr std::size_t kReputableAsked = 64;
constexpr std::size_t kSeenAddresses = 4096;

class Book final : public PeerBook {
 public:
  Book(PeerBookDependencies dependencies, PeerBookSettings settings)
      : deps_(std::move(dependencies)),
        self_(PeerId::of(deps_.key.public_key())),
        table_(settings.known_peers),
        scope_(deps_.context, "peer book") {
    configure(settings);
  }

  Task<Status> start() override {
    auto stored = co_await deps_.store.query([cap = settings_.known_peers](Database& db) { return load_peers(db, cap); });
    if (!stored) co_return std::unexpected(stored.error());
    sequence_ = stored->own_sequence;
    for (const auto& row : stored->rotations) rotations_.restore(row.before, row.entry);
    expire_rotations();
    say_suspended();
    for (auto& row : stored->peers) {
      if (row.entry.record) {
        auto told = decode_endpoints(row.entry.record->body, settings_.private_endpoints);
        if (told) row.entry.told = std::move(*told);
      }
      table_.restore(row.peer, std::move(row.entry));
    }
    scope_.spawn("publish", publish());
    scope_.spawn("revocations", publish_revocations());
    scope_.spawn("given up", watch_for_revocations());
    co_return Status{};
  }

  Task<void> stop() override { co_await scope_.close(); }

  void set_endpoints(std::vector<Endpoint> endpoints) override {
    endpoints_ = std::move(endpoints);
    renew_record();
    republish_.notify_all();
  }

  std::optional<SignedRecord> own_record() const override {
    if (settings_.publish == Publish::None) return std::nullopt;
    return own_;
  }

  Status learn(const SignedRecord& record) override {
    const PeerId peer = PeerId::of(record.signer);
    if (peer == self_) return fail(Errc::Exists, "this is our own record");
    SF_TRY(check_record(record, RecordKind::Peer, peer_key(peer), deps_.clock.wall()));
    SF_TRY_ASSIGN(std::vector<Endpoint> endpoints, decode_endpoints(record.body, settings_.private_endpoints));
    SF_TRY(table_.learn(peer, record, std::move(endpoints), deps_.clock.wall()));
    // What we looked for ourselves is kept; what a stranger who dialled in tells of itself is not.
    const auto* entry = table_.find(peer);
    if (entry->worked || entry->first_linked == WallTime{} || is_cared_for(peer)) save(peer);
    return {};
  }

  RotationOutcome learn(const Rotation& rotation, const std::optional<IpAddress>& from) override {
    RotationClaim claim{PeerId::of(rotation.before), PeerId::of(rotation.after), rotation.compromised, is_cared_for(PeerId::of(rotation.before)), {}, {}};
    if (claim.before == self_ && claim.compromised) warn_of_own_key();
    if (claim.before == self_ || !is_held_in_mind(claim.before)) return RotationOutcome::Known;
    if (from) claim.prefix = from->prefix();
    claim.heard = deps_.clock.wall();
    const auto taken = rotations_.take(claim);
    if (taken.forgotten) forget_rotations({*taken.forgotten});
    if (taken.news == RotationNews::Known && !taken.revoked) return RotationOutcome::Known;
    if (taken.news != RotationNews::Known) follow(claim.before, claim.after, taken);
    if (taken.revoked) give_up(claim.before);
    deps_.store.submit([row = StoredRotation{claim.before, rotations_.entries().at(claim.before)}, statement = encode_rotation(rotation)](Database& db) {
      return store_rotation(db, row, statement);
    });
    if (taken.news == RotationNews::Known) return RotationOutcome::Known;
    return taken.news == RotationNews::Void ? RotationOutcome::Void : RotationOutcome::First;
  }

  void tell_revocations(std::vector<Rotation> own) override {
    own_revocations_ = std::move(own);
    revocations_changed_.notify_all();
  }
  void on_revoked(std::function<void(const PeerId&)> callback) override { revoked_ = std::move(callback); }
  bool is_revoked(const PeerId& peer) const override { return rotations_.is_revoked(peer); }

  std::vector<KnownPeer> known() const override {
    std::vector<KnownPeer> out;
    for (const auto& [peer, entry] : table_.entries()) out.push_back(shown(peer, entry));
    return out;
  }

  std::optional<KnownPeer> find(const PeerId& peer) const override {
    const auto* entry = table_.find(peer);
    if (entry == nullptr) return std::nullopt;
    return shown(peer, *entry);
  }

  bool is_trusted(const PeerId& peer) const override {
    const auto* entry = table_.find(peer);
    return entry != nullptr && entry->trusted && !rotations_.is_revoked(peer);
  }

  void configure(const PeerBookSettings& settings) override {
    settings_ = settings;
    std::vector<std::pair<PeerId, PeerEntry>> named;
    rights_.clear();
    for (const auto& peer : settings.peers) {
      if (peer.peer == self_) continue;
      PeerEntry entry;
      entry.configured = peer.endpoints;
      entry.trusted = peer.trusted;
      named.emplace_back(peer.peer, std::move(entry));
      rights_[peer.peer] = peer.rights;
    }
    table_.configure(named, settings.known_peers);
    say_suspended();
    look_again_.notify_all();
    renew_record();
    republish_.notify_all();
  }

  Task<std::vector<Endpoint>> locate(PeerId peer, guard::Origin origin, MonoTime deadline) override {
    auto endpoints = table_.locate(peer, deps_.clock.now());
    // A lost answer looks like an unknown peer: the table is asked once more before that is believed.
    for (int attempt = 0; attempt < kLookups && endpoints.empty() && origin != guard::Origin::RemoteMesh; ++attempt) {
      const auto left = deadline - deps_.clock.now();
      const bool asked = co_await look_up(peer, origin, deps_.clock.now() + left / (kLookups - attempt));
      if (!asked) break;
      endpoints = table_.locate(peer, deps_.clock.now());
    }
    co_return endpoints;
  }

  void dialled(const PeerId& peer, const Endpoint& endpoint, const Status& outcome) override {
    const bool wrong = !outcome && outcome.error().code == Errc::Unauthorized;
    table_.dialled(peer, endpoint, outcome.has_value(), wrong, deps_.clock.now());
  }

  void linked(const PeerId& peer, const PublicKey& key, const Endpoint& remote, Direction direction) override {
    table_.linked(peer, key, direction == Direction::Outbound ? std::optional(remote) : std::nullopt, deps_.clock.wall());
    // Who only dialled in is nobody yet: neither its address nor its row is kept.
    if (is_cared_for(peer)) remember_address(remote.address);
    if (direction == Direction::Outbound || is_cared_for(peer)) save(peer);
    const auto looked = looked_.find(peer);
    if (is_cared_for(peer) && (looked == looked_.end() || looked->second + kLookNotBefore <= deps_.clock.now())) {
      looked_.erase(peer);
      look_again_.notify_all();
    }
  }

  bool is_cared_for(const PeerId& peer) const override {
    const auto* entry = table_.find(peer);
    if (entry == nullptr || rotations_.is_revoked(peer)) return false;
    return entry->is_configured || deps_.guard.is_reputable(guard::Subject::peer(peer.text()));
  }

  bool is_known_address(const IpAddress& address) const override {
    const auto is_there = [&](const Endpoint& endpoint) { return endpoint.address == address; };
    return seen_.contains(address) ||
           std::ranges::any_of(settings_.peers, [&](const auto& peer) { return std::ranges::any_of(peer.endpoints, is_there); });
  }

  std::vector<PeerId> wanted() const override {
    auto out = table_.wanted();
    std::erase_if(out, [this](const PeerId& peer) { return rotations_.is_revoked(peer); });
    return out;
  }

 private:
  /// False where the budget does not allow to ask.
  Task<bool> look_up(PeerId peer, guard::Origin origin, MonoTime deadline) {
    guard::ActRequest request;
    request.origin = origin;
    auto permit = deps_.guard.try_permit<guard::DhtQuery>(request);
    if (!permit) co_return false;
    const auto found = co_await deps_.dht.get(*permit, peer_key(peer), RecordKind::Peer, kAskedRecords, deadline);
    if (!found) co_return true;
    for (const auto& record : *found) {
      if (PeerId::of(record.signer) != peer) continue;
      const auto learned = learn(record);
      if (!learned) log::debug("mesh", "a record out of the table was not taken: " + learned.error().message);
    }
    co_return true;
  }

  /// Whoever comes second shows that two hold the key: what was earned under it is worth nothing, in the first one's hands too.
  void follow(const PeerId& before, const PeerId& after, const RotationTaken& taken) {
    const auto subject = [](const PeerId& peer) { return guard::Subject::peer(peer.text()); };
    if (taken.news == RotationNews::First) {
      deps_.guard.move_subject(subject(before), subject(after));
      log::info("mesh", "a node goes on under a new key; its rights, if it had any, wait for you to give them to the new id");
      return;
    }
    std::vector<PeerId> claimants{before, after};
    if (taken.rival) claimants.push_back(*taken.rival);
    for (const auto& peer : claimants) {
      const int score = deps_.guard.reputation(subject(peer));
      if (score > kNobodysScore) deps_.guard.lower_reputation(subject(peer), score - kNobodysScore);
    }
    log::warning("mesh", "two nodes claim to go on under the same old key; neither is believed");
  }

  // ---- keys that were given up ---------------------------------------------------------------------------------------
  void give_up(const PeerId& peer) {
    say_given_up(peer);
    if (revoked_) revoked_(peer);
  }

  void say_given_up(const PeerId& peer) {
    deps_.guard.unprotect(guard::Subject::peer(peer.text()));
    const auto* entry = table_.find(peer);
    if (entry == nullptr || !entry->is_configured) return log::info("mesh", "a node gave its old key up as stolen; nothing links with that key any more");
    log::warning("mesh", "mesh.peers." + std::string(peer.text()) +
                             ": the key of this id was given up as stolen, so its links, trust and rights are suspended; ask its owner for the new id and "
                             "name that one in its place");
  }

  void say_suspended() {
    for (const auto& peer : settings_.peers)
      if (rotations_.is_revoked(peer.peer)) say_given_up(peer.peer);
  }

  void warn_of_own_key() {
    if (!std::exchange(own_key_warned_, true))
      log::warning("mesh", "somebody proved to hold the key of this node and gave it up; stop and run 'soulfabric identity rotate --compromised'");
  }

  void remember_address(const IpAddress& address) {
    if (!seen_.insert(address).second) return;
    seen_order_.push_back(address);
    if (seen_order_.size() <= kSeenAddresses) return;
    seen_.erase(seen_order_.front());
    seen_order_.pop_front();
  }

  /// Something is held for or against this id; of all others strangers could make up any number.
  bool is_held_in_mind(const PeerId& peer) const {
    const auto subject = guard::Subject::peer(peer.text());
    return table_.find(peer) != nullptr || deps_.guard.reputation(subject) != kNobodysScore || deps_.guard.is_banned(subject);
  }

  void expire_rotations() {
    forget_rotations(rotations_.expire(deps_.clock.wall(), [this](const PeerId& peer) {
      const auto* entry = table_.find(peer);
      return entry != nullptr && entry->is_configured;
    }));
  }

  void forget_rotations(const std::vector<PeerId>& old_ids) {
    if (old_ids.empty()) return;
    deps_.store.submit([old_ids](Database& db) -> Status {
      for (const auto& before : old_ids) SF_TRY(forget_rotation(db, before));
      return {};
    });
  }

  /// Configured peers, and of the reputable ones as many as a round can ask for.
  std::vector<PeerId> to_look_up() const {
    std::vector<PeerId> out;
    std::size_t reputable = 0;
    for (const auto& [peer, entry] : table_.entries()) {
      const auto looked = looked_.find(peer);
      if (looked != looked_.end() && looked->second + kLookEvery > deps_.clock.now()) continue;
      if (is_cared_for(peer) && (entry.is_configured || ++reputable <= kReputableAsked)) out.push_back(peer);
    }
    return out;
  }

  /// False where nobody answered or the budget does not allow to ask.
  Task<bool> look_for_revocation(PeerId peer) {
    guard::ActRequest request;
    request.origin = guard::Origin::LocalAutomation;
    auto permit = deps_.guard.try_permit<guard::DhtQuery>(request);
    if (!permit) co_return false;
    const auto found = co_await deps_.dht.get(*permit, revocation_key(peer), RecordKind::Revocation, kAskedRecords, deps_.clock.now() + kPublishDeadline);
    if (!found) co_return false;
    looked_[peer] = deps_.clock.now();
    for (const auto& record : *found) {
      if (!check_record(record, RecordKind::Revocation, revocation_key(peer), deps_.clock.wall())) continue;
      const auto statement = decode_rotation(record.body);
      if (statement) (void)learn(*statement, std::nullopt);
    }
    co_return true;
  }

  Task<void> watch_for_revocations() {
    for (;;) {
      Duration pause = kLookEvery / 4;
      expire_rotations();
      std::erase_if(looked_, [this](const auto& entry) { return entry.second + kLookEvery <= deps_.clock.now(); });
      for (const auto& peer : to_look_up()) {
        const bool answered = co_await look_for_revocation(peer);
        if (answered) continue;
        pause = kLookAfterFailure;
        break;
      }
      co_await look_again_.wait(deps_.clock, deps_.clock.now() + pause);
    }
  }

  Task<bool> put_revocation(Rotation rotation) {
    guard::ActRequest request;
    request.origin = guard::Origin::LocalAutomation;
    auto permit = deps_.guard.try_permit<guard::DhtQuery>(request);
    if (!permit) co_return false;
    const auto millis = static_cast<std::uint64_t>(to_unix_micros(deps_.clock.wall()) / 1000);
    SignedRecord record;
    record.kind = RecordKind::Revocation;
    record.key = revocation_key(PeerId::of(rotation.before));
    record.sequence = millis;
    record.created = static_cast<std::int64_t>(millis / 1000);
    record.expires = record.created + settings_.record_life.count();
    record.body = encode_rotation(rotation);
    auto made = sign_record(deps_.key, std::move(record));
    if (!made) co_return false;
    const auto done = co_await deps_.dht.put(*permit, std::move(*made), deps_.clock.now() + kPublishDeadline);
    if (!done) log::debug("mesh", "a revocation was not published: " + done.error().message);
    co_return done.has_value();
  }

  Task<void> publish_revocations() {
    for (std::size_t rounds = 0;; ++rounds) {
      Duration pause = settings_.republish;
      if (rounds < kEarly.size()) pause = std::min<Duration>(pause, kEarly[rounds]);
      const auto own = settings_.publish == Publish::None ? std::vector<Rotation>{} : own_revocations_;
      for (const auto& rotation : own) {
        const bool done = co_await put_revocation(rotation);
        if (!done) pause = std::min<Duration>(pause, kPublishAgain);
      }
      co_await revocations_changed_.wait(deps_.clock, deps_.clock.now() + pause);
    }
  }

  KnownPeer shown(const PeerId& peer, const PeerEntry& entry) const {
    KnownPeer out;
    out.peer = peer;
    out.key = entry.key;
    out.endpoints = table_.locate(peer, deps_.clock.now());
    out.record = entry.record;
    out.first_seen = entry.first_seen;
    out.first_linked = entry.first_linked;
    out.last_seen = entry.last_seen;
    out.configured = entry.is_configured;
    out.trusted = entry.trusted;
    out.goes_on_as = rotations_.after(peer);
    out.revoked = rotations_.is_revoked(peer);
    if (out.revoked) {
      out.trusted = false;
      return out;
    }
    if (const auto rights = rights_.find(peer); rights != rights_.end()) out.rights = rights->second;
    return out;
  }

  void save(const PeerId& peer) {
    const auto* entry = table_.find(peer);
    if (entry != nullptr) deps_.store.submit([row = StoredPeer{peer, *entry}](Database& db) { return store_peer(db, row); });
  }

  /// A fresh statement of ours: a higher sequence, a new life.
  void renew_record() {
    own_.reset();
    const auto now = deps_.clock.wall();
    const auto millis = static_cast<std::uint64_t>(to_unix_micros(now) / 1000);
    SignedRecord record;
    record.kind = RecordKind::Peer;
    record.key = peer_key(self_);
    record.sequence = sequence_ = std::max(sequence_ + 1, millis);
    record.created = static_cast<std::int64_t>(millis / 1000);
    record.expires = record.created + settings_.record_life.count();
    record.body = encode_endpoints(endpoints_, settings_.private_endpoints);
    if (record.body.empty()) return;  // nowhere to be reached: nothing to say
    auto made = sign_record(deps_.key, std::move(record));
    if (made) own_ = std::move(*made);
    deps_.store.submit([last = sequence_](Database& db) { return store_own_sequence(db, last); });
  }

  Task<Status> publish_once() {
    guard::ActRequest request;
    request.origin = guard::Origin::LocalAutomation;
    auto permit = deps_.guard.try_permit<guard::DhtQuery>(request);
    if (!permit) co_return std::unexpected(permit.error());
    co_return co_await deps_.dht.put(*permit, *own_, deps_.clock.now() + kPublishDeadline);
  }

  Task<void> publish() {
    for (;;) {
      Duration pause = settings_.republish;
      bool renew = true;
      if (settings_.publish == Publish::Public && own_) {
        const auto done = co_await publish_once();
        if (!done) log::debug("mesh", "the record of this node was not published: " + done.error().message);
        if (!done) pause = kPublishAgain;
        if (done && published_ < kEarly.size()) pause = std::min<Duration>(pause, kEarly[published_]);
        renew = !done || pause == settings_.republish;
        if (done) ++published_;
      }
      const bool changed = co_await republish_.wait(deps_.clock, deps_.clock.now() + pause);
      if (changed) published_ = 0;
      if (!changed && renew) renew_record();
    }
  }

  PeerBookDependencies deps_;
  PeerId self_;
  PeerBookSettings settings_;
  PeerTable table_;
  RotationBook rotations_;
  std::map<PeerId, PeerRights> rights_;
  std::vector<Endpoint> endpoints_;
  std::optional<SignedRecord> own_;
  std::uint64_t sequence_ = 0;
  std::set<IpAddress> seen_;  // of peers cared for that were linked since the start
  std::deque<IpAddress> seen_order_;
  std::vector<Rotation> own_revocations_;
  std::function<void(const PeerId&)> revoked_;
  std::map<PeerId, MonoTime> looked_;  // for the revocation of a peer that matters, when the table answered last
  Notifier revocations_changed_;
  Notifier look_again_;
  bool own_key_warned_ = false;
  Notifier republish_;
  std::size_t published_ = 0;  // times since the start or the last change
  TaskScope scope_;
};

}  // namespace

std::unique_ptr<PeerBook> make_peer_book(PeerBookDependencies dependencies, PeerBookSettings settings) {
  return std::make_unique<Book>(std::move(dependencies), std::move(settings));
}

}  // namespace soulfabric::mesh

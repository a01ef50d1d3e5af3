// SPDX-License-Identifier: GPL-3.0-or-later
// Guard, second half: connections, bytes, blame, reputation, and the totals.
#include <algorithm>

#include "core/guard_impl.hpp"

namespace soulfabric::guard {

Result<ConnectionSlot> Guard::accept(const IpAddress& from) {
  const MonoTime now = impl_->clock.now();
  const bool listed = impl_->blacklist.has_address(from) && !impl_->violations.is_protected(Subject::address(from));
  if (listed || !impl_->violations.may_enter(from, now)) {
    ++impl_->totals.connections_refused;
    return fail(Errc::Banned, "The connection came from a banned address and was closed.");
  }
  auto slot = impl_->gate.accept(from, now);
  if (!slot) ++impl_->totals.connections_refused;
  return slot;
}

Result<ConnectionSlot> Guard::connect(const IpAddress& to) {
  auto slot = impl_->gate.connect(to, impl_->clock.now());
  if (!slot) ++impl_->totals.connections_refused;
  return slot;
}

MonoTime Guard::next_connect() { return impl_->gate.next_connect(impl_->clock.now()); }

ByteBucket::Taken Guard::Impl::take_bytes(ByteBucket& node, PeerBytes& peers, std::uint64_t peer_rate, const Subject& peer,
                                          std::uint64_t want) {
  const MonoTime at = clock.now();
  const ByteBucket::Taken all = node.take(at, want);
  if (peer_rate == 0 || all.granted == 0 || violations.is_protected(peer)) return all;
  ByteBucket& bucket = peers.put(peer, at);
  if (bucket.rate() != peer_rate) bucket.set_rate(peer_rate);
  const ByteBucket::Taken own = bucket.take(at, all.granted);
  node.refund(all.granted - own.granted);
  if (own.granted == want) return own;
  return {own.granted, own.granted < all.granted ? own.retry_at : all.retry_at};
}

ByteBucket::Taken Guard::take_upload(const Subject& peer, std::uint64_t want) {
  return impl_->take_bytes(impl_->upload, impl_->upload_peers, impl_->options.bytes.upload_per_peer, peer, want);
}

ByteBucket::Taken Guard::take_download(const Subject& peer, std::uint64_t want) {
  return impl_->take_bytes(impl_->download, impl_->download_peers, impl_->options.bytes.download_per_peer, peer, want);
}

void Guard::refund_upload(const Subject& peer, std::uint64_t bytes) {
  impl_->upload.refund(bytes);
  if (ByteBucket* bucket = impl_->upload_peers.find(peer)) bucket->refund(bytes);
}

void Guard::refund_download(const Subject& peer, std::uint64_t bytes) {
  impl_->download.refund(bytes);
  if (ByteBucket* bucket = impl_->download_peers.find(peer)) bucket->refund(bytes);
}

HeldBytes& HeldBytes::operator=(HeldBytes&& other) noexcept {
  if (this != &other) {
    release();
    guard_ = std::exchange(other.guard_, nullptr);
    subject_ = std::move(other.subject_);
    prefix_ = other.prefix_;
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

bool HeldBytes::grow(std::uint64_t bytes) {
  if (guard_ == nullptr || !guard_->impl_->held.take(subject_, prefix_, bytes, guard_->impl_->standing_of(subject_))) return false;
  bytes_ += bytes;
  return true;
}

void HeldBytes::release() noexcept {
  if (guard_ == nullptr) return;
  std::exchange(guard_, nullptr)->impl_->held.give_back(subject_, prefix_, std::exchange(bytes_, 0));
}

Result<HeldBytes> Guard::hold(const Subject& peer, const std::optional<IpAddress>& address, std::uint64_t bytes) {
  if (impl_->is_unwanted(peer)) return fail(Errc::Banned, "This " + std::string(name_of(peer.kind)) + " is banned.");
  const Standing standing = impl_->standing_of(peer);
  std::optional<IpAddress> prefix;
  if (is_stranger(standing)) prefix = address ? address->prefix() : IpAddress{};
  SF_TRY(impl_->held.take(peer, prefix, bytes, standing));
  return HeldBytes(*this, peer, prefix, bytes);
}

BudgetLevels Guard::budget() { return impl_->budget.levels(impl_->clock.now()); }

void Guard::prove(const Subject& subject, const IpAddress& address) { impl_->violations.prove(subject, address, impl_->now()); }

bool Guard::is_proven(const Subject& subject, const IpAddress& address) const { return impl_->violations.is_proven(subject, address); }

Subject Guard::subject_for(std::string_view claimed_user, const IpAddress& address) const {
  Subject user = Subject::user(claimed_user);
  return impl_->violations.is_proven(user, address) ? user : Subject::address(address);
}

Verdict Guard::charge(const Charge& charge) {
  const Verdict verdict = impl_->violations.charge(charge, impl_->now());
  ++(verdict == Verdict::Ignored ? impl_->totals.violations_ignored : impl_->totals.violations);
  return verdict;
}

bool Guard::Impl::is_unwanted(const Subject& subject) const {
  if (violations.is_banned(subject, clock.now())) return true;
  if (violations.is_protected(subject)) return false;
  if (subject.kind == SubjectKind::SoulseekUser) return blacklist.has_user(subject.name);
  if (subject.kind != SubjectKind::Address) return false;
  const auto address = IpAddress::parse(subject.name);
  return address && blacklist.has_address(*address);
}

void Guard::set_blacklist(Blacklist blacklist) { impl_->blacklist = std::move(blacklist); }

bool Guard::is_banned(const Subject& subject) const { return impl_->is_unwanted(subject); }

Status Guard::admit(const Subject& subject, const IpAddress& address) const {
  const Subject place = Subject::address(address);
  if (impl_->is_unwanted(subject)) return fail(Errc::Banned, "This " + std::string(name_of(subject.kind)) + " is banned.");
  // A peer has proven its name with its key, wherever it is; a user name has to be proven at the address.
  const bool named = subject.kind == SubjectKind::Peer || impl_->violations.is_proven(subject, address);
  const bool trusted = impl_->violations.is_protected(subject) && named;
  if (!trusted && impl_->blacklist.has_address(address) && !impl_->violations.is_protected(place))
    return fail(Errc::Banned, "The connection came from an address on the blacklist.");
  if (!impl_->violations.is_banned(place, impl_->clock.now())) return {};
  if (trusted || impl_->violations.is_proven(subject, address)) return {};
  return fail(Errc::Banned, "The connection came from a banned address.");
}

void Guard::protect(const Subject& subject) { impl_->violations.protect(subject); }
void Guard::unprotect(const Subject& subject) { impl_->violations.unprotect(subject); }
void Guard::vouch(const Subject& subject) { impl_->vouched.insert(subject); }
void Guard::unvouch(const Subject& subject) { impl_->vouched.erase(subject); }

Standing Guard::Impl::standing_of(const Subject& subject) const {
  const int score = reputations.score(subject);
  const Standing standing = guard::standing_of(score, violations.is_protected(subject));
  return standing == Standing::Unproven && score == kStartReputation && vouched.contains(subject) ? Standing::Proven : standing;
}

Standing Guard::standing(const Subject& subject) const { return impl_->standing_of(subject); }

Status Guard::ban(const Subject& subject, std::optional<Duration> length, std::string_view reason) {
  return impl_->violations.ban(subject, length, reason, impl_->now());
}

bool Guard::unban(const Subject& subject) { return impl_->violations.unban(subject, impl_->clock.now()); }
std::vector<BanRow> Guard::bans() const { return impl_->violations.bans(impl_->now()); }
std::size_t Guard::import_bans(const std::vector<BanRow>& rows) { return impl_->violations.import_bans(rows, impl_->now()); }
void Guard::import_violations(const std::vector<ViolationRow>& rows) { impl_->violations.import_violations(rows, impl_->now()); }

std::vector<ViolationRow> Guard::violations() const { return impl_->violations.violations(impl_->now()); }

void Guard::move_subject(const Subject& before, const Subject& after) {
  if (before == after || before.kind != after.kind) return;
  const Now now = impl_->now();
  impl_->violations.follow(before, after, now);
  impl_->reputations.follow(before, after, now.mono);
  impl_->budget.follow(before, after, now.mono);
}

int Guard::reputation(const Subject& subject) const { return impl_->reputations.score(subject); }

void Guard::reward(const Subject& subject, const std::optional<IpAddress>& address) {
  impl_->reputations.reward(subject, address, impl_->clock.now());
}

void Guard::lower_reputation(const Subject& subject, int points) { impl_->reputations.lower(subject, points, impl_->clock.now()); }
std::vector<ReputationRow> Guard::reputations() const { return impl_->reputations.rows(impl_->now()); }
void Guard::import_reputations(const std::vector<ReputationRow>& rows) { impl_->reputations.import(rows, impl_->now()); }

StoredChanges Guard::take_changes() {
  StoredChanges changes;
  const Now now = impl_->now();
  impl_->violations.take_changes(changes, now);
  impl_->reputations.take_changes(changes, now);
  return changes;
}

GuardMetrics Guard::metrics() const {
  GuardMetrics out = impl_->totals;
  for (std::size_t kind = 1; kind < kCourtesyKinds; ++kind)
    out.courtesy_waiting[kind] = impl_->courtesy.waiting(static_cast<Courtesy>(kind));
  out.connections_open = impl_->gate.open();
  out.connections_open_inbound = impl_->gate.open_inbound();
  out.bytes_held = impl_->held.total();
  out.bytes_held_refused = impl_->held.refused();
  out.bans = impl_->violations.bans_made();
  out.bans_active = impl_->violations.active(impl_->clock.now());
  return out;
}

}  // namespace soulfabric::guard

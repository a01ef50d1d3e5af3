// SPDX-License-Identifier: GPL-3.0-or-later
// Charges, bans and shares. An address is nobody: it is charged only for what it opened to us, and never for good.
#include "core/violation_book.hpp"

#include <algorithm>

namespace soulfabric::guard {
namespace {

constexpr std::chrono::minutes kBonus{5};                  // each earlier violation keeps an entry that much longer when room is short
constexpr std::chrono::hours kForGoodRank{24 * 365 * 10};  // an entry for good is worth more than any timed one
const std::string kSharedReason = "three subjects from it were banned within an hour";

std::optional<IpAddress> address_of(const Subject& subject) {
  if (subject.kind != SubjectKind::Address) return std::nullopt;
  return IpAddress::parse(subject.name);
}

template <class T>
void push_recent(std::vector<T>& list, const T& item, std::size_t most) {
  std::erase(list, item);
  if (list.size() >= most) list.erase(list.begin());
  list.push_back(item);
}

}  // namespace

ViolationBook::ViolationBook(const ViolationLimits& limits)
    : limits_(limits),
      counters_(limits.tracked),
      bans_(limits.bans),
      shares_(limits.bans),
      proven_(limits.tracked),
      seen_at_(limits.tracked) {}

void ViolationBook::configure(const ViolationLimits& limits) {
  limits_ = limits;
  counters_.set_capacity(limits.tracked);
  bans_.set_capacity(limits.bans);
  shares_.set_capacity(limits.bans);
  proven_.set_capacity(limits.tracked);
  seen_at_.set_capacity(limits.tracked);
}

void ViolationBook::prove(const Subject& subject, const IpAddress& address, const Now& now) {
  if (subject.kind == SubjectKind::Node || subject.kind == SubjectKind::Address) return;
  push_recent(proven_.put(subject, now.mono), address, kAddressesPerSubject);
  SeenAt& seen = seen_at_.put(address, now.mono);
  if (std::ranges::find(seen.subjects, subject) == seen.subjects.end() && seen.subjects.size() >= kSubjectsPerAddress) {
    // The banned make room first; where none is, somebody stays behind of whom only this is known.
    const auto banned = std::ranges::find_if(seen.subjects, [&](const Subject& one) { return is_banned(one, now.mono); });
    if (banned != seen.subjects.end())
      seen.subjects.erase(banned);
    else
      seen.more = true;
  }
  push_recent(seen.subjects, subject, kSubjectsPerAddress);
}

bool ViolationBook::is_proven(const Subject& subject, const IpAddress& address) const {
  const auto* addresses = proven_.find(subject);
  return addresses != nullptr && std::ranges::find(*addresses, address) != addresses->end();
}

bool ViolationBook::is_protected(const Subject& subject) const {
  if (subject.kind == SubjectKind::Node || protected_.contains(subject)) return true;
  if (subject.kind != SubjectKind::Address) return false;
  const auto address = address_of(subject);
  return !address || address->is_loopback() || address->is_private() || address->is_unspecified();
}

void ViolationBook::protect(const Subject& subject) {
  protected_.insert(subject);
  if (bans_.erase(subject)) dirty_bans_.insert(subject);
  if (counters_.erase(subject)) dirty_counters_.insert(subject);
}

Verdict ViolationBook::charge(const Charge& charge, const Now& now) {
  if (charge.channel == Channel::Datagram || is_protected(charge.subject)) return Verdict::Ignored;
  Subject subject = charge.subject;
  // A name without proof is only a claim: what it did is the doing of the address it came from.
  if (subject.kind == SubjectKind::SoulseekUser && charge.address && !is_proven(subject, *charge.address))
    subject = Subject::address(*charge.address);
  if (subject.kind == SubjectKind::Address && (charge.channel != Channel::TheyConnected || is_protected(subject))) return Verdict::Ignored;
  if (is_banned(subject, now.mono)) return Verdict::Banned;

  std::optional<Subject> evicted;
  const auto* before = counters_.find(subject);
  const auto already = before == nullptr ? 0 : static_cast<int>(before->size());
  auto& times = counters_.put(subject, now.mono + already * kBonus, &evicted);
  if (evicted) dirty_counters_.insert(*evicted);
  note(subject, now, times);
  if (times.size() < limits_.charges_to_ban) return times.size() >= 2 ? Verdict::Warned : Verdict::Noted;
  counters_.erase(subject);
  const bool theirs = charge.channel == Channel::TheyConnected && subject.kind != SubjectKind::Address;
  punish(subject, theirs ? charge.address : std::nullopt, name_of(charge.violation), now);
  return Verdict::Banned;
}

void ViolationBook::note(const Subject& subject, const Now& now, std::vector<MonoTime>& times) {
  std::erase_if(times, [&](MonoTime at) { return at + limits_.window <= now.mono; });
  times.push_back(now.mono);
  dirty_counters_.insert(subject);
}

void ViolationBook::punish(const Subject& subject, const std::optional<IpAddress>& address, std::string_view reason, const Now& now) {
  const Ban* before = bans_.find(subject);
  Ban next;
  next.times = before == nullptr ? 1 : before->times + 1;
  next.since = now.mono;
  next.reason = reason;
  next.address = address;
  const bool is_address = subject.kind == SubjectKind::Address;
  if (next.times >= 3)
    next.until = is_address ? now.mono + limits_.longest_address_ban : MonoTime::max();
  else
    next.until = now.mono + limits_.first_ban * (next.times == 2 ? 2 : 1);
  if (is_address) next.until = std::min(next.until, now.mono + limits_.longest_address_ban);
  put_ban(subject, rank_of(next)) = next;
  ++bans_made_;
  if (address) share_with_address(subject, *address, now);
}

void ViolationBook::share_with_address(const Subject& subject, const IpAddress& address, const Now& now) {
  const Subject place = Subject::address(address);
  if (is_protected(place)) return;
  auto& shares = shares_.put(address, now.mono);
  std::erase_if(shares, [&](const Share& share) { return share.subject == subject || share.at + limits_.window <= now.mono; });
  shares.push_back({subject, now.mono});
  if (shares.size() < limits_.subjects_to_ban_address) return;
  shares_.erase(address);
  if (!is_banned(place, now.mono)) punish(place, std::nullopt, kSharedReason, now);
}

MonoTime ViolationBook::rank_of(const Ban& ban) {
  if (ban.by_operator) return MonoTime::max();
  return ban.until == MonoTime::max() ? ban.since + kForGoodRank : ban.until;
}

ViolationBook::Ban& ViolationBook::put_ban(const Subject& subject, MonoTime rank) {
  std::optional<Subject> evicted;
  Ban& ban = bans_.put(subject, rank, &evicted);
  if (evicted) dirty_bans_.insert(*evicted);
  dirty_bans_.insert(subject);
  return ban;
}

bool ViolationBook::is_banned(const Subject& subject, MonoTime now) const {
  const Ban* ban = bans_.find(subject);
  return ban != nullptr && ban->until > now;
}

bool ViolationBook::may_enter(const IpAddress& address, MonoTime now) const {
  if (!is_banned(Subject::address(address), now)) return true;
  const SeenAt* seen = seen_at_.find(address);
  if (seen == nullptr) return false;
  return seen->more ||
         std::ranges::any_of(seen->subjects, [&](const Subject& subject) { return is_proven(subject, address) && !is_banned(subject, now); });
}

Status ViolationBook::ban(const Subject& subject, std::optional<Duration> length, std::string_view reason, const Now& now) {
  if (is_protected(subject))
    return fail(Errc::Forbidden, "This " + std::string(name_of(subject.kind)) +
                                     " cannot be banned: it is protected (our own network, the server, or trusted by configuration).");
  const Ban* before = bans_.find(subject);
  Ban next;
  next.times = before == nullptr ? 1 : before->times + 1;
  next.since = now.mono;
  next.until = length ? now.mono + *length : MonoTime::max();
  if (subject.kind == SubjectKind::Address) next.until = std::min(next.until, now.mono + limits_.longest_address_ban);
  next.reason = reason;
  next.by_operator = true;
  put_ban(subject, rank_of(next)) = next;
  ++bans_made_;
  return {};
}

bool ViolationBook::unban(const Subject& subject, MonoTime now) {
  const bool was = is_banned(subject, now);
  if (bans_.erase(subject)) dirty_bans_.insert(subject);
  if (counters_.erase(subject)) dirty_counters_.insert(subject);
  return was;
}

BanRow ViolationBook::row_of(const Subject& subject, const Ban& ban, const Now& now) const {
  BanRow row{subject, now.to_wall(ban.since), std::nullopt, ban.times, ban.reason, ban.address, ban.by_operator};
  if (ban.until != MonoTime::max()) row.until = now.to_wall(ban.until);
  return row;
}

std::vector<BanRow> ViolationBook::bans(const Now& now) const {
  std::vector<BanRow> rows;
  bans_.for_each([&](const Subject& subject, const Ban& ban) {
    if (ban.until > now.mono) rows.push_back(row_of(subject, ban, now));
  });
  return rows;
}

std::size_t ViolationBook::active(MonoTime now) const {
  std::size_t count = 0;
  bans_.for_each([&](const Subject&, const Ban& ban) { count += ban.until > now ? 1 : 0; });
  return count;
}

std::size_t ViolationBook::import_bans(const std::vector<BanRow>& rows, const Now& now) {
  std::size_t taken = 0;
  for (const BanRow& row : rows) {
    if (is_protected(row.subject)) continue;
    const bool is_address = row.subject.kind == SubjectKind::Address;
    Ban ban;
    ban.since = std::min(now.to_mono(row.since), now.mono);
    ban.times = std::clamp(row.times, 1U, 1000U);
    ban.reason = row.reason.substr(0, 200);
    ban.address = row.address;
    ban.by_operator = row.by_operator;
    if (row.until) {
      // A wall clock that was set back must not lengthen a ban beyond what it was made for.
      const Duration length = std::max<Duration>(*row.until - row.since, Duration::zero());
      ban.until = std::min(now.to_mono(*row.until), now.mono + length);
    } else {
      ban.until = MonoTime::max();
    }
    if (is_address) ban.until = std::min(ban.until, now.mono + limits_.longest_address_ban);
    put_ban(row.subject, rank_of(ban)) = ban;
    if (ban.address && ban.since + limits_.window > now.mono) {
      auto& shares = shares_.put(*ban.address, now.mono);
      if (!std::ranges::any_of(shares, [&](const Share& share) { return share.subject == row.subject; }))
        shares.push_back({row.subject, ban.since});
    }
    ++taken;
  }
  return taken;
}

void ViolationBook::import_violations(const std::vector<ViolationRow>& rows, const Now& now) {
  for (const ViolationRow& row : rows) {
    if (is_protected(row.subject)) continue;
    std::vector<MonoTime> times;
    for (const WallTime at : row.times) {
      const MonoTime mono = std::min(now.to_mono(at), now.mono);
      if (mono + limits_.window > now.mono && times.size() + 1 < limits_.charges_to_ban) times.push_back(mono);
    }
    if (times.empty()) continue;
    std::ranges::sort(times);
    const MonoTime rank = times.back() + static_cast<int>(times.size() - 1) * kBonus;
    std::optional<Subject> evicted;
    counters_.put(row.subject, rank, &evicted) = std::move(times);
    if (evicted) dirty_counters_.insert(*evicted);
    dirty_counters_.insert(row.subject);
  }
}

std::vector<ViolationRow> ViolationBook::violations(const Now& now) const {
  std::vector<ViolationRow> rows;
  counters_.for_each([&](const Subject& subject, const std::vector<MonoTime>& times) {
    ViolationRow row{subject, {}};
    for (const MonoTime at : times)
      if (at + limits_.window > now.mono) row.times.push_back(now.to_wall(at));
    if (!row.times.empty()) rows.push_back(std::move(row));
  });
  return rows;
}

void ViolationBook::follow(const Subject& before, const Subject& after, const Now& now) {
  if (is_protected(after)) return;
  if (const Ban* found = bans_.find(before)) {
    Ban next = *found;
    if (const Ban* own = bans_.find(after)) {
      next.times = std::max(next.times, own->times);
      next.by_operator = next.by_operator || own->by_operator;
      if (own->until > next.until) {
        next.until = own->until;
        next.reason = own->reason;
      }
    }
    put_ban(after, rank_of(next)) = next;
  }
  const auto* charged = counters_.find(before);
  if (charged == nullptr) return;
  std::vector<MonoTime> times = *charged;
  if (const auto* own = counters_.find(after)) times.insert(times.end(), own->begin(), own->end());
  std::erase_if(times, [&](MonoTime at) { return at + limits_.window <= now.mono; });
  if (times.empty()) return;
  std::ranges::sort(times);
  if (times.size() + 1 > limits_.charges_to_ban) times.erase(times.begin(), times.end() - (std::max(limits_.charges_to_ban, 2U) - 1));
  std::optional<Subject> evicted;
  const MonoTime rank = times.back() + static_cast<int>(times.size() - 1) * kBonus;
  counters_.put(after, rank, &evicted) = std::move(times);
  if (evicted) dirty_counters_.insert(*evicted);
  dirty_counters_.insert(after);
}

void ViolationBook::take_changes(StoredChanges& changes, const Now& now) {
  for (const Subject& subject : dirty_bans_) {
    if (const Ban* ban = bans_.find(subject))
      changes.bans.push_back(row_of(subject, *ban, now));
    else
      changes.bans_gone.push_back(subject);
  }
  for (const Subject& subject : dirty_counters_) {
    const auto* times = counters_.find(subject);
    if (times == nullptr) {
      changes.violations_gone.push_back(subject);
      continue;
    }
    ViolationRow row{subject, {}};
    for (const MonoTime at : *times) row.times.push_back(now.to_wall(at));
    changes.violations.push_back(std::move(row));
  }
  dirty_bans_.clear();
  dirty_counters_.clear();
}

}  // namespace soulfabric::guard

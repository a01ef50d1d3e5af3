// SPDX-License-Identifier: GPL-3.0-or-later
// A share of what other nodes tell is compared with the origin later; a mismatch is no verdict (security rule S17).
#include "catalogue_room.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::size_t kChecks = 16;                    // under way; more are left out
constexpr std::chrono::seconds kSoonest{30};           // so that the check does not show which answers are checked
constexpr std::uint64_t kSpread = 60'000;              // milliseconds more, by lot
constexpr std::chrono::seconds kSecondLook{120};
constexpr std::uint64_t kShare = 1'000'000;
constexpr int kLessBelief = 5;

bool differs(const Comparison& comparison) { return !comparison.same; }

}  // namespace

void CatalogueRoom::perhaps_check(const CatalogueKey& key, const CatalogueAnswer& answer) {
  // In privacy `reduced` the origin would see from our own address what was asked through another node just to hide that.
  if (stopping_ || settings_.reduced_privacy || !answer.fetcher || checks_ >= kChecks) return;
  if (deps_.random.below(kShare) >= static_cast<std::uint64_t>(settings_.spot_check * static_cast<double>(kShare))) return;
  scope_.spawn("spot check", check_later(key, *answer.fetcher, answer.body));
}

/// What the origin says now, past all caches; nothing where it says nothing.
Task<std::optional<net::HttpResponse>> CatalogueRoom::second_opinion(CatalogueKey key) {
  if (settings_.reduced_privacy) co_return std::nullopt;
  const auto look = std::make_shared<CatalogueFlight>();
  look->key = key;
  look->origin = guard::Origin::LocalAutomation;
  const auto paid = take_permit(*look);
  if (!paid) co_return std::nullopt;
  auto response = co_await request(look, {});
  if (!response || (response->status != 200 && response->status != 404)) co_return std::nullopt;
  co_return std::move(*response);
}

/// What is no longer there may have been deleted since; a picture may have been replaced.
Comparison CatalogueRoom::compare(const CatalogueKey& key, const Bytes& told, const net::HttpResponse& seen) {
  if (seen.status != 200) return {false, true};
  if (is_cover(key.kind)) return {told == seen.body, true};
  return compare_answers(text_of(told), text_of(seen.body));
}

Task<void> CatalogueRoom::check_later(CatalogueKey key, PeerId peer, std::shared_ptr<const Bytes> told) {
  struct Count {
    std::size_t& value;
    explicit Count(std::size_t& counted) : value(counted) { ++value; }
    ~Count() { --value; }
  };
  const Count count(checks_);
  co_await deps_.clock.sleep_for(kSoonest + std::chrono::milliseconds(deps_.random.below(kSpread)));
  const auto seen = co_await second_opinion(key);
  if (!seen) co_return;
  ++metrics_.spot_checks;
  const Comparison first = compare(key, *told, *seen);
  const auto subject = guard::Subject::peer(peer.text());
  if (!differs(first)) {
    std::optional<IpAddress> address;
    if (const auto link = links_ != nullptr ? links_->link(peer) : std::nullopt) address = link->remote.address;
    deps_.guard.reward(subject, address);
    co_return;
  }
  ++metrics_.mismatches;
  deps_.guard.lower_reputation(subject, kLessBelief);
  pauses_.note(peer, deps_.clock.now());
  discard(key, told);
  if (first.explicable) co_return;
  co_await deps_.clock.sleep_for(kSecondLook);
  const auto again = co_await second_opinion(key);
  if (!again) co_return;
  const Comparison second = compare(key, *told, *again);
  if (second.same || second.explicable) co_return;
  if (mismatches_.note(peer, key.text(), deps_.clock.now())) charge(peer, guard::Violation::WrongBytes);
}

/// The answer goes where it still is the one that was told.
void CatalogueRoom::discard(const CatalogueKey& key, const std::shared_ptr<const Bytes>& told) {
  const CatalogueEntry* const entry = memory_.find(key);
  if (entry != nullptr && (entry->ours || *entry->answer.body != *told)) return;
  memory_.erase(key);
  disk_.erase(key);
}

}  // namespace soulfabric::relay

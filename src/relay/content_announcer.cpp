// SPDX-License-Identifier: GPL-3.0-or-later
// The choice is made on a worker; the DHT is told a few at a time, as the budget of our automation allows.
#include "content_announcer.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

#include "soulfabric/base/log.hpp"

namespace soulfabric::relay {
namespace {

constexpr std::size_t kLanes = 4;
constexpr std::chrono::seconds kLook{30};           // for what is due by its age
constexpr std::chrono::seconds kPutTime{20};
constexpr std::chrono::seconds kNoBudget{5};
constexpr std::chrono::milliseconds kGather{250};   // a scan changes many files in a moment
constexpr std::size_t kCopiesAtOnce = 500;          // looked at before others get their turn on the thread: below a millisecond
constexpr int kRestAfterLook = 10;                  // times as long as the look took, however often the copies change
constexpr Duration kLongestRest = std::chrono::seconds(30);

}  // namespace

ContentAnnouncer::ContentAnnouncer(const ContentDependencies& dependencies, const ContentSettings& settings)
    : deps_(dependencies), records_(dependencies.key, settings.record_life), scope_(dependencies.context, "content announcer") {
  configure(settings);
}

void ContentAnnouncer::start() {
  scope_.spawn("choose", choose());
  for (std::size_t lane = 0; lane < kLanes; ++lane) scope_.spawn("publish", publish());
}

Task<void> ContentAnnouncer::stop() { co_await scope_.close(); }

void ContentAnnouncer::configure(const ContentSettings& settings) {
  enabled_ = settings.enabled;
  most_ = settings.records;
  publish_ = settings.publish;
  records_.configure(settings.record_life);
  look_again();
}

void ContentAnnouncer::look_again() {
  stale_ = true;
  served_changed_.notify_all();
}

std::optional<mesh::SignedRecord> ContentAnnouncer::tell(const library::ContentId& id) {
  if (!is_told() || !deps_.copies.find(id)) return std::nullopt;
  return records_.tell(id, deps_.clock.wall());
}

Task<std::vector<library::ContentId>> ContentAnnouncer::look_at_served() {
  std::vector<library::ContentId> out;
  std::size_t from = 0;
  while (is_told()) {
    const auto part = deps_.copies.served_part(from, kCopiesAtOnce);
    out.insert(out.end(), part.ids.begin(), part.ids.end());
    if (part.next <= from) break;
    from = part.next;
    co_await boost::asio::post(deps_.context, boost::asio::use_awaitable);
  }
  if (!is_told()) out.clear();
  co_return out;
}

Task<void> ContentAnnouncer::choose() {
  Duration rest = kGather;
  for (;;) {
    if (!stale_) {
      co_await served_changed_.wait(deps_.clock, kNever);
      co_await deps_.clock.sleep_for(rest);
    }
    stale_ = false;
    const MonoTime begun = deps_.clock.now();
    std::vector<library::ContentId> served = co_await look_at_served();
    rest = std::clamp<Duration>(kRestAfterLook * (deps_.clock.now() - begun), kGather, kLongestRest);
    const auto chosen = co_await deps_.workers.run(
        [served = std::move(served), secret = deps_.secret, most = most_] { return choose_announced(served, secret, most); });
    records_.announce(chosen, deps_.clock.wall());
    owed_changed_.notify_all();
  }
}

Task<void> ContentAnnouncer::publish() {
  for (;;) {
    records_.refresh(deps_.clock.wall());
    auto permit = deps_.guard.try_permit<guard::DhtQuery>({guard::Origin::LocalAutomation, guard::Subject::node()});
    if (!permit) {
      co_await deps_.clock.sleep_for(kNoBudget);
      continue;
    }
    const bool is_public = publish_ == mesh::Publish::Public && enabled_;
    const auto owed = records_.owed(deps_.clock.wall(), !is_public);
    if (!owed) {
      permit = fail(Errc::Cancelled, "nothing is owed");  // what was set aside goes back before the wait
      co_await owed_changed_.wait(deps_.clock, deps_.clock.now() + kLook);
      continue;
    }
    const auto stored = co_await deps_.dht.put(*permit, owed->record, deps_.clock.now() + kPutTime);
    if (stored) {
      records_.done(*owed);
    } else {
      records_.failed(*owed);
      log::debug("content", "a provider record was not published: " + stored.error().message);
    }
  }
}

}  // namespace soulfabric::relay

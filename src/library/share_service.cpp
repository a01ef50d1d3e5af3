// SPDX-License-Identifier: GPL-3.0-or-later
// When the shares are scanned, and what everyone sees meanwhile.
#include "share_service.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <fcntl.h>

#include <algorithm>
#include <thread>

#include "soulfabric/base/crypto.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::library {
namespace {

constexpr auto kReportEvery = std::chrono::milliseconds(250);
constexpr std::size_t kMostChildren = 8;

MediaPoolOptions media_options(const SharesSettings& settings) {
  MediaPoolOptions options;
  options.program = settings.media_program;
  const auto wanted = static_cast<std::size_t>(std::max(0, settings.options.cache.workers));
  options.children = std::clamp<std::size_t>(wanted != 0 ? wanted : std::thread::hardware_concurrency(), 1, kMostChildren);
  return options;
}

ScanMeter::Part part_of(ScanPhase phase) {
  if (phase == ScanPhase::Tags) return ScanMeter::Part::Tags;
  return phase == ScanPhase::Index ? ScanMeter::Part::Index : ScanMeter::Part::Names;
}

}  // namespace

ShareService::ShareService(IoContext& context, IoClock& clock, SharesSettings settings, std::shared_ptr<const ShareRules> rules)
    : context_(context),
      clock_(clock),
      settings_(std::move(settings)),
      rules_(std::move(rules)),
      engine_(std::make_shared<ScanEngine>(settings_.data, media_options(settings_), clock)),
      indexed_{Snapshot::empty(), {}},
      scope_(context, "shares") {}

ShareService::~ShareService() = default;

Task<Status> ShareService::start() {
  auto opened = co_await scan_worker_.run([engine = engine_] { return engine->open(); });
  if (!opened) co_return opened;
  struct Kept {
    std::optional<IndexedShares> indexed;
    std::int64_t last_scan;
  };
  auto kept = co_await scan_worker_.run([engine = engine_, rules = rules_] { return Kept{engine->load_kept(*rules), engine->last_scan()}; });
  if (kept.last_scan > 0) progress_.last_scan = WallTime(std::chrono::seconds(kept.last_scan));
  if (kept.indexed) {
    progress_.state = ScanState::Ready;
    progress_.percent = 100;
    publish(std::move(*kept.indexed));
  }
  next_sweep_ = clock_.now() + std::chrono::minutes(settings_.options.sweep_interval);
  if (settings_.scan_at_start || settings_.force_at_start) {
    wanted_.full = true;
    wanted_.force = settings_.force_at_start;
    begin_scan();
  }
  scope_.spawn("supervise", supervise());
  if (engine_->watch().descriptor() >= 0) scope_.spawn("follow changes", follow_changes());
  co_return Status();
}

Task<void> ShareService::stop() {
  engine_->counters.stop = true;
  co_await scope_.close();
}

Status ShareService::configure(const ShareOptions& options) {
  std::vector<std::string> left_out;
  for (const auto& path : settings_.excluded) left_out.push_back(path.string());
  SF_TRY_ASSIGN(ShareRules rules, ShareRules::make(options, left_out));
  settings_.options = options;
  rules_ = std::make_shared<const ShareRules>(std::move(rules));
  wanted_.full = true;
  if (is_scanning_all_) engine_->counters.stop = true;
  wake_.notify_all();
  return {};
}

Status ShareService::start_scan(bool force) {
  if (progress_.state == ScanState::Scanning) return fail(Errc::Conflict, "A scan of the shares is running already: wait for it or cancel it.");
  wanted_.full = true;
  wanted_.force = force;
  begin_scan();
  wake_.notify_all();
  return {};
}

Status ShareService::cancel_scan() {
  if (progress_.state != ScanState::Scanning) return fail(Errc::NotFound, "No scan of the shares is running.");
  is_cancelled_by_user_ = true;
  engine_->counters.stop = true;
  return {};
}

void ShareService::begin_scan() {
  progress_.state = ScanState::Scanning;
  progress_.phase = ScanPhase::Names;
  progress_.files = progress_.folders = progress_.tags_read = progress_.tags_owed = progress_.unreadable = 0;
  progress_.percent = 0;
  progress_.files_per_second = 0;
  progress_.seconds_left.reset();
  progress_.fault.clear();
  progress_.warnings.clear();
  is_cancelled_by_user_ = false;
  tell_progress();
}

void ShareService::end_scan(const Status& result) {
  refresh_counters();
  progress_.phase = ScanPhase::None;
  progress_.seconds_left.reset();
  if (result) {
    progress_.state = ScanState::Ready;
    progress_.percent = 100;
    progress_.last_scan = clock_.wall();
  } else if (result.error().code == Errc::Cancelled) {
    progress_.state = ScanState::Cancelled;
  } else {
    progress_.state = ScanState::Faulted;
    progress_.fault = result.error().message;
    log::error("library", "The scan of the shares failed: " + result.error().message);
  }
  next_sweep_ = clock_.now() + std::chrono::minutes(settings_.options.sweep_interval);
  tell_progress();
}

MonoTime ShareService::settled_at() const {
  if (news_.empty() && wanted_.folders.empty()) return kNever;
  return std::min(last_news_ + settings_.settle, first_news_ + settings_.settle_most);
}

Task<void> ShareService::supervise() {
  for (;;) {
    const MonoTime now = clock_.now();
    if (now >= next_sweep_ || news_.is_overflown) wanted_.full = true;
    if (wanted_.full) {
      co_await scan_all();
    } else if (now >= settled_at()) {
      co_await scan_changed();
    } else {
      const bool was_woken = co_await wake_.wait(clock_, std::min(next_sweep_, settled_at()));
      (void)was_woken;
    }
  }
}

Task<void> ShareService::follow_changes() {
  // The engine keeps its own descriptor of the same queue.
  boost::asio::posix::stream_descriptor descriptor(context_, ::fcntl(engine_->watch().descriptor(), F_DUPFD_CLOEXEC, 0));
  for (;;) {
    const auto waited = co_await descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read, kAwait);
    if (std::get<0>(waited)) co_return;
    const bool is_first = news_.empty();
    engine_->watch().drain(news_);
    if (news_.empty()) continue;
    last_news_ = clock_.now();
    if (is_first) first_news_ = last_news_;
    wake_.notify_all();
  }
}

Task<void> ShareService::report_progress() {
  while (is_scanning_all_) {
    refresh_counters();
    tell_progress();
    const bool has_ended = co_await scan_ended_.wait(clock_, clock_.now() + kReportEvery);
    if (has_ended) break;
  }
}

Task<void> ShareService::scan_all() {
  const bool force = wanted_.force;
  if (progress_.state != ScanState::Scanning) begin_scan();
  wanted_ = Wanted{};
  const WatchNews news = std::exchange(news_, WatchNews{});
  engine_->counters.clear();
  if (is_cancelled_by_user_) engine_->counters.stop = true;
  is_scanning_all_ = true;
  const std::shared_ptr<const ShareRules> rules = rules_;
  const std::uint64_t expected = co_await scan_worker_.run([engine = engine_] { return engine->last_file_count(); });
  meter_.begin(clock_.now(), expected);
  scope_.spawn("progress", report_progress());
  const bool watch = settings_.options.watch;
  auto found = co_await scan_worker_.run([engine = engine_, rules, force, watch, news] { return engine->look_at_all(*rules, force, watch, news); });
  Status result;
  if (found) {
    progress_.warnings = found->warnings;
    for (const std::string& warning : found->warnings) log::warning("library", warning);
    roots_ = found->roots;
    result = co_await bring_up_to_date(rules, found->roots);
  } else {
    result = std::unexpected(found.error());
  }
  is_scanning_all_ = false;
  scan_ended_.notify_all();
  if (wanted_.full && !is_cancelled_by_user_) co_return;  // the rules changed meanwhile: the next one follows at once
  if (result) {
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(clock_.wall().time_since_epoch()).count();
    const std::uint64_t files = engine_->counters.files;
    result = co_await scan_worker_.run([engine = engine_, now, files] { return engine->remember_scan(now, files); });
  }
  end_scan(result);
}

Task<Status> ShareService::bring_up_to_date(std::shared_ptr<const ShareRules> rules, std::vector<ScanRoot> roots) {
  auto named = co_await reindex(rules, roots);
  if (!named) co_return named;
  auto tagged = co_await scan_worker_.run([engine = engine_, roots] { return engine->read_tags(roots); });
  if (!tagged && tagged.error().code == Errc::Unavailable) {
    // Sharing works without tags.
    progress_.warnings.push_back(tagged.error().message);
    log::warning("library", tagged.error().message);
    co_return Status();
  }
  if (!tagged) co_return tagged;
  co_return co_await reindex(rules, roots);
}

Task<Status> ShareService::reindex(std::shared_ptr<const ShareRules> rules, std::vector<ScanRoot> roots) {
  const std::uint64_t stamp = indexed_.snapshot->stamp();
  auto indexed = co_await scan_worker_.run([engine = engine_, rules, roots, stamp] { return engine->index(*rules, roots, stamp); });
  if (!indexed) co_return std::unexpected(indexed.error());
  if (*indexed) publish(std::move(**indexed));
  co_return Status();
}

Task<void> ShareService::scan_changed() {
  const WatchNews news = std::exchange(news_, WatchNews{});
  const std::vector<std::int64_t> folders = std::exchange(wanted_.folders, {});
  if (roots_.empty()) co_return;
  engine_->counters.clear();
  const std::shared_ptr<const ShareRules> rules = rules_;
  auto found = co_await scan_worker_.run([engine = engine_, rules, news, folders] { return engine->look_at_changed(*rules, news, folders); });
  Status result;
  if (found) {
    result = co_await bring_up_to_date(rules, roots_);
  } else {
    result = std::unexpected(found.error());
  }
  if (!result && result.error().code != Errc::Cancelled) log::error("library", "Changes in the shares were not taken over: " + result.error().message);
}

void ShareService::refresh_counters() {
  const ScanCounters& counters = engine_->counters;
  const ScanPhase phase = counters.phase;
  progress_.files = counters.files;
  progress_.folders = counters.folders;
  progress_.tags_read = counters.tags_read;
  progress_.tags_owed = counters.tags_owed;
  progress_.unreadable = counters.unreadable;
  progress_.phase = phase;
  const bool reads_tags = phase == ScanPhase::Tags;
  const ScanEstimate estimate = meter_.look(clock_.now(), part_of(phase), reads_tags ? progress_.tags_read : progress_.files, progress_.tags_owed);
  progress_.files_per_second = estimate.files_per_second;
  progress_.percent = estimate.percent;
  progress_.seconds_left = estimate.seconds_left;
}

void ShareService::publish(IndexedShares indexed) {
  indexed_ = std::move(indexed);
  lists_.clear();
  const auto observers = observers_;
  for (Observer* observer : observers) observer->on_snapshot(indexed_.snapshot);
}

void ShareService::tell_progress() {
  const auto observers = observers_;
  for (Observer* observer : observers) observer->on_scan_progress(progress_);
}

void ShareService::add_observer(Observer& observer) { observers_.push_back(&observer); }
void ShareService::remove_observer(Observer& observer) { std::erase(observers_, &observer); }

}  // namespace soulfabric::library

// SPDX-License-Identifier: GPL-3.0-or-later
// Following the shares and reading one file after the other.
#include "verified_service.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

#include "copy_store.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::library {
namespace {

constexpr std::string_view kDatabaseFile = "verified.db";
constexpr auto kRetryAfter = std::chrono::seconds(30);  // files that changed while they were read
constexpr int kRestAfterLook = 10;                      // times as long as the look took, however often the shares change
constexpr auto kLongestRest = std::chrono::minutes(5);
constexpr auto kSpeedEvery = std::chrono::seconds(1);
constexpr std::size_t kMostCopiesTried = 16;            // files of one content
constexpr double kSpeedWeight = 0.3;  // of the newest second

}  // namespace

struct VerifiedService::Mailbox {
  std::mutex mutex;
  VerifiedService* service = nullptr;
  IoContext* context = nullptr;

  /// Any thread.
  static void withdraw(const std::shared_ptr<Mailbox>& box, const CopyPlace& place) {
    const std::scoped_lock lock(box->mutex);
    if (box->service == nullptr) return;
    boost::asio::post(*box->context, [box, place] {
      if (box->service != nullptr) box->service->withdraw(place);
    });
  }
};

VerifiedService::VerifiedService(IoContext& context, IoClock& clock, Shares& shares, VerifiedSettings settings)
    : context_(context),
      clock_(clock),
      shares_(shares),
      settings_(std::move(settings)),
      pace_(std::make_shared<ReadPace>()),
      judge_(std::make_shared<MediaJudge>()),
      mailbox_(std::make_shared<Mailbox>()),
      scope_(context, "verified copies") {
  mailbox_->service = this;
  mailbox_->context = &context_;
  set_pace();
}

VerifiedService::~VerifiedService() {
  pace_->stop();
  const std::scoped_lock lock(mailbox_->mutex);
  mailbox_->service = nullptr;
}

Task<Status> VerifiedService::start() {
  auto opened = co_await serve_workers_.run([file = settings_.data / kDatabaseFile] { return open_copy_store(file); });
  if (!opened) co_return std::unexpected(opened.error());
  db_.emplace(context_, clock_, std::move(*opened));
  auto records = co_await db_->query([](Database& db) { return stored_copies(db); });
  if (!records) co_return std::unexpected(records.error());
  auto kept_private = co_await db_->query([](Database& db) { return stored_private(db); });
  if (!kept_private) co_return std::unexpected(kept_private.error());
  for (CopyRecord& record : *records) book_.load(std::move(record));
  for (auto& [real, shown] : *kept_private) private_.add(std::move(real), std::move(shown));
  co_await read_worker_.run([] { make_thread_idle(); });
  shares_.add_observer(*this);
  scope_.spawn("follow shares", follow_shares());
  scope_.spawn("read files", read_files());
  scope_.spawn("measure", measure());
  co_return Status();
}

Task<void> VerifiedService::stop() {
  shares_.remove_observer(*this);
  pace_->stop();
  co_await scope_.close();
  if (db_) co_await db_->close();
}

void VerifiedService::set_pace() {
  pace_->limit(settings_.bytes_per_second);
  pace_->pause(!may_read());
}

void VerifiedService::configure(const VerifiedSettings& settings) {
  // The folder stays that of the start.
  settings_.enabled = settings.enabled;
  settings_.bytes_per_second = settings.bytes_per_second;
  settings_.media_program = settings.media_program;
  set_pace();
  wake_.notify_all();
}

void VerifiedService::pause(bool paused) {
  paused_ = paused;
  set_pace();
  wake_.notify_all();
}

void VerifiedService::on_snapshot(const std::shared_ptr<const Snapshot>&) {
  wake_.notify_all();
  // What is not offered any more is not served from this moment on.
  tell_change();
}

void VerifiedService::tell_change() {
  const auto listeners = listeners_;
  for (const auto& listener : listeners) listener();
}

Task<void> VerifiedService::follow_shares() {
  for (;;) {
    const std::shared_ptr<const Snapshot> present = shares_.snapshot();
    const auto last = looked_.find(book_.look());
    const bool is_looked_at = last != looked_.end() && last->second == present;
    const MonoTime begin = clock_.now();
    if (!is_looked_at && begin >= next_look_) {
      co_await look_at_shares(present);
      next_look_ = clock_.now() + std::min<Duration>(kRestAfterLook * (clock_.now() - begin), kLongestRest);
      continue;
    }
    if (clock_.now() >= retry_at_) {
      retry_at_ = kNever;
      if (book_.retry() > 0) wake_.notify_all();
    }
    const bool was_woken = co_await wake_.wait(clock_, is_looked_at ? retry_at_ : std::min(retry_at_, next_look_));
    (void)was_woken;
  }
}

Task<void> VerifiedService::look_at_shares(std::shared_ptr<const Snapshot> snapshot) {
  struct Part {
    std::uint32_t next = 0;
    std::vector<SeenCopy> seen;
  };
  book_.begin_look();
  looked_[book_.look()] = snapshot;
  std::uint32_t from = 0;
  while (from < snapshot->folder_count()) {
    Part part = co_await serve_workers_.run([snapshot, from] {
      Part out;
      out.next = look_at(*snapshot, from, out.seen);
      return out;
    });
    from = part.next;
    bool is_changed = false;
    for (const SeenCopy& seen : part.seen) is_changed = book_.see(seen) || is_changed;
    if (is_changed) tell_change();
    wake_.notify_all();
  }
  const std::set<std::string> away = co_await serve_workers_.run([roots = mesh_roots()] { return roots_away(roots); });
  const std::vector<CopyPlace> gone = book_.end_look(away);
  looked_.erase(looked_.begin(), looked_.find(book_.look()));
  for (const CopyPlace& place : gone) {
    db_->submit([place](Database& db) { return forget_copy(db, place); });
  }
  if (!gone.empty()) tell_change();
}

Task<void> VerifiedService::read_files() {
  for (;;) {
    const CopyRecord* record = may_read() ? book_.next() : nullptr;
    if (record != nullptr) {
      co_await read_one(record->place);
      continue;
    }
    const bool was_woken = co_await wake_.wait(clock_, kNever);
    (void)was_woken;
  }
}

Task<void> VerifiedService::read_one(CopyPlace place) {
  is_reading_ = true;
  wake_.notify_all();
  const CopyReading reading = co_await read_worker_.run(
      [place, pace = pace_, judge = judge_, program = settings_.media_program] { return read_copy(place, *pace, *judge, program); });
  is_reading_ = false;
  bytes_read_ += pace_->bytes.exchange(0);
  if (!reading.fault.empty()) {
    if (fault_ != reading.fault) log::warning("library", reading.fault);
    fault_ = reading.fault;
    book_.set_aside(place);
    retry_later();
    co_return;
  }
  if (reading.state == CopyState::Waiting) {
    book_.give_back(place);
    co_return;
  }
  // A file that needed no judge says nothing about the fault.
  if (!audio_extension(place.path).empty()) fault_.clear();
  const CopyRecord* record = book_.finish(place, reading, to_unix_micros(clock_.wall()));
  if (record == nullptr) co_return;  // it left the shares meanwhile
  auto manifest = std::make_shared<const std::optional<Manifest>>(reading.manifest);
  db_->submit([copy = *record, manifest](Database& db) { return store_copy(db, copy, *manifest ? &**manifest : nullptr); });
  if (reading.state == CopyState::Verified) tell_change();
  if (reading.state == CopyState::Changed || reading.state == CopyState::Unreadable) {
    retry_later();
  }
}

void VerifiedService::retry_later() {
  retry_at_ = std::min(retry_at_, clock_.now() + kRetryAfter);
  wake_.notify_all();
}

Task<void> VerifiedService::measure() {
  std::uint64_t before = 0;
  for (;;) {
    if (!is_reading_ && !book_.has_next()) {
      bytes_per_second_ = 0;
      const bool was_woken = co_await wake_.wait(clock_, kNever);
      (void)was_woken;
      continue;
    }
    co_await clock_.sleep_for(kSpeedEvery);
    const std::uint64_t total = bytes_read_ + pace_->bytes;
    const double newest = total > before ? static_cast<double>(total - before) : 0;
    bytes_per_second_ = bytes_per_second_ <= 0 ? newest : bytes_per_second_ * (1 - kSpeedWeight) + newest * kSpeedWeight;
    before = total;
  }
}

void VerifiedService::withdraw(const CopyPlace& place) {
  if (!book_.withdraw(place)) return;
  log::info("library", "A verified file has changed: it is not offered to the mesh before it was read again.");
  db_->submit([place](Database& db) { return forget_copy(db, place); });
  tell_change();
  wake_.notify_all();
}

Task<Result<VerifiedFile>> VerifiedService::open_at(CopyPlace place, FileStamp stamp) {
  auto on_conflict = [box = mailbox_, place] { Mailbox::withdraw(box, place); };
  auto opened = co_await serve_workers_.run([place, stamp, on_conflict] { return open_verified(place, stamp, on_conflict); });
  if (!opened) {
    if (opened.error().code == Errc::Conflict) withdraw(place);
    co_return std::unexpected(opened.error());
  }
  co_return VerifiedFile{std::move(*opened), stamp.size};
}

Task<Result<VerifiedFile>> VerifiedService::open(ContentId id) {
  Error last{Errc::NotFound, "No verified file of this content is offered to the mesh."};
  // Each turn withdraws the one it failed at.
  for (std::size_t turn = 0; turn < kMostCopiesTried; ++turn) {
    const auto served = served_copy(id);
    if (!served) break;
    auto opened = co_await open_at(served->record->place, served->record->stamp);
    if (opened) co_return opened;
    last = opened.error();
    if (last.code != Errc::Conflict) break;
  }
  co_return std::unexpected(last);
}

Task<Result<Manifest>> VerifiedService::manifest(ContentId id) {
  auto opened = co_await open(id);
  if (!opened) co_return std::unexpected(opened.error());
  const auto served = served_copy(id);
  if (!served) co_return fail(Errc::NotFound, "No verified file of this content is offered to the mesh.");
  const CopyRecord record = *served->record;
  auto stored = co_await db_->query([record](Database& db) { return stored_manifest(db, record); });
  if (!stored && stored.error().code == Errc::NotFound) {
    // Not committed yet.
    const Status flushed = co_await db_->flush();
    SF_CO_TRY(flushed);
    stored = co_await db_->query([record](Database& db) { return stored_manifest(db, record); });
  }
  if (!stored && stored.error().code != Errc::Io) withdraw(record.place);
  co_return stored;
}

std::unique_ptr<VerifiedCopies> make_verified_copies(IoContext& context, IoClock& clock, Shares& shares, VerifiedSettings settings) {
  return std::make_unique<VerifiedService>(context, clock, shares, std::move(settings));
}

}  // namespace soulfabric::library

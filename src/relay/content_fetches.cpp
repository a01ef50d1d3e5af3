// SPDX-License-Identifier: GPL-3.0-or-later
// One coroutine for each download: look, fetch, and where the sources are gone look again later.
#include "content_fetches.hpp"

#include <algorithm>

#include "soulfabric/base/log.hpp"
#include "soulfabric/base/timeout.hpp"
#include "stored_fetch.hpp"

namespace soulfabric::relay {
namespace {

using State = swarm::DownloadReport::State;

constexpr std::chrono::milliseconds kTellEvery{100};
constexpr std::size_t kFromCap = 64;
constexpr std::string_view kFolder = "mesh";

bool is_over(State state) { return state == State::Done || state == State::Failed || state == State::Cancelled; }

/// Somebody may come who has it: it is worth waiting.
bool may_come_right(Errc code) {
  return code == Errc::Unavailable || code == Errc::Offline || code == Errc::TimedOut || code == Errc::NotFound || code == Errc::RateLimited ||
         code == Errc::Busy || code == Errc::Closed;
}

}  // namespace

struct ContentFetches::Job {
  ContentFetch shown;
  StoredFetch stored;
  guard::Origin origin = guard::Origin::LocalAutomation;
  bool was_stored = false;  // an earlier run began it
  std::unique_ptr<swarm::Download> download;
  std::set<PeerId> used;  // in the present attempt
  bool cancelled = false;
  bool remove = false;
  bool finishing = false;  // its files are being put away
  std::filesystem::path incomplete;
  std::filesystem::path downloads;
  Notifier wake;
};

ContentFetches::ContentFetches(Dependencies dependencies, ContentFinder& finder, const ContentSettings& settings, FetchPatience patience)
    : deps_(dependencies), finder_(finder), patience_(patience), scope_(dependencies.context, "content fetches") {
  configure(settings);
}

ContentFetches::~ContentFetches() = default;

/// Folders of downloads that are under way stay as they are: a changed folder is for those that begin later.
void ContentFetches::configure(const ContentSettings& settings) {
  incomplete_ = settings.incomplete / kFolder;
  downloads_ = settings.downloads;
}

std::filesystem::path ContentFetches::partial_of(const Job& job) const { return job.incomplete / to_hex(job.stored.sha256); }

std::filesystem::path ContentFetches::state_of(const Job& job) const {
  auto path = partial_of(job);
  path += kStoredFetchEnding;
  return path;
}

ContentFetches::JobPtr ContentFetches::make_job() const {
  const auto job = std::make_shared<Job>();
  job->incomplete = incomplete_;
  job->downloads = downloads_;
  return job;
}

Task<Status> ContentFetches::start() {
  const auto stored = co_await deps_.workers.run([folder = incomplete_] { return read_fetches(folder); });
  for (const auto& one : stored) {
    const auto job = make_job();
    job->stored = one;
    job->was_stored = true;
    job->shown = {one.id, one.name, from_unix_micros(one.asked), {}};
    if (!one.cancelled.value_or(false)) {
      begin(job);
      continue;
    }
    list_cancelled(job);
  }
  co_return Status{};
}

/// Shown so that its part can be removed, or gone on with by asking for the content again.
void ContentFetches::list_cancelled(const JobPtr& job) {
  auto& report = job->shown.report;
  report.want = {job->stored.sha256};
  report.size = job->stored.size;
  report.state = State::Cancelled;
  report.problem = "The download was cancelled; what had come is kept.";
  job->cancelled = true;
  jobs_[job->shown.id] = job;
}

Task<void> ContentFetches::stop() {
  co_await scope_.close();
  jobs_.clear();
}

void ContentFetches::begin(const JobPtr& job) {
  job->shown.report.want = {job->stored.sha256};
  job->shown.report.size = job->stored.size;
  jobs_[job->shown.id] = job;
  scope_.spawn("fetch", run(job));
  changed();
}

Task<Result<std::string>> ContentFetches::fetch(ContentFetchRequest request, guard::Origin origin) {
  if (guard::is_remote(origin) && origin != guard::Origin::RemoteGateway)
    co_return fail(Errc::Forbidden, "Another node cannot make this node download.");
  if (request.name.empty()) request.name = to_hex(request.want.sha256);
  if (!is_file_name(request.name)) co_return fail(Errc::InvalidArgument, "This is no name for a file; give one without a path.");
  if (request.from.size() > kFromCap) co_return fail(Errc::InvalidArgument, "At most 64 nodes can be named for one download.");
  for (auto at = jobs_.begin(); at != jobs_.end();) {
    const bool is_same = at->second->shown.report.want == request.want;
    if (is_same && (at->second->finishing || !is_over(at->second->shown.report.state))) co_return fail(Errc::Exists, "This content is being downloaded already.");
    at = is_same ? jobs_.erase(at) : std::next(at);
  }
  if (jobs_.size() >= kFetches) co_return fail(Errc::Busy, "Too many downloads are listed; remove some that are finished.");
  const auto job = make_job();
  job->origin = origin;
  job->shown = {make_guid(deps_.random), request.name, deps_.clock.wall(), {}};
  job->stored = {1,
                 job->shown.id,
                 request.want.sha256,
                 request.size,
                 std::move(request.name),
                 to_unix_micros(job->shown.asked),
                 std::move(request.from),
                 std::nullopt};
  job->shown.report.want = request.want;
  jobs_[job->shown.id] = job;  // before the first wait: a second one of the same content is refused
  const auto kept = co_await store(job);
  if (!kept) {
    jobs_.erase(job->shown.id);
    co_return std::unexpected(kept.error());
  }
  begin(job);
  co_return job->shown.id;
}

Task<Status> ContentFetches::store(JobPtr job) {
  co_return co_await deps_.workers.run(
      [&files = deps_.files, path = state_of(*job), stored = job->stored] { return write_fetch(files, path, stored); });
}

std::vector<ContentFetch> ContentFetches::list() const {
  std::vector<ContentFetch> out;
  for (const auto& [id, job] : jobs_) {
    if (job->remove) continue;
    ContentFetch shown = job->shown;
    if (job->download) shown.report = job->download->report();
    out.push_back(std::move(shown));
  }
  std::ranges::sort(out, {}, [](const ContentFetch& one) { return std::pair(one.asked, one.id); });
  return out;
}

Status ContentFetches::cancel(const std::string& id, bool remove) {
  const auto found = jobs_.find(id);
  if (found == jobs_.end() || found->second->remove) return fail(Errc::NotFound, "There is no such download.");
  const JobPtr job = found->second;
  job->remove = remove;
  if (is_over(job->shown.report.state)) {
    if (remove) job->finishing = true;
    if (remove) scope_.spawn("remove", finish(job, fail(Errc::Cancelled, "removed")));
    return {};
  }
  job->cancelled = true;
  if (job->download) job->download->cancel();
  job->wake.notify_all();
  changed();
  return {};
}

void ContentFetches::look_again() {
  for (const auto& [id, job] : jobs_) {
    if (!job->download) job->wake.notify_all();
  }
}

/// A kill between the last rename and the end of the state file leaves a download that is there already.
Task<bool> ContentFetches::is_there_already(JobPtr job) {
  if (!job->was_stored) co_return false;
  const auto target = job->downloads / job->stored.name;
  co_return co_await deps_.workers.run([&files = deps_.files, partial = partial_of(*job), target, want = job->stored.sha256] {
    return !files.exists(partial) && files.exists(target) && has_content(files, target, {want});
  });
}

Task<void> ContentFetches::run(JobPtr job) {
  const bool is_there = co_await is_there_already(job);
  if (is_there) job->shown.report.path = job->downloads / job->stored.name;
  Status outcome;
  auto pause = patience_.first_retry;
  while (!is_there) {
    outcome = co_await attempt(job);
    job->origin = guard::Origin::LocalAutomation;  // what the user asked for once goes on by itself
    if (job->cancelled && !outcome) outcome = fail(Errc::Cancelled, "The download was cancelled.");
    if (outcome || !may_come_right(outcome.error().code)) break;
    job->shown.report.state = State::Waiting;
    job->shown.report.problem = outcome.error().message;
    changed();
    co_await job->wake.wait(deps_.clock, deps_.clock.now() + pause);
    pause = std::min(2 * pause, patience_.longest_retry);
    if (job->cancelled) outcome = fail(Errc::Cancelled, "The download was cancelled.");
    if (job->cancelled) break;
  }
  co_await finish(job, std::move(outcome));
}

Task<Status> ContentFetches::add_sources(JobPtr job, bool wide) {
  const auto found = co_await finder_.find({job->stored.sha256}, job->origin, wide);
  std::vector<PeerId> peers = job->stored.from;
  peers.insert(peers.end(), found.begin(), found.end());
  for (const PeerId& peer : peers) {
    if (!job->used.insert(peer).second) continue;
    if (auto source = finder_.source_of(peer, job->origin)) job->download->add(std::move(source));
  }
  if (job->used.empty()) co_return fail(Errc::Unavailable, "No node that can be reached says that it has this content; it is looked for again.");
  co_return Status{};
}

Task<Status> ContentFetches::attempt(JobPtr job) {
  using namespace boost::asio::experimental::awaitable_operators;
  struct Attempt {
    Job& job;
    ~Attempt() {
      if (job.download) job.shown.report = job.download->report();
      job.download.reset();
      job.used.clear();
    }
  };
  swarm::DownloadRequest request;
  request.want = {job->stored.sha256};
  request.size = job->stored.size;
  request.partial = partial_of(*job);
  request.target = job->downloads / job->stored.name;
  const Attempt attempt{*job};
  job->download = finder_.download(std::move(request));
  job->download->on_change([this] { changed(); });
  const auto near = co_await add_sources(job, false);
  if (!near) {
    const auto far = co_await add_sources(job, true);
    if (!far) co_return far;
  }
  if (job->cancelled) co_return fail(Errc::Cancelled, "The download was cancelled.");
  auto either = co_await (download(job) || keep_looking(job));
  if (either.index() == 0) co_return std::get<0>(std::move(either));
  co_return fail(Errc::Cancelled, "The download was ended.");
}

Task<Status> ContentFetches::download(JobPtr job) {
  const auto path = co_await job->download->run();
  if (!path) co_return std::unexpected(path.error());
  co_return Status{};
}

/// Until it is cancelled: at first farther than before, then every now and then.
Task<void> ContentFetches::keep_looking(JobPtr job) {
  co_await add_sources(job, true);
  job->download->no_more_sources();
  for (;;) {
    co_await deps_.clock.sleep_for(patience_.look);
    co_await add_sources(job, true);
  }
}

/// What is finished or given up needs no going on; a partial file stays for whoever asks for the content again, unless it is removed.
Task<void> ContentFetches::finish(JobPtr job, Status outcome) {
  auto& report = job->shown.report;
  job->finishing = true;
  const bool was_over = is_over(report.state) && report.state != State::Failed;
  if (!was_over) {
    report.state = outcome ? State::Done : outcome.error().code == Errc::Cancelled ? State::Cancelled : State::Failed;
    report.problem = outcome ? std::string() : outcome.error().message;
  }
  if (outcome || job->cancelled || job->remove) co_await put_away(job, outcome.has_value());
  job->finishing = false;
  if (job->remove) jobs_.erase(job->shown.id);
  changed();
}

/// What is cancelled stays listed as long as there is a part of it; else nobody would know whose the part is.
Task<void> ContentFetches::put_away(JobPtr job, bool is_done) {
  job->stored.cancelled = true;
  co_await deps_.workers.run([&files = deps_.files, partial = partial_of(*job), state = state_of(*job), stored = job->stored, is_done,
                              remove = job->remove] {
    auto map = partial;
    map += ".map";
    if (!is_done && !remove && files.exists(partial) && write_fetch(files, state, stored)) return;
    (void)files.remove(state);
    if (remove) (void)files.remove(partial);
    if (remove) (void)files.remove(map);
  });
}

void ContentFetches::changed() {
  if (std::exchange(telling_, true)) return;
  if (!scope_.spawn("tell", tell_later())) telling_ = false;
}

Task<void> ContentFetches::tell_later() {
  co_await deps_.clock.sleep_until(told_ == MonoTime::min() ? deps_.clock.now() : told_ + kTellEvery);
  telling_ = false;
  if (scope_.closing()) co_return;
  told_ = deps_.clock.now();
  for (const auto& listener : listeners_) listener();
}

}  // namespace soulfabric::relay

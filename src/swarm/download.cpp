// SPDX-License-Identifier: GPL-3.0-or-later
// One download from outside: sources in, outcome and report out, actions of the scheduler handed on.
#include <boost/asio/this_coro.hpp>

#include "download_impl.hpp"

namespace soulfabric::swarm {
namespace {

constexpr Duration kTellEvery = std::chrono::milliseconds(100);
constexpr std::uint64_t kShareOfHeld = 4;  // of the memory: for proven pieces that wait to be hashed

core::Lost lost_of(const Error& error) {
  if (error.code == Errc::Malformed || error.code == Errc::TooLarge) return core::Lost::Malformed;
  return error.code == Errc::NotFound ? core::Lost::Refused : core::Lost::Gone;
}

Fault fault_of(core::Fault fault) {
  switch (fault) {
    case core::Fault::WrongBytes: return Fault::WrongBytes;
    case core::Fault::FalseRoot: return Fault::FalseRoot;
    case core::Fault::Malformed: return Fault::Malformed;
    case core::Fault::Slow: break;
  }
  return Fault::Slow;
}

core::SourceFacts facts_of(const PieceSource& source) { return {source.prefix(), source.is_reputable(), source.depth()}; }

core::Claim claim_of(const library::Manifest& manifest) {
  core::Claim claim{manifest.size, manifest.piece_length(), manifest.root, manifest.layer};
  if (claim.proofs.empty() && manifest.pieces() == 1) claim.proofs.push_back(manifest.root);
  return claim;
}

}  // namespace

std::string_view name_of(DownloadReport::State state) noexcept {
  switch (state) {
    case DownloadReport::State::Waiting: return "waiting";
    case DownloadReport::State::Running: return "running";
    case DownloadReport::State::Checking: return "checking";
    case DownloadReport::State::Done: return "done";
    case DownloadReport::State::Failed: return "failed";
    case DownloadReport::State::Cancelled: break;
  }
  return "cancelled";
}

std::unique_ptr<Download> make_download(SwarmDependencies dependencies, DownloadRequest request, SwarmSettings settings) {
  return std::make_unique<DownloadImpl>(dependencies, std::move(request), settings);
}

core::Rules DownloadImpl::rules() const {
  core::Rules rules;
  rules.silence = settings_.silence;
  rules.slow_share = settings_.slow_share;
  rules.judge_after = settings_.judge_after;
  rules.sources = settings_.sources;
  rules.memory = settings_.memory - settings_.memory / kShareOfHeld;
  return rules;
}

// ---- sources -------------------------------------------------------------------------------------------------------

void DownloadImpl::add(std::unique_ptr<PieceSource> source) {
  if (!source) return;
  if (!running() || !run_->looked) {
    waiting_.push_back(std::move(source));
    return;
  }
  admit(std::move(source));
  perform();
}

void DownloadImpl::admit(std::unique_ptr<PieceSource> source) {
  const core::SourceId id = ++last_source_;
  core::SourceFacts facts = facts_of(*source);
  Member member;
  member.name = source->name();
  member.peer = source->peer();
  member.source = std::move(source);
  run_->members.emplace(id, std::move(member));
  run_->core.add(id, std::move(facts), deps_.clock.now());
}

void DownloadImpl::no_more_sources() {
  no_more_ = true;
  if (!running() || !run_->looked) return;
  run_->core.no_more_sources(deps_.clock.now());
  perform();
}

Task<void> DownloadImpl::open(core::SourceId id) {
  PieceSource& source = *run_->members.at(id).source;
  const MonoTime deadline = deps_.clock.now() + settings_.open_time;
  auto stated = co_await source.open(request_.want, deadline);
  opened(id, std::move(stated));
}

void DownloadImpl::opened(core::SourceId id, Result<library::Manifest> stated) {
  Member& member = run_->members.at(id);
  const MonoTime now = deps_.clock.now();
  if (stated && stated->id != request_.want) stated = fail(Errc::Malformed, "It answered with another content than it was asked for.");
  if (stated) {
    if (const Status fits = stated->check(); !fits) stated = std::unexpected(fits.error());
  }
  if (stated && request_.size && *request_.size != stated->size) stated = fail(Errc::NotFound, "It states another size than was asked for.");
  if (!stated) {
    member.problem = stated.error().message;
    run_->core.open_failed(id, lost_of(stated.error()), now);
  } else {
    run_->core.describe(id, facts_of(*member.source));  // where it is, for instance, is known only now
    run_->core.opened(id, claim_of(*stated), now);
    const auto group = run_->core.source(id).group;
    if (group && !run_->groups.contains(*group)) run_->groups.emplace(*group, std::make_shared<const library::Manifest>(std::move(*stated)));
  }
  perform();
}

void DownloadImpl::blame(core::SourceId id, core::Fault fault) {
  Member& member = run_->members.at(id);
  if (fault == core::Fault::WrongBytes) member.problem = "It sent bytes that do not fit the root it stated.";
  if (fault == core::Fault::FalseRoot) member.problem = "The root it stated is not the one of this content.";
  if (fault == core::Fault::Slow) member.problem = "It is much slower than the others.";
  member.source->blame(fault_of(fault));
}

void DownloadImpl::let_go(core::SourceId id) {
  Member& member = run_->members.at(id);
  // Every other end has told its reason by now.
  if (run_->core.source(id).state == core::SourceState::Dead && member.problem.empty()) {
    member.problem = "It sent nothing for too long.";
    member.source->blame(Fault::Silent);
  }
  member.source->close();
}

// ---- what the scheduler decided ------------------------------------------------------------------------------------

void DownloadImpl::perform() {
  for (auto actions = run_->core.take(); !actions.empty(); actions = run_->core.take()) {
    for (const core::Action& action : actions) perform_one(action);
  }
  if (run_->core.deadline() < run_->sleeping_until) wake_.notify_all();
}

void DownloadImpl::perform_one(const core::Action& action) {
  TaskScope& scope = run_->scope;
  if (const auto* opening = std::get_if<core::Open>(&action)) scope.spawn("open", open(opening->source));
  if (const auto* asking = std::get_if<core::Fetch>(&action)) {
    const auto child = scope.start("fetch", fetch(asking->source, asking->piece, asking->ticket));
    if (child) run_->children.emplace(asking->ticket, *child);
  }
  if (const auto* giving_up = std::get_if<core::Abandon>(&action)) {
    const auto child = run_->children.extract(giving_up->ticket);
    if (!child.empty()) scope.stop(child.mapped());
  }
  if (const auto* charge = std::get_if<core::Blame>(&action)) blame(charge->source, charge->fault);
  if (const auto* good = std::get_if<core::Praise>(&action)) run_->members.at(good->source).source->praise();
  if (const auto* closing = std::get_if<core::Close>(&action)) let_go(closing->source);
  if (const auto* beginning = std::get_if<core::Prepare>(&action)) begin_group(beginning->group);
  if (std::holds_alternative<core::CheckWhole>(action)) scope.spawn("check", check_whole());
  if (const auto* failing = std::get_if<core::Fail>(&action)) end_with(std::unexpected(failing->error));
}

void DownloadImpl::begin_group(std::size_t group) {
  run_->manifest = run_->groups.at(group);
  run_->whole = std::make_shared<WholeHash>(run_->manifest->size);
  run_->whole->unproven = run_->core.done();
  changed_.notify_all();
  run_->scope.spawn("prepare", prepare());
}

void DownloadImpl::end_with(Result<std::filesystem::path> outcome) {
  if (!running() || run_->outcome) return;
  run_->outcome = std::move(outcome);
  wake_.notify_all();
}

void DownloadImpl::fail_disk(const Error& error) {
  Error told = error;
  if (error.code == Errc::NoSpace)
    told.message = "The disk that holds " + request_.partial.string() + " is full; free some space and try again, what has come is kept.";
  end_with(std::unexpected(std::move(told)));
}

void DownloadImpl::cancel() {
  if (!running()) {
    cancelled_ = true;  // before it has begun: the next run ends at once
    return;
  }
  if (!run_->placing) end_with(fail(Errc::Cancelled, "The download was cancelled; what has come is kept."));
}

// ---- the run -------------------------------------------------------------------------------------------------------

Task<Result<std::filesystem::path>> DownloadImpl::run() {
  if (running()) co_return fail(Errc::Busy, "The download runs already.");
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  run_ = std::make_unique<Run>(deps_, request_, rules());
  problem_.clear();
  state_ = DownloadReport::State::Running;
  if (std::exchange(cancelled_, false)) {
    cancel();
  } else {
    run_->scope.spawn("look", look());
  }
  co_await wait_for_outcome();
  co_await run_->scope.close();
  for (auto& [id, member] : run_->members) member.source->close();
  if (!*run_->outcome && run_->manifest) {
    const Status saved = co_await save();
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    if (!saved && run_->outcome->error().code == Errc::Unavailable) run_->outcome = std::unexpected(saved.error());
  }
  run_->ended = true;
  for (auto& [id, member] : run_->members) member.source.reset();
  run_->spare.clear();
  run_->file.reset();
  auto outcome = *run_->outcome;
  state_ = outcome ? DownloadReport::State::Done : DownloadReport::State::Failed;
  if (!outcome && outcome.error().code == Errc::Cancelled) state_ = DownloadReport::State::Cancelled;
  if (outcome) path_ = *outcome;
  if (!outcome) problem_ = outcome.error().message;
  tell(true);
  co_return outcome;
}

Task<void> DownloadImpl::wait_for_outcome() {
  while (!run_->outcome) {
    const MonoTime now = deps_.clock.now();
    run_->sleeping_until = run_->core.deadline();
    if (run_->core.orders() > 0) run_->sleeping_until = std::min(run_->sleeping_until, now + kTellEvery);
    co_await wake_.wait(deps_.clock, run_->sleeping_until);
    const auto ours = co_await boost::asio::this_coro::cancellation_state;
    if (ours.cancelled() != boost::asio::cancellation_type::none) cancel();
    run_->core.tick(deps_.clock.now());
    perform();
    tell(false);
  }
}

Task<void> DownloadImpl::look() {
  auto found = co_await deps_.workers.run([file = run_->file, want = request_.want, size = request_.size] { return file->look(want, size); });
  if (!found) {
    fail_disk(found.error());
    co_return;
  }
  if (found->placed) {
    end_with(std::move(*found->placed));
    co_return;
  }
  if (found->map) run_->core.keep(core::Kept{found->map->size, found->map->root, std::move(found->map->pieces)});
  run_->looked = true;
  for (auto& source : std::exchange(waiting_, {})) admit(std::move(source));
  if (no_more_) run_->core.no_more_sources(deps_.clock.now());
  perform();
}

// ---- what is told --------------------------------------------------------------------------------------------------

void DownloadImpl::tell(bool now) {
  if (!on_change_) return;
  if (!now && deps_.clock.now() - told_ < kTellEvery) return;
  told_ = deps_.clock.now();
  on_change_();
}

SourceReport DownloadImpl::report_of(core::SourceId id, const Member& member) const {
  const core::Source& source = run_->core.source(id);
  SourceReport out{member.name, "opening", source.bytes, source.pieces, source.meter.rate(deps_.clock.now()), member.problem, member.peer};
  switch (source.state) {
    case core::SourceState::Waiting:
    case core::SourceState::Opening: break;
    case core::SourceState::Ready:
      out.state = run_->core.is_of_other_root(id) ? "other root" : run_->ended ? "done" : source.asked.empty() ? "ready" : "fetching";
      break;
    case core::SourceState::Slow: out.state = "slow"; break;
    case core::SourceState::Dead: out.state = "dead"; break;
    case core::SourceState::Lying: out.state = "lying"; break;
    case core::SourceState::Refused: out.state = "refused"; break;
  }
  if (run_->ended || source.asked.empty()) out.bytes_per_second = 0;
  return out;
}

DownloadReport DownloadImpl::report() const {
  DownloadReport out;
  out.state = state_;
  out.want = request_.want;
  out.size = request_.size;
  out.path = path_;
  out.problem = problem_;
  if (!run_) return out;
  const core::Scheduler& core = run_->core;
  if (running() && core.phase() == core::Scheduler::Phase::Checking) out.state = DownloadReport::State::Checking;
  out.wrong_pieces = core.wrong_pieces();
  if (const core::Claim* claim = core.claim()) {
    out.size = claim->size;
    out.pieces = claim->pieces();
    out.pieces_done = core.done_count();
    out.bytes = core.done_count() * claim->piece_length;
    if (!core.done().empty() && core.done().back()) out.bytes -= claim->piece_length - claim->piece_size(claim->pieces() - 1);
  }
  for (const auto& [id, member] : run_->members) {
    out.sources.push_back(report_of(id, member));
    out.bytes_per_second += out.sources.back().bytes_per_second;
  }
  return out;
}

}  // namespace soulfabric::swarm

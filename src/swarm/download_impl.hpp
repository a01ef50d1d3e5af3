// SPDX-License-Identifier: GPL-3.0-or-later
// The thin shell of one download: performs what the scheduler decides, checks and writes pieces on workers.
#pragma once
#include "core/scheduler.hpp"
#include "piece_file.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/swarm/download.hpp"
#include "whole_hash.hpp"

namespace soulfabric::swarm {

class DownloadImpl final : public Download {
 public:
  DownloadImpl(SwarmDependencies dependencies, DownloadRequest request, SwarmSettings settings)
      : deps_(dependencies), request_(std::move(request)), settings_(settings) {}

  void add(std::unique_ptr<PieceSource> source) override;
  [[nodiscard]] Task<Result<std::filesystem::path>> run() override;
  void no_more_sources() override;
  void cancel() override;
  [[nodiscard]] DownloadReport report() const override;
  void on_change(std::function<void()> callback) override { on_change_ = std::move(callback); }

 private:
  struct Member {
    std::unique_ptr<PieceSource> source;  // none once the run has ended
    std::string name;
    std::string peer;
    std::string problem;
    std::shared_ptr<const library::Manifest> manifest;
  };
  /// One call of `run`; what it decided is still told by `report` after its end.
  struct Run {
    Run(const SwarmDependencies& deps, const DownloadRequest& request, core::Rules rules)
        : scope(deps.context, "swarm"), core(rules), file(std::make_shared<PieceFile>(deps.files, request.partial, request.target)) {}
    TaskScope scope;
    core::Scheduler core;
    std::map<core::SourceId, Member> members;
    std::map<core::Ticket, std::uint64_t> children;  // fetches, in the scope
    std::map<std::size_t, std::shared_ptr<const library::Manifest>> groups;  // by the scheduler's number
    std::shared_ptr<const library::Manifest> manifest;  // the one believed now
    std::shared_ptr<WholeHash> whole;
    std::shared_ptr<PieceFile> file;
    std::optional<Result<std::filesystem::path>> outcome;
    std::vector<Bytes> spare;
    MonoTime sleeping_until{};
    bool looked = false;
    bool placing = false;  // past the point where it can be cancelled
    bool saving = false;
    bool ended = false;
  };
  struct Taken;

  [[nodiscard]] core::Rules rules() const;
  [[nodiscard]] bool running() const noexcept { return run_ && !run_->ended; }
  void admit(std::unique_ptr<PieceSource> source);
  void perform();
  void perform_one(const core::Action& action);
  void blame(core::SourceId id, core::Fault fault);
  void let_go(core::SourceId id);
  void begin_group(std::size_t group);
  void end_with(Result<std::filesystem::path> outcome);
  void fail_disk(const Error& error);
  void tell(bool now);
  [[nodiscard]] Task<void> wait_for_outcome();
  [[nodiscard]] Task<void> look();
  [[nodiscard]] Task<void> open(core::SourceId id);
  void opened(core::SourceId id, Result<library::Manifest> stated);

  // download_pieces.cpp
  [[nodiscard]] Task<void> prepare();
  [[nodiscard]] Task<void> fetch(core::SourceId id, std::uint64_t piece, core::Ticket ticket);
  [[nodiscard]] Task<void> take_in(core::SourceId id, std::uint64_t piece, core::Ticket ticket, Bytes bytes);
  [[nodiscard]] Task<void> hash_along(std::shared_ptr<WholeHash> whole);
  [[nodiscard]] Task<void> hash_held(std::shared_ptr<WholeHash> whole);
  [[nodiscard]] Task<void> hash_from_disk(std::shared_ptr<WholeHash> whole);
  [[nodiscard]] Task<void> check_whole();
  [[nodiscard]] Task<void> place();
  [[nodiscard]] Task<void> find_fault();
  [[nodiscard]] Task<void> save_along();
  [[nodiscard]] Task<Status> save();
  [[nodiscard]] Bytes take_buffer(std::size_t size);
  void give_buffer(Bytes buffer);
  [[nodiscard]] SourceReport report_of(core::SourceId id, const Member& member) const;

  SwarmDependencies deps_;
  DownloadRequest request_;
  SwarmSettings settings_;
  std::function<void()> on_change_;
  std::unique_ptr<Run> run_;
  std::vector<std::unique_ptr<PieceSource>> waiting_;
  Notifier wake_;      // for whoever waits for the outcome
  Notifier changed_;   // a piece is done, or was hashed, or another root is followed
  MonoTime told_{};
  core::SourceId last_source_ = 0;
  DownloadReport::State state_ = DownloadReport::State::Waiting;
  std::filesystem::path path_;
  std::string problem_;
  bool no_more_ = false;
  bool cancelled_ = false;
};

}  // namespace soulfabric::swarm

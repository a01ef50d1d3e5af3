// SPDX-License-Identifier: GPL-3.0-or-later
// Verified copies as one object on the network thread: follows the shares, has files read, answers from memory.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "copy_reader.hpp"
#include "core/copy_book.hpp"
#include "media_judge.hpp"
#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/library/verified.hpp"

namespace soulfabric::library {

class VerifiedService final : public VerifiedCopies, public Shares::Observer {
 public:
  VerifiedService(IoContext& context, IoClock& clock, Shares& shares, VerifiedSettings settings);
  ~VerifiedService() override;

  [[nodiscard]] Task<Status> start() override;
  [[nodiscard]] Task<void> stop() override;
  void configure(const VerifiedSettings& settings) override;
  [[nodiscard]] std::optional<VerifiedCopy> find(const ContentId& id) const override;
  [[nodiscard]] CopyState state_of(const ContentId& id) const override;
  [[nodiscard]] std::vector<ContentId> served() const override;
  [[nodiscard]] ServedPart served_part(std::size_t from, std::size_t most) const override;
  [[nodiscard]] Task<Result<Manifest>> manifest(ContentId id) override;
  [[nodiscard]] Task<Result<VerifiedFile>> open(ContentId id) override;
  [[nodiscard]] Task<Result<CopyStatus>> status_of(std::string virtual_path) override;
  [[nodiscard]] Task<Result<std::vector<CopyStatus>>> status_in(std::string virtual_folder) override;
  [[nodiscard]] Task<Status> check() override;
  [[nodiscard]] HashingProgress progress() const override;
  void pause(bool paused) override;
  [[nodiscard]] Task<Status> set_private(std::string virtual_path, bool is_private) override;
  [[nodiscard]] std::vector<std::string> private_paths() const override { return private_.shown(); }
  void on_change(std::function<void()> callback) override { listeners_.push_back(std::move(callback)); }
  void on_snapshot(const std::shared_ptr<const Snapshot>& snapshot) override;

 private:
  /// Reaches the service from the threads that read its files, as long as it lives.
  struct Mailbox;
  struct Served {
    const CopyRecord* record;
    std::string virtual_path;
  };

  [[nodiscard]] Task<void> follow_shares();
  [[nodiscard]] Task<void> look_at_shares(std::shared_ptr<const Snapshot> snapshot);
  [[nodiscard]] Task<void> read_files();
  [[nodiscard]] Task<void> read_one(CopyPlace place);
  [[nodiscard]] Task<void> measure();
  void withdraw(const CopyPlace& place);
  void tell_change();
  void retry_later();
  [[nodiscard]] bool may_read() const { return settings_.enabled && !paused_; }
  void set_pace();
  /// Where the file is offered to the mesh now, whatever the last look saw.
  [[nodiscard]] std::optional<std::string> offered_as(const CopyRecord& record, const std::set<std::string>& roots) const;
  /// Roots of the shares that are offered to the mesh as configured now, which may be stricter than the last snapshot.
  [[nodiscard]] std::set<std::string> mesh_roots() const;
  [[nodiscard]] std::set<std::string> private_aliases() const;
  [[nodiscard]] std::optional<Served> served_copy(const ContentId& id) const;
  [[nodiscard]] Task<Result<VerifiedFile>> open_at(CopyPlace place, FileStamp stamp);
  [[nodiscard]] CopyStatus status(const Snapshot& snapshot, FileId file, const std::set<std::string>& private_shares) const;

  IoContext& context_;
  IoClock& clock_;
  Shares& shares_;
  VerifiedSettings settings_;
  bool paused_ = false;
  bool is_reading_ = false;
  std::string fault_;
  CopyBook book_;
  PrivatePaths private_;
  /// The snapshots that the records' file numbers belong to: of the look under way or last ended, and of the one before.
  std::map<std::uint64_t, std::shared_ptr<const Snapshot>> looked_;
  std::shared_ptr<ReadPace> pace_;
  std::shared_ptr<MediaJudge> judge_;  // used by the reading thread only
  std::shared_ptr<Mailbox> mailbox_;
  std::optional<DbWriter> db_;
  std::vector<std::function<void()>> listeners_;
  MonoTime retry_at_ = kNever;
  MonoTime next_look_{};
  std::uint64_t bytes_read_ = 0;  // of files that are done
  double bytes_per_second_ = 0;
  Notifier wake_;
  WorkerPool read_worker_{1};
  WorkerPool serve_workers_{2};
  TaskScope scope_;
};

}  // namespace soulfabric::library

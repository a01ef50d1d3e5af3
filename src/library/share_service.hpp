// SPDX-License-Identifier: GPL-3.0-or-later
// The shares as one object on the network thread: decides when to scan what, swaps snapshots, tells observers.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/scan_meter.hpp"
#include "scan_engine.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/library/shares.hpp"

namespace soulfabric::library {

class ShareService final : public Shares {
 public:
  ShareService(IoContext& context, IoClock& clock, SharesSettings settings, std::shared_ptr<const ShareRules> rules);
  ~ShareService() override;

  [[nodiscard]] Task<Status> start() override;
  [[nodiscard]] Task<void> stop() override;
  [[nodiscard]] Status configure(const ShareOptions& options) override;
  [[nodiscard]] std::shared_ptr<const Snapshot> snapshot() const override { return indexed_.snapshot; }
  [[nodiscard]] Status start_scan(bool force) override;
  [[nodiscard]] Status cancel_scan() override;
  [[nodiscard]] const ScanProgress& progress() const override { return progress_; }
  [[nodiscard]] std::vector<ShareInfo> list() const override;
  [[nodiscard]] Task<Result<SharedFileHandle>> open_for_upload(std::string virtual_path, NetworkMask network) override;
  [[nodiscard]] Task<Result<SharedListBody>> shared_list(NetworkMask networks) override;
  [[nodiscard]] Task<Result<MediaTags>> tags_of(std::string virtual_path) override;
  void add_observer(Observer& observer) override;
  void remove_observer(Observer& observer) override;

 private:
  /// What is to be done next, the most thorough first.
  struct Wanted {
    bool full = false;
    bool force = false;
    std::vector<std::int64_t> folders;
  };
  struct KeptList {
    std::shared_ptr<const Snapshot> shows;
    std::optional<SharedListBody> body;
  };

  class ListMaking;

  [[nodiscard]] Task<void> supervise();
  [[nodiscard]] Task<void> follow_changes();
  [[nodiscard]] Task<void> report_progress();
  [[nodiscard]] Task<void> scan_all();
  [[nodiscard]] Task<void> scan_changed();
  [[nodiscard]] Task<Status> bring_up_to_date(std::shared_ptr<const ShareRules> rules, std::vector<ScanRoot> roots);
  [[nodiscard]] Task<Status> reindex(std::shared_ptr<const ShareRules> rules, std::vector<ScanRoot> roots);
  [[nodiscard]] MonoTime settled_at() const;
  void begin_scan();
  void end_scan(const Status& result);
  void refresh_counters();
  void publish(IndexedShares indexed);
  void tell_progress();

  IoContext& context_;
  IoClock& clock_;
  SharesSettings settings_;
  std::shared_ptr<const ShareRules> rules_;
  std::shared_ptr<ScanEngine> engine_;
  IndexedShares indexed_;
  std::vector<ScanRoot> roots_;  // as the last scan found them
  ScanProgress progress_;
  ScanMeter meter_;
  Wanted wanted_;
  bool is_scanning_all_ = false;
  bool is_cancelled_by_user_ = false;
  WatchNews news_;
  MonoTime first_news_ = kNever;
  MonoTime last_news_ = kNever;
  MonoTime next_sweep_ = kNever;
  std::map<NetworkMask, KeptList> lists_;
  std::vector<Observer*> observers_;
  Notifier wake_;
  Notifier scan_ended_;
  Notifier list_made_;
  WorkerPool scan_worker_{1};
  WorkerPool serve_workers_{2};
  TaskScope scope_;
};

}  // namespace soulfabric::library

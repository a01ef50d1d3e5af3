// SPDX-License-Identifier: GPL-3.0-or-later
// Shares that never scan: a folder is listed once into a snapshot. For tests of what uses shares.
#pragma once
#include <filesystem>
#include <memory>

#include "soulfabric/library/shares.hpp"

namespace soulfabric::testing {

class FixedShares final : public library::Shares {
 public:
  /// Every regular file below `root`, shared as `alias`.
  FixedShares(std::string alias, std::filesystem::path root);
  /// Lists the folder again and tells the observers.
  void refresh();

  Task<Status> start() override;
  Task<void> stop() override;
  Status configure(const ShareOptions&) override { return {}; }
  std::shared_ptr<const library::Snapshot> snapshot() const override { return snapshot_; }
  Status start_scan(bool) override;
  Status cancel_scan() override { return fail(Errc::NotFound, "no scan is running"); }
  const library::ScanProgress& progress() const override { return progress_; }
  std::vector<library::ShareInfo> list() const override;
  Task<Result<library::SharedFileHandle>> open_for_upload(std::string virtual_path, library::NetworkMask network) override;
  Task<Result<library::SharedListBody>> shared_list(library::NetworkMask networks) override;
  Task<Result<library::MediaTags>> tags_of(std::string virtual_path) override;
  void add_observer(Observer& observer) override { observers_.push_back(&observer); }
  void remove_observer(Observer& observer) override { std::erase(observers_, &observer); }

 private:
  std::string alias_;
  std::filesystem::path root_;
  std::shared_ptr<const library::Snapshot> snapshot_;
  library::ScanProgress progress_;
  std::vector<Observer*> observers_;
};

}  // namespace soulfabric::testing

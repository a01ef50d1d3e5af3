// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps our provider records in step with what is served, over links and, where the operator wants it, in the DHT. Network thread only.
#pragma once
#include "core/provider_records.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/relay/content.hpp"

namespace soulfabric::relay {

class ContentAnnouncer {
 public:
  ContentAnnouncer(const ContentDependencies& dependencies, const ContentSettings& settings);
  void start();
  [[nodiscard]] Task<void> stop();
  void configure(const ContentSettings& settings);
  /// What is served has changed.
  void look_again();
  /// For a linked peer: our statement where we announce it and still serve it.
  [[nodiscard]] std::optional<mesh::SignedRecord> tell(const library::ContentId& id);
  [[nodiscard]] std::size_t announced() const noexcept { return records_.announced(); }

 private:
  [[nodiscard]] Task<std::vector<library::ContentId>> look_at_served();
  [[nodiscard]] Task<void> choose();
  [[nodiscard]] Task<void> publish();
  [[nodiscard]] bool is_told() const noexcept { return enabled_ && publish_ != mesh::Publish::None; }

  const ContentDependencies& deps_;
  bool enabled_ = true;
  std::size_t most_ = 0;
  mesh::Publish publish_ = mesh::Publish::Linked;
  ProviderRecords records_;
  bool stale_ = true;
  Notifier served_changed_;
  Notifier owed_changed_;
  TaskScope scope_;
};

}  // namespace soulfabric::relay

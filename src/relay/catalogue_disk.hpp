// SPDX-License-Identifier: GPL-3.0-or-later
// The shelf of last good answers: read and written on workers, in one order. Network thread only.
#pragma once
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "core/catalogue_shelf.hpp"
#include "soulfabric/base/io.hpp"
#include "soulfabric/base/task_scope.hpp"
#include "soulfabric/base/worker_pool.hpp"

namespace soulfabric::relay {

class CatalogueDisk {
 public:
  CatalogueDisk(IoContext& context, IoClock& clock, WorkerPool& workers, std::filesystem::path folder, std::uint64_t cap);
  /// Makes the folder and looks what is there. What cannot be done is logged; then nothing is kept.
  [[nodiscard]] Task<void> start();
  /// What waits to be written is written.
  [[nodiscard]] Task<void> stop();
  void resize(std::uint64_t cap);
  [[nodiscard]] bool has(const CatalogueKey& key) const { return shelf_.has(shelf_name(key)); }
  /// Nothing where there is none, or a damaged one (it is deleted).
  [[nodiscard]] Task<std::optional<CatalogueEntry>> read(CatalogueKey key);
  /// Both at once as far as the caller is concerned; the disk follows.
  void write(const CatalogueKey& key, const CatalogueEntry& entry);
  void erase(const CatalogueKey& key);
  void clear();
  [[nodiscard]] std::size_t entries() const noexcept { return shelf_.size(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return shelf_.bytes(); }

 private:
  [[nodiscard]] Task<void> follow();
  void owe(const std::string& name, std::optional<Bytes> content);
  void drop_surplus();
  IoClock& clock_;
  WorkerPool& workers_;
  std::filesystem::path folder_;
  CatalogueShelf shelf_;
  bool ready_ = false;
  bool stopping_ = false;
  bool failed_ = false;                                  // the last write; said once
  std::map<std::string, std::optional<Bytes>> owed_;     // what the file is to hold; nothing: it is to go
  std::deque<std::string> order_;
  Notifier more_;
  TaskScope scope_;
};

}  // namespace soulfabric::relay

// SPDX-License-Identifier: GPL-3.0-or-later
// All transfers as rows: in memory for the network thread, in soulseek.db for the next start. One writer, one row per transfer,
// written at changes of state and never for mere progress.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/soulseek/client.hpp"
#include "transfers/options.hpp"

namespace soulfabric::soulseek {

struct TransferRow {
  Transfer shown;
  std::int64_t seq = 0;
  std::uint64_t synced = 0;   // downloads: bytes of the partial file that were synced; what a resume may trust after a crash
  std::uint64_t written = 0;  // the same as far as this process knows
  std::string target;         // downloads: path below the downloads folder
  std::string moving_to;      // downloads: where the finished file is or was about to be moved
  MonoTime reported{};        // last progress event
  MonoTime began{};           // first byte of the present attempt
  bool remove_when_done = false;
};

class TransferBook {
 public:
  TransferBook(DbWriter& store, IoClock& clock, TransferEvents events) : store_(store), clock_(clock), events_(std::move(events)) {}

  /// Reads all rows that are to be in memory.
  [[nodiscard]] Task<Status> load();
  /// A row in state Requested; not stored yet.
  TransferRow& create(Transfer shown);
  [[nodiscard]] TransferRow* find(const std::string& id);
  [[nodiscard]] const TransferRow* find(const std::string& id) const;
  /// The newest row, not removed, of this file.
  [[nodiscard]] TransferRow* newest(Direction direction, const std::string& user, const std::string& file);
  /// Sets the state and the times that follow from it, stores, tells.
  void set_state(TransferRow& row, TransferState state);
  void store(const TransferRow& row);
  void tell(TransferRow& row);
  /// As `tell`, at most once per interval.
  void tell_progress(TransferRow& row, Duration interval);
  /// Only what is complete: false otherwise.
  bool hide(TransferRow& row);
  void store_batch(const std::string& id, const DownloadRequest& request);
  [[nodiscard]] Task<std::optional<Batch>> batch(std::string id);
  [[nodiscard]] Task<Status> flush() { return store_.flush(); }
  [[nodiscard]] std::vector<Transfer> list(Direction direction, bool include_removed) const;
  [[nodiscard]] std::vector<TransferRow*> unfinished(Direction direction);
  [[nodiscard]] std::vector<TransferRow*> completed(Direction direction);
  [[nodiscard]] const TransferEvents& events() const noexcept { return events_; }

 private:
  using FileKey = std::tuple<Direction, std::string, std::string>;
  TransferRow& insert(std::unique_ptr<TransferRow> row);
  void trim_removed();

  DbWriter& store_;
  IoClock& clock_;
  TransferEvents events_;
  std::int64_t next_seq_ = 1;
  std::map<std::int64_t, std::unique_ptr<TransferRow>> rows_;
  std::unordered_map<std::string, TransferRow*> by_id_;
  std::map<FileKey, TransferRow*> by_file_;
  std::size_t removed_ = 0;
};

}  // namespace soulfabric::soulseek

// SPDX-License-Identifier: GPL-3.0-or-later
// Performs what the download core decides: messages, slots, file connections, files.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/download_core.hpp"
#include "soulfabric/guard/acts.hpp"
#include "transfers/parts.hpp"
#include "transfers/partial_file.hpp"

namespace soulfabric::soulseek {

class Downloads {
 public:
  explicit Downloads(TransferParts& parts) : parts_(parts), core_(parts.options.download) {}

  /// Sets right what the last run left: rows whose file lies finished, partial files that are complete. Queues the rest.
  [[nodiscard]] Task<void> recover();
  /// The housekeeping task: timers of the core. Ends with its scope.
  [[nodiscard]] Task<void> keep_time();
  [[nodiscard]] Task<Result<EnqueueResult>> enqueue(DownloadRequest request, guard::Origin origin);
  bool cancel(TransferRow& row);
  [[nodiscard]] Task<Result<std::uint32_t>> ask_place(std::string id, MonoTime deadline);
  /// After the scope has ended: what lies on disk is safe and known.
  [[nodiscard]] Task<void> settle();

  void on_session(bool logged_in);
  void on_user(const std::string& user, bool online);
  /// "Ready to upload", from a sender found genuine.
  void on_ready(const std::string& user, const std::string& path, std::uint32_t token, std::uint64_t size);
  void on_denied(const std::string& user, const std::string& path, const std::string& reason);
  void on_failed(const std::string& user, const std::string& path);
  void on_place(const std::string& user, const std::string& path, std::uint32_t place);
  /// Takes the connection where its token belongs to a download that waits for it.
  [[nodiscard]] bool expects(const std::string& user, std::uint32_t token) const { return core_.expects(user, token); }
  [[nodiscard]] bool on_file(const std::string& user, std::uint32_t token, std::unique_ptr<net::ByteStream>& stream);
  [[nodiscard]] bool is_active(const std::string& user, const std::string& path) const { return core_.is_active(user, path); }
  void configure();

 private:
  using Permit = guard::Permit<guard::SoulseekDownload>;
  struct Work {
    std::string row_id;
    guard::Origin origin = guard::Origin::UserLocal;
    std::optional<Permit> permit;
    bool acquiring = false;
    std::shared_ptr<OpenStream> open;  // while a task receives
    bool watched = false;
  };
  struct Received {
    core::FileEnd end = core::FileEnd::Closed;
    std::uint64_t gained = 0;
    std::string problem;
  };
  void perform(core::DownloadActions actions);
  void act(const core::SendQueueUpload& action);
  void act(const core::SendPlaceRequest& action);
  void act(const core::SendTransferResponse& action);
  void act(const core::AcquireSlot& action);
  void act(const core::ReleaseFile& action);
  void act(const core::DownloadChanged& action);
  [[nodiscard]] core::DownloadId adopt(TransferRow& row, guard::Origin origin);
  [[nodiscard]] Task<void> request(core::DownloadId id, std::uint32_t epoch, std::string user, std::string path);
  [[nodiscard]] Task<void> acquire(core::DownloadId id);
  [[nodiscard]] Task<void> receive(core::DownloadId id, std::uint32_t epoch, std::shared_ptr<OpenStream> open, std::shared_ptr<OpenStream> before);
  [[nodiscard]] Task<Received> receive_file(core::DownloadId id, TransferRow& row, net::ByteStream& stream);
  [[nodiscard]] Task<Received> receive_bytes(TransferRow& row, net::ByteStream& stream, OpenedPartial partial);
  [[nodiscard]] Task<Status> place_file(TransferRow& row);
  [[nodiscard]] Task<Status> move_to_target(TransferRow& row);
  [[nodiscard]] Task<bool> recover_row(TransferRow& row);
  [[nodiscard]] std::filesystem::path partial_path(const TransferRow& row) const;
  [[nodiscard]] std::optional<std::string> refuse(const DownloadRequest& request, const DownloadFile& file) const;
  TransferRow& make_row(const DownloadRequest& request, const DownloadFile& file, const std::string& batch_id);
  void progress(TransferRow& row, std::uint64_t bytes);
  void unwatch(Work& work, const std::string& user);

  TransferParts& parts_;
  core::DownloadCore core_;
  std::unordered_map<core::DownloadId, Work> work_;
  std::unordered_map<std::string, core::DownloadId> by_row_;
  std::deque<core::DownloadAction> pending_;
  bool performing_ = false;
  Notifier timer_changed_;
  Notifier place_changed_;
  Notifier receive_ended_;
};

}  // namespace soulfabric::soulseek

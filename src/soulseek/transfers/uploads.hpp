// SPDX-License-Identifier: GPL-3.0-or-later
// Uploads: requests of peers admitted or refused, the queue served slot by slot, each file sent by one task.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/upload_core.hpp"
#include "transfers/parts.hpp"
#include "transfers/resident.hpp"

namespace soulfabric::soulseek {

class Uploads {
 public:
  explicit Uploads(TransferParts& parts);

  /// Queues again what was unfinished at the last stop.
  void recover();
  /// The housekeeping task. Ends with its scope.
  [[nodiscard]] Task<void> keep_time();
  bool cancel(TransferRow& row);
  [[nodiscard]] std::optional<std::uint32_t> place_of(const TransferRow& row) const;
  [[nodiscard]] UploadLoad load() const;

  void on_queue_request(const PeerMessageIn& from, const std::string& path);
  void on_legacy_request(const PeerMessageIn& from, std::uint32_t token, const std::string& path);
  void on_response(const std::string& user, std::uint32_t token, bool allowed, const std::string& reason);
  void on_place_request(const std::string& user, const std::string& path);
  void on_user(const std::string& user, const UserStatus& status);
  void set_privileged(const std::string& user, bool privileged);
  void on_session(bool logged_in);
  /// Takes the connection where its token belongs to an upload that waits for one.
  [[nodiscard]] bool on_file(const std::string& user, std::uint32_t token, std::unique_ptr<net::ByteStream>& stream);
  [[nodiscard]] bool expects(const std::string& user, std::uint32_t token) const;
  void configure();

 private:
  struct Answer {
    bool allowed = false;
    std::string reason;
  };
  struct Job {  // one upload that has its slot
    std::string row_id;
    std::uint32_t token = 0;
    std::optional<Answer> answer;
    std::unique_ptr<net::ByteStream> offered;  // the downloader connected to us
    std::shared_ptr<OpenStream> open;
    bool cancelled = false;
    bool wanted_again = false;  // asked for again while under way
    Notifier changed;
  };
  /// How an upload ended, and what the downloader is told.
  struct End {
    TransferState outcome = TransferState::Errored;
    std::string problem;
    enum class Tell : std::uint8_t { Nothing, Failed, Denied } tell = Tell::Nothing;
    std::string_view reason = {};
    bool back_in_queue = false;  // the user is offline
  };
  struct Source {
    std::shared_ptr<File> file;
    FileStamp stamp;
  };
  /// The words of a refusal, nothing where the file is queued now (or was already).
  [[nodiscard]] std::optional<std::string_view> admit(const PeerMessageIn& from, const std::string& path);
  void queue(TransferRow& row);
  void pump();
  void watch(const std::string& user);
  void unwatch_if_done(const std::string& user);
  void ended(core::UploadId id, End end);
  void give_up_absent(MonoTime now);

  [[nodiscard]] Task<void> run(core::UploadId id, std::shared_ptr<Job> job);
  [[nodiscard]] Task<End> perform(TransferRow& row, std::shared_ptr<Job> job);
  [[nodiscard]] Task<std::optional<End>> negotiate(TransferRow& row, std::shared_ptr<Job> job);
  [[nodiscard]] Task<Result<Source>> open_source(TransferRow& row);
  [[nodiscard]] Task<Status> connect(TransferRow& row, std::shared_ptr<Job> job);
  [[nodiscard]] Task<End> send(TransferRow& row, std::shared_ptr<Job> job, Source source);
  [[nodiscard]] Task<Status> send_range(TransferRow& row, net::ByteStream& stream, Source source);
  [[nodiscard]] Task<Status> send_window(net::ByteStream& stream, Source source, std::uint64_t at, std::uint64_t count, bool& by_copy);
  [[nodiscard]] Task<Status> await_close(TransferRow& row, net::ByteStream& stream);
  [[nodiscard]] Task<std::uint64_t> allowance(TransferRow& row, std::uint64_t want, guard::ByteBucket& slot);
  void progress(TransferRow& row, std::uint64_t bytes);

  TransferParts& parts_;
  core::UploadQueue queue_;
  core::DenialMemory denials_;
  std::unordered_map<core::UploadId, std::string> rows_;                    // queued or running: row ids
  std::map<std::pair<std::string, std::string>, core::UploadId> by_file_;  // the same by user and path
  std::unordered_map<core::UploadId, std::shared_ptr<Job>> jobs_;
  std::map<std::pair<std::string, std::uint32_t>, core::UploadId> by_token_;
  std::unordered_map<std::string, std::size_t> files_of_;  // users we watch, and for how many files
  std::unordered_map<std::string, MonoTime> absent_since_;
  std::uint32_t next_token_;
};

}  // namespace soulfabric::soulseek

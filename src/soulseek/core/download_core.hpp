// SPDX-License-Identifier: GPL-3.0-or-later
// Decides about downloads: what to ask of whom and when, what an answer means, when to try again and when to give up.
// Events and `now` come in, actions come out; no sockets, no clock, no disk. Facts: protocol note, sections 9, 10, 19.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "soulfabric/base/clock.hpp"
#include "soulfabric/soulseek/types.hpp"

namespace soulfabric::soulseek::core {

struct DownloadOptions {
  unsigned retry_attempts = 3;  // failures in a row without a byte gained; the one that makes it so many is the last
  Duration retry_delay = std::chrono::seconds(5);  // doubles with each failure in a row
  Duration retry_max_delay = std::chrono::seconds(60);
  Duration place_interval = std::chrono::minutes(5);
  unsigned unanswered_places = 3;  // then the file is requested again: the peer may have forgotten its queue
  Duration accept_wait = std::chrono::seconds(45);   // for the F connection after our yes
  Duration stale_failure = std::chrono::seconds(10);  // an UploadFailed so soon after a repeated request means the attempt before it
  Duration limited_delay = std::chrono::minutes(12);  // "Too many files" while nothing of that user is under way
  unsigned limited_batch = 5;                         // requested again when one file of that user ends
  Duration read_error_delay = std::chrono::minutes(15);
  Duration shutdown_delay = std::chrono::minutes(3);
  Duration overwhelmed_delay = std::chrono::minutes(5);
  unsigned requests_at_once = 64;  // QueueUpload messages on their way
  unsigned places_at_once = 20;    // PlaceInQueueRequest messages per second
  Duration offline_recheck = std::chrono::minutes(10);  // of a user whom the server calls online but gives no address for
};

using DownloadId = std::uint64_t;

enum class DownloadPhase : std::uint8_t {
  Waiting,       // here, see Hold
  Requesting,    // QueueUpload on its way
  Remote,        // in the peer's queue
  Accepting,     // the peer is ready, we wait for a slot
  AwaitingFile,  // accepted, the peer's F connection is to come
  Transferring,
  Done,
};

/// Why a download waits here.
enum class Hold : std::uint8_t {
  None,     // its turn to be requested comes next
  Session,  // we are not logged in
  Offline,  // the user is not
  Limited,  // the peer's limit of queued files
  BackOff,  // until retry_at
  Slots,    // no download slot was free when the peer was ready
};

struct Download {
  std::string user;
  std::string path;       // byte-exact as the user asked for it
  std::string wire_path;  // what is sent; latin-1 after "File not shared."
  std::uint64_t size = 0;
  bool discard_partial = false;  // what lies on disk belongs to another version of the file
  DownloadPhase phase = DownloadPhase::Waiting;
  Hold hold = Hold::None;
  TransferState state = TransferState::Requested;
  std::uint32_t epoch = 0;      // ties late results to the attempt they belong to
  std::uint32_t attempts = 0;   // attempts that failed, for show
  std::uint32_t failures = 0;   // in a row, without a byte gained
  bool latin1_tried = false;
  std::optional<std::uint32_t> token;
  std::optional<std::uint32_t> place;
  std::optional<MonoTime> retry_at;
  std::string problem;  // one sentence; empty while all is well
  MonoTime requested_at{};
  unsigned places_unanswered = 0;
  MonoTime deadline = MonoTime::max();
};

// ---- what the shell is to do; every action names the epoch whose result it reports back
struct SendQueueUpload {
  DownloadId id;
  std::uint32_t epoch;
};
struct SendPlaceRequest {
  DownloadId id;
};
struct SendTransferResponse {
  std::string user;
  std::uint32_t token;
  bool allowed;
  std::string reason;
};
struct AcquireSlot {
  DownloadId id;
  std::uint32_t epoch;
};
struct ReleaseFile {  // closes the F connection and gives the slot back
  DownloadId id;
};
struct DownloadChanged {  // the state row is to be written
  DownloadId id;
};
using DownloadAction = std::variant<SendQueueUpload, SendPlaceRequest, SendTransferResponse, AcquireSlot, ReleaseFile, DownloadChanged>;
using DownloadActions = std::vector<DownloadAction>;

enum class RequestResult : std::uint8_t { Sent, Offline, NoSession, Failed };
enum class FileEnd : std::uint8_t { Complete, Closed, TimedOut, Disk, Dropped };

class DownloadCore {
 public:
  explicit DownloadCore(const DownloadOptions& options) : options_(options) {}
  void configure(const DownloadOptions& options) { options_ = options; }

  /// Nothing where the same file of the same user is under way.
  [[nodiscard]] std::optional<DownloadId> add(std::string user, std::string path, std::uint64_t size, std::uint32_t attempts);
  /// Once its row is stored.
  void begin(DownloadId id, MonoTime now, DownloadActions& out);
  [[nodiscard]] bool is_active(const std::string& user, const std::string& path) const;
  [[nodiscard]] const Download* find(DownloadId id) const;
  /// Only what is Done; forgets it.
  void forget(DownloadId id);
  [[nodiscard]] std::size_t active() const noexcept { return by_file_.size(); }

  void on_session(bool logged_in, MonoTime now, DownloadActions& out);
  void on_user(const std::string& user, bool online, MonoTime now, DownloadActions& out);
  void on_requested(DownloadId id, std::uint32_t epoch, RequestResult result, std::string_view problem, MonoTime now, DownloadActions& out);
  /// "I am ready to upload to you".
  void on_ready(const std::string& user, const std::string& path, std::uint32_t token, std::uint64_t size, DownloadActions& out);
  void on_slot(DownloadId id, std::uint32_t epoch, bool granted, MonoTime now, DownloadActions& out);
  void on_denied(const std::string& user, const std::string& path, std::string_view reason, MonoTime now, DownloadActions& out);
  void on_failed(const std::string& user, const std::string& path, MonoTime now, DownloadActions& out);
  void on_place(const std::string& user, const std::string& path, std::uint32_t place, DownloadActions& out);
  /// The download that an F connection with this token is for; it is Transferring from here on.
  /// Whether a file connection with this token would be taken.
  [[nodiscard]] bool expects(const std::string& user, std::uint32_t token) const;
  [[nodiscard]] std::optional<DownloadId> on_file(const std::string& user, std::uint32_t token, DownloadActions& out);
  /// A new question is on its way.
  void clear_place(DownloadId id) { all_.at(id).place.reset(); }
  /// The shell starts over on disk.
  void partial_discarded(DownloadId id) { all_.at(id).discard_partial = false; }
  /// `gained`: bytes that this connection added.
  void on_file_end(DownloadId id, std::uint32_t epoch, FileEnd end, std::uint64_t gained, std::string_view problem, MonoTime now,
                   DownloadActions& out);
  void cancel(DownloadId id, MonoTime now, DownloadActions& out);
  void on_tick(MonoTime now, DownloadActions& out);
  /// When on_tick has something to do.
  [[nodiscard]] MonoTime next_deadline() const noexcept;

 private:
  struct Peer {
    std::set<DownloadId> downloads;  // not Done
    bool online = true;              // until we hear otherwise
  };
  [[nodiscard]] Download* active_at(const std::string& user, const std::string& path, DownloadId& id);
  void set_deadline(DownloadId id, Download& d, MonoTime at);
  void queue_request(DownloadId id, Download& d, MonoTime now, DownloadActions& out);
  void hold(DownloadId id, Download& d, Hold why, MonoTime until, DownloadActions& out);
  void leave_phase(DownloadId id, Download& d, DownloadActions& out);
  void finish(DownloadId id, Download& d, TransferState outcome, std::string problem, MonoTime now, DownloadActions& out);
  void retry(DownloadId id, Download& d, bool gained, Duration at_least, std::string problem, TransferState last, MonoTime now, DownloadActions& out);
  void pump(MonoTime now, DownloadActions& out);
  void wake_limited(const std::string& user, MonoTime now, DownloadActions& out);
  void wake_slots(MonoTime now, DownloadActions& out);
  void expire(DownloadId id, Download& d, MonoTime now, DownloadActions& out);
  void set_token(DownloadId id, Download& d, std::uint32_t token);
  void show(DownloadId id, Download& d, TransferState state, DownloadActions& out);

  DownloadOptions options_;
  bool logged_in_ = false;
  DownloadId next_id_ = 1;
  std::unordered_map<DownloadId, Download> all_;
  std::map<std::pair<std::string, std::string>, DownloadId> by_file_;        // not Done; by path and by wire path
  std::map<std::pair<std::string, std::uint32_t>, DownloadId> by_token_;     // AwaitingFile and Transferring
  std::unordered_map<std::string, Peer> peers_;
  std::set<std::pair<MonoTime, DownloadId>> deadlines_;
  std::deque<std::pair<DownloadId, std::uint32_t>> ready_;  // to be requested, in order, with their epoch
  std::set<DownloadId> without_slot_;
  unsigned requesting_ = 0;
  unsigned places_in_tick_ = 0;
};

}  // namespace soulfabric::soulseek::core

// SPDX-License-Identifier: GPL-3.0-or-later
// The Soulseek client as the rooms above see it. Network thread only; every call returns at once or is a Task with a deadline.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "soulfabric/base/io.hpp"
#include "soulfabric/guard/origin.hpp"
#include "soulfabric/soulseek/types.hpp"

namespace soulfabric::soulseek {

/// Told on the network thread about every change, after it happened. Keep it quick.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_session_changed() {}
  virtual void on_search_changed(const std::string& /*search_id*/) {}
  /// Responses from index `from` on are new.
  virtual void on_search_responses(const std::string& /*search_id*/, std::size_t /*from*/) {}
  virtual void on_search_removed(const std::string& /*search_id*/) {}
  virtual void on_transfer_changed(const Transfer&) {}
  virtual void on_transfer_removed(const std::string& /*transfer_id*/) {}
  /// A download ended well and lies at its final place.
  virtual void on_download_complete(const Transfer&) {}
  virtual void on_message(const PrivateMessage&) {}
  virtual void on_browse_progress(const std::string& /*username*/, std::uint64_t /*bytes*/, std::uint64_t /*size*/) {}
};

struct SessionInfo {
  SessionState state = SessionState::Disconnected;
  std::string address;  // "host:port" of the present session or attempt; without one, as configured
  bool outdated = false;  // a setting was changed that only the next login takes into use
  std::optional<Endpoint> endpoint;
  std::optional<std::string> username;  // while logged in
  std::optional<IpAddress> own_address;
  std::optional<std::string> problem;  // one sentence: why we are not connected
  bool final = false;                  // no reconnect until the user acts (kicked, wrong password)
  std::optional<WallTime> next_attempt_at;
  std::uint16_t listen_port = 0;  // 0 while not listening
  std::optional<std::string> listen_problem;
  bool privileged = false;
  std::uint32_t privileges_left = 0;  // seconds
  UserStatistics statistics;          // the server's view of us
};

struct DistributedInfo {
  std::int32_t branch_level = 0;
  std::string branch_root;
  bool can_accept_children = false;
  std::uint32_t child_limit = 0;
  std::vector<std::string> children;
  bool has_parent = false;
  bool is_branch_root = false;
  std::optional<std::string> parent;
};

class Session {
 public:
  virtual ~Session() = default;
  [[nodiscard]] virtual SessionInfo info() const = 0;
  [[nodiscard]] virtual DistributedInfo distributed() const = 0;
  /// Starts connecting, or starts over. False where it was already on its way.
  virtual bool connect() = 0;
  virtual void disconnect(std::string reason) = 0;
  /// Holds at once.
  virtual void set_listen(Endpoint at) = 0;
  /// Waits until logged in or final failure or the deadline.
  [[nodiscard]] virtual Task<Status> wait_logged_in(MonoTime deadline) = 0;
};

struct SearchRequest {
  std::optional<std::string> id;  // GUID chosen by the caller
  std::string text;
  std::uint32_t file_limit = 25000;
  bool filter_responses = true;
  std::uint32_t maximum_peer_queue_length = UINT32_MAX;
  std::uint32_t minimum_peer_upload_speed = 0;
  std::uint32_t minimum_response_file_count = 1;
  std::uint32_t response_limit = 250;
  Duration timeout = std::chrono::seconds(15);  // of silence: restarts at each accepted response
};

enum class SearchOutcome : std::uint8_t { Running, TimedOut, ResponseLimitReached, FileLimitReached, Cancelled, Errored };

struct Search {
  std::string id;
  std::string text;
  std::uint32_t token = 0;
  SearchOutcome outcome = SearchOutcome::Running;
  std::optional<std::uint32_t> queue_place;  // 1-based, while it waits for its turn
  std::optional<std::string> problem;
  WallTime started_at{};
  std::optional<WallTime> ended_at;
  std::uint32_t file_count = 0;
  std::uint32_t locked_file_count = 0;
  std::uint32_t response_count = 0;
};

class Searches {
 public:
  virtual ~Searches() = default;
  /// Errors: InvalidArgument (text), Conflict (id exists), Unavailable (not logged in).
  [[nodiscard]] virtual Result<Search> start(SearchRequest request, guard::Origin origin) = 0;
  [[nodiscard]] virtual std::vector<Search> list() const = 0;  // oldest first
  [[nodiscard]] virtual std::optional<Search> find(const std::string& id) const = 0;
  /// Append-only while running. Loads a finished search from the store. NotFound.
  [[nodiscard]] virtual Task<Result<std::vector<SearchResponse>>> responses(std::string id, std::size_t from) = 0;
  virtual bool cancel(const std::string& id) = 0;
  virtual bool remove(const std::string& id) = 0;
};

struct DownloadFile {
  std::string filename;
  std::uint64_t size = 0;
};

struct BatchOptions {
  std::optional<std::string> destination;  // relative to the downloads folder
  std::optional<std::string> external_id;
};

struct DownloadRequest {
  std::string username;
  std::vector<DownloadFile> files;
  std::optional<std::string> batch_id;
  std::optional<std::string> search_id;
  BatchOptions options;
};

/// Downloads that were asked for together.
struct Batch {
  std::string id;
  std::string username;
  std::optional<std::string> search_id;
  BatchOptions options;
  WallTime created_at{};
};

struct EnqueueFailure {
  std::string filename;
  std::string message;
};

struct EnqueueResult {
  std::vector<Transfer> enqueued;
  std::vector<EnqueueFailure> failed;
};

class Transfers {
 public:
  virtual ~Transfers() = default;
  /// Rows are written before this returns. Errors: InvalidArgument (empty, a ".." segment).
  [[nodiscard]] virtual Task<Result<EnqueueResult>> enqueue(DownloadRequest request, guard::Origin origin) = 0;
  /// In order of request.
  [[nodiscard]] virtual std::vector<Transfer> list(Direction direction, bool include_removed) const = 0;
  [[nodiscard]] virtual std::optional<Transfer> find(const std::string& id) const = 0;
  /// What was asked for under `DownloadRequest::batch_id`; nothing for an unknown id. Its transfers are those that name it.
  [[nodiscard]] virtual Task<std::optional<Batch>> batch(std::string id) = 0;
  /// Cancels if active; with `remove`, hides the row as soon as it is terminal. False for an unknown id.
  virtual bool cancel(const std::string& id, bool remove) = 0;
  /// Hides every completed row of one direction.
  virtual void remove_completed(Direction direction) = 0;
  /// Asks the peer. Errors: NotFound, Offline, TimedOut.
  [[nodiscard]] virtual Task<Result<std::uint32_t>> place_in_queue(std::string id, MonoTime deadline) = 0;
};

/// Counts for /metrics and for answers to peers.
struct UploadLoad {
  std::uint32_t slots = 0;
  std::uint32_t used = 0;
  std::uint32_t queued = 0;
};

struct BrowseStatus {
  std::string username;
  std::uint64_t bytes_transferred = 0;
  std::uint64_t size = 0;
  bool done = false;
  std::optional<Error> problem;
};

struct BrowseFolderEntry {
  std::string path;
  std::string name;
  std::uint32_t file_count = 0;
  std::uint32_t folder_count = 0;
};

template <class T>
struct Page {
  std::uint64_t total = 0;
  std::vector<T> items;
};

class Users {
 public:
  virtual ~Users() = default;
  /// Errors of all: Offline (the user is not there), TimedOut, Unavailable (we are not logged in).
  [[nodiscard]] virtual Task<Result<UserInfo>> info(std::string username, MonoTime deadline) = 0;
  [[nodiscard]] virtual Task<Result<UserStatus>> status(std::string username, MonoTime deadline) = 0;
  [[nodiscard]] virtual Task<Result<Endpoint>> endpoint(std::string username, MonoTime deadline) = 0;
  [[nodiscard]] virtual Task<Result<std::vector<RemoteFolder>>> folder(std::string username, std::string folder, MonoTime deadline) = 0;
  /// Fetches the whole list to disk, or joins a fetch under way.
  [[nodiscard]] virtual Task<Status> browse(std::string username, guard::Origin origin, MonoTime deadline) = 0;
  /// Starts the same in the background; progress through observers.
  virtual void start_browse(const std::string& username, guard::Origin origin) = 0;
  [[nodiscard]] virtual std::optional<BrowseStatus> browse_status(const std::string& username) const = 0;
  /// Pages of a fetched list, children of `parent` (empty: the top). NotFound where none was fetched.
  [[nodiscard]] virtual Task<Result<Page<BrowseFolderEntry>>> browsed_folders(std::string username, std::string parent, std::uint64_t offset, std::uint32_t limit) = 0;
  [[nodiscard]] virtual Task<Result<Page<RemoteFile>>> browsed_files(std::string username, std::string folder, std::uint64_t offset, std::uint32_t limit) = 0;
  /// All folders with files from index `offset` of the list on, for the whole-list answer that slskd clients ask for.
  [[nodiscard]] virtual Task<Result<Page<RemoteFolder>>> browsed_list(std::string username, bool locked, std::uint64_t offset, std::uint32_t limit) = 0;
};

struct Conversation {
  std::string username;
  bool active = true;
  std::uint32_t unacknowledged = 0;
};

class Chat {
 public:
  virtual ~Chat() = default;
  [[nodiscard]] virtual Task<Result<std::vector<Conversation>>> conversations(bool include_inactive) = 0;
  [[nodiscard]] virtual Task<Result<std::vector<PrivateMessage>>> messages(std::string username) = 0;  // oldest first
  [[nodiscard]] virtual Task<Status> send(std::string username, std::string text) = 0;
  [[nodiscard]] virtual Task<bool> acknowledge(std::string username, std::optional<std::uint32_t> id) = 0;  // shown to the user
  [[nodiscard]] virtual Task<bool> close(std::string username) = 0;
};

class Client {
 public:
  virtual ~Client() = default;
  virtual Session& session() = 0;
  virtual Searches& searches() = 0;
  virtual Transfers& transfers() = 0;
  virtual Users& users() = 0;
  virtual Chat& chat() = 0;
  virtual void subscribe(Observer& observer) = 0;
  virtual void unsubscribe(Observer& observer) = 0;
};

}  // namespace soulfabric::soulseek

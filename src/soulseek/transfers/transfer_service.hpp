// SPDX-License-Identifier: GPL-3.0-or-later
// Downloads and uploads as the rest of the client sees them: the face, and what the session feeds in.
// Network thread only. Put together by the client; `start` before the first login, `stop` before anything it refers to dies.
#pragma once
#include <memory>
#include <string>

#include "ports.hpp"
#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/guard/acquire.hpp"
#include "soulfabric/soulseek/client.hpp"
#include "transfers/options.hpp"

namespace soulfabric::soulseek {

/// Everything outlives the service.
struct TransferDeps {
  IoContext& context;
  IoClock& clock;
  Random& random;
  ServerPort& server;
  PeerPort& peers;
  const SharedFiles& shares;
  guard::CourtesyDesk& courtesy;
  WorkerPool& workers;
  DbWriter& store;  // soulseek.db, opened with kSoulseekMigrations
  FileLayer& files;
};

class TransferService final : public Transfers {
 public:
  TransferService(const TransferDeps& deps, TransferOptions options, TransferEvents events);
  ~TransferService() override;
  TransferService(const TransferService&) = delete;
  TransferService& operator=(const TransferService&) = delete;

  /// Reads the rows, sets right what a stop or a crash left half done, queues everything unfinished again.
  [[nodiscard]] Task<Status> start();
  /// Ends all connections, keeps unfinished transfers for the next start, waits until all is stored.
  [[nodiscard]] Task<void> stop();

  // ---- what the client feeds in --------------------------------------------------------------------------------
  /// P messages of codes 40, 41, 42, 43, 44, 46, 50, 51, 52. True where the code is one of these.
  bool on_peer_message(const PeerMessageIn& message);
  /// An F connection that somebody opened to us (directly or through the server).
  void on_file_connection(FileConnection connection);
  /// Of watched users, at each news and once after watching.
  void on_user_status(const std::string& user, const UserStatus& status);
  /// After login (users are watched again by the session), and when the connection to the server is gone.
  void on_session(bool logged_in);
  /// Names whose uploads go first beside those whose status says so (PrivilegedUsers of the server).
  void set_privileged(const std::string& user, bool privileged);
  void set_options(TransferOptions options);

  /// Slots and queue as a user would see them now: what search answers and user info say.
  [[nodiscard]] UploadLoad upload_load() const;
  /// Bytes moved since the start, for metrics.
  [[nodiscard]] std::uint64_t bytes_downloaded() const noexcept;
  [[nodiscard]] std::uint64_t bytes_uploaded() const noexcept;

  // ---- Transfers -----------------------------------------------------------------------------------------------
  [[nodiscard]] Task<Result<EnqueueResult>> enqueue(DownloadRequest request, guard::Origin origin) override;
  [[nodiscard]] std::vector<Transfer> list(Direction direction, bool include_removed) const override;
  [[nodiscard]] std::optional<Transfer> find(const std::string& id) const override;
  [[nodiscard]] Task<std::optional<Batch>> batch(std::string id) override;
  bool cancel(const std::string& id, bool remove) override;
  void remove_completed(Direction direction) override;
  [[nodiscard]] Task<Result<std::uint32_t>> place_in_queue(std::string id, MonoTime deadline) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace soulfabric::soulseek

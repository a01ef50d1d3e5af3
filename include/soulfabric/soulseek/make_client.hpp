// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the Soulseek client together. Network thread only.
#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "soulfabric/base/options.hpp"
#include "soulfabric/soulseek/client.hpp"

namespace soulfabric {
class DbWriter;
class FileLayer;
class Random;
class WorkerPool;
namespace guard {
class CourtesyDesk;
}
namespace library {
class Shares;
}
namespace net {
class Dialer;
}
}  // namespace soulfabric

namespace soulfabric::soulseek {

/// All outlive the client.
struct ClientDependencies {
  IoContext& context;
  IoClock& clock;
  Random& random;
  net::Dialer& dialer;
  guard::CourtesyDesk& courtesy;
  library::Shares& shares;
  WorkerPool& workers;
  DbWriter& store;  // soulseek.db, opened with client_migrations()
  FileLayer& files;
  std::filesystem::path browse_folder;  // where fetched share lists are kept while the program runs
};

/// Counts for /metrics; no name or address in any of them.
struct ClientCounts {
  std::uint64_t searches_received = 0;
  std::uint64_t searches_answered = 0;
  std::uint64_t searches_dropped = 0;
  std::uint64_t bytes_downloaded = 0;
  std::uint64_t bytes_uploaded = 0;
  std::uint32_t peer_links = 0;
  UploadLoad uploads;
};

class RunningClient : public Client {
 public:
  /// Reads the stored state; then, where the options say so, listens and connects.
  [[nodiscard]] virtual Task<Status> start() = 0;
  /// Ends every connection, keeps what is unfinished for the next start.
  [[nodiscard]] virtual Task<void> stop() = 0;
  /// What can change while running: limits, texts, listen port, credentials (for the next connect).
  virtual void configure(const Options& options) = 0;
  [[nodiscard]] virtual ClientCounts counts() const = 0;
};

[[nodiscard]] std::unique_ptr<RunningClient> make_client(const ClientDependencies& dependencies, const Options& options, const std::filesystem::path& app_dir);
/// The tables of soulseek.db, in order.
[[nodiscard]] std::span<const std::string_view> client_migrations();

}  // namespace soulfabric::soulseek

// SPDX-License-Identifier: GPL-3.0-or-later
// A server and any number of clients in one process, over loopback.
#pragma once
#include <filesystem>
#include <map>
#include <memory>

#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/base/random.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/guard/acquire.hpp"
#include "soulfabric/net/tcp.hpp"
#include "soulfabric/soulseek/make_client.hpp"
#include "soulfabric/soulseek/server.hpp"
#include "support/fixed_shares.hpp"

namespace soulfabric::testing {

/// One client with everything it needs.
class Peer {
 public:
  Peer(IoContext& context, IoClock& clock, const std::filesystem::path& folder, std::uint16_t server_port, const std::string& name, Options options);
  /// Starts and waits for the login.
  [[nodiscard]] Task<void> start();
  /// Starts without waiting.
  [[nodiscard]] Task<void> begin();
  [[nodiscard]] Task<void> stop();
  [[nodiscard]] library::Shares& present_shares() { return scanned_ ? *scanned_ : static_cast<library::Shares&>(*shares_); }
  [[nodiscard]] std::filesystem::path share() const { return folder_ / "share"; }
  [[nodiscard]] std::filesystem::path downloads() const { return folder_ / "downloads"; }
  [[nodiscard]] const Options& options() const { return options_; }

  soulseek::RunningClient& client() { return *client_; }
  guard::Guard& guard() { return *guard_; }
  /// Where the options name no folders to share: share() is, and is never scanned again by itself.
  FixedShares& shares() { return *shares_; }

 private:
  [[nodiscard]] Task<void> scan();
  IoContext& context_;
  IoClock& clock_;
  std::filesystem::path folder_;
  Options options_;
  SystemRandom random_;
  SystemFiles files_;
  WorkerPool workers_{2};
  std::unique_ptr<net::Dialer> dialer_;
  std::unique_ptr<guard::Guard> guard_;
  std::unique_ptr<guard::CourtesyDesk> desk_;
  std::unique_ptr<DbWriter> store_;
  std::unique_ptr<FixedShares> shares_;
  std::unique_ptr<library::Shares> scanned_;  // of the folders that the options name, instead
  std::unique_ptr<soulseek::RunningClient> client_;
};

/// A folder that goes with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Writes a file with `size` bytes that depend on `seed`.
void write_noise(const std::filesystem::path& file, std::size_t size, std::uint64_t seed);
[[nodiscard]] Bytes content_of(const std::filesystem::path& file);

/// Waits until `condition` holds, looking after every turn of the loop that changed something; false after `limit`.
template <class Condition>
[[nodiscard]] Task<bool> eventually(IoClock& clock, Condition condition, Duration limit = std::chrono::seconds(20)) {
  const auto deadline = clock.now() + limit;
  while (!condition()) {
    if (clock.now() >= deadline) co_return false;
    co_await clock.sleep_for(std::chrono::milliseconds(5));
  }
  co_return true;
}

}  // namespace soulfabric::testing

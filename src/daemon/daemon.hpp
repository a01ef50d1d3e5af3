// SPDX-License-Identifier: GPL-3.0-or-later
// The whole program put together: what exists, in which order it starts and stops, who outlives whom. Network thread only.
#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "blacklist_source.hpp"
#include "config_control.hpp"
#include "mesh_house.hpp"
#include "relay_house.hpp"
#include "soulfabric/base/db_writer.hpp"
#include "soulfabric/base/files.hpp"
#include "soulfabric/gateway/gateway.hpp"
#include "soulfabric/guard/acquire.hpp"
#include "soulfabric/library/shares.hpp"
#include "soulfabric/net/tcp.hpp"
#include "soulfabric/soulseek/make_client.hpp"

namespace soulfabric::daemon {

class Daemon {
 public:
  /// `context` is run by the caller, on one thread. `on_stop` is called once when the program is to end.
  Daemon(IoContext& context, Configured configured, std::function<void(bool restart)> on_stop);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  /// Folders, databases, guard; then the web page answers; then shares and Soulseek. One sentence when it cannot be.
  [[nodiscard]] Task<Status> start();
  [[nodiscard]] Task<void> stop();
  /// Reads the configuration file again.
  void reload();
  [[nodiscard]] gateway::Gateway& gateway() { return *gateway_; }
  [[nodiscard]] bool is_ready() const;

 private:
  [[nodiscard]] Status check_folders();
  [[nodiscard]] Status open_stores();
  [[nodiscard]] Status make_parts();
  [[nodiscard]] Task<Status> start_parts();
  [[nodiscard]] Task<void> check_databases();
  [[nodiscard]] Task<void> reload_now();
  [[nodiscard]] Task<void> house_loop();
  [[nodiscard]] Task<void> watch_config();
  [[nodiscard]] Task<void> renew_blacklist();
  [[nodiscard]] Status take_blacklist(Result<LoadedBlacklist> loaded);
  [[nodiscard]] Status make_relays();
  void make_mesh();
  [[nodiscard]] Task<void> renew_mesh();
  void trust(const Options& options);
  void apply(const Options& options, const std::vector<OptionChange>& changes);
  [[nodiscard]] std::vector<gateway::ReadyPart> readiness() const;

  IoContext& context_;
  SystemIoClock clock_;
  SystemRandom random_;
  SystemFiles files_;
  WorkerPool workers_;
  std::filesystem::path app_dir_;
  ConfigControl config_;
  std::unique_ptr<net::Dialer> dialer_;
  std::unique_ptr<guard::Guard> guard_;
  std::unique_ptr<guard::CourtesyDesk> desk_;
  std::vector<guard::Subject> named_;    // peers that the configuration names
  std::vector<guard::Subject> trusted_;  // protected because the configuration says so
  std::unique_ptr<DbWriter> guard_store_;
  std::unique_ptr<DbWriter> soulseek_store_;
  std::unique_ptr<DbWriter> mesh_store_;
  std::unique_ptr<library::Shares> shares_;
  std::unique_ptr<soulseek::RunningClient> client_;
  std::unique_ptr<RelayHouse> relays_;
  std::unique_ptr<MeshHouse> mesh_;
  std::unique_ptr<gateway::Gateway> gateway_;
  bool unclean_ = false;
  bool shares_started_ = false;
  bool client_started_ = false;
  bool stopping_ = false;
  TaskScope scope_;
};

}  // namespace soulfabric::daemon

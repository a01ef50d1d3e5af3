// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration while the program runs: where it comes from, what is in force, what waits for a restart.
// Network thread only; the file is read and written on a worker.
#pragma once
#include <functional>

#include "soulfabric/base/options_loader.hpp"
#include "soulfabric/base/worker_pool.hpp"
#include "soulfabric/gateway/gateway.hpp"

namespace soulfabric::daemon {

/// Everything that decided about the options at the start.
struct Configured {
  AppPaths paths;
  OptionSources sources;
  Options options;
  std::vector<std::string> warnings;
  std::string stand_in;  // base URL of a demo's own catalogue (security rule S23); empty: none
};

/// Environment, configuration file (written as a commented example where missing) and command line. Blocking; at start-up.
[[nodiscard]] Result<Configured> read_configuration(const std::vector<std::string>& arguments);

class ConfigControl final : public gateway::Configuration {
 public:
  /// `apply` takes new options into use; called with what changed.
  using Apply = std::function<void(const Options& options, const std::vector<OptionChange>& changes)>;
  using Stop = std::function<void(bool restart)>;
  ConfigControl(Configured configured, WorkerPool& workers, Apply apply, Stop stop);

  [[nodiscard]] const Options& current() const noexcept { return configured_.options; }
  [[nodiscard]] const AppPaths& paths() const noexcept { return configured_.paths; }
  [[nodiscard]] const std::string& stand_in() const noexcept { return configured_.stand_in; }
  /// Reads the file again and applies what changed; a file with faults is refused and the options stay.
  [[nodiscard]] Task<Status> reload();

  [[nodiscard]] Options options() const override { return configured_.options; }
  [[nodiscard]] Options startup_options() const override { return startup_; }
  [[nodiscard]] std::filesystem::path yaml_file() const override { return configured_.paths.config; }
  [[nodiscard]] Task<Result<std::string>> read_yaml() override;
  [[nodiscard]] std::optional<std::string> validate_yaml(const std::string& text) const override;
  [[nodiscard]] Task<Status> write_yaml(std::string text) override;
  [[nodiscard]] Status patch(const gateway::ListenPatch& patch) override;
  [[nodiscard]] bool pending_restart() const override { return pending_restart_; }
  void request_restart() override { stop_(true); }
  void request_shutdown() override { stop_(false); }

 private:
  [[nodiscard]] Status take(const OptionSources& sources);

  Configured configured_;
  Options startup_;
  WorkerPool& workers_;
  Apply apply_;
  Stop stop_;
  bool pending_restart_ = false;
};

}  // namespace soulfabric::daemon

// SPDX-License-Identifier: GPL-3.0-or-later
// Reading, checking and applying the configuration.
#include "config_control.hpp"

#include <unistd.h>

#include <algorithm>

#include "soulfabric/base/files.hpp"
#include "soulfabric/base/log.hpp"

namespace soulfabric::daemon {
namespace {

std::map<std::string, std::string> environment_of_process() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

}  // namespace

Result<Configured> read_configuration(const std::vector<std::string>& arguments) {
  Configured out;
  out.sources.environment = environment_of_process();
  SF_TRY_ASSIGN(out.sources.command_line, parse_command_line(arguments));
  SF_TRY_ASSIGN(out.paths, find_app_paths(out.sources.environment, out.sources.command_line));
  std::error_code code;
  std::filesystem::create_directories(out.paths.app_dir, code);
  if (code) return std::unexpected(error_from_errno(code.value(), "the app folder " + out.paths.app_dir.string() + " cannot be made, choose another with --app-dir"));
  if (!std::filesystem::exists(out.paths.config)) {
    if (out.sources.command_line.config) {
      return fail(Errc::NotFound, "the configuration file " + out.paths.config.string() + " does not exist, check --config");
    }
    SF_TRY(write_whole(out.paths.config, bytes_of(example_config()), 0600));
  }
  SF_TRY_ASSIGN(const Bytes yaml, read_whole(out.paths.config, kConfigFileCap));
  out.sources.yaml = std::string(text_of(yaml));
  out.sources.yaml_name = out.paths.config.string();
  SF_TRY_ASSIGN(LoadedOptions loaded, load_options(out.sources));
  out.options = std::move(loaded.options);
  out.warnings = std::move(loaded.warnings);
  return out;
}

ConfigControl::ConfigControl(Configured configured, WorkerPool& workers, Apply apply, Stop stop)
    : configured_(std::move(configured)), startup_(configured_.options), workers_(workers), apply_(std::move(apply)), stop_(std::move(stop)) {}

Task<Result<std::string>> ConfigControl::read_yaml() {
  auto content = co_await workers_.run([file = configured_.paths.config] { return read_whole(file, kConfigFileCap); });
  if (!content) co_return std::unexpected(content.error());
  co_return std::string(text_of(*content));
}

Status ConfigControl::take(const OptionSources& sources) {
  SF_TRY_ASSIGN(LoadedOptions loaded, load_options(sources));
  const auto changes = changed_options(configured_.options, loaded.options);
  configured_.sources = sources;
  configured_.options = std::move(loaded.options);
  for (const auto& change : changes) pending_restart_ = pending_restart_ || change.effect == Effect::Restart;
  for (const auto& warning : loaded.warnings) {
    if (std::find(configured_.warnings.begin(), configured_.warnings.end(), warning) == configured_.warnings.end()) log::warning("configuration", warning);
  }
  configured_.warnings = std::move(loaded.warnings);
  if (!changes.empty()) apply_(configured_.options, changes);
  return {};
}

Task<Status> ConfigControl::reload() {
  auto text = co_await read_yaml();
  if (!text) co_return std::unexpected(text.error());
  OptionSources sources = configured_.sources;
  sources.yaml = std::move(*text);
  if (sources.yaml == configured_.sources.yaml) co_return Status{};
  auto taken = take(sources);
  if (!taken) log::error("configuration", "the changed file is refused and the old settings stay in force: " + taken.error().message);
  if (taken) log::info("configuration", "the changed file is in force");
  co_return taken;
}

std::optional<std::string> ConfigControl::validate_yaml(const std::string& text) const {
  OptionSources sources = configured_.sources;
  sources.yaml = text;
  const auto loaded = load_options(sources);
  if (loaded) return std::nullopt;
  return loaded.error().message;
}

Task<Status> ConfigControl::write_yaml(std::string text) {
  if (const auto fault = validate_yaml(text)) co_return fail(Errc::InvalidArgument, *fault);
  const auto before = co_await read_yaml();
  if (!before) co_return std::unexpected(before.error());
  const auto restricted = restricted_changes(*before, text);
  if (!restricted) co_return std::unexpected(restricted.error());
  if (!restricted->empty()) co_return fail(Errc::Forbidden, "the key " + restricted->front() + " may not be changed over HTTP, edit the file " + yaml_file().string());
  const auto file = configured_.paths.config;
  auto written = co_await workers_.run([file, old = *before, text]() -> Status {
    SF_TRY(write_whole(file.string() + ".bak", bytes_of(old), 0600));
    return write_whole(file, bytes_of(text), 0600);
  });
  if (!written) co_return written;
  auto reloaded = co_await reload();
  co_return reloaded;
}

Status ConfigControl::patch(const gateway::ListenPatch& patch) {
  OptionSources sources = configured_.sources;
  const auto set = [&](const std::string& key, const std::string& value) {
    std::erase_if(sources.overlay, [&](const auto& entry) { return entry.first == key; });
    sources.overlay.emplace_back(key, value);
  };
  if (patch.listen_port) set("soulseek.listen_port", std::to_string(*patch.listen_port));
  if (patch.listen_address) set("soulseek.listen_ip_address", *patch.listen_address);
  return take(sources);
}

}  // namespace soulfabric::daemon

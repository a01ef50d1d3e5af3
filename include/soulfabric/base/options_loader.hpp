// SPDX-License-Identifier: GPL-3.0-or-later
// From defaults, environment, YAML, command line and run-time overlay to Options, and back to a tree. Pure functions:
// files and the process environment are read by the caller.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "soulfabric/base/config_node.hpp"
#include "soulfabric/base/error.hpp"
#include "soulfabric/base/options.hpp"

namespace soulfabric {

/// Largest configuration file that is read.
inline constexpr std::size_t kConfigFileCap = 1024 * 1024;

struct CommandLine {
  std::optional<std::string> app_dir{};                         // -a, --app-dir
  std::optional<std::string> config{};                          // -c, --config
  bool help = false;                                            // -h, --help
  bool version = false;                                         // -v, --version
  bool envars = false;                                          // -e, --envars
  std::optional<int> generate_secret{};                         // -k N, --generate-secret N: 16..255
  std::vector<std::pair<std::string, std::string>> settings{};  // dotted key -> text; a repeated flag adds to a list
};

struct OptionSources {
  std::map<std::string, std::string> environment{};  // with the SLSKD_ prefix; other names are ignored
  std::string yaml{};
  std::string yaml_name = "soulfabric.yml";  // for messages
  CommandLine command_line{};
  std::vector<std::pair<std::string, std::string>> overlay{};  // dotted key -> text, set while running; wins over all
};

struct LoadedOptions {
  Options options;
  std::vector<std::string> warnings;  // one sentence each: unknown keys, keys without effect, keys at an old place
};

/// Where things lie. `app_dir` default: $XDG_DATA_HOME or ~/.local/share, then soulfabric.
struct AppPaths {
  std::filesystem::path app_dir{};
  std::filesystem::path config{};  // soulfabric.yml, or slskd.yml where only that exists
};

/// `arguments` without program name and subcommand. An unknown flag is an error that names it.
[[nodiscard]] Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments);
[[nodiscard]] Result<AppPaths> find_app_paths(const std::map<std::string, std::string>& environment, const CommandLine& command_line);
/// An error's message has one sentence per line, each with key, place and remedy.
[[nodiscard]] Result<LoadedOptions> load_options(const OptionSources& sources);
/// The whole effective tree with camelCase keys as slskd shows it, secrets as "*****".
[[nodiscard]] ConfigNode render_options(const Options& options);

/// What a change of a setting asks for.
enum class Effect { Live, Reconnect, Restart };
struct OptionChange {
  std::string key;  // dotted, as in YAML
  Effect effect = Effect::Live;
};
/// Ordered by key of the schema.
[[nodiscard]] std::vector<OptionChange> changed_options(const Options& before, const Options& after);
/// Dotted keys that a configuration put over HTTP would change and may not (security rule S21): web, directories,
/// shares.directories, relay, forwards, mesh.peers, integrations.scripts. Malformed where `after` is not YAML.
[[nodiscard]] Result<std::vector<std::string>> restricted_changes(std::string_view yaml_before, std::string_view yaml_after);
/// Whether a PATCH of this dotted key must be refused for the same reason.
[[nodiscard]] bool is_restricted_key(std::string_view dotted_key);

/// The commented example written where no configuration file exists.
[[nodiscard]] std::string_view example_config();
/// One line per environment variable: name, kind, default, meaning.
[[nodiscard]] std::string environment_help();
[[nodiscard]] std::string command_line_help();

}  // namespace soulfabric

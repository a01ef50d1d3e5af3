// SPDX-License-Identifier: GPL-3.0-or-later
// Flags of the daemon: the program's own, and one per setting that slskd has a flag for.
#include <map>

#include "config/schema.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric {
namespace {

using config::Setting;

constexpr int kShortestSecret = 16;
constexpr int kLongestSecret = 255;

const Setting* setting_of_flag(std::string_view flag) {
  for (const Setting& setting : config::settings())
    if (!setting.flag.empty() && setting.flag == flag) return &setting;
  return nullptr;
}

const Setting* setting_of_letter(char letter) {
  for (const Setting& setting : config::settings())
    if (setting.letter == letter && letter != 0) return &setting;
  return nullptr;
}

std::optional<int> secret_length(std::string_view text) {
  const auto number = parse_u64(text);
  if (!number || *number < kShortestSecret || *number > kLongestSecret) return std::nullopt;
  return static_cast<int>(*number);
}

struct Argument {
  std::string name;  // "--flag" or "-x", as typed
  std::optional<std::string> value;
};

Argument split_argument(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (!text.starts_with("--") || equals == std::string::npos) return {text, std::nullopt};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

bool switch_own(const std::string& name, CommandLine& out) {
  if (name == "-h" || name == "--help") return out.help = true;
  if (name == "-v" || name == "--version") return out.version = true;
  if (name == "-e" || name == "--envars") return out.envars = true;
  return false;
}

std::unexpected<Error> missing_value(const std::string& name) {
  return fail(Errc::InvalidArgument, name + " stands without a value; write it after the flag.");
}

}  // namespace

Result<CommandLine> parse_command_line(const std::vector<std::string>& arguments) {
  CommandLine out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Argument argument = split_argument(arguments[i]);
    const std::string& name = argument.name;
    if (switch_own(name, out)) continue;
    const bool own_path = name == "-a" || name == "--app-dir" || name == "-c" || name == "--config";
    const bool secret = name == "--generate-secret";
    // -k is both: a number asks for a secret of that length, anything else is an API key.
    const bool either = name == "-k";
    const Setting* setting = nullptr;
    if (name.starts_with("--"))
      setting = setting_of_flag(std::string_view(name).substr(2));
    else if (name.size() == 2 && name[0] == '-')
      setting = setting_of_letter(name[1]);
    if (!own_path && !secret && !either && setting == nullptr)
      return fail(Errc::InvalidArgument,
                  "\"" + arguments[i].substr(0, 80) + "\" is no flag that is known here; soulfabric daemon --help lists them.");
    if (setting != nullptr && setting->is_switch()) {
      out.settings.emplace_back(setting->key, argument.value.value_or("true"));
      continue;
    }
    if (!argument.value && i + 1 >= arguments.size()) return missing_value(name);
    const std::string value = argument.value ? *argument.value : arguments[++i];
    if (name == "-a" || name == "--app-dir")
      out.app_dir = value;
    else if (name == "-c" || name == "--config")
      out.config = value;
    else if (secret || (either && secret_length(value))) {
      out.generate_secret = secret_length(value);
      if (!out.generate_secret) return fail(Errc::InvalidArgument, name + " needs a length; give a number from 16 to 255.");
    } else
      out.settings.emplace_back(either ? "web.authentication.api_key" : setting->key, value);
  }
  return out;
}

Result<AppPaths> find_app_paths(const std::map<std::string, std::string>& environment, const CommandLine& command_line) {
  const auto variable = [&](const char* name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    if (found == environment.end() || found->second.empty()) return std::nullopt;
    return found->second;
  };
  AppPaths paths;
  if (command_line.app_dir)
    paths.app_dir = *command_line.app_dir;
  else if (const auto given = variable("SLSKD_APP_DIR"))
    paths.app_dir = *given;
  else if (const auto data = variable("XDG_DATA_HOME"))
    paths.app_dir = std::filesystem::path(*data) / "soulfabric";
  else if (const auto home = variable("HOME"))
    paths.app_dir = std::filesystem::path(*home) / ".local/share/soulfabric";
  else
    return fail(Errc::InvalidArgument, "There is no place for the data: HOME is not set; give --app-dir.");
  std::error_code failed;
  paths.app_dir = std::filesystem::absolute(paths.app_dir, failed).lexically_normal();
  if (failed) return fail(Errc::InvalidArgument, "The application folder cannot be made absolute; give --app-dir with an absolute path.");
  if (command_line.config)
    paths.config = *command_line.config;
  else if (const auto given = variable("SLSKD_CONFIG"))
    paths.config = *given;
  else {
    paths.config = paths.app_dir / "soulfabric.yml";
    const auto older = paths.app_dir / "slskd.yml";
    if (!std::filesystem::exists(paths.config, failed) && std::filesystem::exists(older, failed)) paths.config = older;
  }
  paths.config = std::filesystem::absolute(paths.config, failed).lexically_normal();
  return paths;
}

}  // namespace soulfabric

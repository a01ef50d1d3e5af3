// SPDX-License-Identifier: GPL-3.0-or-later
// What the table of settings says about itself: the example file, the lists of variables and flags, the table of the guide.
#include <algorithm>
#include <utility>

#include "config/schema.hpp"
#include "config/schema_text.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric {
namespace config {
namespace {

Field default_field(const Setting& setting, Options& options) { return setting.at(options, "name"); }

std::string kind_of(const Setting& setting) {
  if (setting.is_inert()) return "";
  Options options;
  const Field field = default_field(setting, options);
  if (!setting.choices.empty()) {
    std::string out;
    for (const std::string_view choice : split(setting.choices, '|')) out += (out.empty() ? "" : ", ") + std::string(choice);
    return out;
  }
  if (std::holds_alternative<bool*>(field)) return "true, false";
  if (std::holds_alternative<std::vector<std::string>*>(field) || std::holds_alternative<std::vector<ShareDirectory>*>(field))
    return setting.comma_list ? "a,b" : "list";
  if (std::holds_alternative<std::string*>(field)) return "text";
  return setting.most == std::numeric_limits<int>::max() ? "number >= " + std::to_string(setting.least)
                                                         : std::to_string(setting.least) + " to " + std::to_string(setting.most);
}

std::string meaning_of(const Setting& setting) {
  return std::string(setting.meaning) + (setting.has_effect ? "" : " (no effect in this version)");
}

}  // namespace

std::string default_text(const Setting& setting) {
  if (setting.is_inert()) return setting.inert_default;
  Options options;
  const Field field = default_field(setting, options);
  std::string text = text_of_field(field);
  if (text == std::to_string(kUnlimited) && std::holds_alternative<int*>(field)) return "~";
  if (std::holds_alternative<std::vector<ShareDirectory>*>(field)) return "[]";
  if (std::holds_alternative<std::vector<std::string>*>(field)) {
    if (!text.empty()) text.pop_back();  // each item ends its line
    const std::string between = setting.comma_list ? "," : ", ";
    std::string line;
    for (const char c : text) line += c == '\n' ? between : std::string(1, c);
    if (!setting.comma_list) return "[" + line + "]";
    return line.empty() ? "~" : line;
  }
  return text.empty() ? "~" : text;
}

std::string make_example() {
  std::string out =
      "# SPDX-License-Identifier: GPL-3.0-or-later\n"
      "# Settings of soulfabric with their defaults. Take the \"# \" away in front of what you change, and of the sections around it.\n"
      "# Files of slskd work too. Most changes take effect when the file is saved; (restart) and (reconnect) say what else is needed.\n\n";
  std::vector<std::string> open;
  for (const Setting& setting : settings()) {
    if (setting.is_inert()) continue;
    std::vector<std::string> path;
    for (const std::string_view part : split(setting.key, '.')) path.emplace_back(part == "*" ? "name" : part);
    std::size_t same = 0;
    while (same < open.size() && same + 1 < path.size() && open[same] == path[same]) ++same;
    for (std::size_t depth = same; depth + 1 < path.size(); ++depth) out += "# " + std::string(2 * depth, ' ') + path[depth] + ":\n";
    // A named entry comes into being with its first value, so its lines state none.
    std::string value = setting.key.find('*') == std::string::npos ? default_text(setting) : "~";
    const bool needs_quotes = !value.starts_with('[') && value != "~" && value.find_first_of("$:{}#,*") != std::string::npos;
    if (needs_quotes) value = "'" + value + "'";
    out += "# " + std::string(2 * (path.size() - 1), ' ') + path.back() + ": " + value + "  # ";
    if (setting.effect == Effect::Restart) out += "(restart) ";
    if (setting.effect == Effect::Reconnect) out += "(reconnect) ";
    out += meaning_of(setting) + "\n";
    open.assign(path.begin(), path.end() - 1);
  }
  return out;
}

std::string make_settings_table() {
  std::string out = "| key | variable `SLSKD_...` | flag | values | default | meaning |\n|---|---|---|---|---|---|\n";
  const auto cell = [](std::string text) {
    std::string escaped;
    for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
    return escaped;
  };
  for (const Setting& setting : settings()) {
    if (setting.is_inert()) continue;
    std::string key = setting.key;
    if (const std::size_t star = key.find('*'); star != std::string::npos) key.replace(star, 1, "<name>");
    std::string flag = setting.flag.empty() ? "" : "`--" + std::string(setting.flag) + "`";
    if (setting.letter != 0) flag += std::string(" `-") + setting.letter + "`";
    const std::string variable = setting.env.empty() ? "" : "`" + std::string(setting.env.substr(0, setting.env.find('|'))) + "`";
    const std::string value = default_text(setting);
    std::string mark;
    if (setting.effect == Effect::Restart) mark = " **R**";
    if (setting.effect == Effect::Reconnect) mark = " **C**";
    out += "| `" + key + "`" + mark + " | " + variable + " | " + flag + " | " + cell(kind_of(setting)) + " | " +
           (value == "~" ? "" : "`" + cell(value) + "`") + " | " + cell(meaning_of(setting)) + " |\n";
  }
  return out;
}

}  // namespace config

std::string_view example_config() {
  static const std::string text = config::make_example();
  return text;
}

std::string environment_help() {
  std::string out;
  for (const config::Setting& setting : config::settings()) {
    if (setting.env.empty() || setting.is_inert()) continue;
    out += "SLSKD_" + std::string(setting.env.substr(0, setting.env.find('|'))) + "\n    " + std::string(setting.meaning) + " [" +
           setting.key + ", default " + (setting.secret ? std::string("none") : config::default_text(setting)) + "]\n";
  }
  return out;
}

std::string command_line_help() {
  std::string out =
      "  -a, --app-dir DIR            where everything is kept\n"
      "  -c, --config FILE            configuration file\n"
      "  -e, --envars                 list environment variables\n"
      "  -h, --help                   this text\n"
      "  -v, --version                version\n"
      "  -k, --generate-secret N      print a random secret of N characters (16 to 255)\n";
  for (const config::Setting& setting : config::settings()) {
    if (setting.flag.empty() || setting.is_inert()) continue;
    std::string left = setting.letter != 0 ? std::string("  -") + setting.letter + ", " : std::string("      ");
    left += "--" + std::string(setting.flag) + (setting.is_switch() ? "" : " VALUE");
    if (left.size() < 31)
      left.resize(31, ' ');
    else
      left += "\n" + std::string(31, ' ');
    out += left + std::string(setting.meaning) + "\n";
  }
  return out;
}

}  // namespace soulfabric

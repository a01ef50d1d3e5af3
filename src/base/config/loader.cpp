// SPDX-License-Identifier: GPL-3.0-or-later
// Defaults < environment < YAML < command line < overlay: each source writes over the ones before it.
#include <algorithm>
#include <map>
#include <set>

#include "config/assign.hpp"
#include "config/yaml_tree.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric {
namespace {

using namespace config;

constexpr std::string_view kPrefix = "SLSKD_";

std::string join(const std::vector<std::string>& segments) {
  std::string out;
  for (const std::string& segment : segments) out += (out.empty() ? "" : ".") + segment;
  return out;
}

std::vector<std::string> split_key(std::string_view key) {
  std::vector<std::string> out;
  for (const std::string_view part : split(key, '.')) out.emplace_back(part);
  return out;
}

// ---- environment -------------------------------------------------------------------------------------------------

void apply_environment(const std::map<std::string, std::string>& environment, Options& options, Findings& findings) {
  // Read by the start-up code, or by a container's own scripts.
  std::set<std::string, std::less<>> known{"SLSKD_APP_DIR", "SLSKD_CONFIG", "SLSKD_UMASK"};
  for (const Setting& setting : settings()) {
    if (setting.env.empty()) continue;
    for (const std::string_view variable : split(setting.env, '|')) {
      const std::string name = std::string(kPrefix) + std::string(variable);
      known.insert(name);
      const auto found = environment.find(name);
      if (found == environment.end() || is_unset(found->second)) continue;
      const Target target{options, findings, setting, {}, name};
      const Field field = setting.is_inert() ? Field{static_cast<bool*>(nullptr)} : setting.at(options, {});
      const bool is_list =
          std::holds_alternative<std::vector<std::string>*>(field) || std::holds_alternative<std::vector<ShareDirectory>*>(field);
      if (!is_list || setting.comma_list) {
        assign_text(target, found->second);
        continue;
      }
      std::vector<std::string> items;
      for (const std::string_view item : split(found->second, ';')) items.emplace_back(trim(item));
      assign_list(target, items);
    }
  }
  if (const auto found = environment.find("NO_COLOR"); found != environment.end() && !found->second.empty()) options.logger.no_color = true;
  for (const auto& [name, value] : environment)
    if (name.starts_with(kPrefix) && !known.contains(name))
      findings.warn(name + " is no variable that is known here and has no effect; soulfabric daemon --envars lists them.");
}

// ---- YAML --------------------------------------------------------------------------------------------------------

class YamlReader {
 public:
  YamlReader(Options& options, Findings& findings, std::string_view file) : options_(options), findings_(findings), file_(file) {}

  void read(const YamlNode& root) {
    if (root.kind == YamlNode::Kind::Map)
      visit(root, {});
    else if (root.kind != YamlNode::Kind::Null)
      findings_.problem(where(root), "the file", "it is no list of settings", "begin with a line such as \"soulseek:\"");
  }

 private:
  [[nodiscard]] std::string where(const YamlNode& node) const { return file_ + " line " + std::to_string(node.line); }

  void visit(const YamlNode& map, const std::vector<std::string>& path) {
    std::set<std::string> stated;
    for (const YamlNode::Entry& entry : map.entries) {
      std::vector<std::string> below = path;
      below.push_back(entry.key);
      if (!stated.insert(normal_segment(entry.key)).second)
        findings_.warn(where(entry.node) + ": " + join(below) + " is stated twice; the last one holds.");
      visit_entry(entry.node, below);
    }
  }

  void visit_entry(const YamlNode& node, const std::vector<std::string>& written) {
    std::vector<std::string> path = written;
    const std::string as_written = join(written);
    if (map_old_place(path))
      findings_.warn(file_ + ": the section \"" + written.front() + "\" of older files is still read; please move it to \"" + path.front() +
                     "\".");
    std::string normal;
    for (const std::string& segment : path) normal += (normal.empty() ? "" : ".") + normal_segment(segment);
    if (const auto match = find_setting(path)) {
      assign(node, {options_, findings_, *match->setting, match->name, where(node)});
    } else if (is_section(path) || is_partly_old(path)) {
      // Inner keys keep their old path, so that each finds its own new place.
      if (node.kind == YamlNode::Kind::Map)
        visit(node, written);
      else if (node.kind == YamlNode::Kind::List || !is_unset(node.text))
        findings_.problem(where(node), as_written, "a value stands where settings belong",
                          "put the settings below it, two spaces further in");
    } else if (is_inert_tree(normal)) {
      if (has_content(node)) findings_.warn(where(node) + ": " + as_written + " is known and has no effect in this version.");
    } else {
      findings_.warn(where(node) + ": " + as_written + " is no setting that is known here and has no effect; check its spelling.");
    }
  }

  /// A section of older files of which only inner keys have a new place.
  static bool is_partly_old(const std::vector<std::string>& path) {
    const std::string first = normal_segment(path.front());
    return first == "permissions" && path.size() <= 2;
  }

  static bool has_content(const YamlNode& node) {
    switch (node.kind) {
      case YamlNode::Kind::Null: return false;
      case YamlNode::Kind::Scalar: return !is_unset(node.text) && parse_bool(node.text) != false;
      case YamlNode::Kind::List: return !node.items.empty();
      case YamlNode::Kind::Map:
        return std::ranges::any_of(node.entries, [](const YamlNode::Entry& entry) { return has_content(entry.node); });
    }
    return false;
  }

  void assign(const YamlNode& node, const Target& target) {
    switch (node.kind) {
      case YamlNode::Kind::Null: return;
      case YamlNode::Kind::Scalar: return assign_text(target, node.text);
      case YamlNode::Kind::Map:
        if (target.setting.is_inert())
          return findings_.warn(target.where + ": " + target.key() + " is known and has no effect in this version.");
        return findings_.problem(target.where, target.key(), "settings stand where a value belongs", "give a value");
      case YamlNode::Kind::List: break;
    }
    if (target.setting.key == "shares.directories") return assign_shares(node, target);
    std::vector<std::string> items;
    for (const YamlNode& item : node.items) {
      if (item.kind == YamlNode::Kind::Map || item.kind == YamlNode::Kind::List)
        return findings_.problem(where(item), target.key(), "an item is no plain text",
                                 "give one text per line after \"- \" (in quotes where it begins with [, { or !)");
      items.push_back(item.text);
    }
    assign_list(target, items);
  }

  void assign_shares(const YamlNode& list, const Target& target) {
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      const YamlNode& item = list.items[i];
      const Target here{target.options, target.findings, target.setting, target.name, where(item)};
      if (item.kind == YamlNode::Kind::Map) {
        assign_share_map(item, here, i);
      } else if (item.kind == YamlNode::Kind::List) {
        findings_.problem(where(item), target.key(), "an item begins with [", "put it in quotes, as in '[Music]/srv/music'");
      } else if (!is_unset(item.text)) {
        const auto share = parse_share(item.text);
        if (share)
          assign_share(here, i, *share);
        else
          findings_.problem(where(item), target.key(), "\"" + item.text.substr(0, 80) + "\" cannot be shared", share.error().message);
      }
    }
  }

  void assign_share_map(const YamlNode& map, const Target& target, std::size_t index) {
    ShareDirectory share;
    std::string path;
    std::string alias;
    bool good = true;
    for (const YamlNode::Entry& entry : map.entries) {
      const std::string key = normal_segment(entry.key);
      if (key == "path")
        path = entry.node.text;
      else if (key == "alias")
        alias = is_unset(entry.node.text) ? std::string() : entry.node.text;
      else if (key == "private")
        share.is_private = parse_bool(entry.node.text).value_or(false);
      else if (key == "networks")
        good = read_networks(entry.node, target, share) && good;
      else
        findings_.warn(where(entry.node) + ": " + target.key() + "." + entry.key +
                       " is no setting that is known here and has no effect; check its spelling.");
    }
    const auto parsed = parse_share(alias.empty() ? path : "[" + alias + "]" + path);
    if (!parsed)
      return findings_.problem(target.where, target.key(), "\"" + path.substr(0, 80) + "\" cannot be shared", parsed.error().message);
    share.path = parsed->path;
    share.alias = parsed->alias;
    share.excluded = parsed->excluded;
    if (good) assign_share(target, index, share);
  }

  bool read_networks(const YamlNode& node, const Target& target, ShareDirectory& share) {
    share.soulseek = share.mesh = false;
    std::vector<std::string> names;
    for (const YamlNode& item : node.items) names.push_back(item.text);
    if (node.kind == YamlNode::Kind::Scalar) names.push_back(node.text);
    for (const std::string& name : names) {
      const std::string lower = ascii_lower(trim(name));
      if (lower == "soulseek")
        share.soulseek = true;
      else if (lower == "mesh")
        share.mesh = true;
      else {
        findings_.problem(where(node), target.key() + ".networks", "\"" + name.substr(0, 80) + "\" is no network",
                          "give soulseek, mesh or both");
        return false;
      }
    }
    return true;
  }

  Options& options_;
  Findings& findings_;
  std::string file_;
};

// ---- command line and overlay ------------------------------------------------------------------------------------

void apply_pairs(const std::vector<std::pair<std::string, std::string>>& pairs, std::string_view source, Options& options,
                 Findings& findings) {
  std::vector<std::string> order;
  std::map<std::string, std::vector<std::string>> values;
  for (const auto& [key, text] : pairs) {
    if (!values.contains(key)) order.push_back(key);
    values[key].push_back(text);
  }
  for (const std::string& key : order) {
    std::vector<std::string> segments = split_key(key);
    (void)map_old_place(segments);
    const auto match = find_setting(segments);
    if (!match) {
      findings.problem(std::string(source), key, "it is no setting that is known here", "check its spelling");
      continue;
    }
    const std::string where =
        match->setting->flag.empty() ? std::string(source) : std::string(source) + " --" + std::string(match->setting->flag);
    const Target target{options, findings, *match->setting, match->name, where};
    const std::vector<std::string>& texts = values[key];
    if (texts.size() == 1)
      assign_text(target, texts.front());
    else if (match->setting->is_inert() || std::holds_alternative<std::vector<std::string>*>(match->setting->at(options, match->name)) ||
             std::holds_alternative<std::vector<ShareDirectory>*>(match->setting->at(options, match->name)))
      assign_list(target, texts);
    else
      assign_text(target, texts.back());
  }
}

// ---- what only the whole can tell --------------------------------------------------------------------------------

void check_whole(const Options& options, std::string_view file, Findings& findings) {
  std::set<std::string> aliases;
  for (const ShareDirectory& share : options.shares.directories) {
    if (share.excluded) continue;
    const std::string alias = share.alias.empty() ? share.path.substr(share.path.rfind('/') + 1) : share.alias;
    if (!aliases.insert(to_lower(alias)).second)
      findings.problem(std::string(file), "shares.directories", "two folders have the name \"" + alias.substr(0, 80) + "\"",
                       "give one of them an alias, as in [Other]" + share.path.substr(0, 80));
  }
  if (options.transfers.download.retry.max_delay < options.transfers.download.retry.delay)
    findings.problem(std::string(file), "transfers.download.retry.max_delay", "it is below transfers.download.retry.delay",
                     "make it larger");
  if (options.blacklist.enabled && options.blacklist.file.empty())
    findings.problem(std::string(file), "blacklist.file", "it is missing while blacklist.enabled is on", "name the file");
  for (const auto& [name, key] : options.web.authentication.api_keys)
    if (key.key.empty())
      findings.problem(std::string(file), "web.authentication.api_keys." + name + ".key", "it is missing", "give 16 to 255 characters");
}

/// Settings that are kept and shown but obeyed by nothing are named where the user gave them a value of their own.
void warn_of_idle(const Options& options, Findings& findings) {
  Options own = options;
  Options defaults;
  for (const Setting& setting : settings()) {
    if (setting.has_effect || setting.is_inert()) continue;
    for (const std::string& name : names_in(options, setting))
      if (text_of_field(setting.at(own, name)) != text_of_field(setting.at(defaults, name)))
        findings.warn(key_with_name(setting, name) + " is read and has no effect in this version.");
  }
}

}  // namespace

Result<LoadedOptions> load_options(const OptionSources& sources) {
  LoadedOptions loaded;
  Findings findings;
  apply_environment(sources.environment, loaded.options, findings);
  auto tree = parse_yaml(sources.yaml, sources.yaml_name);
  if (!tree) return std::unexpected(std::move(tree).error());
  YamlReader(loaded.options, findings, sources.yaml_name).read(*tree);
  apply_pairs(sources.command_line.settings, "command line", loaded.options, findings);
  apply_pairs(sources.overlay, "change at run time", loaded.options, findings);
  check_whole(loaded.options, sources.yaml_name, findings);
  if (!findings.problems().empty()) {
    std::string message;
    for (const std::string& problem : findings.problems()) message += (message.empty() ? "" : "\n") + problem;
    return fail(Errc::InvalidArgument, std::move(message));
  }
  warn_of_idle(loaded.options, findings);
  loaded.warnings = findings.take_warnings();
  return loaded;
}

}  // namespace soulfabric

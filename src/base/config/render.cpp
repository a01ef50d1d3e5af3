// SPDX-License-Identifier: GPL-3.0-or-later
// Options as a tree, what changed between two of them, and what may not be changed over HTTP.
#include <algorithm>
#include <map>
#include <set>

#include "config/assign.hpp"
#include "config/yaml_tree.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric {
namespace {

using namespace config;

constexpr std::string_view kHidden = "*****";

struct FieldNode {
  bool comma_list;
  ConfigNode operator()(const bool* value) const { return {*value}; }
  ConfigNode operator()(const int* value) const { return {std::int64_t{*value}}; }
  ConfigNode operator()(const std::optional<int>* value) const {
    if (!*value) return {};
    return {std::int64_t{**value}};
  }
  ConfigNode operator()(const std::string* value) const { return {*value}; }
  ConfigNode operator()(const std::vector<std::string>* value) const {
    if (comma_list) {
      std::string joined;
      for (const std::string& item : *value) joined += (joined.empty() ? "" : ",") + item;
      return {std::move(joined)};
    }
    ConfigNode::List list;
    for (const std::string& item : *value) list.push_back({item});
    return {std::move(list)};
  }
  ConfigNode operator()(const std::vector<ShareDirectory>* value) const {
    ConfigNode::List list;
    for (const ShareDirectory& share : *value) list.push_back({text_of_share(share)});
    return {std::move(list)};
  }
};

ConfigNode inert_node(const std::string& text) {
  if (text == "~") return {};
  if (text == "true" || text == "false") return {text == "true"};
  if (const auto number = parse_u64(text)) return {static_cast<std::int64_t>(*number)};
  return {text};
}

/// Where a setting stands in the tree: camelCase, names as the user wrote them.
ConfigNode& node_of(ConfigNode& root, const Setting& setting, const std::string& name) {
  ConfigNode* node = &root;
  for (const std::string_view segment : split(setting.key, '.')) node = &node->child(segment == "*" ? name : camel_case(segment));
  return *node;
}

/// The map that holds named entries exists even when it is empty.
void make_room_for_names(ConfigNode& root, const Setting& setting) {
  ConfigNode* node = &root;
  for (const std::string_view segment : split(setting.key, '.')) {
    if (segment == "*") break;
    node = &node->child(camel_case(segment));
  }
  if (node->is_null()) node->value = ConfigNode::Map{};
}

}  // namespace

ConfigNode render_options(const Options& options) {
  Options copy = options;
  ConfigNode root;
  root.value = ConfigNode::Map{};
  for (const Setting& setting : settings()) {
    if (setting.key.find('*') != std::string::npos) make_room_for_names(root, setting);
    for (const std::string& name : names_in(options, setting)) {
      ConfigNode& node = node_of(root, setting, name);
      if (setting.secret)
        node.value = std::string(kHidden);
      else if (setting.is_inert())
        node = inert_node(setting.inert_default);
      else
        node = std::visit(FieldNode{setting.comma_list}, setting.at(copy, name));
    }
  }
  return root;
}

std::vector<OptionChange> changed_options(const Options& before, const Options& after) {
  Options old_copy = before;
  Options new_copy = after;
  std::vector<OptionChange> changes;
  for (const Setting& setting : settings()) {
    if (setting.is_inert()) continue;
    const auto old_names = names_in(before, setting);
    const auto new_names = names_in(after, setting);
    std::set<std::string> names(old_names.begin(), old_names.end());
    names.insert(new_names.begin(), new_names.end());
    for (const std::string& name : names) {
      const bool in_both = std::ranges::find(old_names, name) != old_names.end() && std::ranges::find(new_names, name) != new_names.end();
      if (in_both && text_of_field(setting.at(old_copy, name)) == text_of_field(setting.at(new_copy, name))) continue;
      changes.push_back({key_with_name(setting, name), setting.effect});
    }
  }
  return changes;
}

// ---- security rule S21 -------------------------------------------------------------------------------------------

namespace {

constexpr std::string_view kRestricted[] = {"web", "directories", "shares.directories", "relay", "forwards", "mesh.peers", "integrations.scripts"};

std::optional<std::string> restricted_prefix(const std::vector<std::string>& path) {
  for (const std::string_view prefix : kRestricted) {
    const auto parts = split(prefix, '.');
    // A section above a restricted key is looked into, so only keys at or below it count.
    if (path.size() < parts.size()) continue;
    bool same = true;
    for (std::size_t i = 0; i < parts.size(); ++i) same = same && normal_segment(path[i]) == normal_segment(parts[i]);
    if (same) return std::string(prefix);
  }
  return std::nullopt;
}

using Flat = std::multimap<std::string, std::string>;  // every restricted leaf: key as shown -> value

void flatten(const YamlNode& node, const std::vector<std::string>& written, Flat& out) {
  if (node.kind == YamlNode::Kind::Map) {
    for (const YamlNode::Entry& entry : node.entries) {
      std::vector<std::string> below = written;
      below.push_back(entry.key);
      flatten(entry.node, below, out);
    }
    return;
  }
  if (node.kind == YamlNode::Kind::List) {
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      std::vector<std::string> below = written;
      below.push_back(std::to_string(i));
      flatten(node.items[i], below, out);
    }
    return;
  }
  std::vector<std::string> path = written;
  (void)map_old_place(path);
  if (is_unset(node.text) || !restricted_prefix(path)) return;
  std::string key;
  for (const std::string& segment : path) key += (key.empty() ? "" : ".") + normal_segment(segment);
  out.emplace(std::move(key), node.text);
}

/// The setting's own spelling where there is one.
std::string shown_key(const std::string& normal_key) {
  std::vector<std::string> segments;
  for (const std::string_view part : split(normal_key, '.')) segments.emplace_back(part);
  while (!segments.empty()) {
    if (const auto match = find_setting(segments)) return key_with_name(*match->setting, match->name);
    if (!parse_u64(segments.back())) break;
    segments.pop_back();  // an item of a list
  }
  return normal_key;
}

}  // namespace

bool is_restricted_key(std::string_view dotted_key) {
  std::vector<std::string> path;
  for (const std::string_view part : split(dotted_key, '.')) path.emplace_back(part);
  (void)map_old_place(path);
  return restricted_prefix(path).has_value();
}

Result<std::vector<std::string>> restricted_changes(std::string_view yaml_before, std::string_view yaml_after) {
  Flat before;
  Flat after;
  const auto old_tree = parse_yaml(yaml_before, "the present configuration");
  if (old_tree) flatten(*old_tree, {}, before);
  const auto new_tree = parse_yaml(yaml_after, "the new configuration");
  if (!new_tree) return std::unexpected(new_tree.error());
  flatten(*new_tree, {}, after);
  std::set<std::string> keys;
  for (const auto* side : {&before, &after}) {
    for (const auto& [key, value] : *side) {
      const auto values = [&key](const Flat& flat) {
        std::vector<std::string> out;
        const auto [first, last] = flat.equal_range(key);
        for (auto entry = first; entry != last; ++entry) out.push_back(entry->second);
        return out;
      };
      if (values(before) != values(after)) keys.insert(shown_key(key));
    }
  }
  return std::vector<std::string>(keys.begin(), keys.end());
}

}  // namespace soulfabric

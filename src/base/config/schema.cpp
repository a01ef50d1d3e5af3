// SPDX-License-Identifier: GPL-3.0-or-later
// The table itself, and finding one's way in it.
#include "config/schema.hpp"

#include <algorithm>

#include "soulfabric/base/text.hpp"

namespace soulfabric::config {
namespace {

struct Row {
  std::vector<std::string> pattern;  // normal segments, `*` as it is
  const Setting* setting;
};

std::vector<std::string> normal_path(std::string_view dotted) {
  std::vector<std::string> out;
  for (const std::string_view part : split(dotted, '.')) out.push_back(part == "*" ? "*" : normal_segment(part));
  return out;
}

const std::vector<Row>& rows() {
  static const std::vector<Row> table = [] {
    std::vector<Row> out;
    for (const Setting& setting : settings()) out.push_back({normal_path(setting.key), &setting});
    return out;
  }();
  return table;
}

bool starts_with(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  if (segments.size() > pattern.size()) return false;
  for (std::size_t i = 0; i < segments.size(); ++i)
    if (pattern[i] != "*" && pattern[i] != segments[i]) return false;
  return true;
}

std::vector<std::string> normal_segments(const std::vector<std::string>& segments) {
  std::vector<std::string> out;
  for (const std::string& segment : segments) out.push_back(normal_segment(segment));
  return out;
}

struct Move {
  std::vector<std::string> from;
  std::vector<std::string> to;
};

const std::vector<Move>& moves() {
  static const std::vector<Move> table{
      {{"global", "limits"}, {"transfers", "upload", "limits"}},
      {{"global"}, {"transfers"}},
      {{"groups"}, {"transfers", "groups"}},
      {{"permissions", "file", "mode"}, {"transfers", "download", "destination", "permissions", "mode"}},
      {{"integration"}, {"integrations"}},
      {{"filters", "share"}, {"shares", "filters"}},
  };
  return table;
}

}  // namespace

bool Setting::is_switch() const {
  if (is_inert()) return inert_default == "true" || inert_default == "false";
  Options options;
  return std::holds_alternative<bool*>(at(options, "x"));
}

const std::vector<Setting>& settings() {
  static const std::vector<Setting> table = [] {
    std::vector<Setting> out;
    add_general_settings(out);
    add_transfer_settings(out);
    add_network_settings(out);
    add_mesh_settings(out);
    add_relay_settings(out);
    add_inert_settings(out);
    return out;
  }();
  return table;
}

std::string normal_segment(std::string_view segment) {
  std::string out;
  for (const char c : ascii_lower(segment))
    if (c != '_' && c != '-') out.push_back(c);
  return out;
}

std::string camel_case(std::string_view segment) {
  std::string out;
  bool up = false;
  for (const char c : segment) {
    if (c == '_') {
      up = !out.empty();
      continue;
    }
    out.push_back(up && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    up = false;
  }
  return out;
}

std::optional<Match> find_setting(const std::vector<std::string>& segments) {
  const auto normal = normal_segments(segments);
  for (const Row& row : rows()) {
    if (row.pattern.size() != normal.size() || !starts_with(row.pattern, normal)) continue;
    Match match{row.setting, {}};
    const auto star = std::ranges::find(row.pattern, "*");
    if (star != row.pattern.end()) match.name = segments[static_cast<std::size_t>(star - row.pattern.begin())];
    return match;
  }
  return std::nullopt;
}

bool is_section(const std::vector<std::string>& segments) {
  const auto normal = normal_segments(segments);
  return std::ranges::any_of(rows(),
                             [&](const Row& row) { return row.pattern.size() > normal.size() && starts_with(row.pattern, normal); });
}

bool map_old_place(std::vector<std::string>& segments) {
  const auto normal = normal_segments(segments);
  for (const Move& move : moves()) {
    if (normal.size() < move.from.size() || !std::equal(move.from.begin(), move.from.end(), normal.begin())) continue;
    std::vector<std::string> mapped = move.to;
    mapped.insert(mapped.end(), segments.begin() + static_cast<std::ptrdiff_t>(move.from.size()), segments.end());
    segments = std::move(mapped);
    return true;
  }
  return false;
}

std::vector<std::string> names_in(const Options& options, const Setting& setting) {
  std::vector<std::string> names;
  if (setting.key.find('*') == std::string::npos) return {""};
  const auto take = [&](std::string_view prefix, const auto& map) {
    if (!setting.key.starts_with(prefix)) return;
    for (const auto& entry : map) names.push_back(entry.first);
  };
  take("mesh.peers.", options.mesh.peers);
  take("mesh.gateway.services.", options.mesh.gateway.services);
  take("web.authentication.api_keys.", options.web.authentication.api_keys);
  take("transfers.groups.", options.transfers.groups.user_defined);
  take("relay.trusted.targets.", options.relay.trusted.targets);
  take("relay.exceptions.", options.relay.exceptions);
  take("forwards.", options.forwards);
  return names;
}

std::string key_with_name(const Setting& setting, const std::string& name) {
  std::string key = setting.key;
  const std::size_t star = key.find('*');
  if (star != std::string::npos) key.replace(star, 1, name);
  return key;
}

std::string text_of_share(const ShareDirectory& share) {
  if (share.excluded) return "!" + share.path;
  return share.alias.empty() ? share.path : "[" + share.alias + "]" + share.path;
}

namespace {

struct FieldText {
  std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
  std::string operator()(const int* value) const { return std::to_string(*value); }
  std::string operator()(const std::optional<int>* value) const { return *value ? std::to_string(**value) : std::string(); }
  std::string operator()(const std::string* value) const { return *value; }
  std::string operator()(const std::vector<std::string>* value) const {
    std::string out;
    for (const std::string& item : *value) out += item + '\n';
    return out;
  }
  std::string operator()(const std::vector<ShareDirectory>* value) const {
    std::string out;
    for (const ShareDirectory& share : *value) {
      out += text_of_share(share);
      out += share.soulseek ? " soulseek" : "";
      out += share.mesh ? " mesh" : "";
      out += share.is_private ? " private\n" : "\n";
    }
    return out;
  }
};

}  // namespace

std::string text_of_field(const Field& field) { return std::visit(FieldText{}, field); }

}  // namespace soulfabric::config

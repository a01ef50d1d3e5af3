// SPDX-License-Identifier: GPL-3.0-or-later
// A tree of named values without a format: what the effective configuration looks like to whoever writes it out.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace soulfabric {

struct ConfigNode {
  using List = std::vector<ConfigNode>;
  struct Entry;
  using Map = std::vector<Entry>;  // in the order of the schema
  std::variant<std::monostate, bool, std::int64_t, std::string, List, Map> value;

  [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<std::monostate>(value); }
  /// The child under `key` of a map; nullptr where there is none.
  [[nodiscard]] const ConfigNode* find(std::string_view key) const noexcept;
  /// The node at a dotted path such as "web.authentication.password"; nullptr where there is none.
  [[nodiscard]] const ConfigNode* at(std::string_view dotted_path) const noexcept;
  /// The child under `key`, added where missing; a node that is no map becomes an empty one.
  ConfigNode& child(std::string_view key);
};

struct ConfigNode::Entry {
  std::string key;
  ConfigNode node;
};

}  // namespace soulfabric

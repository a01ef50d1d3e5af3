// SPDX-License-Identifier: GPL-3.0-or-later
// Walking the configuration tree.
#include "soulfabric/base/config_node.hpp"

namespace soulfabric {

const ConfigNode* ConfigNode::find(std::string_view key) const noexcept {
  const Map* map = std::get_if<Map>(&value);
  if (map == nullptr) return nullptr;
  for (const auto& [name, node] : *map)
    if (name == key) return &node;
  return nullptr;
}

const ConfigNode* ConfigNode::at(std::string_view dotted_path) const noexcept {
  const ConfigNode* node = this;
  while (node != nullptr && !dotted_path.empty()) {
    const std::size_t dot = dotted_path.find('.');
    node = node->find(dotted_path.substr(0, dot));
    dotted_path = dot == std::string_view::npos ? std::string_view() : dotted_path.substr(dot + 1);
  }
  return node;
}

ConfigNode& ConfigNode::child(std::string_view key) {
  if (!std::holds_alternative<Map>(value)) value = Map{};
  Map& map = std::get<Map>(value);
  for (auto& [name, node] : map)
    if (name == key) return node;
  map.push_back({std::string(key), {}});
  return map.back().node;
}

}  // namespace soulfabric

// SPDX-License-Identifier: GPL-3.0-or-later
// YAML as a plain tree with line numbers; the one place that knows the YAML library.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "soulfabric/base/error.hpp"

namespace soulfabric::config {

inline constexpr std::size_t kYamlDepthCap = 32;
inline constexpr std::size_t kYamlNodeCap = 100'000;  // aliases counted each time they are used

struct YamlNode {
  enum class Kind { Null, Scalar, List, Map };
  struct Entry;
  Kind kind = Kind::Null;
  int line = 0;  // from 1
  std::string text;
  std::vector<YamlNode> items;
  std::vector<Entry> entries;
};
struct YamlNode::Entry {
  std::string key;
  YamlNode node;
};

/// Malformed with "<name> line N: ..." where the text is not YAML, or over a cap.
[[nodiscard]] Result<YamlNode> parse_yaml(std::string_view text, std::string_view name);

}  // namespace soulfabric::config

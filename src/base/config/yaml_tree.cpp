// SPDX-License-Identifier: GPL-3.0-or-later
// Copies what yaml-cpp read into our tree, within caps: an alias used a million times stops here.
#include "config/yaml_tree.hpp"

#include <yaml-cpp/yaml.h>

#include "soulfabric/base/options_loader.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::config {
namespace {

struct Copier {
  std::size_t nodes = 0;
  std::string refusal;

  YamlNode copy(const YAML::Node& from, std::size_t depth) {
    YamlNode node;
    node.line = from.Mark().line + 1;
    if (depth > kYamlDepthCap || ++nodes > kYamlNodeCap) {
      refusal = "is nested too deeply or too large";
      return node;
    }
    switch (from.Type()) {
      case YAML::NodeType::Undefined:
      case YAML::NodeType::Null: break;
      case YAML::NodeType::Scalar:
        node.kind = YamlNode::Kind::Scalar;
        node.text = from.Scalar();
        break;
      case YAML::NodeType::Sequence:
        node.kind = YamlNode::Kind::List;
        for (const auto& item : from) {
          if (!refusal.empty()) break;
          node.items.push_back(copy(item, depth + 1));
        }
        break;
      case YAML::NodeType::Map:
        node.kind = YamlNode::Kind::Map;
        for (const auto& entry : from) {
          if (!refusal.empty()) break;
          if (!entry.first.IsScalar()) {
            refusal = "has a key that is not plain text";
            break;
          }
          node.entries.push_back({entry.first.Scalar(), copy(entry.second, depth + 1)});
        }
        break;
    }
    return node;
  }
};

Error syntax_error(std::string_view name, const YAML::Exception& error) {
  const std::string where = error.mark.is_null() ? std::string() : " line " + std::to_string(error.mark.line + 1);
  return {Errc::Malformed, std::string(name) + where + ": the text is not YAML (" + error.msg + "); correct the line or quote the value."};
}

}  // namespace

Result<YamlNode> parse_yaml(std::string_view text, std::string_view name) {
  if (text.size() > kConfigFileCap) return fail(Errc::TooLarge, std::string(name) + ": the file is larger than 1 MiB; make it shorter.");
  if (!is_utf8(text)) return fail(Errc::Malformed, std::string(name) + ": the file is not UTF-8 text; save it as UTF-8.");
  try {
    const YAML::Node root = YAML::Load(std::string(text));
    Copier copier;
    YamlNode tree = copier.copy(root, 0);
    if (!copier.refusal.empty()) return fail(Errc::TooLarge, std::string(name) + ": the file " + copier.refusal + "; make it simpler.");
    return tree;
  } catch (const YAML::Exception& error) {
    return std::unexpected(syntax_error(name, error));
  } catch (const std::exception& error) {
    return fail(Errc::Malformed, std::string(name) + ": the file cannot be read as YAML (" + error.what() + "); correct it.");
  }
}

}  // namespace soulfabric::config

// SPDX-License-Identifier: GPL-3.0-or-later
// A tree of path segments.
#include "core/router.hpp"

#include <algorithm>

#include "core/url.hpp"
#include "soulfabric/base/text.hpp"

namespace soulfabric::gateway {

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;  // lower case
  std::unique_ptr<Node> parameter;
  std::map<std::string, std::size_t, std::less<>> methods;
};

namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return {};
  return split(path, '/');
}

template <class Methods>
auto method_of(const Methods& methods, std::string_view method) {
  auto it = methods.find(method);
  if (it == methods.end() && method == "HEAD") it = methods.find(std::string_view("GET"));
  return it;
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;

bool Router::add(std::string_view method, std::string_view pattern, std::size_t route) {
  Node* node = root_.get();
  for (const auto segment : segments_of(pattern)) {
    auto& next = segment.starts_with('{') ? node->parameter : node->literals[ascii_lower(segment)];
    if (!next) next = std::make_unique<Node>();
    node = next.get();
  }
  return node->methods.emplace(std::string(method), route).second;
}

const Router::Node* Router::walk(const Node& node, const std::vector<std::string>& segments, std::size_t at, std::string_view method,
                                 std::vector<std::string>& values) {
  if (at == segments.size()) return node.methods.empty() ? nullptr : &node;
  const Node* other = nullptr;
  const auto literal = node.literals.find(ascii_lower(segments[at]));
  if (literal != node.literals.end()) {
    const Node* found = walk(*literal->second, segments, at + 1, method, values);
    if (found != nullptr && method_of(found->methods, method) != found->methods.end()) return found;
    other = found;
  }
  if (node.parameter && !segments[at].empty()) {
    const auto size = values.size();
    values.push_back(segments[at]);
    const Node* found = walk(*node.parameter, segments, at + 1, method, values);
    if (found != nullptr && (other == nullptr || method_of(found->methods, method) != found->methods.end())) return found;
    values.resize(size);
  }
  return other;
}

RouteMatch Router::match(std::string_view method, std::string_view path) const {
  RouteMatch result;
  std::vector<std::string> segments;
  for (const auto raw : segments_of(path)) {
    if (segments.size() == kMaxPathSegments) return result;
    auto decoded = percent_decode(raw);
    if (!decoded) {
      result.found = Found::BadEscape;
      return result;
    }
    segments.push_back(std::move(*decoded));
  }
  const Node* node = walk(*root_, segments, 0, method, result.values);
  if (node == nullptr) return result;
  const auto it = method_of(node->methods, method);
  if (it != node->methods.end()) {
    result.found = Found::Route;
    result.route = it->second;
    return result;
  }
  result.found = Found::WrongMethod;
  for (const auto& [name, route] : node->methods) {
    if (!result.allow.empty()) result.allow += ", ";
    result.allow += name;
  }
  return result;
}

}  // namespace soulfabric::gateway
